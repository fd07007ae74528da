"""Names of every kind and sort: each object arrives in the catalog, or is reported by name."""

import os
import random
import unittest

from harness import EndToEnd, wait_until

SEED = int(os.environ.get("NAMES_SEED", "20261"))
LONGEST = 63  # bytes of a name in PostgreSQL
PIECES = [".", '"', "::", ":", " ", "/", "\\", "'", "%", ">", "<", "\t", "\n", "\r", ",", "(", ")",
          "[", "]", "{", "}", "$", "#", "?", "&", "+", ";", "-", "--", "/*", "é", "ß", "中", "😀",
          "a", "Z", "0", "_", "select", "Table", "ORDER", "user", "null", "__reserved__", "-> ",
          "\x01", "\x7f", "\x85", "\u2028", "\ufeff", "\u200f", "\u202e", "\u0301", "ש", "İ",
          " on ", "*", "|", "~", "`", "=", "@", "!", "^", "%00", "%2f", "\\n", "..", "null"]
RESERVED = [("::", "__reserved__colon__"), (">", "__reserved__arrow__"),
            ('"', "__reserved__quote__"), ("\n", "__reserved__newline__"),
            ("\r", "__reserved__carriage_return__"), ("\t", "__reserved__tab__")]
ALWAYS = ["a.b", 'a"b', "a::b", "a b", " a ", "a/b", "naïve", "MiXed", "mixed", "select",
          "a.b\"c.d", ".", '"', "::", " ", "x" * LONGEST, "é" * 31, '"' * LONGEST, "a>b",
          "%2F", "a\nb", "'", "a on b", "*", "..", "null", "\ufeff"]


def cut(text):
    """As much of a text as a name can hold."""
    return text.encode()[:LONGEST].decode(errors="ignore")


def names(chance, count):
    """Different names: those that hurt, then random ones, one in four as long as can be."""
    found = list(ALWAYS)
    while len(found) < count:
        pieces = [chance.choice(PIECES) for _ in range(chance.randint(1, 9))]
        name = cut("".join(pieces) * (60 if chance.random() < 0.25 else 1))
        if name and name not in found:
            found.append(name)
    return found[:count]


def quoted(name):
    """A name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def encoded(name):
    """What the catalog calls it, by the rules of its clients; the start where it is too long."""
    out, at = "", 0
    while at < len(name):
        for raw, code in RESERVED:
            if name.startswith(raw, at):
                out, at = out + code, at + len(raw)
                break
        else:
            out, at = out + name[at], at + 1
    return out


def arrived(name, there):
    """Whether an entity of this raw name is among names of the catalog."""
    code = encoded(name)
    if len(code.encode()) <= 256:
        return code in there
    start = code.encode()[:230].decode(errors="ignore")
    return any(entry.startswith(start) and "~" in entry for entry in there)


def fqn_part(code):
    """A name of the catalog as a part of a fully qualified one."""
    return f'"{code}"' if "." in code else code


def fqn(*raw):
    """The fully qualified name of what has these names, from the outside in."""
    out = []
    for name in raw:
        code = encoded(name)
        if len(code.encode()) > 256:
            number = 14695981039346656037
            for byte in name.encode():
                number = (number ^ byte) * 1099511628211 % 2 ** 64
            code = code.encode()[:239].decode(errors="ignore") + f"~{number:016x}"
        out.append(fqn_part(code))
    return ".".join(out)


class Names(EndToEnd):
    """One schema of each name, and objects of all kinds in one schema."""

    def ingest(self):
        """Runs `ingest`; answers what it said."""
        done = self.once("ingest", "-c", self.workflow())
        self.assertEqual(done.returncode, 0, done.stderr[-3000:])
        return done.stderr

    def raw_names(self, kind):
        """Names of the living entities of a kind."""
        return {entity["name"] for entity in self.entities(kind).values()}

    def test_every_object_of_any_name_arrives_or_is_reported(self):
        chance = random.Random(SEED)
        kinds = {
            "table": "CREATE TABLE s.{} (id int)",
            "view": "CREATE VIEW s.{} AS SELECT 1 AS one",
            "matview": "CREATE MATERIALIZED VIEW s.{} AS SELECT 1 AS one",
            "partitioned": "CREATE TABLE s.{} (id int) PARTITION BY RANGE (id)",
            "foreign": "CREATE FOREIGN TABLE s.{} (id int) SERVER far"}
        routines = {
            "function": "CREATE FUNCTION s.{}() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "procedure": "CREATE PROCEDURE s.{}() LANGUAGE plpgsql AS 'BEGIN END'",
            "aggregate": "CREATE AGGREGATE s.{}(int) (sfunc = int4larger, stype = int)"}
        pool = names(chance, 70)
        made = {name: chance.choice(list(kinds)) for name in pool}
        made_routines = {name: chance.choice(list(routines)) for name in pool}
        self.sql("CREATE FOREIGN DATA WRAPPER w; CREATE SERVER far FOREIGN DATA WRAPPER w;"
                 "CREATE SCHEMA s;\n"
                 + "".join(kinds[kind].format(quoted(name)) + ";\n" for name, kind in made.items())
                 + "".join(routines[kind].format(quoted(name)) + ";\n"
                           for name, kind in made_routines.items()))
        said = self.ingest()
        tables, procedures = self.raw_names("table"), self.raw_names("storedProcedure")
        lost = [(made[name], name) for name in pool
                if not arrived(name, tables) and name not in said]
        lost += [(made_routines[name], name) for name in pool
                 if not arrived(name, procedures) and name not in said]
        self.assertEqual(lost, [], f"seed {SEED}")
        self.assertEqual(len(tables), len(pool), f"seed {SEED}")
        types = {name: entity["tableType"] for name, entity in
                 ((entity["name"], entity) for entity in self.entities("table").values())}
        wanted = {"table": "Regular", "view": "View", "matview": "MaterializedView",
                  "partitioned": "Partitioned", "foreign": "Foreign"}
        self.assertEqual([name for name in pool if encoded(name) in types
                          and types[encoded(name)] != wanted[made[name]]], [], f"seed {SEED}")

    def test_columns_keys_types_and_policies_of_any_name_arrive(self):
        chance = random.Random(SEED + 1)
        pool = names(chance, 50)
        columns = ", ".join(f"{quoted(name)} int" for name in pool)
        keys = "".join(f"ALTER TABLE t ADD UNIQUE ({quoted(name)}, id);\n" for name in pool[:15])
        types = "".join(f"CREATE TYPE {quoted(name)} AS ENUM ({literal(name)});\n"
                        for name in pool[:15])
        typed = ", ".join(f"c{i} {quoted(name)}" for i, name in enumerate(pool[:15]))
        fields = ", ".join(f"{quoted(name)} text" for name in pool)
        policies = "".join(f"CREATE POLICY {quoted(name)} ON t USING (true);\n" for name in pool)
        self.sql(f"CREATE TABLE t (id int, {columns});\n{keys}{types}"
                 f"CREATE TYPE row_of AS ({fields}); CREATE TABLE typed ({typed}, r row_of);\n"
                 + policies)
        self.ingest()
        table, other = (self.entities("table")[f"public.{name}"] for name in ("t", "typed"))
        there = {column["name"] for column in table["columns"]}
        self.assertEqual([name for name in pool if not arrived(name, there)], [], f"seed {SEED}")
        told = {name for constraint in table["tableConstraints"] for name in constraint["columns"]}
        self.assertEqual([name for name in pool[:15] if not arrived(name, told)], [])
        enums = [column for column in other["columns"] if column["dataType"] == "ENUM"]
        self.assertEqual(len(enums), 15)
        row = [column for column in other["columns"] if column["name"] == "r"][0]
        there = {column["name"] for column in row["children"]}
        self.assertEqual([name for name in pool if not arrived(name, there)], [])
        with self.double.lock:
            tags = {entity["name"] for entity in self.double.store.dump()["entities"]
                    if entity["kind"] == "tag"}
        self.assertEqual([name for name in pool if not arrived(name, tags)], [])
        self.assertEqual(len(table["tags"]), len(pool))

    def test_schemas_of_any_name_arrive_with_a_table_and_a_routine(self):
        pool = names(random.Random(SEED + 2), 45)
        self.sql("".join(f"CREATE SCHEMA {quoted(name)}; CREATE TABLE {quoted(name)}.t (id int);"
                         f"CREATE FUNCTION {quoted(name)}.f(a int) RETURNS int LANGUAGE sql"
                         f" AS 'SELECT 1';\n" for name in pool))
        self.ingest()
        self.assertEqual([name for name in pool
                          if not arrived(name, self.raw_names("databaseSchema"))], [])
        self.assertEqual(len(self.entities("table")), len(pool))
        self.assertEqual(len(self.entities("storedProcedure")), len(pool))

    def wait_same(self, wanted, there):
        """Waits until two functions answer the same."""
        wait_until(lambda: wanted == there(), lambda: f"seed {SEED}: lacks "
                   f"{sorted(wanted - there())}, has {sorted(there() - wanted)}; parked: "
                   f"{self.sql('SELECT object, reason FROM lineage._parked')}" + self.said())

    def test_the_daemon_follows_tables_of_any_name(self):
        chance = random.Random(SEED + 4)
        pool = names(chance, 36)
        chance.shuffle(pool)
        schema, later, tables = pool[0], pool[1], [(pool[i], pool[i + 1], pool[i + 2])
                                                   for i in range(2, 34, 2)]
        here = quoted(schema)
        self.sql(f"CREATE SCHEMA {here};\n" + "".join(
            f"CREATE TABLE {here}.{quoted(name)} ({quoted(column)} int);\n"
            for name, column, _ in tables))
        self.ship()
        wanted = {fqn(schema, name) for name, _, _ in tables}
        self.wait_same(wanted, lambda: set(self.entities("table")))
        pairs = list(zip(tables, tables[1:]))
        for (source, from_column, routine), (target, to_column, _) in pairs:
            body = (f"BEGIN INSERT INTO {here}.{quoted(target)} ({quoted(to_column)})"
                    f" SELECT {quoted(from_column)} FROM {here}.{quoted(source)}; END")
            self.sql(f"CREATE PROCEDURE {here}.{quoted(routine)}() LANGUAGE plpgsql AS"
                     f" {literal(body)}; CALL {here}.{quoted(routine)}()")
        start = f"svc.{self.database}."
        self.wait_same(
            {(fqn(schema, a), fqn(schema, b), start + fqn(schema, a, x), start + fqn(schema, b, y),
              start + fqn(schema, r)) for (a, x, r), (b, y, _) in pairs},
            lambda: {(*pair, column, one["toColumn"],
                      (edge.get("pipeline") or {}).get("fullyQualifiedName"))
                     for pair, edge in self.edges().items()
                     for one in edge.get("columnsLineage", []) for column in one["fromColumns"]})
        for name, column, policy in tables:
            self.sql(f"CREATE POLICY {quoted(policy)} ON {here}.{quoted(name)} USING (true);"
                     f"COMMENT ON COLUMN {here}.{quoted(name)}.{quoted(column)} IS 'it'")
        self.wait_same(
            {(fqn(schema, name), "it", fqn(policy)) for name, _, policy in tables},
            lambda: {(name, table["columns"][0].get("description"),
                      tag["tagFQN"].removeprefix("PostgresPolicyTags."))
                     for name, table in self.entities("table").items()
                     for tag in table.get("tags", [])})
        for number, (name, column, _) in enumerate(tables):
            table = f"{here}.{quoted(name)}"
            if number % 2:
                self.sql(f"ALTER TABLE {table} RENAME {quoted(column)} TO {quoted(name)};"
                         f"ALTER TABLE {table} RENAME TO {quoted(cut('%' + name))}")
            else:
                self.sql(f"DROP TABLE {table}")
        self.sql(f"ALTER SCHEMA {here} RENAME TO {quoted(later)}")
        self.wait_same({(fqn(later, cut("%" + name)), fqn(name))
                        for number, (name, _, _) in enumerate(tables) if number % 2},
                       lambda: {(name, fqn_part(table["columns"][0]["name"]))
                                for name, table in self.entities("table").items()})
        self.wait_drained()
        self.assertEqual(self.sql("SELECT object, reason FROM lineage._parked"), [])

    def test_databases_of_any_name_arrive(self):
        pool = names(random.Random(SEED + 3), 24)
        for name in pool:
            self.pg.sql(f"CREATE DATABASE {quoted(name)} TEMPLATE template0")
            self.addCleanup(self.pg.sql, f"DROP DATABASE {quoted(name)} WITH (FORCE)")
        connection = {"config": {
            "type": "Postgres", "username": "postgres", "hostPort": f"127.0.0.1:{self.pg.port}",
            "database": pool[0], "ingestAllDatabases": True}}
        done = self.once("ingest", "-c", self.workflow(source={"serviceConnection": connection}))
        self.assertEqual(done.returncode, 0, done.stderr[-3000:])
        with self.double.lock:
            there = {entity["name"] for entity in self.double.store.dump()["entities"]
                     if entity["kind"] == "database"}
        self.assertEqual([name for name in pool if not arrived(name, there)], [], f"seed {SEED}")

    def test_two_objects_that_the_catalog_cannot_tell_apart_are_reported(self):
        self.sql("""CREATE TABLE "a""b" (id int); CREATE TABLE "a__reserved__quote__b" (id int)""")
        done = self.once("ingest", "-c", self.workflow())
        self.assertIn("a__reserved__quote__b", done.stderr)
        self.assertIn("cannot be told from", done.stderr)
        self.assertEqual(len(self.entities("table")), 1)


class NamesOn1x2(Names):
    """The oldest server takes no quote and no double colon in a name either, and one a request."""

    version = "1.2"


def literal(text):
    """A text as SQL has it."""
    return "'" + text.replace("'", "''") + "'"


if __name__ == "__main__":
    unittest.main()
