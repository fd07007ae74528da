"""Lineage across databases: foreign tables and the tables that they stand for."""

import unittest

from harness import PASSWORD, ROLE, EndToEnd, wait_until


class Foreign(EndToEnd):
    """A second database on the same server, in the catalog as another service or as this one."""

    def setUp(self):
        super().setUp()
        self.far = self.database + "_far"
        self.pg.sql(f"CREATE DATABASE {self.far}")
        self.addCleanup(self.pg.sql, f"DROP DATABASE {self.far} WITH (FORCE)")
        self.pg.sql('CREATE SCHEMA "Sh.op"; CREATE TABLE "Sh.op".orders (id int, "To.tal" int);'
                    "CREATE TABLE other (id int)", self.far)
        self.sql(f"""
          CREATE EXTENSION postgres_fdw;
          CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw
            OPTIONS (host '127.0.0.1', port '{self.pg.port}', dbname '{self.far}');
          CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (user 'postgres');
          CREATE FOREIGN TABLE far_orders (id int, total int OPTIONS (column_name 'To.tal'), x int)
            SERVER far OPTIONS (schema_name 'Sh.op', table_name 'orders');
          CREATE TABLE copy (id int, total int);
        """)

    def connection(self, database):
        """A connection block."""
        return {"config": {
            "type": "Postgres", "username": ROLE, "authType": {"password": PASSWORD},
            "hostPort": f"127.0.0.1:{self.pg.port}", "database": database}}

    def ingest_far(self, service):
        """Brings the far database into the catalog."""
        done = self.once("ingest", "-c", self.workflow("far.yaml", source={
            "serviceName": service, "serviceConnection": self.connection(self.far)}))
        self.assertEqual(done.returncode, 0, done.stderr)

    def lineage(self, **config):
        """A workflow file for lineage."""
        return self.workflow(source={"sourceConfig": {"config": {
            "type": "DatabaseLineage", **config}}})

    def wide(self):
        """The file with lineage across databases."""
        return self.lineage(processCrossDatabaseLineage=True,
                            crossDatabaseServiceNames=["nowhere", "other_svc"])

    def test_a_foreign_table_is_fed_by_what_it_stands_for(self):
        self.ingest_far("other_svc")
        self.assertEqual(self.once("ingest", "-c", self.workflow()).returncode, 0)
        done = self.once("ingest", "-c", self.wide())  # of type DatabaseLineage: sends lineage
        self.assertEqual(done.returncode, 0, done.stderr)
        orders = f'other_svc.{self.far}."Sh.op".orders'
        self.assertEqual(set(self.edges()), {(orders, "public.far_orders")})
        edge = self.edges()[orders, "public.far_orders"]
        self.assertEqual(edge["source"], "CrossDatabaseLineage")
        here = f"svc.{self.database}.public.far_orders"
        self.assertEqual([(pair["fromColumns"], pair["toColumn"])
                          for pair in edge["columnsLineage"]],
                         [([f"{orders}.id"], f"{here}.id"),
                          ([f'{orders}."To.tal"'], f"{here}.total")])

    def test_nothing_is_said_of_it_where_nobody_asked(self):
        self.ingest_far("other_svc")
        self.assertEqual(self.once("ingest", "-c", self.workflow()).returncode, 0)
        done = self.once("lineage", "-c", self.lineage(crossDatabaseServiceNames=["other_svc"]))
        self.assertIn("has no effect without `processCrossDatabaseLineage: true`", done.stderr)
        self.assertEqual(self.edges(), {})

    def test_another_database_of_this_service_is_found_too(self):
        self.ingest_far("svc")
        self.assertEqual(self.once("ingest", "-c", self.workflow()).returncode, 0)
        done = self.once("lineage", "-c", self.wide())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(set(self.edges()),
                         {(f'svc.{self.far}."Sh.op".orders', "public.far_orders")})

    def test_what_the_catalog_has_nowhere_is_named(self):
        self.assertEqual(self.once("ingest", "-c", self.workflow()).returncode, 0)
        done = self.once("lineage", "-c", self.wide())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("public.far_orders", done.stderr)
        self.assertIn(f'other_svc.{self.far}."Sh.op".orders', done.stderr)
        self.assertEqual(self.edges(), {})

    def test_the_daemon_follows_writes_options_and_drops(self):
        self.ingest_far("other_svc")
        orders, far = f'other_svc.{self.far}."Sh.op".orders', "public.far_orders"
        self.ship(workflow=self.wide())
        self.wait_edge(orders, far)
        self.sql("INSERT INTO far_orders (id, total) SELECT id, total FROM copy;"
                 "ALTER FOREIGN TABLE far_orders DROP COLUMN x")
        self.wait_edge("public.copy", far)
        self.wait_edge(far, orders)
        self.sql("ALTER FOREIGN TABLE far_orders OPTIONS (SET schema_name 'public',"
                 " SET table_name 'other')")
        self.wait_edge(f"other_svc.{self.far}.public.other", far)
        wait_until(lambda: (orders, far) not in self.edges() and (far, orders) not in self.edges(),
                   lambda: f"edges to go; there are {list(self.edges())} {self.said()}")
        self.sql("DROP FOREIGN TABLE far_orders")
        wait_until(lambda: self.edges() == {},
                   lambda: f"edges to go; there are {list(self.edges())} {self.said()}")
        self.wait_drained()
        self.assertEqual(self.sql("SELECT count(*) FROM lineage._parked"), [["0"]])


class ForeignBefore(Foreign):
    """A release that has no word for such an edge."""

    version = "1.2"
    test_the_daemon_follows_writes_options_and_drops = None
    test_another_database_of_this_service_is_found_too = None

    def test_a_foreign_table_is_fed_by_what_it_stands_for(self):
        self.ingest_far("other_svc")
        self.assertEqual(self.once("ingest", "-c", self.workflow()).returncode, 0)
        done = self.once("lineage", "-c", self.wide())
        self.assertEqual(done.returncode, 0, done.stderr)
        (edge,) = self.edges().values()
        self.assertEqual(edge["source"], "QueryLineage")


if __name__ == "__main__":
    unittest.main()
