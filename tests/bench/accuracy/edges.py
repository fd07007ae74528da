"""From what a parser says to edges between relations that last; the same for every parser.

Runs in the virtual environment of each tool, so it needs nothing but Python. A tool hands in pairs
of names as it read them, `((schema or None, table), column or None)`; here

* a name without schema is `public`'s, else that of the only relation called so (as if the tool
  knew the search_path);
* upper and lower case are told apart only where the catalog has both;
* a relation that the catalog does not know (a temporary table, a CTE that slipped through) is no
  end of an edge: what flows into it flows on to where it was read, whatever tool it is.
"""


class Catalog:
    """The relations of a case, as collect.py wrote them."""

    def __init__(self, relations):
        self.types = {(schema, name): dict(cols) for schema, name, _, _, cols in relations}
        self.columns = {name: list(types) for name, types in self.types.items()}
        self.folded = {}
        for schema, name in self.columns:
            self.folded.setdefault((schema.lower(), name.lower()), (schema, name))

    def find(self, schema, table):
        """The relation that a statement names, or None."""
        if schema is None:
            found = self.find("public", table)
            named = [key for key in self.columns if key[1] == table]
            return found or (named[0] if len(named) == 1 else None)
        if (schema, table) in self.columns:
            return schema, table
        return self.folded.get((schema.lower(), table.lower()))

    def column(self, relation, name):
        """The column of a relation, or None."""
        names = self.columns[relation]
        if name in names:
            return name
        return next((n for n in names if n.lower() == name.lower()), None)


class Edges:
    """Pairs of one case; `answer()` gives them between relations of the catalog only."""

    def __init__(self, catalog):
        self.catalog, self.pairs = catalog, set()

    def add(self, source, target, source_column=None, target_column=None):
        """Without columns it is an edge of tables; names as (schema or None, table)."""
        ends = self.end(source, source_column), self.end(target, target_column)
        if None not in ends:
            self.pairs.add(ends)

    def end(self, name, column):
        """One end: (True, schema, table[, column]) if it lasts, (False, table[, column]) if not."""
        known = self.catalog.find(*name)
        if known is None:
            return (False, name[1].lower()) + ((column.lower(),) if column else ())
        if column is None:
            return (True,) + known
        found = self.catalog.column(known, column)
        return (True,) + known + (found,) if found else None

    def answer(self):
        """Column edges and table edges, as lists of pairs of names in parts."""
        onward = {}
        for source, target in self.pairs:
            onward.setdefault(source, set()).add(target)
        found = {"columns": [], "tables": []}
        for source in onward:
            if not source[0]:
                continue
            for target in self.reached(source, onward):
                kind = "columns" if len(source) == 4 else "tables"
                if len(source) == len(target) and source[:3] != target[:3]:
                    found[kind].append([list(source[1:]), list(target[1:])])
        return {kind: sorted(pairs) for kind, pairs in found.items()}

    @staticmethod
    def reached(source, onward):
        """The lasting ends behind an end, through those that do not last."""
        todo, seen = list(onward[source]), set()
        while todo:
            end = todo.pop()
            if end in seen:
                continue
            seen.add(end)
            if not end[0]:
                todo += onward.get(end, ())
        return {end for end in seen if end[0]}
