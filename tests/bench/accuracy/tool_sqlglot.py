"""sqlglot's lineage module over the statements of a case.

The module answers for one column of one query. What people write round it is here: INSERT maps its
query by position onto the columns named or the catalog's; CREATE TABLE AS and CREATE VIEW take the
query's own names; UPDATE and MERGE become, per assignment, the query that computes it; the action
of ON CONFLICT reads `excluded` as what INSERT put there. Columns of tables that the statements
themselves create are added to the catalog first. Runs in the environment of requirements-parsers.
"""

import sqlglot
from edges import Catalog, Edges
from sqlglot import exp
from sqlglot.lineage import lineage
from tool import serve

DIALECT = "postgres"


def table_name(table):
    return (table.db or None, table.name)


class Reader:
    """The statements of one case against its catalog."""

    def __init__(self, case):
        self.catalog = Catalog(case["relations"])
        self.edges, self.notes = Edges(self.catalog), []
        self.created = {}
        self.trees = []
        for text, _ in case["queries"]:
            try:
                self.trees += [tree for tree in sqlglot.parse(text, dialect=DIALECT) if tree]
            except Exception as error:
                self.notes.append(f"{type(error).__name__}: {text[:60]}")

    def schema(self):
        """The catalog as sqlglot wants it; search_path is not known to it: public comes first."""
        tree = {}
        for (schema, name), types in self.catalog.types.items():
            tree.setdefault(schema, {})[name] = types
        for name, columns in self.created.items():
            tree.setdefault("public", {}).setdefault(name, dict.fromkeys(columns, "text"))
        return tree

    def columns_of(self, name):
        known = self.catalog.find(*name)
        return self.catalog.columns[known] if known else self.created.get(name[1], [])

    def qualified(self, tree):
        """Names without schema get the one under which the catalog has them."""
        tree = tree.copy()
        ctes = {cte.alias for cte in tree.find_all(exp.CTE)}
        for table in tree.find_all(exp.Table):
            if not table.db and table.name and table.name not in ctes:
                found = self.catalog.find(None, table.name)
                if found or table.name in self.created:
                    table.set("db", exp.to_identifier(found[0] if found else "public"))
        return tree

    def read(self):
        for tree in self.trees:
            if isinstance(tree, exp.Create) and tree.kind == "TABLE":
                self.learn(tree)
        for tree in self.trees:
            try:
                self.statement(tree)
            except Exception as error:
                self.notes.append(f"{type(error).__name__}: {tree.sql(DIALECT)[:60]}")
        return self.edges.answer(), self.notes

    def learn(self, tree):
        """The columns of a table that a statement creates (temporary ones are in no catalog)."""
        if isinstance(tree.this, exp.Schema):
            names = [c.name for c in tree.this.expressions if c.name]
        elif tree.expression is not None:
            names = tree.expression.named_selects
        else:
            return
        target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
        if self.catalog.find(*table_name(target)) is None and "*" not in names:
            self.created[target.name] = names

    def statement(self, tree):
        if isinstance(tree, exp.Insert):
            self.insert(tree)
        elif isinstance(tree, exp.Create) and tree.expression is not None:
            self.create(tree)
        elif isinstance(tree, exp.Update):
            self.update(tree)
        elif isinstance(tree, exp.Merge):
            self.merge(tree)
        elif isinstance(tree, exp.Select) and tree.args.get("into"):
            target = tree.args["into"].this
            query = tree.copy()
            query.set("into", None)
            self.query(query, table_name(target), query.named_selects)
        for cte in tree.find_all(exp.CTE):
            if isinstance(cte.this, (exp.Insert, exp.Update, exp.Merge)):
                self.statement(cte.this)

    def create(self, tree):
        if tree.kind not in ("TABLE", "VIEW"):
            return
        target, names = tree.this, None
        if isinstance(target, exp.Schema):
            names, target = [c.name for c in target.expressions], target.this
        query = self.qualified(tree.expression)
        self.query(query, table_name(target), names or self.names_of(query))

    def names_of(self, query):
        """Output names of a query, stars resolved."""
        if "*" not in query.named_selects:
            return query.named_selects
        from sqlglot.optimizer.qualify import qualify

        full = qualify(
            query.copy(), dialect=DIALECT, schema=self.schema(), validate_qualify_columns=False
        )
        return full.named_selects

    def insert(self, tree):
        target, names = tree.this, None
        if isinstance(target, exp.Schema):
            names, target = [c.name for c in target.expressions], target.this
        name = table_name(target)
        names = names or self.columns_of(name)
        query = tree.expression
        if query is None:
            return
        if tree.args.get("with_") or tree.args.get("with"):
            query = query.copy()
            query.set("with_", (tree.args.get("with_") or tree.args.get("with")).copy())
        if isinstance(query, exp.Subquery):
            query = query.unnest()
        rows = query.expressions if isinstance(query, exp.Values) else []
        for row in rows:  # a row of VALUES is a query without FROM; its sub-selects read
            values = row.expressions if isinstance(row, exp.Tuple) else [row]
            self.query(self.qualified(exp.select(*(v.copy() for v in values))), name, names)
        if not rows:
            self.query(self.qualified(query), name, names)
        conflict = tree.args.get("conflict")
        for change in conflict.expressions if conflict else []:
            self.conflict(change, name, names, query)

    def conflict(self, change, name, names, query):
        """DO UPDATE SET x = excluded.y: y's value of the query reaches x."""
        if not isinstance(change, exp.EQ) or not isinstance(query, exp.Query):
            return
        for column in change.expression.find_all(exp.Column):
            if column.table.lower() == "excluded" and column.name in names:
                picked = [change.this.name if n == column.name else None for n in names]
                self.query(self.qualified(query), name, picked)

    def update(self, tree):
        source = tree.args.get("from_") or tree.args.get("from")
        for change in tree.expressions:
            if isinstance(change, exp.EQ):
                query = exp.select(exp.alias_(change.expression.copy(), "value")).from_(
                    tree.this.copy()
                )
                for joined in self.parts(source.this) if source else []:
                    query = query.join(joined, join_type="cross")
                with_ = tree.args.get("with_") or tree.args.get("with")
                if with_:
                    query.set("with_", with_.copy())
                self.query(self.qualified(query), table_name(tree.this), [change.this.name])

    @staticmethod
    def parts(source):
        """The relations of UPDATE's FROM, each without the joins that hang on the first."""
        first = source.copy()
        first.set("joins", None)
        return [first, *(join.this.copy() for join in source.args.get("joins") or [])]

    def merge(self, tree):
        target = table_name(tree.this)
        for when in tree.args["whens"].expressions:
            then = when.args["then"]
            pairs = []
            if isinstance(then, exp.Update):
                pairs = [(c.this.name, c.expression) for c in then.expressions]
            elif isinstance(then, exp.Insert) and then.expression is not None:
                given = then.this.expressions if then.this else []
                names = [c.name for c in given] or self.columns_of(target)
                pairs = list(zip(names, then.expression.expressions))
            for name, value in pairs:
                query = exp.select(exp.alias_(value.copy(), "value")).from_(tree.this.copy())
                query = query.join(tree.args["using"].copy(), join_type="cross")
                self.query(self.qualified(query), target, [name])

    def query(self, query, target, names):
        """Edges of a query whose column n goes to names[n] of the target (None: nowhere)."""
        ctes = {cte.alias for cte in query.find_all(exp.CTE)}
        for table in query.find_all(exp.Table):
            if table.name and (table.db or table.name not in ctes):
                self.edges.add(table_name(table), target)
        outputs = list(self.names_of(query))
        # Output names may repeat or be missing: each gets one of its own, by position.
        plain = isinstance(query, exp.Select) and "*" not in query.named_selects
        if plain:
            query = query.copy()
            values = [e.unalias() for e in query.expressions]
            outputs = [f"out_{n}" for n in range(len(values))]
            query.set("expressions", [exp.alias_(v, o) for v, o in zip(values, outputs)])
        for output, name in zip(outputs, names):
            if name is None:
                continue
            try:
                found = lineage(output, query.copy(), self.schema(), dialect=DIALECT)
            except Exception as error:
                self.notes.append(f"{type(error).__name__} at {output}: {str(error)[:60]}")
                continue
            for node in found.walk():
                if not node.downstream and isinstance(node.expression, exp.Table):
                    column = exp.to_column(node.name, dialect=DIALECT).name
                    self.edges.add(table_name(node.expression), target, column, name)


serve(f"sqlglot {sqlglot.__version__}", lambda case: Reader(case).read())
