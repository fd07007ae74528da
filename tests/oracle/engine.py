"""Runs a case many times with changed data and judges the edges of all runs together.

Soundness: what differs in a target must be reachable from what was changed. Precision: a DIRECT
edge must have shown itself, unless the generator knows it. README.md of the room has the rules.
"""

import collections
import dataclasses
import random

import case as cases
import declared
import values
from server import SqlError


EDGES_SQL = """SELECT source_table, source_column, target_table, target_column, type, subtype,
 masking, origin FROM lineage.column_lineage
 WHERE (source_table LIKE '{0}.%' OR target_table LIKE '{0}.%') AND {1}"""
TABLES_SQL = """SELECT source_table, target_table FROM lineage.table_lineage
 WHERE (source_table LIKE '{0}.%' OR target_table LIKE '{0}.%') AND {1}"""
# What ran, and what definitions say; not what bodies and rules would do.
RAN_SQL = f"(origin = 'observed' OR operation IN ({str(sorted(declared.DEFINITIONS))[1:-1]}))"
# How another connection's database is named, of the one that a case runs in.
OWN_SQL = """SELECT format('postgresql://%s:%s/%s', replace(split_part(current_setting(
 'unix_socket_directories'), ',', 1), '/', '%2F'), current_setting('port'), current_database())"""
# The store's last row, and what any write or DELETE of its rows changes.
NEWEST_SQL = "SELECT max(id), count(*), max(xmin::text::bigint) FROM lineage._edge"
EMPTY_SQL = "TRUNCATE lineage._edge, lineage.queue, lineage._ddl"


@dataclasses.dataclass
class Verdict:
    """What was found. `disagreements` is empty when the case holds."""

    disagreements: list = dataclasses.field(default_factory=list)
    edges: set = dataclasses.field(default_factory=set)  # (source, target, type, subtype, masking)
    confirmed: set = dataclasses.field(default_factory=set)  # DIRECT pairs seen at work
    unconfirmed: set = dataclasses.field(default_factory=set)  # DIRECT pairs only known
    first: set = dataclasses.field(default_factory=set)  # DIRECT pairs that the first run brought
    runs: int = 0
    void: int = 0
    skipped: str = ""


class _Graph:
    """Reachability over the edges; (table, None) stands for the rows of a table."""

    def __init__(self, columns_of):
        self.columns_of = columns_of
        self.next = collections.defaultdict(set)

    def add_column(self, source, target, target_table):
        self.next[source].add(target if target is not None else (target_table, None))

    def add_table(self, source, target):
        self.next[(source, None)].add((target, None))

    def reach(self, start):
        seen, open_ = set(), [start]
        while open_:
            node = open_.pop()
            if node in seen:
                continue
            seen.add(node)
            open_.extend(self.next[node])
            if node[1] is None and node != start:
                open_.extend((node[0], column) for column in self.columns_of(node[0]))
        return seen


class _Runner:
    def __init__(self, connection, case, schema):
        self.connection, self.case, self.schema = connection, case, schema
        self.verdict = Verdict()
        self.raw_edges, self.raw_tables = set(), set()
        self.columns, self.first = {}, None
        self.bodies = declared.Bodies(connection, self.schema)
        self.changed = collections.defaultdict(set)  # (table, column or None) -> targets
        self.sighted = {}  # DIRECT pair -> the switches under which it was first there
        self.newest, self.written = None, None  # the store's state after the last run
        self.own = connection.rows(OWN_SQL)[0][0] if case.outside else None
        self.origins = {}  # source of a DIRECT edge -> what flows into it

    def setup(self):
        self.connection.run(self.case.setup_sql(self.schema))

    def fill(self, data):
        """Empties and fills the tables below capture and triggers."""
        lines = ["SET pg_lineage.enabled = off", "SET session_replication_role = replica"]
        # A few dead rows cost less than the new files of TRUNCATE.
        lines += [f"DELETE FROM {table.name}" for table in self.case.tables]
        lines += self.case.reset
        lines += [t.insert(data[t.name]) for t in self.case.tables if data[t.name]]
        lines += ["RESET session_replication_role", "RESET pg_lineage.enabled"]
        self.connection.run(";".join(lines))

    def snapshot(self):
        """Sorted values by (target, column), and the number of rows by (target, None)."""
        sql = ";".join(f"SELECT * FROM {name}" for name in self.case.targets)
        off = "SET pg_lineage.enabled = off;"
        state = {}
        sql += f";RESET pg_lineage.enabled;{NEWEST_SQL}"
        *answers, ((newest, *written),) = self.connection.run(off + sql)
        self.grown, self.newest = newest != self.newest, newest
        self.stirred, self.written = written != self.written or self.grown, written
        for name, rows in zip(self.case.targets, answers):
            state[(name, None)] = len(rows)
            for i, column in enumerate(self.columns_of(name)):
                state[(name, column)] = sorted((row[i] is None, row[i] or "") for row in rows)
        return state

    def columns_of(self, name):
        if not name.isidentifier():  # an outside dataset
            named = {e[1] for e in self.raw_edges if e[0] == name}
            return sorted(named | {e[3] for e in self.raw_edges if e[2] == name and e[3]})
        if name not in self.columns:
            relation = f"{self.schema}.{name}"
            self.columns[name] = [
                row[0]
                for row in self.connection.rows(
                    "SELECT attname FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped"
                    f" AND attrelid = to_regclass('{relation}') ORDER BY attnum"
                )
            ]
        return self.columns[name]

    def run(self, data, first=False):
        """One run with this data; what the targets hold after it, None when a statement failed."""
        if not first:
            self.fill(data)
        self.verdict.runs += 1
        try:
            for statement in self.case.run:
                self.connection.run(statement)
            state = self.snapshot()
        except SqlError as error:
            if first:
                raise
            self.connection.run("ROLLBACK; RESET ROLE; RESET session_replication_role")
            self.connection.run(f"SET search_path = {self.schema}, public")
            self.verdict.void += 1
            self.last_error = str(error)
            return None
        if self.case.reset and self.stirred or self.case.switches and self.grown:
            self.collect(data)
        return state

    def collect(self, data=None):
        """Takes what the views say now; `data`: with which the last run made what is new."""
        cut = len(self.schema) + 1
        here = self.schema + "."

        def short(name):
            if name == self.own:
                return cases.OWN
            return name[cut:] if name.startswith(here) else name

        for s_table, s_col, t_table, t_col, *rest in self.connection.rows(
            EDGES_SQL.format(self.schema, RAN_SQL)
        ):
            self.raw_edges.add((short(s_table), s_col, short(t_table), t_col, *rest))
            if data is not None and rest[0] == "DIRECT":
                pair = (short(s_table), s_col), (short(t_table), t_col)
                self.sighted.setdefault(pair, {name: data[name] for name in self.case.switches})
        for source, target in self.connection.rows(TABLES_SQL.format(self.schema, RAN_SQL)):
            self.raw_tables.add((short(source), short(target)))

    def direct_pairs(self):
        """Takes what the views say now; the DIRECT edges so far, as (source, target)."""
        self.collect()
        return {(edge[0:2], edge[2:4]) for edge in self.raw_edges if edge[4] == "DIRECT"}

    def data(self):
        return {t.name: [list(row) for row in t.rows] for t in self.case.tables}

    def compare(self, base, state, changed):
        """Notes which targets differ when `changed` did."""
        if state is None:
            return
        for node, value in state.items():
            if base.get(node) != value and node != changed:
                self.changed[changed].add(node)

    def sweep(self, data, base, wanted=None, most=None):
        """Changes each column in turn; `wanted` limits it to some (table, column), `most` the
        number of assignments that each of them gets."""
        for table in self.case.tables:
            if not table.perturbed or not data[table.name]:
                continue
            written = [c for c in table.columns if c.written]
            for at, column in enumerate(written):
                if column.fixed or wanted is not None and (table.name, column.name) not in wanted:
                    continue
                old = [row[at] for row in data[table.name]]
                for new in values.assignments(column, old, self.case.seed)[:most]:
                    changed = dict(data)
                    changed[table.name] = [
                        row[:at] + [value] + row[at + 1 :]
                        for row, value in zip(data[table.name], new)
                    ]
                    self.compare(base, self.run(changed), (table.name, column.name))
            if wanted is None and len(data[table.name]) > 1:
                changed = dict(data)
                changed[table.name] = data[table.name][1:]
                self.compare(base, self.run(changed), (table.name, None))

    def refilled(self, dice, narrow, held):
        """The case's tables with wholly new data, of the same size; but for those in `held`."""
        data = dict(held)
        for table in self.case.tables:
            rows = [list(row) for row in table.rows]
            if table.name in held:
                continue
            if table.perturbed and rows:
                written = [c for c in table.columns if c.written]
                fresh = [
                    (
                        [row[at] for row in rows]
                        if c.fixed
                        else values.refill(c, len(rows), dice, narrow)
                    )
                    for at, c in enumerate(written)
                ]
                rows = [list(row) for row in zip(*fresh)]
            data[table.name] = rows
        return data


def _judge_soundness(runner, graph):
    verdict = runner.verdict
    reached = {}
    for changed, targets in sorted(runner.changed.items(), key=str):
        if changed not in reached:
            reached[changed] = graph.reach(changed)
        for target in sorted(targets, key=str):
            name, column = target
            if (name, None) == (changed[0], None) and column is None and changed[1] is None:
                continue  # a row less of the table itself
            if changed[1] is None and changed[0] in {name} | runner.case.uncounted:
                continue
            hit = target in reached[changed] or (name, None) in reached[changed]
            if column is None:  # another number of rows: an edge on the rows, or on any column
                hit = hit or any(node[0] == name for node in reached[changed] - {changed})
            if not hit:
                verdict.disagreements.append(
                    f"unsound: {_show(changed)} changes {_show(target)}, no edge leads there"
                )


def _show(node):
    return f"{node[0]}.{node[1]}" if node[1] is not None else f"{node[0]} (rows)"


def _origins(into, source):
    """All that flows into a column, itself too."""
    origins, open_ = set(), [source]
    while open_:
        node = open_.pop()
        if node not in origins:
            origins.add(node)
            open_.extend(into[node])
    return origins


def _judge_precision(runner, known):
    """DIRECT edges must show: some changed column that flows into the source changes the target."""
    verdict, case = runner.verdict, runner.case
    into = collections.defaultdict(set)
    direct = set()
    for dataset, held, table, column in case.outside:
        into[(dataset, held)].add((table, column))
    for s_table, s_col, t_table, t_col, kind, *_ in runner.raw_edges:
        if kind == "DIRECT":
            into[(t_table, t_col)].add((s_table, s_col))
            direct.add(((s_table, s_col), (t_table, t_col)))
    for source, target in direct:
        origins = _origins(into, source)
        runner.origins[source] = origins
        if target[0] not in case.targets or source == target:
            continue
        if any(target in runner.changed[origin] for origin in origins):
            verdict.confirmed.add((source, target))
        else:
            verdict.unconfirmed.add((source, target))
    if not known:
        return
    for source, target in sorted(verdict.unconfirmed):
        pair = (f"{source[0]}.{source[1]}", f"{target[0]}.{target[1]}")
        if pair not in case.dead and not _expected(case, pair):
            verdict.disagreements.append(f"imprecise: {pair[0]} never changes {pair[1]}")


def _unnamed(name):
    """An outside dataset whose name the generator does not know: a file."""
    return "://" in name and not name.startswith("postgresql:")


def _expected(case, pair):
    """Known to the generator."""
    if _unnamed(pair[0]):
        return True
    return case.direct is not None and any(edge[:2] == pair for edge in case.direct)


def _judge_direct(runner):
    """Where the generator knows the DIRECT edges, they are exactly these."""
    case, verdict = runner.case, runner.verdict
    decides = {
        (f"{e[0]}.{e[1]}", f"{e[2]}.{e[3]}" if e[3] else e[2], e[5])
        for e in runner.raw_edges
        if e[4] == "INDIRECT"
    }
    for source, target, subtype in sorted(case.deciding - decides):
        verdict.disagreements.append(f"missing: {source} -> {target} {subtype}")
    if case.direct is None:
        return
    found = {
        (f"{e[0]}.{e[1]}", f"{e[2]}.{e[3]}", e[5], e[6] == "t")
        for e in runner.raw_edges
        if e[4] == "DIRECT" and not _unnamed(e[0]) and not _unnamed(e[2])
    }
    for edge in sorted(case.direct - found):
        verdict.disagreements.append(f"missing: {_edge(edge)}")
    for edge in sorted(found - case.direct):
        verdict.disagreements.append(f"extra: {_edge(edge)}")


def _edge(edge):
    return f"{edge[0]} -> {edge[1]} {edge[2]}{' masking' if edge[3] else ''}"


def _open_pairs(runner):
    """DIRECT edges not seen at work yet, without those that the generator knows."""
    verdict, case = runner.verdict, runner.case
    verdict.confirmed, verdict.unconfirmed = set(), set()
    _judge_precision(runner, False)
    known = case.dead if case.direct is None else {e[:2] for e in case.direct}
    return [
        (s, t)
        for s, t in sorted(verdict.unconfirmed)
        if (f"{s[0]}.{s[1]}", f"{t[0]}.{t[1]}") not in known
    ]


def _columns_behind(runner, pairs):
    """The base columns that flow into these edges."""
    base = {(t.name, c.name) for t in runner.case.tables if t.rows for c in t.columns}
    # An edge out of a derived relation is shown by any column behind it.
    return base & set().union(*(runner.origins[source] for source, _ in pairs))


def _refill(runner, round_):
    """A round of other data; False when all has shown itself. What decides that a statement runs
    is mostly left as it was when an edge was seen first: that its way is taken again."""
    case = runner.case
    pairs = _open_pairs(runner)
    wanted = _columns_behind(runner, pairs)
    if not wanted:
        return False
    held = {} if round_ % 3 == 0 else runner.sighted.get(pairs[round_ % len(pairs)], {})
    narrow = round_ >= 6 and round_ % 2 == 1
    data = runner.refilled(random.Random(f"{case.seed}.{round_}"), narrow, held)
    base = runner.run(data)
    if base is not None:
        runner.sweep(data, base, wanted, case.refill_assignments)
    runner.collect()
    return True


def judge(connection, case, schema=None):
    """Runs and judges one case. The schema is dropped at the end."""
    runner = _Runner(connection, case, schema or f"o{case.seed}")
    verdict = runner.verdict
    try:
        try:
            runner.setup()
            runner.bodies.read()
            data = runner.data()
            defined = runner.direct_pairs()
            base = runner.run(data, first=True)
            verdict.first = runner.direct_pairs() - defined
        except SqlError as error:
            verdict.skipped = str(error)
            return verdict
        again = runner.run(data)
        if again != base:
            verdict.disagreements.append("unstable: the same data give other values")
            return verdict
        runner.sweep(data, base)
        runner.collect()
        for round_ in range(case.refills):
            if not _refill(runner, round_):
                break
        _finish(runner)
        verdict.disagreements += runner.bodies.judge(case, verdict.confirmed)
    finally:
        connection.run("ROLLBACK; RESET ROLE; SET pg_lineage.enabled = off")
        connection.run(f"DROP SCHEMA IF EXISTS {runner.schema} CASCADE")
        connection.run("DISCARD ALL")
    return verdict


def _finish(runner):
    verdict = runner.verdict
    graph = _Graph(runner.columns_of)
    for s_table, s_col, t_table, t_col, kind, subtype, masking, _ in runner.raw_edges:
        target = (t_table, t_col) if t_col is not None else None
        graph.add_column((s_table, s_col), target, t_table)
        verdict.edges.add(
            (
                f"{s_table}.{s_col}",
                f"{t_table}.{t_col}" if t_col else t_table,
                kind,
                subtype,
                masking == "t",
            )
        )
    for source, target in runner.raw_tables:
        graph.add_table(source, target)
    for dataset, held, table, column in runner.case.outside:
        graph.add_column((table, column), (dataset, held), dataset)
        graph.add_table(table, dataset)
    _judge_soundness(runner, graph)
    verdict.confirmed, verdict.unconfirmed = set(), set()
    _judge_precision(runner, True)
    _judge_direct(runner)
