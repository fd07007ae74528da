"""The file sink's form, sinks that keep their own place, TLS, and what must never leave."""

import json
import os
import re
import subprocess
import tempfile
import unittest

from harness import PASSWORD, ROLE, EndToEnd, wait_until
from openmetadata_double import BOT_TOKEN, OpenMetadataDouble
from test_flow import SHOP


class FileSink(EndToEnd):
    """NDJSON of the exact requests, one a line."""

    setup_sql = SHOP

    def lines(self, path):
        """The whole lines of a file so far."""
        if not path.exists():
            return []
        text = path.read_text(encoding="utf-8")
        return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]

    def edges_of(self, rows):
        return {(row["body"]["edge"]["fromEntity"]["fullyQualifiedName"],
                 row["body"]["edge"]["toEntity"]["fullyQualifiedName"]): row["body"]["edge"]
                for row in rows if row["path"] == "/v1/lineage"}

    def waiting(self, sink):
        """Feed rows that one sink has not taken."""
        return int(self.sql(f"SELECT count(*) FROM lineage._feed('{sink}', 10000)")[0][0])

    def test_each_line_is_a_request_and_tables_stand_before_their_edges(self):
        out = self.dir / "out.ndjson"
        self.sql("CALL shop.nightly()")
        self.ship("--sink", f"file:{out}")
        prefix = f"svc.{self.database}."
        pair = (prefix + "raw.orders", prefix + "shop.sales")
        wait_until(lambda: pair in self.edges_of(self.lines(out)), self.said)
        self.wait_drained()
        rows = self.lines(out)
        known = set()
        for row in rows:
            self.assertEqual(set(row), {"method", "path", "body"})
            self.assertEqual(row["method"], "PUT")
            if row["path"] == "/v1/tables":
                known.add(row["body"]["databaseSchema"] + "." + row["body"]["name"])
            elif row["path"] == "/v1/lineage":
                edge = row["body"]["edge"]
                for end in ("fromEntity", "toEntity"):
                    self.assertEqual(edge[end]["type"], "table")
                    self.assertIn(edge[end]["fullyQualifiedName"], known)
                    self.assertNotIn("id", edge[end])
        self.assertEqual({row["path"] for row in rows} - {
            "/v1/services/databaseServices", "/v1/databases", "/v1/databaseSchemas", "/v1/tables",
            "/v1/storedProcedures", "/v1/lineage"}, set())
        details = self.edges_of(rows)[pair]["lineageDetails"]
        self.assertEqual(details["pipeline"], {"type": "storedProcedure",
                                               "fullyQualifiedName": prefix + "shop.load_sales"})
        self.assertEqual(self.requests("PUT"), [])

    def test_every_line_passes_the_request_models(self):
        out = self.dir / "out.ndjson"
        self.sql("CALL shop.nightly()")
        workflow = self.workflow(sink={"type": "file", "config": {"filename": str(out)}})
        for verb in ("ingest", "lineage"):
            done = self.once(verb, "-c", workflow)
            self.assertEqual(done.returncode, 0, done.stderr)
        rows = self.lines(out)
        self.assertGreater(len(rows), 10)
        for row in rows:
            if self.double.models and row["path"] != "/v1/lineage":
                self.assertFalse(self.double.models("PUT", row["path"], row["body"]))

    def test_two_sinks_keep_their_own_place(self):
        out = self.dir / "out.ndjson"
        first = self.ship()
        self.wait_table("shop.sales")
        self.wait_drained()
        first.stop()
        second = self.ship("--sink", f"file:{out}")
        wait_until(lambda: any(row["path"] == "/v1/tables" for row in self.lines(out)), self.said)
        wait_until(lambda: self.waiting(f"file:{out}") == 0, "a file that has everything")
        second.stop()
        self.sql("CALL shop.nightly()")
        self.ship("--sink", f"file:{out}")
        prefix = f"svc.{self.database}."
        pair = (prefix + "raw.orders", prefix + "shop.sales")
        wait_until(lambda: pair in self.edges_of(self.lines(out)), self.said)
        self.assertNotIn(("raw.orders", "shop.sales"), self.edges())
        wait_until(lambda: self.waiting(f"file:{out}") == 0, "a file that has everything")
        self.assertGreater(self.waiting("metadata-rest:" + self.double.url), 0)
        self.shippers[-1].stop()
        self.ship()
        self.wait_edge("raw.orders", "shop.sales")
        self.wait_drained()

    def test_a_dry_run_tells_and_changes_nothing(self):
        self.sql("CALL shop.nightly()")
        before = self.sql("SELECT count(*) FROM lineage._state")
        done = self.once("lineage", "-c", self.workflow(), "--dry-run")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.requests("PUT"), [])
        self.assertIn("shop.sales", done.stdout + done.stderr)
        self.assertEqual(self.sql("SELECT count(*) FROM lineage._state"), before)


class Canaries(EndToEnd):
    """No literal, no password, no token is anywhere but where it belongs."""

    canaries = ("canary-literal-51d0", "canary-comment-77aa", "canary-dollar-90ef", "8675309",
                "canary-dynamic-3b1c", "canary-pw-e41d", PASSWORD, BOT_TOKEN)

    def leaks(self, place, text):
        """Fails with the canaries that a text holds."""
        self.assertEqual([canary for canary in self.canaries if canary in text], [], place)

    def test_no_secret_leaves(self):
        shipper = self.ship("--log-level", "debug")
        self.sql("""
          CREATE TABLE src (a int, t text);
          CREATE TABLE dst (a int, t text);
          INSERT INTO dst SELECT a, 'canary-literal-51d0' FROM src
            WHERE a <> 8675309 /* canary-comment-77aa */ -- canary-comment-77aa
              AND t <> $tag$canary-dollar-90ef$tag$;
          DO $$ BEGIN
            EXECUTE 'INSERT INTO dst SELECT a, ''canary-dynamic-3b1c'' FROM src';
          END $$;
          CREATE ROLE e2e_canary PASSWORD 'canary-pw-e41d';
          ALTER ROLE e2e_canary PASSWORD 'canary-pw-e41d';
          DROP ROLE e2e_canary;
          COPY (SELECT a, 'canary-literal-51d0' FROM src) TO '/dev/null';
        """)
        self.wait_edge("public.src", "public.dst")
        self.wait_drained()
        done = self.once("check", "-c", self.workflow(), "--log-level", "debug")
        self.leaks("the output of check", done.stdout + done.stderr)
        shipper.stop()
        self.leaks("the shipper's log", shipper.log())
        self.leaks("requests", json.dumps(self.double.requests))
        self.leaks("the catalog", json.dumps(self.double.store.dump()))
        for table in ("_edge", "_ddl", "_node", "queue", "_state", "_parked"):
            rows = self.sql(f"SELECT to_jsonb(t)::text FROM lineage.{table} t")
            self.leaks(f"lineage.{table}", json.dumps(rows))
        command_line = " ".join(shipper.arguments)
        self.leaks("the command line", command_line)

    def test_the_feed_shows_no_secret_while_it_waits(self):
        self.sql("""
          CREATE TABLE src (a int); CREATE TABLE dst (t text);
          INSERT INTO dst SELECT 'canary-literal-51d0' || a FROM src;
          SELECT lineage._sink_register('probe');
        """)
        rows = self.sql("SELECT to_jsonb(q)::text FROM lineage.queue q"
                        " UNION ALL SELECT payload::text FROM lineage._feed('probe', 100)")
        self.assertGreater(len(rows), 1)
        self.leaks("the feed", json.dumps(rows))


class Tls(EndToEnd):
    """verifySSL of the workflow, on real certificates."""

    setup_sql = "CREATE TABLE src (a int);"

    @classmethod
    def setUpClass(cls):
        cls.keys = tempfile.TemporaryDirectory(prefix="pgl-e2e-tls.")
        cls.addClassCleanup(cls.keys.cleanup)
        top = cls.keys.name
        extension = f"{top}/extension"
        with open(extension, "w", encoding="utf-8") as file:
            file.write("subjectAltName=IP:127.0.0.1\n")
        for command in (
                f"req -x509 -newkey rsa:2048 -nodes -keyout {top}/ca.key -out {top}/ca.pem -days 2"
                " -subj /CN=authority",
                f"req -newkey rsa:2048 -nodes -keyout {top}/key.pem -out {top}/request"
                " -subj /CN=catalog",
                f"x509 -req -in {top}/request -CA {top}/ca.pem -CAkey {top}/ca.key -CAcreateserial"
                f" -out {top}/cert.pem -days 2 -extfile {extension}",
                f"req -x509 -newkey rsa:2048 -nodes -keyout {top}/other.key -out {top}/other.pem"
                " -days 2 -subj /CN=stranger"):
            subprocess.run(["openssl", *command.split()], check=True, capture_output=True)

    def setUp(self):
        super().setUp()
        plain = self.double
        top = self.keys.name
        self.double = OpenMetadataDouble(
            models=plain.models, tls=(f"{top}/cert.pem", f"{top}/key.pem")).start()
        self.addCleanup(self.double.stop)

    def file(self, name):
        """A file of the authority."""
        return f"{self.keys.name}/{name}"

    def test_validate_with_the_right_authority_ships(self):
        self.ship(workflow=self.workflow(server={
            "verifySSL": "validate", "sslConfig": {"caCertificate": self.file("ca.pem")}}))
        self.wait_table("public.src")

    def test_validate_takes_the_text_of_a_certificate_too(self):
        with open(self.file("ca.pem"), encoding="utf-8") as file:
            text = file.read()
        self.ship(workflow=self.workflow(server={
            "verifySSL": "validate", "sslConfig": {"caCertificate": text}}))
        self.wait_table("public.src")

    def test_ignore_ships_without_an_authority(self):
        self.ship(workflow=self.workflow(server={"verifySSL": "ignore"}))
        self.wait_table("public.src")

    def test_a_stranger_is_refused_and_waited_for(self):
        for server in ({"verifySSL": "no-ssl"},
                       {"verifySSL": "validate",
                        "sslConfig": {"caCertificate": self.file("other.pem")}}):
            with self.subTest(**server):
                shipper = self.ship(workflow=self.workflow(server=server))
                wait_until(lambda: re.search(r"(?i)certificate|ssl|tls", shipper.log()),
                           lambda: "a word about the certificate: " + shipper.log())
                self.assertTrue(shipper.running())
                shipper.kill()
        self.assertEqual(self.double.requests, [])

    def test_check_tells_what_is_wrong_with_the_certificate(self):
        done = self.once("check", "-c", self.workflow(server={"verifySSL": "validate"}))
        self.assertEqual(done.returncode, os.EX_UNAVAILABLE, done.stdout + done.stderr)
        self.assertRegex(done.stdout + done.stderr, "certificate")


class Role(EndToEnd):
    """The shipper's rights."""

    setup_sql = SHOP

    def test_the_shipper_needs_no_grant_on_a_table(self):
        self.sql("CALL shop.nightly()")
        self.ship()
        self.wait_edge("raw.orders", "shop.sales")
        self.assertEqual(self.sql(f"""
          SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls FROM pg_roles
          WHERE rolname = '{ROLE}'"""), [["f"]])
        self.assertEqual(self.sql(f"""
          SELECT count(*) FROM pg_class WHERE relnamespace IN ('raw'::regnamespace,
          'shop'::regnamespace) AND relkind IN ('r', 'v')
          AND has_table_privilege('{ROLE}', oid, 'SELECT')"""), [["0"]])


if __name__ == "__main__":
    unittest.main()
