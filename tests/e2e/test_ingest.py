"""`ingest` at speed: what has not changed is not sent, what needs no order goes in parallel."""

import json
import os
import signal
import subprocess

from harness import ROLE, SHIPPER, EndToEnd, wait_until


class Ingest(EndToEnd):
    """Runs of `ingest`, one after another."""

    setup_sql = """CREATE SCHEMA s; CREATE TABLE s.a(x int PRIMARY KEY);
        CREATE TABLE s.b(x int PRIMARY KEY REFERENCES s.a); CREATE VIEW s.v AS SELECT x FROM s.a;"""

    def ingest(self, *, expected=0, server=None, **metadata):
        """Runs the verb with keys of DatabaseMetadata; answers the writing requests it made."""
        with self.double.lock:
            before = len(self.double.requests)
        source = {"sourceConfig": {"config": {"type": "DatabaseMetadata", **metadata}}}
        workflow = self.workflow(source=source, server=server or {})
        done = self.once("ingest", "-c", workflow)
        self.assertEqual(done.returncode, expected, done.stderr)
        with self.double.lock:
            return [entry for entry in self.double.requests[before:] if entry["method"] != "GET"]

    def test_a_run_that_changes_nothing_sends_nothing(self):
        self.assertTrue(self.ingest())
        self.assertEqual(self.ingest(), [])
        self.sql("ALTER TABLE s.a ADD COLUMN y text")
        sent = self.ingest()
        self.assertEqual([entry["path"].split("/")[3] for entry in sent], ["tables"])

    def test_without_the_extension_a_file_remembers(self):
        self.sql("DROP EXTENSION pg_lineage CASCADE")
        self.assertTrue(self.ingest())
        self.assertEqual(self.ingest(), [])
        files = list((self.dir / "state" / "lineage-shipper").iterdir())
        self.assertEqual(len(files), 1)
        files[0].write_text("broken")
        self.assertTrue(self.ingest(), "a file that is lost costs a full run")
        self.assertEqual(self.ingest(), [])

    def test_a_catalog_that_lost_the_service_gets_everything_again(self):
        self.ingest()
        before = set(self.entities("table"))
        with self.double.lock:
            self.double.store.__init__(self.version)
        self.ingest()
        self.assertEqual(set(self.entities("table")), before)

    def test_what_a_person_deleted_stays_deleted_until_it_changes(self):
        self.ingest()
        with self.double.lock:
            store = self.double.store
            store.delete(store.by_name("table", f"svc.{self.database}.s.a"),
                         {"name": "ann", "bot": False}, True, False)
        self.ingest()
        self.assertNotIn("s.a", self.entities("table"))
        self.sql("COMMENT ON TABLE s.a IS 'new'")
        self.ingest()
        self.assertIn("s.a", self.entities("table"))

    def test_a_table_that_was_gone_comes_back(self):
        self.ingest()
        self.sql("DROP VIEW s.v")
        self.ingest()
        self.assertNotIn("s.v", self.entities("table"))
        self.sql("CREATE VIEW s.v AS SELECT x FROM s.a")
        self.ingest()
        self.assertIn("s.v", self.entities("table"))

    def test_overwriting_sends_everything(self):
        count = len(self.ingest())
        self.assertGreaterEqual(len(self.ingest(overrideMetadata=True)), count - 1)

    def test_many_connections_bring_what_one_does(self):
        self.sql("""DO $$ BEGIN FOR i IN 1..150 LOOP
              EXECUTE format('CREATE TABLE s.t%s(x int REFERENCES s.b)', i); END LOOP; END $$""")
        self.double.latency_ms = 5
        self.ingest(threads=8)
        tables = self.entities("table")
        for number in range(1, 151):
            keys = tables[f"s.t{number}"]["tableConstraints"]
            self.assertEqual(keys[0]["constraintType"], "FOREIGN_KEY")

    def test_what_was_refused_is_tried_again_by_the_next_run(self):
        self.double.fault(method="PUT", path="/tables", status=400, count=-1)
        self.ingest(expected=1)
        self.assertIn("s", self.entities("databaseSchema"))
        self.assertEqual(self.entities("table"), {})
        self.double.clear_faults()
        self.ingest(threads=4)
        self.assertLessEqual({"s.a", "s.b", "s.v"}, set(self.entities("table")))


class IngestIn12(Ingest):
    """The same against 1.2, which has no lists."""

    version = "1.2"


class Stopped(EndToEnd):
    """A run that a person ends."""

    version = "1.9"  # each table is a request of its own
    setup_sql = "".join(f"CREATE TABLE t{i} (id int);" for i in range(60))

    def test_a_run_that_is_stopped_says_so_and_the_next_one_sends_the_rest(self):
        workflow = str(self.workflow(shipper={"http": {"timeoutMs": 60000}}))
        self.double.fault(hang_ms=300, count=-1, method="PUT", path="/tables")
        with subprocess.Popen([SHIPPER, "ingest", "-c", workflow], stderr=subprocess.PIPE,
                              text=True) as process:
            wait_until(lambda: len(self.requests("PUT", "/tables")) > 2, "the first tables")
            process.send_signal(signal.SIGINT)
            said = process.communicate()[1]
        self.assertEqual(process.returncode, os.EX_TEMPFAIL, said)
        self.assertIn("stopped by a signal", said)
        self.assertNotIn("trying again", said)
        self.double.clear_faults()
        done = self.once("ingest", "-c", workflow)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(self.entities("table")), 60)
        self.assertNotIn(" 0 unchanged", done.stderr)


class Restore(EndToEnd):
    """A dump of another database, restored into one with the extension."""

    def dump(self, sql):
        """A dump of another database, in which this SQL ran; and how to reach the server."""
        other = self.database + "_o"
        self.pg.sql(f"CREATE DATABASE {other}")
        self.addCleanup(self.pg.sql, f"DROP DATABASE {other} WITH (FORCE)")
        self.pg.sql(sql, database=other)
        server = ["-h", str(self.pg.dir), "-p", str(self.pg.port), "-U", "postgres"]
        file = str(self.dir / "dump")
        subprocess.run([self.pg.bin / "pg_dump", *server, "-Fc", "-f", file, other], check=True)
        return file, server

    def ddl_rows(self):
        """DDL events that wait."""
        return int(self.sql("SELECT count(*) FROM lineage.queue WHERE kind = 'ddl'")[0][0])

    def test_a_restore_in_a_transaction_is_one_event_for_each_object(self):
        dump, server = self.dump("""CREATE SCHEMA w; DO $$ BEGIN FOR i IN 1..40 LOOP
              EXECUTE format('CREATE TABLE w.t%s (id int PRIMARY KEY, b text DEFAULT ''x'')', i);
              EXECUTE format('CREATE INDEX ON w.t%s (b)', i);
              EXECUTE format('CREATE VIEW w.v%s AS SELECT id FROM w.t%s', i, i);
              EXECUTE format('COMMENT ON TABLE w.t%s IS ''a table''', i);
              EXECUTE format('CREATE FUNCTION w.f%s() RETURNS int LANGUAGE sql AS ''SELECT 1''', i);
            END LOOP; END $$""")
        before = self.ddl_rows()
        subprocess.run([self.pg.bin / "pg_restore", *server, "-1", "-d", self.database, dump],
                       check=True)
        self.assertEqual(self.ddl_rows() - before, 1 + 4 * 40,
                         "schema, tables, indexes, views, functions")
        self.ship()
        self.wait_drained()
        for number in (1, 40):
            self.assertIn(f"w.t{number}", self.entities("table"))
            self.assertIn(f"w.v{number}", self.entities("table"))
            self.assertIn(f"w.f{number}", self.entities("storedProcedure"))

    def test_a_restore_in_steps_with_other_owners_is_one_request_for_each_object(self):
        dump, server = self.dump(f"""CREATE SCHEMA w AUTHORIZATION {ROLE};
            SET ROLE {ROLE}; DO $$ BEGIN FOR i IN 1..20 LOOP
              EXECUTE format('CREATE TABLE w.t%s (id int PRIMARY KEY, b text)', i);
              EXECUTE format('CREATE VIEW w.v%s AS SELECT id FROM w.t%s', i, i);
              EXECUTE format('COMMENT ON TABLE w.t%s IS ''a table''', i);
              EXECUTE format('CREATE FUNCTION w.f%s() RETURNS int LANGUAGE sql AS ''SELECT 1''', i);
            END LOOP; END $$""")
        shipper = self.ship()
        wait_until(lambda: "public" in self.entities("databaseSchema"), "the first comparison")
        self.wait_drained()
        shipper.process.send_signal(signal.SIGSTOP)
        subprocess.run([self.pg.bin / "pg_restore", *server, "-d", self.database, dump], check=True)
        self.assertGreaterEqual(self.ddl_rows(), 2 * 3 * 20, "CREATE and OWNER TO, each by itself")
        with self.double.lock:
            before = len(self.double.requests)
        shipper.process.send_signal(signal.SIGCONT)
        self.wait_drained()
        with self.double.lock:
            puts = [json.loads(entry["body"]) for entry in self.double.requests[before:]
                    if entry["method"] == "PUT"]
        names = [entity["name"] for body in puts
                 for entity in (body if isinstance(body, list) else [body]) if "name" in entity]
        for kind in "tvf":
            self.assertEqual(sorted(name for name in names if name.startswith(kind)),
                             sorted(f"{kind}{number}" for number in range(1, 21)))
