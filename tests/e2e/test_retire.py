"""Edges that end in the database leave the catalog; what people drew stays."""

import json
import unittest

from harness import EndToEnd, wait_until

TABLES = """
CREATE TABLE a (v int, w int);
CREATE TABLE b (v int, w int);
CREATE TABLE c (v int, w int);
INSERT INTO b SELECT v, w FROM a;
INSERT INTO c SELECT v, w FROM a;
CREATE VIEW big AS SELECT v FROM b;
"""


class Retire(EndToEnd):
    """What an end does to the catalog."""

    setup_sql = TABLES
    ab, ac, view = ("public.a", "public.b"), ("public.a", "public.c"), ("public.b", "public.big")

    def wait_gone(self, pair):
        wait_until(lambda: pair not in self.edges(),
                   lambda: f"{pair} to go; there are {list(self.edges())} {self.said()}")

    def start(self):
        """A shipper that has sent all there is."""
        shipper = self.ship()
        for pair in (self.ab, self.ac, self.view):
            self.wait_edge(*pair)
        self.wait_drained()
        return shipper

    def test_a_dropped_table_takes_its_edges_along_and_no_others(self):
        self.start()
        self.sql("DROP TABLE c")
        self.wait_gone(self.ac)
        self.wait_drained()
        self.assertEqual(set(self.edges()), {self.ab, self.view})
        self.assertEqual(self.sql("SELECT count(*) FROM lineage._parked"), [["0"]])
        self.sql("CREATE TABLE c (v int); INSERT INTO c SELECT v FROM a")
        self.wait_edge(*self.ac)

    def test_a_view_that_says_otherwise_and_a_dropped_column(self):
        self.start()
        self.sql("CREATE OR REPLACE VIEW big AS SELECT v FROM c; ALTER TABLE b DROP COLUMN w")
        self.wait_gone(self.view)
        self.wait_edge("public.c", "public.big")
        self.wait_edge(*self.ab, lambda edge: len(edge["columnsLineage"]) == 1)

    def test_what_people_drew_stays(self):
        shipper = self.start()
        shipper.stop()
        tables = self.entities("table")
        prefix = tables["public.a"]["fullyQualifiedName"].removesuffix("a")
        with self.double.lock:
            edges = self.double.store.edges
            key = (tables["public.a"]["id"], tables["public.c"]["id"])
            edges[key]["source"] = "Manual"
            edges[key]["columnsLineage"][0] = {"fromColumns": [prefix + "a.v"],
                                               "toColumn": prefix + "c.w"}
            ours = (tables["public.a"]["id"], tables["public.b"]["id"])
            edges[ours]["columnsLineage"].append({"fromColumns": [prefix + "a.w"],
                                                  "toColumn": prefix + "b.v"})
        self.sql("SELECT lineage.forget(); INSERT INTO b (v) SELECT v FROM a")
        self.ship()
        self.wait_edge(*self.ac, lambda edge: len(edge["columnsLineage"]) == 1)
        self.wait_edge(*self.ab, lambda _: self.pairs(*self.ab) == {("v", "v"), ("w", "v")})
        self.wait_drained()
        self.assertEqual(self.pairs(*self.ac), {("v", "w")})

    def test_an_end_waits_for_a_catalog_that_is_down(self):
        shipper = self.start()
        self.double.fault(status=503, count=5, method="DELETE", path="/lineage")
        self.sql("DROP TABLE c")
        self.wait_gone(self.ac)
        self.wait_drained()
        self.assertTrue(shipper.running())

    def test_a_resync_heals_what_nobody_told(self):
        shipper = self.start()
        shipper.stop()
        self.sql("DROP TABLE c; DELETE FROM lineage.queue")
        finished = self.once("lineage", "-c", self.workflow())
        self.assertEqual(finished.returncode, 0, finished.stderr)
        self.assertNotIn(self.ac, self.edges())
        self.assertIn(self.ab, self.edges())

    def test_a_file_has_the_request(self):
        out = self.dir / "out.ndjson"
        self.ship("--sink", f"file:{out}")
        wait_until(lambda: out.exists() and out.read_text().count("/v1/lineage") == 3, self.said)
        self.wait_drained()
        self.sql("DROP TABLE c")
        wait_until(lambda: out.read_text().count('"DELETE"') == 2, self.said)
        rows = [json.loads(line) for line in out.read_text().splitlines()[-2:]]
        prefix = f"svc.{self.database}.public."
        self.assertEqual([(row["method"], row["path"], row["body"]) for row in rows], [
            ("DELETE", f"/v1/lineage/table/name/{prefix}a/table/name/{prefix}c", None),
            ("DELETE", f"/v1/tables/name/{prefix}c?recursive=true&hardDelete=false", None)])


class RetireBefore(Retire):
    """The same on an old server."""

    version = "1.2"


if __name__ == "__main__":
    unittest.main()
