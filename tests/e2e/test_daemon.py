"""How the daemon lives: signals, logs, several files, an extension that goes and comes."""

import json
import os
import signal
import unittest

from harness import ROLE, EndToEnd, wait_until
from openmetadata_double import BOT, PERSON, PERSON_TOKEN

TABLES = "CREATE TABLE src (a int, b int); CREATE TABLE dst (a int, b int);"


class Daemon(EndToEnd):
    """A shipper that runs."""

    setup_sql = TABLES

    def settled(self, *arguments, **more):
        """A shipper with nothing left to do."""
        shipper = self.ship(*arguments, **more)
        self.wait_table("public.dst")
        self.wait_drained()
        return shipper

    def arrives(self):
        self.sql("INSERT INTO dst (a) SELECT a FROM src")
        self.wait_edge("public.src", "public.dst")
        self.wait_drained()

    def test_sigterm_drains_and_ends_with_0(self):
        shipper = self.settled()
        self.sql("INSERT INTO dst (a) SELECT a FROM src")
        self.assertEqual(shipper.stop(), 0)
        self.assertIn(("public.src", "public.dst"), self.edges())
        self.assertEqual(self.pending(), 0)

    def test_sigterm_ends_it_while_the_catalog_is_away(self):
        shipper = self.settled()
        self.double.stop()
        self.sql("INSERT INTO dst (a) SELECT a FROM src")
        wait_until(lambda: "again" in shipper.log(), shipper.log)
        self.assertEqual(shipper.stop(), 0)
        self.assertEqual(self.pending(), 1)
        self.double.start()
        self.ship()
        self.wait_edge("public.src", "public.dst")

    def test_sighup_reads_the_token_again(self):
        shipper = self.settled()
        self.token_file.write_text("next-token\n")
        shipper.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "read again" in shipper.log(), shipper.log)
        with self.double.lock:
            self.double.tokens = {"next-token": BOT, PERSON_TOKEN: PERSON}
        count = len(self.double.requests)
        self.arrives()
        self.assertNotIn(401, [entry["status"] for entry in self.double.requests[count:]])

    def test_every_line_of_a_json_log_is_json(self):
        shipper = self.settled("--log-format", "json", "--log-level", "debug")
        self.double.fault(status=500, count=2)
        self.arrives()
        shipper.stop()
        lines = shipper.log().splitlines()
        self.assertGreater(len(lines), 5)
        for line in lines:
            self.assertIsInstance(json.loads(line), dict, line)

    def test_an_extension_that_is_dropped_and_made_again(self):
        shipper = self.settled()
        self.sql("DROP EXTENSION pg_lineage CASCADE; CREATE TABLE between (a int)")
        wait_until(lambda: "again" in shipper.log(), shipper.log)
        self.sql(f"CREATE EXTENSION pg_lineage; SELECT lineage.grant_shipper('{ROLE}')")
        self.arrives()
        self.wait_table("public.between")
        self.assertTrue(shipper.running(), shipper.log())

    def test_a_password_that_changed_is_waited_for(self):
        shipper = self.settled()
        self.pg.sql(f"ALTER ROLE {ROLE} NOLOGIN")
        self.addCleanup(self.pg.sql, f"ALTER ROLE {ROLE} LOGIN")
        self.sql(f"""SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                     WHERE usename = '{ROLE}' AND datname = current_database()""")
        wait_until(lambda: "not permitted" in shipper.log(), shipper.log)
        self.pg.sql(f"ALTER ROLE {ROLE} LOGIN")
        self.arrives()
        self.assertTrue(shipper.running(), shipper.log())

    def test_two_files_of_one_service_make_one_daemon(self):
        metadata = self.workflow("metadata.yaml")
        lineage = self.workflow("lineage.yaml", source={
            "type": "postgres-lineage", "sourceConfig": {"config": {"type": "DatabaseLineage"}}})
        self.settled("-c", str(lineage), workflow=metadata)
        self.arrives()

    def test_a_schedule_is_planned(self):
        shipper = self.settled(workflow=self.workflow(shipper={"schedule": "17 3 * * *"}),
                               environment={"TZ": "Europe/Berlin"})
        wait_until(lambda: "next scheduled run: " in shipper.log(), shipper.log)
        self.assertRegex(shipper.log(), r"next scheduled run: \d{4}-\d\d-\d\d 0[12]:17 UTC")

    def test_files_of_two_services_are_refused(self):
        one = self.workflow("one.yaml")
        two = self.workflow("two.yaml", source={"serviceName": "other"})
        done = self.once("check", "-c", one, "-c", two)
        self.assertEqual(done.returncode, os.EX_CONFIG, done.stdout + done.stderr)
        self.assertIn("service 'other'", done.stdout + done.stderr)

    def test_variables_of_the_environment_are_put_in(self):
        workflow = self.workflow(server={"securityConfig": {"jwtToken": "${E2E_TOKEN}"}})
        self.settled(workflow=workflow, environment={"E2E_TOKEN": "bot-token"})
        self.arrives()

    def test_the_service_holds_no_password_and_stays_as_a_person_made_it(self):
        self.settled()
        service, = [row for row in self.double.store.dump()["entities"]
                    if row["kind"] == "databaseService"]
        self.assertEqual(service["serviceType"], "Postgres")
        self.assertNotIn("password", json.dumps(service))


class Wide(EndToEnd):
    """Big things."""

    def test_a_wide_table_arrives_with_all_its_columns(self):
        columns = ", ".join(f"c{number} int" for number in range(1000))
        self.sql(f"CREATE TABLE src ({columns}); CREATE TABLE dst ({columns})")
        # The double looks at each column of a request before it answers.
        self.ship(workflow=self.workflow(shipper={"http": {"timeoutMs": 30000}}))
        self.sql("INSERT INTO dst SELECT * FROM src")
        self.wait_edge("public.src", "public.dst",
                       lambda edge: len(edge.get("columnsLineage", [])) == 1000)

    def test_hundreds_of_edges_of_one_statement_arrive(self):
        self.sql("".join(f"CREATE TABLE s{number} (a int);" for number in range(60))
                 + "CREATE TABLE dst (a int)")
        self.ship()
        union = " UNION ALL ".join(f"SELECT a FROM s{number}" for number in range(60))
        self.sql(f"INSERT INTO dst {union}")
        wait_until(lambda: len(self.edges()) == 60, self.said)
        self.wait_drained()


class Encodings(EndToEnd):
    """Databases that are not UTF-8."""

    def make(self, encoding):
        """Another database of the test."""
        name = f"{self.database}_{encoding.lower()}"
        self.pg.sql(f"CREATE DATABASE {name} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"
                    " TEMPLATE template0")
        self.addCleanup(self.pg.sql, f"DROP DATABASE {name} WITH (FORCE)")
        self.database = name
        self.sql(f"CREATE EXTENSION pg_lineage; SELECT lineage.grant_shipper('{ROLE}')")

    def test_latin1(self):
        self.make("LATIN1")
        self.sql('SET client_encoding = UTF8; CREATE TABLE src ("é" int);'
                 'CREATE TABLE "größe" ("ü" int)')
        self.ship()
        self.sql('SET client_encoding = UTF8; INSERT INTO "größe" SELECT "é" FROM src')
        self.wait_edge("public.src", "public.größe")
        self.assertEqual(self.pairs("public.src", "public.größe"), {("é", "ü")})

    def test_bytes_that_are_no_text_stop_nothing(self):
        self.make("SQL_ASCII")
        self.sql(r"""
          DO $$ BEGIN EXECUTE convert_from(
            '\x435245415445205441424c45202261e92220287820696e7429', 'SQL_ASCII'); END $$;
          CREATE TABLE src (a int); CREATE TABLE dst (a int);
        """)
        shipper = self.ship()
        self.sql(r"""
          DO $$ BEGIN EXECUTE convert_from(
            '\x494e5345525420494e544f202261e922202878292053454c45435420612046524f4d20737263',
            'SQL_ASCII'); END $$;
          INSERT INTO dst SELECT a FROM src;
        """)
        self.wait_edge("public.src", "public.dst")
        self.wait_drained()
        self.assertTrue(shipper.running(), shipper.log())


if __name__ == "__main__":
    unittest.main()
