"""DDL in the catalog: made, altered, dropped, renamed, moved, swapped, and what was missed."""

import json
import time

from harness import EndToEnd, wait_until
from openmetadata_double import PERSON


class Ddl(EndToEnd):
    """A daemon that follows the schema."""

    setup_sql = """CREATE SCHEMA s; CREATE TABLE s.t(id int, note text); CREATE TABLE s.u(a int);
        CREATE FUNCTION s.f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'"""

    def wait_gone(self, kind, name):
        """Waits until an entity is soft-deleted or was never there."""
        wait_until(lambda: name not in self.entities(kind),
                   lambda: f"{kind} {name} to be gone {self.said()}")

    def describe(self, name, description, column=None):
        """What a person writes to a table; answers its id."""
        with self.double.lock:
            store = self.double.store
            table = store.by_name("table", f"svc.{self.database}.{name}")
            paths = [("/description", description)]
            if column is not None:
                number = [c["name"] for c in table["columns"]].index(column)
                paths.append((f"/columns/{number}/description", f"{description}, {column}"))
            store.patch(table, [{"op": "add", "path": path, "value": value}
                                for path, value in paths], PERSON)
            return table["id"]

    def start(self, **metadata):
        """The daemon, once it has told what is there."""
        source = {"sourceConfig": {"config": {"type": "DatabaseMetadata", **metadata}}}
        shipper = self.ship(workflow=self.workflow(source=source))
        self.wait_table("s.t")
        self.wait_drained()
        return shipper

    def test_what_is_dropped_is_soft_deleted_and_comes_back_as_itself(self):
        self.start()
        before = self.entities("table")["s.u"]["id"]
        self.sql("DROP TABLE s.u; DROP FUNCTION s.f(int)")
        self.wait_gone("table", "s.u")
        self.wait_gone("storedProcedure", "s.f")
        self.sql("CREATE TABLE s.u(b int)")
        self.assertEqual(self.wait_table("s.u")["id"], before)

    def test_a_renamed_table_takes_along_what_people_wrote(self):
        self.start()
        self.describe("s.t", "for people", "note")
        self.sql("ALTER TABLE s.t RENAME TO tt; ALTER TABLE s.tt SET SCHEMA public")
        table = self.wait_table("public.tt")
        self.assertEqual(table["description"], "for people")
        self.assertEqual(table["columns"][1]["description"], "for people, note")
        self.wait_gone("table", "s.t")

    def test_a_renamed_column_takes_along_what_people_wrote(self):
        self.start()
        self.describe("s.t", "for people", "note")
        self.sql("ALTER TABLE s.t RENAME COLUMN note TO remark")
        table = self.wait_table("s.t", lambda t: t["columns"][1]["name"] == "remark")
        self.assertEqual(table["columns"][1]["description"], "for people, note")

    def test_a_renamed_schema_takes_along_all_that_is_in_it(self):
        self.start(markDeletedSchemas=True)
        self.describe("s.t", "for people")
        self.sql("ALTER SCHEMA s RENAME TO s2")
        self.assertEqual(self.wait_table("s2.t")["description"], "for people")
        self.wait_gone("databaseSchema", "s")
        self.assertNotIn("s.u", self.entities("table"))
        self.assertIn("s2.f", self.entities("storedProcedure"))

    def test_a_schema_that_is_kept_lets_go_of_what_was_in_it(self):
        self.start()
        self.describe("s.t", "for people")
        self.sql("ALTER SCHEMA s RENAME TO s2")
        self.assertEqual(self.wait_table("s2.t")["description"], "for people")
        self.wait_drained()
        self.assertEqual(set(self.entities("table")), {"s2.t", "s2.u"})
        self.assertEqual(set(self.entities("storedProcedure")), {"s2.f"})
        self.assertIn("s", self.entities("databaseSchema"))

    def test_a_renamed_schema_keeps_its_lineage(self):
        self.sql("CREATE TABLE public.p(a int)")
        self.start()
        self.sql("INSERT INTO s.u SELECT id FROM s.t; INSERT INTO public.p SELECT a FROM s.u")
        self.wait_edge("s.u", "public.p")
        self.wait_edge("s.t", "s.u")
        self.sql("ALTER SCHEMA s RENAME TO s2")
        self.wait_edge("s2.t", "s2.u")
        self.wait_edge("s2.u", "public.p")
        self.wait_drained()
        self.assertEqual(set(self.edges()), {("s2.t", "s2.u"), ("s2.u", "public.p")})

    def test_a_swap_leaves_the_table_the_same_entity(self):
        self.start()
        before = self.describe("s.t", "for people")
        self.sql("""BEGIN; CREATE TABLE s.t_new(id int, note text, more int);
            ALTER TABLE s.t RENAME TO t_old; ALTER TABLE s.t_new RENAME TO t; DROP TABLE s.t_old;
            COMMIT""")
        table = self.wait_table("s.t", lambda t: len(t["columns"]) == 3)
        self.assertEqual((table["id"], table["description"]), (before, "for people"))
        self.wait_drained()
        self.assertEqual({name for name in self.entities("table") if name.startswith("s.t")},
                         {"s.t"})

    def test_a_swap_in_steps_leaves_the_table_the_same_entity(self):
        self.start()
        before = self.describe("s.t", "for people")
        self.sql("CREATE TABLE s.t_new(id int, note text, more int)")
        self.wait_table("s.t_new")
        self.sql("BEGIN; ALTER TABLE s.t RENAME TO t_old; ALTER TABLE s.t_new RENAME TO t; COMMIT")
        table = self.wait_table("s.t", lambda t: len(t["columns"]) == 3)
        self.assertEqual((table["id"], table["description"]), (before, "for people"))
        self.sql("DROP TABLE s.t_old")
        self.wait_drained()
        self.wait_gone("table", "s.t_old")
        self.wait_gone("table", "s.t_new")

    def test_renamed_then_dropped_in_one_transaction_is_gone(self):
        self.start()
        self.sql("BEGIN; ALTER TABLE s.u RENAME TO old; DROP TABLE s.old; COMMIT")
        self.wait_gone("table", "s.u")

    def test_when_things_were_made_and_altered_is_told(self):
        shipper = self.start()
        before = int(time.time() * 1000)
        self.sql("CREATE TABLE s.made(a int); CREATE VIEW s.v AS SELECT 1 AS one;"
                 "CREATE FUNCTION s.g() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        life = self.wait_table("s.made")["lifeCycle"]
        self.assertTrue(before <= life["created"]["timestamp"] <= time.time() * 1000, life)
        self.assertNotIn("updated", life)
        self.wait_table("s.v", lambda entity: "created" in entity["lifeCycle"])
        self.sql("ALTER TABLE s.made ADD COLUMN b int; ALTER TABLE s.made RENAME TO named;"
                 "ALTER TABLE s.t ADD COLUMN more int;"
                 "CREATE OR REPLACE VIEW s.v AS SELECT 1 AS one, 2 AS two")
        now = self.wait_table("s.named")["lifeCycle"]
        self.assertEqual(now["created"], life["created"])
        self.assertGreaterEqual(now["updated"]["timestamp"], life["created"]["timestamp"])
        self.wait_table("s.v", lambda entity: "updated" in entity["lifeCycle"])
        old = self.wait_table("s.t", lambda entity: len(entity["columns"]) == 3)["lifeCycle"]
        self.assertEqual(set(old), {"created", "updated"})
        self.wait_drained()
        self.assertIn("created", self.entities("storedProcedure")["s.g"]["lifeCycle"])
        self.assertEqual(shipper.stop(), 0)
        count = len(self.requests("PUT", "/tables"))
        self.start()
        self.assertEqual(len(self.requests("PUT", "/tables")), count)

    def test_what_happened_while_nobody_looked_is_healed_at_the_start(self):
        shipper = self.start()
        self.assertEqual(shipper.stop(), 0)
        self.sql("SET pg_lineage.capture_ddl = off; DROP TABLE s.u; COMMENT ON TABLE s.t IS 'new'")
        self.assertIn("s.u", self.entities("table"))
        self.ship()
        self.wait_gone("table", "s.u")
        self.assertEqual(self.wait_table("s.t")["description"], "new")

    def test_a_rename_while_nobody_ships_keeps_lineage_and_what_people_wrote(self):
        shipper = self.start()
        self.sql("INSERT INTO s.u SELECT id FROM s.t")
        self.wait_edge("s.t", "s.u")
        self.wait_drained()
        self.describe("s.t", "for people", "note")
        self.assertEqual(shipper.stop(), 0)
        self.sql("ALTER TABLE s.t RENAME TO named; ALTER TABLE s.named RENAME note TO remark")
        self.ship()
        self.wait_gone("table", "s.t")
        self.wait_edge("s.named", "s.u")
        table = self.wait_table("s.named")
        self.assertEqual(table["description"], "for people")
        self.assertEqual(table["columns"][1]["description"], "for people, note")

    def renamed_unwatched(self, sql, name):
        """What s.t is like after these renames, done while nobody ships, made it `name`."""
        shipper = self.start()
        self.describe("s.t", "for people", "note")
        self.assertEqual(shipper.stop(), 0)
        self.sql(sql)
        self.ship()
        table = self.wait_table(name)
        self.assertEqual(table["description"], "for people")
        self.assertEqual(table["columns"][1]["name"], "remark")
        self.assertEqual(table["columns"][1]["description"], "for people, note")
        self.wait_gone("table", "s.t")

    def test_a_table_is_moved_and_then_its_new_schema_renamed(self):
        self.renamed_unwatched("""CREATE SCHEMA z; ALTER TABLE s.t RENAME note TO remark;
            ALTER TABLE s.t SET SCHEMA z; ALTER SCHEMA z RENAME TO zz""", "zz.t")

    def test_a_schema_is_renamed_and_then_a_table_in_it(self):
        self.renamed_unwatched("""ALTER SCHEMA s RENAME TO s2;
            ALTER TABLE s2.t RENAME note TO remark; ALTER TABLE s2.t RENAME TO tt;
            ALTER SCHEMA s2 RENAME TO s3""", "s3.tt")

    def test_a_tag_that_is_lost_keeps_no_renamed_table_out(self):
        for sql, before, now in (("ALTER TABLE s.t RENAME TO named", "s.t", "s.named"),
                                 ("ALTER SCHEMA s RENAME TO s2", "s.named", "s2.named")):
            with self.subTest(sql):
                if now == "s.named":
                    self.start()
                self.describe(before, "for people")
                with self.double.lock:
                    self.double.store.by_name("table", f"svc.{self.database}.{before}")["tags"] = [
                        {"tagFQN": "Gone.by now", "source": "Classification",
                         "labelType": "Manual", "state": "Confirmed"}]
                self.sql(sql)
                self.assertEqual(self.wait_table(now)["description"], "for people")
                self.wait_gone("table", before)
                self.wait_drained()
                self.assertEqual(self.sql("SELECT count(*) FROM lineage._parked")[0][0], "0")

    def test_a_rename_that_nobody_told_keeps_lineage(self):
        shipper = self.start()
        self.sql("INSERT INTO s.u SELECT id FROM s.t")
        self.wait_edge("s.t", "s.u")
        self.wait_drained()
        self.assertEqual(shipper.stop(), 0)
        self.sql("SET pg_lineage.capture_ddl = off; ALTER TABLE s.t RENAME TO named")
        self.ship()
        self.wait_table("s.named")
        self.wait_gone("table", "s.t")
        self.wait_edge("s.named", "s.u")

    def test_a_schema_that_was_lost_while_nobody_looked_lets_go_of_what_was_in_it(self):
        shipper = self.start()
        self.assertEqual(shipper.stop(), 0)
        self.sql("SET pg_lineage.capture_ddl = off; DROP SCHEMA s CASCADE; CREATE TABLE new(a int)")
        self.ship()
        self.wait_table("public.new")
        self.wait_gone("table", "s.t")
        self.wait_gone("table", "s.u")
        self.wait_gone("storedProcedure", "s.f")
        self.assertIn("s", self.entities("databaseSchema"))

    def test_a_start_where_nothing_changed_sends_nothing(self):
        shipper = self.start()
        self.assertEqual(shipper.stop(), 0)
        sent = len(self.requests("PUT", ""))
        self.ship()
        self.sql("CREATE TABLE s.mark(a int)")
        self.wait_table("s.mark")
        # Twice, where the comparison at the start has seen the table before its event is read.
        said = {json.loads(put["body"])["name"] for put in self.requests("PUT", "")[sent:]}
        self.assertEqual(said, {"mark"})

    def test_the_first_snapshot_reads_bodies_under_the_path_of_the_database(self):
        self.sql("""CREATE PROCEDURE s.copy() LANGUAGE plpgsql AS
                 'BEGIN INSERT INTO u SELECT id FROM t; END'""")
        self.pg.sql(f"ALTER DATABASE {self.database} SET search_path = s")
        self.start()
        declared = "SELECT source_column FROM lineage.column_lineage WHERE target_table = 's.u'"
        self.assertEqual(self.sql(declared), [["id"]])
        self.assertEqual(self.edges(), {})

    def test_mark_deleted_off_keeps_what_is_gone(self):
        self.start(markDeletedTables=False)
        self.sql("DROP TABLE s.u; CREATE TABLE s.mark(a int)")
        self.wait_table("s.mark")
        self.wait_drained()
        self.assertIn("s.u", self.entities("table"))

    def test_a_catalog_that_is_down_hears_of_the_drop_later(self):
        self.start()
        self.double.stop()
        self.sql("DROP TABLE s.u")
        self.double.start()
        self.wait_gone("table", "s.u")


class DdlIn12(Ddl):
    """The same against 1.2."""

    version = "1.2"
