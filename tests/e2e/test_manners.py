"""Manners towards the database: rights that suffice, locks that block nobody, sessions that can be
told, a number of queries that does not grow."""

import subprocess
import unittest

from harness import SHIPPER, EndToEnd, wait_until

ROLE = "e2e_bare"
SCHEMA = """
CREATE SCHEMA s; CREATE TYPE s.mood AS ENUM ('sad', 'ok');
CREATE TABLE s.a (id int PRIMARY KEY, m s.mood DEFAULT 'ok', n numeric(9, 2));
CREATE TABLE s.b (id int REFERENCES s.a, t text); COMMENT ON COLUMN s.b.t IS 'said';
CREATE VIEW s.v AS SELECT b.t, a.m FROM s.a JOIN s.b USING (id);
CREATE FUNCTION s.f(x int) RETURNS int LANGUAGE sql AS 'SELECT x + 1';
"""


class Manners(EndToEnd):
    """A database without the extension, and a role that may connect to it and nothing else."""

    version = "1.9"  # each entity is a request of its own
    setup_sql = SCHEMA

    def setUp(self):
        super().setUp()
        self.pg.sql(f"CREATE ROLE {ROLE} LOGIN; ALTER ROLE {ROLE} SET log_statement = 'all';"
                    f"ALTER ROLE {ROLE} SET search_path = evil, public")
        self.addCleanup(self.pg.sql, f"DROP OWNED BY {ROLE}; DROP ROLE {ROLE}")
        self.sql("DROP EXTENSION pg_lineage; REVOKE ALL ON SCHEMA public FROM PUBLIC;"
                 f"REVOKE ALL ON DATABASE {self.database} FROM PUBLIC;"
                 f"GRANT CONNECT ON DATABASE {self.database} TO {ROLE}")
        self.addCleanup(self.sql, f"REVOKE ALL ON DATABASE {self.database} FROM {ROLE}")

    def file(self, **changes):
        """A workflow file of that role."""
        return self.workflow(source={"serviceConnection": {"config": {
            "type": "Postgres", "username": ROLE, "hostPort": f"127.0.0.1:{self.pg.port}",
            "database": self.database}}}, shipper={"http": {"timeoutMs": 60000}}, **changes)

    def statements(self, start):
        """What the role ran since a place in the server's log."""
        return [line for line in self.pg.log()[start:].splitlines()
                if f" {self.database} LOG: " in line
                and (" statement: " in line or " execute " in line)]

    def ingest(self, name="one", **changes):
        """Runs `ingest` from nothing; answers the statements that it ran."""
        start = len(self.pg.log())
        done = self.once("ingest", "-c", self.file(**changes),
                         environment={"XDG_STATE_HOME": str(self.dir / name)})
        self.assertEqual(done.returncode, 0, done.stderr[-3000:])
        return self.statements(start)

    def session(self):
        """(state, application_name, whether a transaction is open) of the role's session."""
        rows = self.sql("SELECT state, application_name, xact_start IS NOT NULL, "
                        "(SELECT count(*) FROM pg_locks l WHERE l.pid = a.pid) "
                        f"FROM pg_stat_activity a WHERE usename = '{ROLE}'")
        return rows[0] if rows else None

    def test_connect_and_what_everybody_may_read_suffices(self):
        self.pg.sql(f"ALTER ROLE {ROLE} SET default_transaction_read_only = on")
        self.ingest()
        self.assertEqual(sorted(self.entities("table")), ["s.a", "s.b", "s.v"])
        self.assertIn("s.f", self.entities("storedProcedure"))
        view = self.entities("table")["s.v"]
        self.assertIn("JOIN s.b", view["schemaDefinition"])
        self.assertEqual(self.entities("table")["s.b"]["columns"][1]["description"], "said")

    def test_content_is_read_in_read_only_transactions_with_limits_and_our_search_path(self):
        ran = self.ingest()
        first = ran[0]
        self.assertIn("'search_path', 'pg_catalog, pg_temp'", first)
        self.assertIn("'statement_timeout'", first)
        begins = [line for line in ran if "BEGIN" in line]
        self.assertTrue(begins)
        self.assertEqual([line for line in begins if "READ ONLY" not in line], [])
        # One asks for the memory that an extension would have, and is rolled back without one.
        ends = [line for line in ran if line.endswith(("COMMIT", "ROLLBACK"))]
        self.assertEqual(len(begins), len(ends))
        self.assertEqual(len([line for line in ends if line.endswith("ROLLBACK")]), 1)
        self.assertEqual(len(begins), len([line for line in ran if "lock_timeout" in line]))

    def test_a_paused_ingest_is_idle_and_ddl_of_what_it_read_runs(self):
        self.double.fault(hang_ms=200, count=-1)
        with subprocess.Popen([SHIPPER, "ingest", "-c", str(self.file())],
                              stderr=subprocess.PIPE, text=True) as process:
            wait_until(lambda: self.requests("PUT", "/databases"), "the first entities")
            with self.double.lock:  # no request is answered any more
                wait_until(lambda: self.session() == ["idle", "lineage-shipper", "f", "0"],
                           lambda: f"an idle session without a lock: {self.session()}")
                self.sql("SET lock_timeout = '20s'; ALTER TABLE s.a ADD COLUMN more int;"
                         "DROP VIEW s.v; ALTER TABLE s.b ALTER COLUMN t TYPE varchar(9);"
                         "DROP FUNCTION s.f; DROP TABLE s.b; VACUUM FULL pg_catalog.pg_class")
                self.assertIsNone(process.poll(), "it was in the middle")
            self.double.clear_faults()
            said = process.communicate()[1]
            self.assertEqual(process.returncode, 0, said)

    def test_ddl_that_is_under_way_is_left_out_by_name_and_not_waited_for_long(self):
        self.sql("CREATE TABLE s.free (id int)")
        with subprocess.Popen(
                [self.pg.bin / "psql", "-XqAt", "-h", str(self.pg.dir), "-p", str(self.pg.port),
                 "-U", "postgres", "-d", self.database], stdin=subprocess.PIPE, text=True) as other:
            other.stdin.write("BEGIN; LOCK TABLE s.a IN ACCESS EXCLUSIVE MODE;\n")
            other.stdin.flush()
            wait_until(lambda: self.sql("SELECT 1 FROM pg_locks WHERE relation = 's.a'::regclass"
                                        " AND mode = 'AccessExclusiveLock' AND granted"), "lock")
            done = self.once("ingest", "-c", self.file())
            other.communicate("ROLLBACK;\n")
        self.assertIn("s.v", done.stderr)
        self.assertIn("s.free", self.entities("table"))
        self.assertIn("s.a", self.entities("table"))

    def test_the_number_of_queries_does_not_depend_on_what_a_schema_holds(self):
        few = self.ingest("few")
        self.sql("".join(
            f"CREATE TABLE s.t{i} (id int PRIMARY KEY, a int REFERENCES s.a, m s.mood, t text);"
            f"CREATE VIEW s.v{i} AS SELECT id, m FROM s.t{i};"
            f"CREATE FUNCTION s.f{i}(x int) RETURNS int LANGUAGE sql AS 'SELECT x';"
            for i in range(60)))
        many = self.ingest("many")
        self.assertEqual(len(self.entities("table")), 123)
        self.assertEqual(len(many), len(few), "\n".join(many))

    def portions(self, tables):
        """Tables of 1,500 columns, and the statements by portion of what an `ingest` then ran."""
        self.sql("DO $$ BEGIN FOR t IN 1..%d LOOP EXECUTE 'CREATE TABLE IF NOT EXISTS s.t' || t"
                 " || ' (' || (SELECT string_agg('c' || c || ' int', ', ')"
                 " FROM generate_series(1, 1500) c) || ')'; END LOOP; END $$" % tables)
        ran = self.ingest(f"t{tables}", sink={"type": "file", "config": {
            "filename": str(self.dir / f"t{tables}.ndjson")}})
        portions = [each.split("COMMIT")[0] for each in "\n".join(ran).split("BEGIN")[1:]]
        return ran, [["BEGIN", *each.splitlines()[1:]] for each in portions if "pg_attrdef" in each]

    def test_a_schema_beyond_a_portion_costs_the_queries_of_each_portion(self):
        few, one = self.portions(6)
        many, two = self.portions(14)
        self.assertEqual((len(one), len(two)), (1, 2), "\n".join(many))
        self.assertEqual(len(two[1]), len(one[0]))  # with the view
        self.assertEqual(len(two[0]), len(one[0]) - 2)  # SAVEPOINT, and definitions of views
        self.assertEqual(len(many), len(few) + len(two[0]), "\n".join(many))


if __name__ == "__main__":
    unittest.main()
