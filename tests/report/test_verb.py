#!/usr/bin/env python3
"""`lineage-shipper report` on a server of its own: what the page gets from a real database.

usage: make report     (PG_CONFIG: a server with pg_lineage, LINEAGE_SHIPPER: the program)
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from harness import BAD_LOG, PASSWORD, ROLE, SHIPPER, Cluster  # noqa: E402

SCHEMA = """
CREATE SCHEMA s;
CREATE TABLE s.zebra (z text, a integer, m numeric(8, 2), unused text);
CREATE TABLE s.parted (k integer, v text) PARTITION BY LIST (k);
CREATE TABLE s.parted_1 PARTITION OF s.parted DEFAULT;
CREATE VIEW s.seen AS SELECT v FROM s.parted;
CREATE MATERIALIZED VIEW s.kept AS SELECT v, count(*) FROM s.seen GROUP BY v;
CREATE TABLE s."<script>window.owned = 1</script>" ("a""b'&lt;" text);
CREATE FUNCTION s."</script>"() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO s."<script>window.owned = 1</script>" SELECT upper(z) FROM s.zebra;
END $$;
CREATE PROCEDURE s.load(factor integer) LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO s.parted SELECT a, z FROM s.zebra WHERE m > factor;
  PERFORM s."</script>"();
END $$;
INSERT INTO s.zebra VALUES ('canary-5512', 1, 2, 'x');
CALL s.load(1);
CALL s.load(1);
REFRESH MATERIALIZED VIEW s.kept;
"""


class VerbTest(unittest.TestCase):
    """One cluster; a database with lineage, one without, one without the extension."""

    @classmethod
    def setUpClass(cls):
        cls.pg = Cluster()
        cls.addClassCleanup(cls.pg.stop)
        for database in ("full_one", "empty_one", "bare_one"):
            cls.pg.sql(f"CREATE DATABASE {database}")
        for database in ("full_one", "empty_one"):
            cls.pg.sql("CREATE EXTENSION pg_lineage", database)
            cls.pg.sql(f"SELECT lineage.grant_shipper('{ROLE}')", database)
        cls.pg.sql(SCHEMA, "full_one")
        cls.pg.sql("CREATE ROLE nobody_much LOGIN")

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="pgl-verb.")
        self.addCleanup(directory.cleanup)
        self.dir = pathlib.Path(directory.name)
        self.page = self.dir / "page.html"
        self.addCleanup(self.check_log)

    def check_log(self):
        bad = [line for line in self.pg.log().splitlines() if BAD_LOG.search(line)]
        self.assertEqual(bad, [])

    def report(self, database, page=None, role=ROLE, password=PASSWORD):
        """Runs the verb; its sink is a file, as no catalog has to do with it."""
        workflow = self.dir / "workflow.yaml"
        workflow.write_text(json.dumps({
            "source": {"type": "postgres", "serviceName": "svc", "serviceConnection": {"config": {
                "type": "Postgres", "username": role, "authType": {"password": password},
                "hostPort": f"127.0.0.1:{self.pg.port}", "database": database}},
                "sourceConfig": {"config": {"type": "DatabaseMetadata"}}},
            "sink": {"type": "file", "config": {"filename": str(self.dir / "unused.ndjson")}},
            "workflowConfig": {}}))
        workflow.chmod(0o600)
        return subprocess.run(
            [SHIPPER, "report", "-c", workflow, "--output", page or self.page], text=True,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)

    def graph(self):
        """The graph as the page's script gets it."""
        text = self.page.read_text(encoding="utf-8")
        found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)
        return json.loads(found[1])

    def test_the_page_has_kinds_columns_routines_and_counters_of_the_database(self):
        done = self.report("full_one")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout.strip(), str(self.page))
        graph = self.graph()
        tables = {table["name"]: table for table in graph["tables"]}
        self.assertEqual({name: table["kind"] for name, table in tables.items()}, {
            "s.zebra": "table", "s.parted": "partitioned table", "s.seen": "view",
            "s.kept": "materialized view",
            's."<script>window.owned = 1</script>"': "table"})
        self.assertEqual(tables["s.zebra"]["columns"],
                         [["z", "text"], ["a", "integer"], ["m", "numeric(8,2)"]])
        names = [table["name"] for table in graph["tables"]]
        edge, = (edge for edge in graph["edges"] if names[edge["source"]] == "s.zebra"
                 and names[edge["target"]] == "s.parted")
        fact, = edge["facts"]
        self.assertEqual((fact["routine"], fact["path"], fact["operation"]),
                         ("s.load(integer)", ["s.load(integer)"], "INSERT"))
        self.assertEqual(sorted(zip(*[iter(fact["pairs"])] * 3)),
                         [(0, 1, 0), (1, 0, 0), (2, -1, 9)])
        self.assertNotIn("canary-5512", self.page.read_text(encoding="utf-8"))
        self.assertNotIn("<script>window", self.page.read_text(encoding="utf-8"))

    def test_counters_are_those_of_the_views(self):
        self.assertEqual(self.report("full_one").returncode, 0)
        shown = {(fact["routine"], fact["executions"]) for edge in self.graph()["edges"]
                 for fact in edge["facts"] if fact["routine"]}
        rows = self.pg.sql("SELECT DISTINCT routine, executions FROM lineage.table_lineage "
                           "WHERE routine IS NOT NULL", "full_one")
        self.assertEqual(shown, {(routine, int(executions)) for routine, executions in rows})

    def test_a_database_without_lineage_gets_a_page_that_says_so(self):
        self.assertEqual(self.report("empty_one").returncode, 0)
        self.assertIn("No lineage in empty_one yet", self.page.read_text(encoding="utf-8"))

    def test_a_role_without_rights_is_told_what_it_lacks(self):
        done = self.report("full_one", role="nobody_much", password="")
        self.assertEqual(done.returncode, 77, done.stderr)
        self.assertIn("grant_", done.stderr)
        self.assertFalse(self.page.exists())

    def test_without_the_extension_it_says_how_to_get_it(self):
        done = self.report("bare_one")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("CREATE EXTENSION pg_lineage", done.stderr)

    def test_a_page_that_cannot_be_written_is_named_and_leaves_nothing(self):
        done = self.report("full_one", page=self.dir / "no such directory" / "page.html")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("no such directory/page.html", done.stderr)
        taken = self.dir / "taken"
        taken.mkdir()
        self.assertNotEqual(self.report("full_one", page=taken).returncode, 0)
        self.assertEqual(sorted(path.name for path in self.dir.iterdir() if "tmp" in path.name), [])

    def test_a_new_page_takes_the_place_of_the_old_one(self):
        self.page.write_text("old", encoding="utf-8")
        self.assertEqual(self.report("full_one").returncode, 0)
        self.assertIn("</html>", self.page.read_text(encoding="utf-8"))


if __name__ == "__main__":
    unittest.main()
