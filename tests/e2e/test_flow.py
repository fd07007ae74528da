"""From CALL in PostgreSQL to lineage in the catalog."""

import json
import unittest

from harness import EndToEnd, wait_until

SHOP = """
CREATE SCHEMA raw;
CREATE SCHEMA shop;
COMMENT ON SCHEMA shop IS 'what the shop knows';
CREATE TABLE raw.customers (id bigint PRIMARY KEY, name varchar(40) NOT NULL, tags text[]);
CREATE TABLE raw.orders (
  id bigint PRIMARY KEY, customer_id bigint REFERENCES raw.customers, amount numeric(12,2),
  placed_at timestamptz);
COMMENT ON TABLE raw.orders IS 'one row per order';
COMMENT ON COLUMN raw.orders.amount IS 'in euro';
CREATE TABLE shop.sales (order_id bigint, customer text, amount numeric, origin text);
CREATE VIEW shop.big_sales AS SELECT order_id, amount FROM shop.sales WHERE amount > 100;
CREATE PROCEDURE shop.load_sales(since date) LANGUAGE plpgsql AS $$
BEGIN
  CREATE TEMP TABLE fresh ON COMMIT DROP AS
    SELECT o.id, c.name, o.amount FROM raw.orders o JOIN raw.customers c ON c.id = o.customer_id
    WHERE o.placed_at >= since;
  INSERT INTO shop.sales SELECT id, name, round(amount, 1), 'canary-literal-51d0' FROM fresh;
END $$;
CREATE PROCEDURE shop.nightly() LANGUAGE plpgsql AS $$
BEGIN
  CALL shop.load_sales('2026-01-01');
END $$;
CREATE FUNCTION shop.vat(amount numeric) RETURNS numeric LANGUAGE sql IMMUTABLE
  RETURN amount * 0.19;
"""


class Flow(EndToEnd):
    """The main job."""

    setup_sql = SHOP

    def columns(self, table):
        return {column["name"]: column for column in self.entities("table")[table]["columns"]}

    def test_a_call_becomes_entities_and_an_edge_that_names_its_routine(self):
        self.ship()
        self.sql("CALL shop.nightly()")
        edge = self.wait_edge("raw.orders", "shop.sales", lambda edge: edge.get("columnsLineage"))
        self.assertEqual(self.pairs("raw.orders", "shop.sales"),
                         {("id", "order_id"), ("amount", "amount")})
        self.assertEqual(edge["source"], "QueryLineage")
        self.assertEqual(edge["pipeline"]["type"], "storedProcedure")
        self.assertEqual(edge["pipeline"]["fullyQualifiedName"],
                         f"svc.{self.database}.shop.load_sales")
        self.assertIn("shop.load_sales(date)", edge["description"])
        self.assertNotIn("canary", json.dumps(edge))
        self.assertRegex(edge["sqlQuery"], r"(?i)insert\s+into\s+shop\.sales")
        self.wait_edge("raw.customers", "shop.sales")
        self.assertEqual(self.pairs("raw.customers", "shop.sales"), {("name", "customer")})
        self.assertFalse([pair for pair in self.edges() if "fresh" in "".join(pair)])

    def test_catalog_entities_carry_types_comments_keys_and_code(self):
        self.ship()
        for table in ("raw.customers", "raw.orders", "shop.sales", "shop.big_sales"):
            self.wait_table(table)
        tables = self.entities("table")
        self.assertEqual(tables["raw.orders"]["description"], "one row per order")
        orders = self.columns("raw.orders")
        self.assertEqual(orders["amount"]["dataType"], "NUMERIC")
        self.assertEqual((orders["amount"]["precision"], orders["amount"]["scale"]), (12, 2))
        self.assertEqual(orders["amount"]["description"], "in euro")
        self.assertEqual(orders["id"]["constraint"], "PRIMARY_KEY")
        customers = self.columns("raw.customers")
        self.assertEqual(customers["name"]["dataLength"], 40)
        self.assertEqual(customers["name"]["constraint"], "NOT_NULL")
        self.assertEqual(customers["tags"]["arrayDataType"], "TEXT")
        wait_until(lambda: self.entities("table")["raw.orders"].get("tableConstraints"),
                   "the foreign key")
        key = self.entities("table")["raw.orders"]["tableConstraints"][0]
        self.assertEqual(key["referredColumns"], [f"svc.{self.database}.raw.customers.id"])
        self.assertEqual(tables["shop.big_sales"]["tableType"], "View")
        self.assertIn("amount > ", tables["shop.big_sales"]["schemaDefinition"])
        wait_until(lambda: len(self.entities("storedProcedure")) == 3, "three routines")
        routines = self.entities("storedProcedure")
        self.assertEqual(set(routines), {"shop.load_sales", "shop.nightly", "shop.vat"})
        self.assertEqual(routines["shop.vat"]["storedProcedureType"], "Function")
        self.assertIn("CALL shop.load_sales",
                      routines["shop.nightly"]["storedProcedureCode"]["code"])
        self.assertEqual(self.entities("databaseSchema")["shop"]["description"],
                         "what the shop knows")
        self.assertNotIn("lineage", self.entities("databaseSchema"))

    def test_a_view_has_the_lineage_of_its_definition(self):
        self.ship()
        edge = self.wait_edge("shop.sales", "shop.big_sales")
        self.assertEqual(self.pairs("shop.sales", "shop.big_sales"),
                         {("order_id", "order_id"), ("amount", "amount")})
        self.assertEqual(edge["source"], "ViewLineage")

    def test_new_and_altered_tables_follow_ddl(self):
        self.ship()
        self.wait_table("shop.sales")
        self.wait_drained()
        self.sql("CREATE TABLE shop.fresh_one (a int); COMMENT ON TABLE shop.fresh_one IS 'new'")
        self.wait_table("shop.fresh_one", lambda entity: entity.get("description") == "new")
        self.sql("ALTER TABLE shop.sales ADD COLUMN discount numeric(5,1)")
        self.wait_table("shop.sales", lambda entity: len(entity["columns"]) == 5)
        self.sql("ALTER TABLE shop.sales ALTER COLUMN discount TYPE bigint")
        self.wait_table("shop.sales",
                        lambda entity: entity["columns"][-1]["dataType"] == "BIGINT")
        self.sql("ALTER TABLE shop.sales DROP COLUMN origin")
        self.wait_table("shop.sales", lambda entity: len(entity["columns"]) == 4)
        self.sql("CREATE SCHEMA later; CREATE VIEW later.v AS SELECT order_id FROM shop.sales")
        self.wait_edge("shop.sales", "later.v")

    def test_an_edge_that_names_a_table_made_in_the_same_transaction_arrives(self):
        self.ship()
        self.wait_table("shop.sales")
        self.sql("CREATE TABLE shop.copy AS SELECT order_id, amount AS total FROM shop.sales")
        self.wait_edge("shop.sales", "shop.copy", lambda edge: edge.get("columnsLineage"))
        self.assertEqual(self.pairs("shop.sales", "shop.copy"),
                         {("order_id", "order_id"), ("amount", "total")})

    def test_no_request_is_refused_because_of_the_order(self):
        self.sql("CALL shop.nightly()")
        self.ship()
        self.wait_edge("raw.orders", "shop.sales")
        self.wait_edge("raw.customers", "shop.sales")
        self.wait_drained()
        refused = [(entry["path"], entry["status"]) for entry in self.requests("PUT")
                   if entry["status"] not in (200, 201)]
        self.assertEqual(refused, [])

    def test_what_rolls_back_never_arrives(self):
        self.ship()
        self.sql("BEGIN; INSERT INTO shop.sales SELECT id FROM raw.customers; ROLLBACK;"
                 "BEGIN; SAVEPOINT a; INSERT INTO shop.sales (amount) SELECT id FROM raw.customers;"
                 "ROLLBACK TO a; CREATE TABLE shop.proof AS SELECT name FROM raw.customers; COMMIT")
        self.wait_edge("raw.customers", "shop.proof")
        self.wait_drained()
        self.assertNotIn(("raw.customers", "shop.sales"), self.edges())


class Union(EndToEnd):
    """One edge per pair of tables holds all that is known of the pair."""

    setup_sql = """
      CREATE TABLE a (x int, y int, z int);
      CREATE TABLE b (x int, y int, z int);
      CREATE PROCEDURE first_one() LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO b (x) SELECT x FROM a; END $$;
      CREATE PROCEDURE second_one() LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO b (y) SELECT y FROM a; END $$;
    """

    def pipeline(self):
        return self.edges()[("public.a", "public.b")]["pipeline"]["fullyQualifiedName"]

    def test_two_routines_keep_the_union_and_the_first_pipeline(self):
        self.ship()
        self.sql("CALL first_one()")
        self.wait_edge("public.a", "public.b")
        self.assertEqual(self.pairs("public.a", "public.b"), {("x", "x")})
        self.sql("CALL second_one()")
        edge = self.wait_edge("public.a", "public.b",
                              lambda edge: len(edge.get("columnsLineage", [])) == 2)
        self.assertEqual(self.pairs("public.a", "public.b"), {("x", "x"), ("y", "y")})
        self.assertTrue(self.pipeline().endswith("public.first_one"))
        for routine in ("first_one", "second_one"):
            self.assertIn(f"public.{routine}()", edge["description"])
        for text in ("INSERT INTO b (x)", "INSERT INTO b (y)"):
            self.assertIn(text, edge["sqlQuery"])

    def test_the_pipeline_stays_after_a_restart_and_other_order(self):
        shipper = self.ship()
        self.sql("CALL second_one()")
        self.wait_edge("public.a", "public.b")
        self.wait_drained()
        self.assertEqual(shipper.stop(), 0)
        self.sql("CALL first_one()")
        self.ship()
        self.wait_edge("public.a", "public.b",
                       lambda edge: len(edge.get("columnsLineage", [])) == 2)
        self.assertTrue(self.pipeline().endswith("public.second_one"))

    def test_a_persons_edge_is_merged_and_never_replaced(self):
        shipper = self.ship()
        self.wait_table("public.b")
        self.wait_drained()
        shipper.stop()
        tables = self.entities("table")
        manual = {"source": "Manual", "description": "drawn by ann", "columnsLineage": [
            {"fromColumns": [tables["public.a"]["fullyQualifiedName"] + ".z"],
             "toColumn": tables["public.b"]["fullyQualifiedName"] + ".z"}]}
        with self.double.lock:
            self.double.store.put_edge(tables["public.a"], tables["public.b"], manual,
                                       {"name": "ann", "bot": False})
        self.sql("CALL first_one()")
        self.ship()
        edge = self.wait_edge("public.a", "public.b",
                              lambda edge: len(edge.get("columnsLineage", [])) == 2)
        self.assertEqual(self.pairs("public.a", "public.b"), {("x", "x"), ("z", "z")})
        self.assertIn("drawn by ann", edge["description"])
        self.assertEqual(edge["source"], "Manual")

    def test_another_tools_edge_is_merged_again_and_again(self):
        shipper = self.ship()
        self.wait_table("public.b")
        self.wait_drained()
        shipper.stop()
        tables = self.entities("table")
        theirs = {"source": "QueryLineage", "columnsLineage": [
            {"fromColumns": [tables["public.a"]["fullyQualifiedName"] + ".z"],
             "toColumn": tables["public.b"]["fullyQualifiedName"] + ".z"}]}
        with self.double.lock:
            self.double.store.put_edge(tables["public.a"], tables["public.b"], theirs,
                                       {"name": "ingestion-bot", "bot": True})
        self.ship()
        self.sql("CALL first_one()")
        self.wait_edge("public.a", "public.b",
                       lambda edge: len(edge.get("columnsLineage", [])) == 2)
        self.sql("CALL second_one()")
        self.wait_edge("public.a", "public.b",
                       lambda _: ("y", "y") in self.pairs("public.a", "public.b"))
        self.wait_drained()
        self.assertEqual(self.pairs("public.a", "public.b"), {("x", "x"), ("y", "y"), ("z", "z")})

    def test_same_table_edges_are_left_out(self):
        self.ship()
        self.sql("UPDATE a SET x = y; CALL first_one()")
        self.wait_edge("public.a", "public.b")
        self.wait_drained()
        self.assertNotIn(("public.a", "public.a"), self.edges())

    def test_indirect_pairs_are_table_edges_unless_switched_off(self):
        self.sql("CREATE TABLE c (n int); INSERT INTO c SELECT 1 FROM a WHERE a.x > 5")
        shipper = self.ship()
        edge = self.wait_edge("public.a", "public.c")
        self.assertEqual(edge.get("columnsLineage", []), [])
        shipper.stop()
        self.sql("CREATE TABLE d (n int); INSERT INTO d SELECT 1 FROM a WHERE a.x > 5")
        self.ship(workflow=self.workflow(shipper={"indirect": False}))
        self.sql("CALL first_one()")
        self.wait_edge("public.a", "public.b")
        self.wait_table("public.d")
        self.wait_drained()
        self.assertNotIn(("public.a", "public.d"), self.edges())


class Again(EndToEnd):
    """What was sent is not sent again."""

    setup_sql = SHOP

    def settled(self):
        """The catalog as it stands, without times."""
        state = {kind: self.entities(kind) for kind in
                 ("databaseService", "database", "databaseSchema", "table", "storedProcedure")}
        edges = {str(pair): {key: value for key, value in edge.items()
                             if not key.startswith(("updated", "created"))}
                 for pair, edge in self.edges().items()}
        return {"entities": state, "edges": edges}

    def test_a_second_run_changes_nothing(self):
        self.sql("CALL shop.nightly()")
        shipper = self.ship()
        self.wait_edge("raw.orders", "shop.sales")
        self.wait_edge("shop.sales", "shop.big_sales")
        self.wait_drained()
        before = self.settled()
        self.assertEqual(shipper.stop(), 0)
        workflow = self.workflow()
        for verb in ("ingest", "lineage"):
            done = self.once(verb, "-c", workflow)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.ship()
        self.sql("CALL shop.nightly(); CREATE TABLE shop.proof (a int)")
        self.wait_table("shop.proof")
        self.wait_drained()
        after = self.settled()
        after["entities"]["table"].pop("shop.proof")
        self.assertEqual(after, before)

    def test_repeats_of_a_statement_make_no_request(self):
        self.ship()
        self.sql("CALL shop.nightly()")
        self.wait_edge("raw.customers", "shop.sales")
        self.wait_edge("raw.orders", "shop.sales")
        self.wait_drained()
        count = len(self.requests("PUT"))
        self.sql("CALL shop.nightly(); CALL shop.nightly()")
        self.assertEqual(self.pending(), 0)
        self.sql("CREATE TABLE shop.proof (a int)")
        self.wait_table("shop.proof")
        more = [entry["path"] for entry in self.requests("PUT")[count:]]
        self.assertNotIn("/api/v1/lineage", more)

    def test_verbs_ingest_and_lineage_push_everything_once(self):
        self.sql("CALL shop.nightly()")
        done = self.once("ingest", "-c", self.workflow())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(set(self.entities("table")),
                         {"raw.customers", "raw.orders", "shop.sales", "shop.big_sales"})
        done = self.once("lineage", "-c", self.workflow())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(set(self.edges()),
                         {("raw.orders", "shop.sales"), ("raw.customers", "shop.sales"),
                          ("shop.sales", "shop.big_sales")})


class OldServer(Flow):
    """The same on a server of release 1.2, which knows fewer fields."""

    version = "1.2"

    def test_catalog_entities_carry_types_comments_keys_and_code(self):
        self.ship()
        view = self.wait_table("shop.big_sales")
        self.assertIn("amount > ", view["viewDefinition"])
        wait_until(lambda: len(self.entities("storedProcedure")) == 3, "three routines")
        self.wait_drained()
        self.assertEqual(self.once("parked", "-c", self.workflow()).stdout.count("refused"), 0)


class MiddleServer(Union):
    """The union of a pair on a server of release 1.9."""

    version = "1.9"


if __name__ == "__main__":
    unittest.main()
