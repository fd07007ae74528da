"""Helper routines that bodies call: MAKERS[kind](world) creates one and tells how to call it."""

import dataclasses

from body import Body
from variables import Scope, Var


@dataclasses.dataclass
class Pair:
    name: str
    columns: list


@dataclasses.dataclass
class Helper:
    name: str
    arguments: list  # types
    out: list = dataclasses.field(default_factory=list)  # types, or (name, type) of a table
    named: bool = False
    shape: str = "{0}({1})"
    cast: str = ""

    def call(self, values):
        if self.cast:
            values = [f"({v})::{self.cast}" for v in values]
        if self.named:
            values = [f"p{i + 1} => {v}" for i, v in enumerate(values)]
            values.reverse()
        return self.shape.format(self.name, ", ".join(values))


def _arguments(world, scope, most=2):
    types = [world.draw.one(("int", "text")) for _ in range(world.draw.between(1, most))]
    for i, type_ in enumerate(types):
        scope.add(Var(f"p{i + 1}", type_))
    return types, ", ".join(f"p{i + 1} {t}" for i, t in enumerate(types))


def _create(world, name, arguments, returns, language, text, options=""):
    world.setup.append(
        f"CREATE FUNCTION {name}({arguments}) RETURNS {returns} LANGUAGE {language}{options} AS"
        f" $b${text}$b$"
    )


def scalar(world, type_):
    draw = world.draw
    makers = (scalar_plpgsql, scalar_sql, scalar_sql_table, recursive, polymorphic, variadic, out)
    made = draw.one(makers)
    world.features.add(made.__name__)
    return made(world, type_)


def _plpgsql(world, type_, writes):
    draw, body, scope = world.draw, Body(world, level=1, writes=writes), Scope()
    types, listed = _arguments(world, scope)
    body.returning = lambda scope: [f"RETURN {body.expression(scope, type_)};"]
    lines = body.statements(scope, 1, 2) + body.returning(scope)
    name = world.name("f")
    option = draw.one(("", "", " SECURITY DEFINER", " STRICT" if not world.strict else ""))
    _create(world, name, listed, type_, "plpgsql", f"\n{body.text(lines)}", option)
    return Helper(name, types, named=draw.chance(20))


def scalar_plpgsql(world, type_):
    """Reads its arguments and tables."""
    return _plpgsql(world, type_, False)


def writing(world):
    """Writes and gives a number back."""
    return _plpgsql(world, "int", True)


def scalar_sql(world, type_):
    """An expression over its arguments, inlined or not."""
    draw, body, scope = world.draw, Body(world, level=1), Scope()
    types, listed = _arguments(world, scope)
    value = body.expression(scope, type_)
    name = world.name("f")
    strict = "" if world.strict else " STRICT"  # a NULL keeps it from running: arguments count
    option = draw.one((" IMMUTABLE", " VOLATILE", f" STABLE{strict}", " SECURITY DEFINER"))
    if draw.chance(30):
        world.setup.append(
            f"CREATE FUNCTION {name}({listed}) RETURNS {type_} LANGUAGE sql RETURN {value}"
        )
    else:
        option = option.replace(" IMMUTABLE", "" if "SELECT" in value else " IMMUTABLE")
        _create(world, name, listed, type_, "sql", f"SELECT {value}", option)
    return Helper(name, types)


def scalar_sql_table(world, type_):
    """A row of a table chosen by an argument."""
    body = Body(world, level=1)
    found = body.terms.column(type_, world.keyed)
    name = world.name("f")
    if found is None:
        return scalar_sql(world, type_)
    # Where precision is judged the row must be there, whatever the argument is.
    key = "abs(coalesce(p1, 0)) % 3 + 1" if world.strict else "p1"
    text = f"SELECT z.{found[1]} FROM {found[0]} z WHERE z.id = {key}"
    if world.draw.chance(40):
        world.setup.append(
            f"CREATE FUNCTION {name}(p1 int) RETURNS {type_} LANGUAGE sql BEGIN ATOMIC {text}; END"
        )
    else:
        _create(world, name, "p1 int", type_, "sql", text, world.draw.one((" STABLE", "")))
    return Helper(name, ["int"])


def recursive(world, type_):
    body, scope = Body(world, level=1), Scope()
    scope.add(Var("p1", "int"))
    scope.add(Var("p2", type_))
    name = world.name("f")
    more = "p2 + 1" if type_ == "int" else "p2 || p1"
    text = (
        f"\nBEGIN IF coalesce(p1, 0) NOT BETWEEN 1 AND 3 THEN RETURN p2; END IF;"
        f" RETURN {name}(p1 - 1, {more}); END"
    )
    _create(world, name, f"p1 int, p2 {type_}", type_, "plpgsql", text)
    return Helper(name, ["int", type_])


def polymorphic(world, type_):
    name, terms = world.name("f"), Body(world, level=1).terms
    if world.draw.chance(50):
        flag = terms.flag()
        text = f"\nBEGIN IF {flag} THEN RETURN $2; END IF; RETURN $1; END"
        _create(world, name, "anyelement, anyelement", "anyelement", "plpgsql", text)
    else:
        text = f"SELECT CASE WHEN {terms.flag('arms')} THEN $2 ELSE $1 END"
        _create(world, name, "anyelement, anyelement", "anyelement", "sql", text)
    return Helper(name, [type_, type_], shape="{0}({1})", cast=type_)


def variadic(world, type_):
    name = world.name("f")
    if type_ == "int":
        text = "\nDECLARE e int; s int := 0; BEGIN FOREACH e IN ARRAY xs LOOP" \
            " s := s + coalesce(e, 0); END LOOP; RETURN s; END"
        _create(world, name, "VARIADIC xs int[]", "int", "plpgsql", text)
    else:
        text = "SELECT array_to_string(xs, '+', '?')"
        _create(world, name, "VARIADIC xs text[]", "text", "sql", text)
    return Helper(name, [type_, type_])


def out(world, type_):
    """A field of a function with OUT parameters."""
    body, scope = Body(world, level=1, writes=False), Scope()
    types, listed = _arguments(world, scope)
    name = world.name("f")
    first, second = body.expression(scope, type_), body.expression(scope, "int")
    scope.add(Var("o1", type_))
    scope.add(Var("o2", "int"))
    body.returning = lambda scope: ["RETURN;"]
    lines = [f"o1 := {first};", f"o2 := {second};"] + body.statements(scope, 1, 1)
    world.setup.append(
        f"CREATE FUNCTION {name}({listed}, OUT o1 {type_}, OUT o2 int) LANGUAGE plpgsql AS"
        f" $b$\n{body.text(lines)}$b$"
    )
    return Helper(name, types, shape="({0}({1})).o1")


def writer(world):
    """Called for what it writes."""
    body, scope = Body(world, level=1), Scope()
    types, listed = _arguments(world, scope)
    lines = body.statements(scope, 1, 2) + body.insert(scope, 0)
    name = world.name("w")
    _create(world, name, listed, "void", "plpgsql", f"\n{body.text(lines)}")
    return Helper(name, types)


def procedure(world):
    body, scope = Body(world, level=1), Scope()
    types, listed = _arguments(world, scope)
    scope.add(Var("io", "int"))
    lines = body.statements(scope, 1, 2) + [f"io := {body.expression(scope, 'int')};"]
    name = world.name("pr")
    world.setup.append(
        f"CREATE PROCEDURE {name}({listed}, INOUT io int) LANGUAGE plpgsql AS"
        f" $b$\n{body.text(lines)}$b$"
    )
    return Helper(name, types, ["int"])


def table(world):
    """RETURNS TABLE (o1, o2): RETURN NEXT, RETURN QUERY, also of a text, or a SQL function."""
    draw, body, scope = world.draw, Body(world, level=1), Scope()
    types, listed = _arguments(world, scope)
    name, q = world.name("f"), world.name("q")
    table_name, columns = draw.one(world.keyed)
    text = draw.one([c for c, t in columns if t == "text"])
    query = (
        f"SELECT {q}.a, {q}.{text} || {body.terms.leaf(scope, 'text')} FROM {table_name} {q} WHERE"
        f" {q}.id {world.other} {body.terms.leaf(scope, 'int')}"
    )
    kind = draw.below(5)
    returns = "TABLE (o1 int, o2 text)"
    if kind == 0:
        _create(world, name, listed, returns, "sql", query, draw.one((" STABLE", "")))
    elif kind == 1:
        _create(world, name, listed, returns, "plpgsql", f"\nBEGIN RETURN QUERY {query}; END")
    elif kind == 2:
        inner = Scope(scope)
        inner.add(Var("o1", "int"))
        inner.add(Var("o2", "text"))
        lines = [
            f"FOR o1, o2 IN {query} ORDER BY 1, 2 LOOP",
            *body.assign(inner, 0),
            "RETURN NEXT;",
            "END LOOP;",
        ]
        _create(world, name, listed, returns, "plpgsql", f"\n{body.text(lines)}")
    elif kind == 3:
        given = body.terms.leaf(scope, "int")
        dynamic = f"SELECT a, {text} FROM {table_name} WHERE id {world.other} $1"
        _create(
            world, name, listed, returns, "plpgsql",
            f"\nBEGIN RETURN QUERY EXECUTE '{dynamic}' USING {given};"
            f" RETURN QUERY SELECT {body.expression(scope, 'int')},"
            f" {body.expression(scope, 'text')}; END",
        )
    else:
        pair = world.pair()
        _create(
            world, name, listed, f"SETOF {pair.name}", "plpgsql",
            f"\nDECLARE r pair; BEGIN FOR r IN {query} ORDER BY 1, 2 LOOP RETURN NEXT r; END LOOP;"
            f" r.p := {body.expression(scope, 'int')}; RETURN NEXT r; END",
        )
        return Helper(name, types, [("p", "int"), ("q", "text")])
    return Helper(name, types, [("o1", "int"), ("o2", "text")])


def opener(world):
    """Opens a cursor and hands it out."""
    table_name = world.keyed[0][0]
    name = world.name("f")
    text = (
        f"\nDECLARE c refcursor; BEGIN OPEN c SCROLL FOR SELECT a, id FROM {table_name} WHERE"
        f" id {world.other} p1 ORDER BY id; RETURN c; END"
    )
    _create(world, name, "p1 int", "refcursor", "plpgsql", text)
    return Helper(name, ["int"])


def drain(world):
    """Fetches from a cursor of its caller and writes."""
    body, scope = Body(world, level=1), Scope()
    x = Var(body.declare(world.name("v"), "int"), "int")
    y = Var(body.declare(world.name("v"), "int"), "int")
    scope.add(x)
    scope.add(y)
    lines = ["LOOP", f"FETCH p1 INTO {x.name}, {y.name};", "EXIT WHEN NOT FOUND;"]
    lines += body.insert(scope, 0) + ["END LOOP;"]
    name = world.name("w")
    _create(world, name, "p1 refcursor", "void", "plpgsql", f"\n{body.text(lines)}")
    return Helper(name, ["refcursor"])


MAKERS = {
    "scalar": scalar, "writer": writer, "procedure": procedure, "table": table, "opener": opener,
    "drain": drain, "writing": writing,
}
