"""`ingest` and what is gone: marked deleted after a whole read, never on a doubt."""

import json
import threading

from harness import EndToEnd, wait_until


class MarkDeleted(EndToEnd):
    """Two runs of `ingest` with something dropped in between."""

    setup_sql = """CREATE SCHEMA s; CREATE TABLE s.t(a int); CREATE TABLE s.u(a int);
        CREATE TABLE s.hidden(a int); CREATE PROCEDURE s.p() LANGUAGE sql AS '';
        CREATE SCHEMA empty_later; CREATE TABLE empty_later.x(a int)"""

    def ingest(self, expected=0, **metadata):
        """Runs the verb with keys of DatabaseMetadata."""
        source = {"sourceConfig": {"config": {"type": "DatabaseMetadata", **metadata}}}
        done = self.once("ingest", "-c", self.workflow(source=source))
        self.assertEqual(done.returncode, expected, done.stderr)
        return done

    def test_what_is_gone_is_deleted_and_what_is_filtered_stays(self):
        self.ingest()
        self.sql("DROP TABLE s.u; DROP PROCEDURE s.p(); DROP SCHEMA empty_later CASCADE")
        self.ingest(tableFilterPattern={"excludes": ["^hidden$"]}, includeViews=False)
        self.assertEqual({n for n in self.entities("table") if n.startswith(("s.", "empty"))},
                         {"s.t", "s.hidden"})
        self.assertNotIn("s.p", self.entities("storedProcedure"))
        self.assertIn("empty_later", self.entities("databaseSchema"))
        self.ingest(markDeletedSchemas=True)
        self.assertNotIn("empty_later", self.entities("databaseSchema"))

    def test_the_keys_switch_it_off(self):
        self.ingest()
        self.sql("DROP TABLE s.u; DROP PROCEDURE s.p()")
        self.ingest(markDeletedTables=False, markDeletedStoredProcedures=False)
        self.assertIn("s.u", self.entities("table"))
        self.assertIn("s.p", self.entities("storedProcedure"))

    def test_a_schema_that_a_filter_leaves_out_is_not_touched(self):
        self.ingest()
        self.sql("DROP TABLE s.u")
        self.ingest(schemaFilterPattern={"excludes": ["^s$"]})
        self.assertIn("s.u", self.entities("table"))

    def test_a_read_that_fails_deletes_nothing(self):
        self.ingest()
        self.sql("""DROP TABLE s.u; ALTER TABLE s.t ADD COLUMN b int;
            ALTER TABLE s.hidden ADD COLUMN b int""")
        self.double.fault(method="PUT", path="/tables", status=400, count=-1)
        done = self.ingest(expected=1)
        self.assertIn("nothing is marked deleted", done.stderr)
        self.assertIn("s.u", self.entities("table"))

    def test_what_another_run_sends_while_the_catalog_is_listed_stays(self):
        self.ingest()
        self.sql("DROP TABLE s.u")
        self.double.fault(method="GET", path=r"/tables\?.*databaseSchema=", hang_ms=3000)
        begun = threading.Thread(target=self.ingest)
        begun.start()
        wait_until(lambda: not self.double.faults or self.double.faults[0]["count"] == 0,
                   "the list of tables")
        self.sql("CREATE TABLE s.fresh(a int)")
        self.ingest(markDeletedTables=False)
        self.assertIn("s.fresh", self.entities("table"))
        begun.join()
        self.assertNotIn("s.u", self.entities("table"))
        self.assertIn("s.fresh", self.entities("table"))

    def test_what_is_made_again_while_the_names_are_asked_for_stays(self):
        self.ingest()
        self.sql("DROP TABLE s.u, s.hidden")
        lists = {"method": "GET", "path": r"/tables\?.*databaseSchema=[^&]*\.s&"}
        self.double.fault(hang_ms=1, **lists)  # of what there is
        self.double.fault(hang_ms=3000, **lists)  # of the names of what is gone
        begun = threading.Thread(target=self.ingest)
        begun.start()
        wait_until(lambda: not any(fault["count"] for fault in self.double.faults),
                   "the second list of tables")
        self.sql("CREATE TABLE s.u(a int)")
        begun.join()
        self.assertNotIn("s.hidden", self.entities("table"))
        self.assertIn("s.u", self.entities("table"))


class MarkDeletedIn12(MarkDeleted):
    """The same against 1.2."""

    version = "1.2"


class AllDatabases(EndToEnd):
    """Databases that come and go."""

    def ingest(self, **metadata):
        """All databases whose names begin as this test's."""
        workflow = self.workflow(source={"sourceConfig": {"config": {
            "type": "DatabaseMetadata",
            "databaseFilterPattern": {"includes": [f"^{self.database}"]}, **metadata}}})
        document = json.loads(workflow.read_text())
        document["source"]["serviceConnection"]["config"]["ingestAllDatabases"] = True
        workflow.write_text(json.dumps(document))
        return self.once("ingest", "-c", workflow)

    def databases(self):
        """The living databases of the service."""
        with self.double.lock:
            rows = self.double.store.dump()["entities"]
        return {row["name"] for row in rows if row["kind"] == "database" and not row["deleted"]}

    def test_a_database_that_is_gone_goes_only_where_that_is_asked_for(self):
        second = self.database + "_b"
        self.pg.sql(f"CREATE DATABASE {second}")
        self.addCleanup(self.pg.sql, f"DROP DATABASE IF EXISTS {second} WITH (FORCE)")
        self.assertEqual(self.ingest().returncode, 0)
        self.assertEqual(self.databases(), {self.database, second})
        self.pg.sql(f"DROP DATABASE {second}")
        self.assertEqual(self.ingest().returncode, 0)
        self.assertIn(second, self.databases())
        self.assertEqual(self.ingest(markDeletedDatabases=True).returncode, 0)
        self.assertEqual(self.databases(), {self.database})

    def test_a_database_that_cannot_be_entered_is_told_and_the_others_go_on(self):
        second = self.database + "_b"
        self.pg.sql(f"CREATE DATABASE {second}; ALTER DATABASE {second} CONNECTION LIMIT 0")
        self.addCleanup(self.pg.sql, f"DROP DATABASE IF EXISTS {second} WITH (FORCE)")
        self.sql("CREATE TABLE here(a int)")
        done = self.ingest(markDeletedDatabases=True)
        self.assertIn(f"database {second}: ", done.stderr)
        self.assertIn("public.here", self.entities("table"))
