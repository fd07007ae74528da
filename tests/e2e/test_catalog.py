"""What `ingest` tells of a database with one of everything (tests/catalog/rich_schema.sql)."""

import json
import re
import subprocess
import time
import unittest

from harness import TOP, EndToEnd, wait_until

RICH = TOP / "tests" / "catalog" / "rich_schema.sql"


class Catalog(EndToEnd):
    """One run of `ingest` over a rich schema, looked at from the catalog."""

    def setUp(self):
        super().setUp()
        text = re.sub(r"^\\.*$", "", RICH.read_text(encoding="utf-8"), flags=re.M)
        self.sql(text)

    def ingest(self, *arguments, **changes):
        """Runs `ingest`; fails unless it ends well."""
        done = self.once("ingest", "-c", self.workflow(**changes), *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def table(self, name):
        """A table as the catalog has it."""
        return self.entities("table")[name]

    def column(self, table, name):
        """One of its columns."""
        return {column["name"]: column for column in self.table(table)["columns"]}[name]

    def test_every_relation_arrives_with_its_kind_and_nothing_else(self):
        self.ingest()
        kinds = {name: entity["tableType"] for name, entity in self.entities("table").items()}
        odd = '"Odd.Schema".'
        self.assertEqual(kinds, {
            "public.a": "Regular", "sales.b": "Regular", "sales.base": "Regular",
            "sales.heir": "Regular", "sales.scratch": "Regular", "sales.customer": "Regular",
            "sales.orders": "Regular", "sales.types": "Regular", "sales.to_hash": "Regular",
            "sales.by_day": "Partitioned", "sales.by_hash": "Partitioned",
            "sales.events": "Partitioned", "sales.remote": "Foreign", "sales.Big Orders": "View",
            "sales.totals": "MaterializedView", odd + "child": "Regular",
            odd + "empty": "Regular", odd + "v__reserved__quote__1": "View",
            odd + '"Ta.ble__reserved__quote__q__reserved__colon__x"': "Regular"})
        self.assertEqual(set(self.entities("databaseSchema")), {"public", "sales", '"Odd.Schema"'})
        self.assertEqual(self.entities("databaseSchema")["sales"]["description"], "what was sold")

    def test_types_are_told_for_what_they_are(self):
        self.ingest()
        self.assertEqual(self.column("sales.types", "c_numeric102")["precision"], 10)
        self.assertEqual(self.column("sales.types", "c_varchar20")["dataLength"], 20)
        self.assertEqual(self.column("sales.types", "c_domain")["dataType"], "NUMERIC")
        self.assertEqual(self.column("sales.types", "c_domain")["dataTypeDisplay"], "sales.amount")
        self.assertEqual(self.column("sales.types", "c_must")["constraint"], "NOT_NULL")
        self.assertEqual(self.column("sales.types", "c_enum_array")["arrayDataType"], "ENUM")
        self.assertEqual(self.column("sales.types", "c_hstore")["dataType"], "MAP")
        labels = json.loads(self.column("sales.types", "c_enum")["jsonSchema"])["enum"]
        self.assertEqual(labels, ["low", 'mid, "quoted"', "high"])
        person = self.column("sales.types", "c_composite")
        self.assertEqual(person["dataType"], "STRUCT")
        fields = [child["name"] for child in person["children"]]
        self.assertEqual(fields, ["name", "home", "phones"])
        self.assertEqual(person["children"][1]["children"][1]["dataLength"], 10)

    def test_keys_arrive_cycles_and_partitioned_tables_included(self):
        self.ingest()
        prefix = f"svc.{self.database}."

        def referred(table):
            return sorted(
                [column.removeprefix(prefix) for column in constraint["referredColumns"]]
                for constraint in self.table(table).get("tableConstraints", [])
                if constraint["constraintType"] == "FOREIGN_KEY")

        self.assertEqual(referred("public.a"), [["sales.b.id"]])
        self.assertEqual(referred("sales.b"), [["public.a.id"]])
        self.assertEqual(referred("sales.to_hash"), [["sales.by_hash.id"]])
        self.assertEqual(referred("sales.orders"),
                         [["sales.customer.id"], ["sales.orders.region", "sales.orders.id"]])
        keys = {(constraint["constraintType"], *constraint["columns"])
                for constraint in self.table("sales.orders")["tableConstraints"]}
        self.assertIn(("PRIMARY_KEY", "region", "id"), keys)
        self.assertIn(("UNIQUE", "customer", "id"), keys)
        self.assertEqual(self.column("sales.customer", "id")["constraint"], "PRIMARY_KEY")

    def test_partition_keys_are_told_expressions_included(self):
        self.ingest()
        cuts = {name: [(column["columnName"], column["intervalType"]) for column in
                       self.table(f"sales.{name}")["tablePartition"]["columns"]]
                for name in ("events", "by_day", "by_hash")}
        self.assertEqual(cuts, {"events": [("at", "TIME-UNIT"), ("n", "INTEGER-RANGE")],
                                "by_day": [("at", "TIME-UNIT")],
                                "by_hash": [("id", "COLUMN-VALUE")]})

    def test_a_views_definition_can_be_run_as_it_stands(self):
        self.ingest()
        for name in ("sales.Big Orders", '"Odd.Schema".v__reserved__quote__1', "sales.totals"):
            text = self.table(name)["schemaDefinition"]
            dropped = re.sub(r"^CREATE (MATERIALIZED VIEW|VIEW) (.*) AS$", r"DROP \1 \2;",
                             text.splitlines()[0])
            self.sql(f"BEGIN; {dropped}\n{text}; ROLLBACK")

    def test_routines_arrive_overloads_apart(self):
        self.ingest()
        routines = self.entities("storedProcedure")
        self.assertEqual(set(routines), {
            "sales.atomic", "sales.c_code", "sales.largest", "sales.load", "sales.on_order",
            "sales.price", 'sales."price(integer, sales.lvl[])"',
            "sales.price(__reserved__quote__char__reserved__quote__)", '"Odd.Schema".do it'})
        self.assertIn("p text", routines["sales.price"]["storedProcedureCode"]["code"])
        self.assertIn("BEGIN ATOMIC", routines["sales.atomic"]["storedProcedureCode"]["code"])
        self.assertEqual(routines["sales.load"]["storedProcedureType"], "StoredProcedure")

    def test_policies_become_tags_of_their_own_table_only(self):
        self.ingest()
        tags = {name: [label["tagFQN"] for label in entity.get("tags", [])]
                for name, entity in self.entities("table").items() if entity.get("tags")}
        self.assertEqual(tags, {"sales.customer": ["PostgresPolicyTags.own_rows"]})

    def test_a_second_run_changes_nothing_in_the_catalog(self):
        self.ingest()
        before = {name: entity["version"] for name, entity in self.entities("table").items()}
        self.ingest()
        after = {name: entity["version"] for name, entity in self.entities("table").items()}
        cyclic = {"public.a", "sales.b", "sales.orders"}
        self.assertEqual({name for name in before if before[name] != after[name]} - cyclic, set())

    def test_a_role_without_any_grant_sees_everything(self):
        self.sql("CREATE ROLE bare LOGIN PASSWORD 'x'; REVOKE ALL ON SCHEMA public FROM PUBLIC")
        self.addCleanup(self.sql, "DROP ROLE bare")
        source = {"serviceConnection": {"config": {
            "type": "Postgres", "username": "bare", "authType": {"password": "x"},
            "hostPort": f"127.0.0.1:{self.pg.port}", "database": self.database}}}
        self.ingest(source=source)
        self.assertEqual(len(self.entities("table")), 19)
        self.assertEqual(len(self.table("sales.customer")["columns"]), 7)

    def test_a_view_behind_a_lock_is_named_and_stops_nothing_else(self):
        lock = ["psql", "-XqAt", "-h", str(self.pg.dir), "-p", str(self.pg.port), "-U", "postgres",
                "-d", self.database, "-c",
                'BEGIN; ALTER VIEW sales."Big Orders" RENAME TO other; SELECT pg_sleep(60)']
        with subprocess.Popen(lock, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as holder:
            try:
                held = ("SELECT 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted"
                        " AND relation = 'sales.\"Big Orders\"'::regclass")
                wait_until(lambda: self.sql(held), "the lock")
                done = self.once("ingest", "-c", self.workflow())
            finally:
                self.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE "
                         f"'BEGIN; ALTER%' AND datname = '{self.database}'")
                holder.wait()
        self.assertIn('sales."Big Orders"', done.stderr)
        self.assertNotIn("sales.Big Orders", self.entities("table"))
        self.assertIn("sales.totals", self.entities("table"))
        self.assertEqual(len(self.entities("table")), 18)

    def test_filters_and_switches_decide_what_is_told(self):
        config = {"type": "DatabaseMetadata", "includeViews": False, "includeTags": False,
                  "schemaFilterPattern": {"excludes": ["odd"]},
                  "tableFilterPattern": {"includes": ["orders", "customer$"]},
                  "storedProcedureFilterPattern": {"excludes": ["price"]}}
        self.ingest(source={"sourceConfig": {"config": config}})
        self.assertEqual(set(self.entities("table")), {"sales.orders", "sales.customer"})
        self.assertNotIn("sales.price", self.entities("storedProcedure"))
        self.assertIn("sales.load", self.entities("storedProcedure"))
        self.assertEqual(self.entities("tag"), {})

    def test_the_file_sink_gets_the_same_objects(self):
        out = self.dir / "out.ndjson"
        self.ingest("--sink", f"file:{out}")
        lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
        names = {line["body"]["name"] for line in lines if line["path"] == "/v1/tables"}
        self.assertEqual(len(names), 19)
        self.assertEqual(self.entities("table"), {})

    def test_definitions_can_be_kept_at_home(self):
        config = {"type": "DatabaseMetadata", "includeDDL": True}
        self.ingest(source={"sourceConfig": {"config": config}}, shipper={"definitions": "none"})
        for entity in self.entities("table").values():
            self.assertNotIn("schemaDefinition", entity)
        for entity in self.entities("storedProcedure").values():
            self.assertNotIn("code", entity["storedProcedureCode"])

    def test_ddl_of_tables_can_be_run_as_it_stands(self):
        config = {"type": "DatabaseMetadata", "includeDDL": True}
        self.ingest(source={"sourceConfig": {"config": config}})
        for name in ("sales.orders", "sales.customer", "sales.events", "sales.types"):
            text = self.table(name)["schemaDefinition"].split(";\n")[0] + ";"
            text = text.replace(
                f"CREATE TABLE {name} (", "CREATE TEMP TABLE copy (")
            self.sql("BEGIN;" + re.sub(r",?\n  CONSTRAINT [^\n]*FOREIGN KEY[^\n]*?(?=,?\n)", "",
                                       text) + "ROLLBACK")

    def test_aggregates_arrive_with_a_definition_that_can_be_run(self):
        self.sql("""
          CREATE AGGREGATE sales."Mean it"(numeric) (sfunc = numeric_avg_accum, stype = internal,
            finalfunc = numeric_avg, combinefunc = numeric_avg_combine,
            serialfunc = numeric_avg_serialize, deserialfunc = numeric_avg_deserialize,
            msfunc = numeric_avg_accum, minvfunc = numeric_accum_inv, mstype = internal,
            mfinalfunc = numeric_avg, parallel = safe);
          CREATE AGGREGATE sales.greatest_of(int) (sfunc = int4larger, stype = int, sortop = >,
            initcond = '-7');
          CREATE AGGREGATE sales.middle(float8 ORDER BY anyelement) (
            sfunc = ordered_set_transition, stype = internal, finalfunc = percentile_disc_final,
            finalfunc_extra);
          CREATE AGGREGATE sales.every_row(*) (sfunc = int8inc, stype = int8, initcond = '0')
        """)
        self.ingest()
        of = ("SELECT g.*, p.proparallel, p.proargtypes FROM pg_aggregate g JOIN pg_proc p"
              " ON p.oid = g.aggfnoid WHERE p.pronamespace = 'sales'::regnamespace"
              " ORDER BY proname")
        before = self.sql(of)
        texts = [entity["storedProcedureCode"]["code"]
                 for entity in self.entities("storedProcedure").values()
                 if "AGGREGATE" in entity["storedProcedureCode"].get("code", "")]
        self.assertEqual(len(texts), 5)
        self.sql(";".join(texts))
        self.assertEqual(self.sql(of), before)

    def test_a_partition_key_in_an_expression_says_which(self):
        self.ingest()
        (part,) = self.table("sales.by_day")["tablePartition"]["columns"]
        self.assertEqual(part["interval"], "RANGE (date_trunc('day'::text, at))")
        for part in self.table("sales.events")["tablePartition"]["columns"]:
            self.assertNotIn("interval", part)


class Ddl(EndToEnd):
    """includeDDL: the text makes the table again, as pg_dump would."""

    setup_sql = r"""
      CREATE SCHEMA d;
      CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
      CREATE TABLE d.base (x int);
      CREATE UNLOGGED TABLE d."All of it" (
        id smallint GENERATED ALWAYS AS IDENTITY (START WITH 7 INCREMENT BY 3 MAXVALUE 900 CYCLE),
        down int GENERATED BY DEFAULT AS IDENTITY (INCREMENT BY -1),
        name text COLLATE "C" DEFAULT E'it''s \\' NOT NULL,
        twice int GENERATED ALWAYS AS (length(name) * 2) STORED,
        a int CHECK (a > 0), b int, period int4range, UNIQUE (a, b),
        EXCLUDE USING gist (period WITH &&)
      ) INHERITS (d.base) WITH (fillfactor = 70, autovacuum_enabled = false);
      COMMENT ON TABLE d."All of it" IS E'it''s a \\ and\na line';
      COMMENT ON COLUMN d."All of it".a IS 'above zero';
      CREATE UNIQUE INDEX "By name" ON d."All of it" (lower(name)) WHERE a > 1;
      CREATE INDEX ON d."All of it" USING brin (b);
      CREATE STATISTICS d.ab (dependencies) ON a, b FROM d."All of it";
      CREATE TRIGGER noting BEFORE INSERT ON d."All of it" FOR EACH ROW WHEN (NEW.a > 3)
        EXECUTE FUNCTION public.note();
      CREATE RULE quiet AS ON DELETE TO d."All of it" DO INSTEAD NOTHING;
      ALTER TABLE d."All of it" ENABLE ROW LEVEL SECURITY;
      ALTER TABLE d."All of it" FORCE ROW LEVEL SECURITY;
      CREATE POLICY "own; rows" ON d."All of it" AS RESTRICTIVE FOR UPDATE TO postgres, PUBLIC
        USING (a > 1) WITH CHECK (b > 2);
      CREATE POLICY all_rows ON d."All of it";
      CREATE TABLE d.parted (at date, v int) PARTITION BY LIST (v);
      CREATE INDEX ON d.parted (at);
      CREATE FOREIGN DATA WRAPPER w; CREATE SERVER far FOREIGN DATA WRAPPER w;
      CREATE FOREIGN TABLE d.far (id int OPTIONS (column_name 'I d'), v text) SERVER far
        OPTIONS (table_name 'it''s', program 'secret-program', api_token 'secret-token');
      COMMENT ON FOREIGN TABLE d.far IS 'over there';
    """
    # What the catalogs say of the tables of schema d, without OIDs.
    CATALOG = r"""
      SELECT c.relname, c.relkind, c.relpersistence, c.reloptions, c.relrowsecurity,
             c.relforcerowsecurity, obj_description(c.oid), pg_get_partkeydef(c.oid),
             (SELECT string_agg(i.inhparent::regclass::text, ',') FROM pg_inherits i
              WHERE i.inhrelid = c.oid AND NOT c.relispartition)
      FROM pg_class c WHERE relnamespace = 'd'::regnamespace AND relkind IN ('r','p','f')
      ORDER BY 1;
      SELECT attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull, attidentity,
             attgenerated, attcollation::regcollation, attfdwoptions,
             col_description(attrelid, attnum), pg_get_expr(adbin, adrelid)
      FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
      LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
      WHERE relnamespace = 'd'::regnamespace AND relkind IN ('r','p','f') AND attnum > 0
      ORDER BY attrelid::regclass::text, attnum;
      SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint
      WHERE connamespace = 'd'::regnamespace ORDER BY 1, 2;
      SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'd' ORDER BY 1;
      SELECT tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
      WHERE relnamespace = 'd'::regnamespace ORDER BY 1;
      SELECT * FROM pg_rules WHERE schemaname = 'd';
      SELECT * FROM pg_policies WHERE schemaname = 'd' ORDER BY policyname;
      SELECT pg_get_statisticsobjdef(oid) FROM pg_statistic_ext;
      SELECT seqtypid::regtype, seqstart, seqincrement, seqmax, seqmin, seqcache, seqcycle
      FROM pg_sequence ORDER BY 1, 2;
    """

    def test_the_text_makes_the_table_again(self):
        config = {"type": "DatabaseMetadata", "includeDDL": True}
        done = self.once("ingest", "-c", self.workflow(source={
            "sourceConfig": {"config": config}}))
        self.assertEqual(done.returncode, 0, done.stderr)
        tables = {name: entity["schemaDefinition"] for name, entity in
                  self.entities("table").items() if name.startswith("d.")}
        self.assertEqual(set(tables), {"d.base", "d.All of it", "d.parted", "d.far"})
        self.assertNotIn("secret-", tables["d.far"])
        self.assertIn("table_name 'it''s'", tables["d.far"])
        before = self.sql(self.CATALOG)
        self.sql("DROP SCHEMA d CASCADE; CREATE SCHEMA d;"
                 + tables.pop("d.base") + "\n".join(tables.values()))
        self.assertEqual(self.sql(self.CATALOG), before)


class Overriding(EndToEnd):
    """overrideMetadata: what the source says replaces what people wrote."""

    setup_sql = """
      CREATE TABLE t (a int, b int); COMMENT ON TABLE t IS 'from the source';
      COMMENT ON COLUMN t.b IS 'b of the source';
    """

    def ingest(self, override):
        """Runs `ingest`."""
        config = {"type": "DatabaseMetadata", "overrideMetadata": override}
        done = self.once("ingest", "-c", self.workflow(source={
            "sourceConfig": {"config": config}}))
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.entities("table")["public.t"]

    def test_people_are_overridden_only_where_asked(self):
        entity = self.ingest(False)
        with self.double.lock:
            store = self.double.store
            store.patch(store.entities[entity["id"]], [
                {"op": "add", "path": "/description", "value": "by Ann"},
                {"op": "add", "path": "/columns/0/description", "value": "a by Ann"},
                {"op": "add", "path": "/columns/1/description", "value": "b by Ann"}],
                {"name": "ann", "bot": False})
        self.assertEqual(self.ingest(False)["description"], "by Ann")
        entity = self.ingest(True)
        self.assertEqual(entity["description"], "from the source")
        self.assertEqual([column.get("description") for column in entity["columns"]],
                         ["a by Ann", "b of the source"])
        self.assertEqual(self.ingest(True)["version"], entity["version"])


class OverridingBefore(Overriding):
    """The oldest release."""

    version = "1.2"


class MadeAgain(EndToEnd):
    """The nightly habit: drop the table, make it again."""

    def test_a_table_made_again_and_again_keeps_the_columns_of_its_edges(self):
        self.sql("""
          CREATE TABLE src (id int, v text);
          CREATE PROCEDURE rebuild() LANGUAGE plpgsql AS $$
            BEGIN
              DROP TABLE IF EXISTS dst;
              CREATE TABLE dst (id int, v text);
              INSERT INTO dst SELECT id, v FROM src;
            END $$;
        """)
        self.ship()
        for _ in range(12):
            self.sql("CALL rebuild()")
            time.sleep(0.12)
        self.wait_edge("public.src", "public.dst",
                       lambda edge: len(edge.get("columnsLineage", [])) == 2)
        self.wait_drained()
        puts = [entry["body"] for entry in self.requests("PUT", "/lineage")]
        bare = [body for body in puts if "columnsLineage" not in json.dumps(body)]
        self.assertEqual(bare, [])
        self.assertEqual(self.sql("SELECT count(*) FROM lineage._parked"), [["0"]])


if __name__ == "__main__":
    unittest.main()
