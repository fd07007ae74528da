"""What databases are like: odd names, partitions, overloads, triggers, things that go away."""

import statistics
import sys
import time
import unittest

from harness import EndToEnd, wait_until


class Shapes(EndToEnd):
    """Each test makes its own objects."""

    def test_odd_names_arrive_with_their_edges(self):
        self.sql("""
          CREATE SCHEMA "Odd.Schema";
          CREATE TABLE "Odd.Schema"."we ird%/>é" ("co.l" int, "a::b" int, "q""q" int, " " int);
          CREATE TABLE "Odd.Schema"."quo""te" ("co.l" int, "a::b" int, "q""q" int, " " int);
          CREATE PROCEDURE "Odd.Schema"."do it"() LANGUAGE plpgsql AS $$
            BEGIN INSERT INTO "Odd.Schema"."quo""te" SELECT * FROM "Odd.Schema"."we ird%/>é"; END
          $$;
        """)
        self.ship()
        self.sql('CALL "Odd.Schema"."do it"()')
        wait_until(lambda: any(edge.get("columnsLineage") for edge in self.edges().values()),
                   lambda: f"an edge; parked: {self.sql('SELECT * FROM lineage._parked')}"
                   + self.said())
        (pair, edge), = self.edges().items()
        self.assertTrue(pair[0].startswith('"Odd.Schema".'), pair)
        self.assertEqual(len(edge["columnsLineage"]), 4)
        self.assertEqual(edge["pipeline"]["name"], "do it")
        self.wait_drained()
        self.assertEqual(self.sql("SELECT count(*) FROM lineage._parked"), [["0"]])

    def test_partitions_are_folded_to_their_root(self):
        self.sql("""
          CREATE TABLE src (d date, v int);
          CREATE TABLE parted (d date, v int) PARTITION BY RANGE (d);
          CREATE TABLE parted_1 PARTITION OF parted
            FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
          CREATE TABLE parted_2 PARTITION OF parted
            FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
          CREATE TABLE dst (v int);
        """)
        self.ship()
        self.sql("INSERT INTO parted_1 SELECT d, v FROM src; INSERT INTO parted SELECT d FROM src;"
                 "INSERT INTO dst SELECT v FROM parted_2")
        self.wait_edge("public.src", "public.parted",
                       lambda edge: len(edge.get("columnsLineage", [])) == 2)
        self.wait_edge("public.parted", "public.dst")
        self.wait_drained()
        self.assertEqual(self.entities("table")["public.parted"]["tableType"], "Partitioned")
        self.assertNotIn("public.parted_1", self.entities("table"))
        self.assertEqual(set(self.edges()), {("public.src", "public.parted"),
                                             ("public.parted", "public.dst")})

    def test_overloads_stay_apart(self):
        self.sql("""
          CREATE TABLE src (v int); CREATE TABLE one (v int); CREATE TABLE two (v int);
          CREATE PROCEDURE load(a int) LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO one SELECT v FROM src; END $$;
          CREATE PROCEDURE load(a text) LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO two SELECT v FROM src; END $$;
        """)
        self.ship()
        self.sql("CALL load(1); CALL load('x'::text)")
        one = self.wait_edge("public.src", "public.one")["pipeline"]["id"]
        two = self.wait_edge("public.src", "public.two")["pipeline"]["id"]
        self.assertNotEqual(one, two)
        code = {row["id"]: row["storedProcedureCode"]["code"]
                for row in self.entities("storedProcedure").values()}
        self.assertIn("INTO one", code[one])
        self.assertIn("INTO two", code[two])

    def code_of(self, name):
        """The definition of a routine, "" where there is none of that name."""
        entity = self.entities("storedProcedure").get(name)
        return entity["storedProcedureCode"].get("code", "") if entity else ""

    def test_a_bare_name_stays_with_the_overload_that_has_it(self):
        body = "RETURNS int LANGUAGE sql AS 'SELECT 1'"
        self.sql(f"CREATE FUNCTION f(a text) {body}")
        self.ship()
        self.wait(lambda: "a text" in self.code_of("public.f"))
        self.sql(f"CREATE FUNCTION f(a int) {body}")
        self.wait(lambda: "a integer" in self.code_of("public.f(integer)"))
        self.sql("DROP FUNCTION f(text)")
        self.wait(lambda: not self.code_of("public.f"))
        self.sql(f"CREATE FUNCTION f(a date) {body}")
        self.wait(lambda: "a date" in self.code_of("public.f(date)"))
        self.assertIn("a integer", self.code_of("public.f(integer)"))
        self.sql(f"CREATE FUNCTION f(a text) {body}")
        self.wait(lambda: "a text" in self.code_of("public.f"))
        self.wait_drained()
        self.assertEqual(len(self.entities("storedProcedure")), 3)

    def test_a_run_that_remembers_nothing_keeps_the_names_of_overloads(self):
        body = "RETURNS int LANGUAGE sql AS 'SELECT 1'"
        self.sql(f"CREATE FUNCTION f(a text) {body}; CREATE FUNCTION f(a int) {body}")
        self.assertEqual(self.once("ingest", "-c", self.workflow()).returncode, 0)
        self.assertIn("a text", self.code_of("public.f"))
        self.sql(f"DROP FUNCTION f(text); CREATE FUNCTION f(a text) {body}")  # a later OID now
        self.assertEqual(self.once("ingest", "-c", self.workflow()).returncode, 0)
        self.assertIn("a text", self.code_of("public.f"))
        self.sql("DROP FUNCTION f(text)")
        self.assertEqual(self.once("ingest", "-c", self.workflow()).returncode, 0)
        self.assertEqual(set(self.entities("storedProcedure")), {"public.f(integer)"})

    def wait(self, condition):
        """Waits until it is true."""
        wait_until(condition, lambda: f"routines; there are "
                   f"{sorted(self.entities('storedProcedure'))} {self.said()}")

    def test_a_triggers_edge_names_the_trigger_function(self):
        self.sql("""
          CREATE TABLE t (v int); CREATE TABLE log (v int);
          CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO log VALUES (NEW.v); RETURN NEW; END $$;
          CREATE TRIGGER note AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION note();
        """)
        self.ship()
        self.sql("INSERT INTO t VALUES (1)")
        edge = self.wait_edge("public.t", "public.log")
        self.assertEqual(edge["pipeline"]["name"], "note")

    def test_statements_outside_routines_have_no_pipeline(self):
        self.sql("CREATE TABLE a (v int); CREATE TABLE b (v int); CREATE TABLE c (v int)")
        self.ship()
        self.sql("INSERT INTO b SELECT v FROM a; DO $$ BEGIN INSERT INTO c SELECT v FROM a; END $$")
        self.assertNotIn("pipeline", self.wait_edge("public.a", "public.b"))
        self.assertNotIn("pipeline", self.wait_edge("public.a", "public.c"))

    def test_materialized_views_have_lineage(self):
        self.sql("CREATE TABLE a (v int)")
        self.ship()
        self.sql("CREATE MATERIALIZED VIEW m AS SELECT v, v * 2 AS w FROM a;"
                 "REFRESH MATERIALIZED VIEW m")
        self.wait_edge("public.a", "public.m")
        self.assertEqual(self.pairs("public.a", "public.m"), {("v", "v"), ("v", "w")})
        self.assertEqual(self.entities("table")["public.m"]["tableType"], "MaterializedView")

    def test_outside_datasets_are_not_sent(self):
        self.sql("CREATE TABLE a (v int); CREATE TABLE b (v int)")
        self.ship()
        self.sql("COPY a TO '/dev/null'; COPY a FROM '/dev/null'; INSERT INTO b SELECT v FROM a")
        self.wait_edge("public.a", "public.b")
        self.wait_drained()
        self.assertEqual(set(self.edges()), {("public.a", "public.b")})
        self.assertEqual(self.sql("SELECT count(*) FROM lineage._parked"), [["0"]])

    def test_drops_and_renames_break_nothing(self):
        self.sql("CREATE TABLE a (v int); CREATE TABLE b (v int); CREATE TABLE c (v int)")
        shipper = self.ship()
        self.sql("INSERT INTO b SELECT v FROM a; DROP TABLE b; ALTER TABLE c RENAME TO d;"
                 "CREATE TABLE e AS SELECT v FROM d")
        self.wait_edge("public.d", "public.e")
        self.wait_drained()
        self.assertTrue(shipper.running())
        self.assertNotIn("public.b", self.entities("table"))

    def test_what_a_person_deleted_stays_deleted_until_it_changes(self):
        self.sql("CREATE TABLE a (v int)")
        self.ship()
        entity = self.wait_table("public.a")
        self.wait_drained()
        with self.double.lock:
            store = self.double.store
            store.delete(store.entities[entity["id"]], {"name": "ann", "bot": False}, False, False)
        self.sql("CREATE TABLE other (v int)")
        self.wait_table("public.other")
        self.wait_drained()
        self.assertNotIn("public.a", self.entities("table"))
        self.sql("ALTER TABLE a ADD COLUMN w int")
        self.assertEqual(self.wait_table("public.a")["id"], entity["id"])

    def test_a_new_column_is_there_before_lineage_that_names_it(self):
        self.sql("CREATE TABLE a (v int); CREATE TABLE b (v int)")
        self.ship()
        self.sql("INSERT INTO b SELECT v FROM a")
        self.wait_edge("public.a", "public.b")
        self.wait_drained()
        self.double.fault(status=500, count=3, method="PUT", path="/tables$")
        self.sql("BEGIN; ALTER TABLE b ADD COLUMN w int; INSERT INTO b (w) SELECT v FROM a; COMMIT")
        self.wait_edge("public.a", "public.b",
                       lambda edge: len(edge.get("columnsLineage", [])) == 2)
        self.wait_drained()
        self.assertEqual(self.sql("SELECT count(*) FROM lineage._parked"), [["0"]])

    def test_a_dropped_column_is_taken_out_of_the_edge(self):
        self.sql("CREATE TABLE a (v int, w int); CREATE TABLE b (v int, w int)")
        self.ship()
        self.sql("INSERT INTO b SELECT v, w FROM a")
        self.wait_edge("public.a", "public.b",
                       lambda edge: len(edge.get("columnsLineage", [])) == 2)
        self.wait_drained()
        self.sql("ALTER TABLE b DROP COLUMN w")
        self.wait_edge("public.a", "public.b",
                       lambda edge: len(edge.get("columnsLineage", [])) == 1)

    def test_definitions_can_be_kept_at_home(self):
        self.sql("CREATE TABLE a (v int); CREATE VIEW w AS SELECT v + 424242 AS x FROM a;"
                 "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN PERFORM 424242; END $$")
        self.ship(workflow=self.workflow(shipper={"definitions": "none"}))
        self.wait_edge("public.a", "public.w")
        wait_until(lambda: "public.p" in self.entities("storedProcedure"), self.said)
        self.wait_drained()
        self.assertNotIn("424242", str(self.double.requests))

    def test_a_schema_that_is_filtered_out_stays_at_home(self):
        self.sql("CREATE SCHEMA hidden; CREATE TABLE hidden.a (v int); CREATE TABLE b (v int)")
        self.ship(workflow=self.workflow(source={"sourceConfig": {"config": {
            "type": "DatabaseMetadata", "schemaFilterPattern": {"excludes": ["^hidden$"]}}}}))
        self.sql("INSERT INTO b SELECT v FROM hidden.a; CREATE TABLE c AS SELECT v FROM b")
        self.wait_edge("public.b", "public.c")
        self.wait_drained()
        self.assertEqual(set(self.edges()), {("public.b", "public.c")})
        self.assertNotIn("hidden", str(self.double.store.dump()["entities"]))
        self.assertEqual(self.sql("SELECT count(*) FROM lineage._parked"), [["0"]])


class Speed(EndToEnd):
    """How long an edge takes from COMMIT to the catalog: told, never judged."""

    def test_the_way_of_an_edge_is_measured(self):
        self.sql("CREATE TABLE src (v int);" + "".join(
            f"CREATE TABLE t{number} (v int);" for number in range(20)))
        self.ship()
        self.wait_table("public.t19")
        self.wait_drained()
        times = []
        for number in range(20):
            self.sql(f"INSERT INTO t{number} SELECT v FROM src")
            committed = time.time()
            self.wait_edge("public.src", f"public.t{number}")
            arrived = [entry["at"] for entry in self.requests("PUT", "/lineage")][-1]
            times.append(max(0.0, arrived - committed))
        print(f"\nCOMMIT to PUT of the edge: median {statistics.median(times) * 1000:.0f} ms, "
              f"longest {max(times) * 1000:.0f} ms of {len(times)}", file=sys.stderr)
        self.assertEqual(len(times), 20)


if __name__ == "__main__":
    unittest.main()
