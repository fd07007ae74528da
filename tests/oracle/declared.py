"""What bodies say before they run: lineage.snapshot_schema() judged against what runs then show.

Every body is read without being run. Whatever it writes when it runs must have been declared: an
observed DIRECT edge of a routine that the data showed and that is not among those declared of it is
a disagreement. Left out is what no body says: values that come with a call from outside of all
routines, bodies of which the snapshot itself counts a part as not analysed, and the arguments of
STRICT functions (DECISIONS.md).
"""

import re

READ_SQL = "SELECT lineage.snapshot_schema(current_schema())"
# Declared of a definition: the relation's own lineage, to be judged like what ran.
DEFINITIONS = {"CREATE VIEW", "CREATE MATERIALIZED VIEW", "GENERATED"}
UNANALYSED_SQL = """SELECT unanalysed_dynamic, unanalysed_missing, unanalysed_locked,
 unanalysed_language, unanalysed_limit, unanalysed_error FROM lineage.health"""
EDGES_SQL = """SELECT source_table, source_column, target_table, target_column, subtype, masking,
 routine, type FROM lineage.column_lineage WHERE routine LIKE '{0}.%' AND origin = '{1}'"""
# STRICT functions, and triggers of temporary tables that a query outside of all routines fills.
OUTSIDE = re.compile(r" STRICT AS |^CREATE TEMP TABLE ")
# Statements that may find no row and call functions whose bodies work with temporary tables: what
# these give depends on the session, so they are not read.
ROWLESS = {"temp_table"}
# Where a connection leads that a body names, its session knows.
FAR = re.compile(r"^(dblink|postgresql):")
# What a DO block or a query outside of all routines gives to those it calls.
GIVEN = re.compile(r"^DO \$b\$|\bmain\((?!\)|\d+\)|p1 => \d+\))")


class Bodies:
    """The declared edges of one case. `whole`: every body was read completely."""

    def __init__(self, connection, schema):
        self.connection, self.schema = connection, schema
        self.edges, self.whole = set(), True

    def read(self):
        """Reads the bodies; before the first run."""
        before = self.connection.rows(UNANALYSED_SQL)
        self.connection.run(READ_SQL)
        self.whole = before == self.connection.rows(UNANALYSED_SQL)
        self.edges = self._edges("declared")

    def _edges(self, origin):
        return set(self.connection.rows(EDGES_SQL.format(self.schema, origin)))

    def _overdeclared(self, case, cut):
        """Declared edges that the generator, which knows all of them, did not build in."""
        if case.direct is None:
            return []
        found = []
        for e in sorted(self.edges, key=str):
            edge = (f"{e[0][cut:]}.{e[1]}", f"{e[2][cut:]}.{e[3]}", e[4], e[5] == "t")
            if e[7] == "DIRECT" and edge not in case.direct and not FAR.search(e[0]):
                found.append(f"overdeclared: {edge[0]} -> {edge[1]} {edge[2]} by {e[6][cut:]}")
        return found

    def _as_arguments(self):
        """What a call that found no row makes of declared edges: what only decides counts as a
        value, and a value as computed."""
        deciding = {(e[:3], e[6]) for e in self.edges if e[7] == "INDIRECT"}
        computed = {(e[:4] + ("TRANSFORMATION",), e[6]) for e in self.edges if e[7] == "DIRECT"}
        return deciding | computed

    def judge(self, case, confirmed):
        """Disagreements, after the runs; `confirmed`: the DIRECT pairs that the data showed."""
        left_out = any(OUTSIDE.search(statement) for statement in case.setup)
        if left_out or not self.whole or any(GIVEN.search(statement) for statement in case.run):
            return []
        cut = len(self.schema) + 1
        found, given = self._overdeclared(case, cut), set()
        if ROWLESS & case.features:
            given = self._as_arguments()
        for edge in sorted(self._edges("observed") - self.edges, key=str):
            if FAR.search(edge[0]):
                continue
            source, target = (edge[0][cut:], edge[1]), (edge[2][cut:], edge[3])
            excused = {(edge[:3], edge[6]), (edge[:5], edge[6])} & given
            if edge[7] == "DIRECT" and (source, target) in confirmed and not excused:
                masking = " masking" if edge[5] == "t" else ""
                found.append(
                    f"undeclared: {'.'.join(source)} -> {'.'.join(target)} {edge[4]}{masking}"
                    f" by {edge[6][cut:]}"
                )
        return found
