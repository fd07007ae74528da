"""The YAML of the pages of the peer's connector, run as it stands (pages/README.md)."""

import pathlib
import re
import unittest

from harness import BOT_TOKEN, PASSWORD, ROLE, EndToEnd

PAGES = pathlib.Path(__file__).resolve().parent / "pages"
LATER = {"DatabaseUsage", "Profiler"}


class Pages(EndToEnd):
    """A table, a view, a procedure that ran; every file finds them."""

    setup_sql = """
      CREATE TABLE orders (id int PRIMARY KEY, total int); CREATE TABLE copy (id int, total int);
      CREATE VIEW totals AS SELECT sum(total) AS total FROM orders;
      CREATE PROCEDURE load() LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO copy SELECT id, total FROM orders; END $$;
      ALTER TABLE orders ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON orders USING (true);
      CALL load();
    """

    def run_page(self, page):
        """Runs `ingest` with a file of the pages."""
        ca = self.dir / "ca.crt"
        ca.write_text("never read with sslMode disable\n")
        return self.once("ingest", "-c", page, environment={
            "PAGE_USER": ROLE, "PAGE_PASSWORD": PASSWORD, "PAGE_DATABASE": self.database,
            "PAGE_HOST_PORT": f"127.0.0.1:{self.pg.port}", "PAGE_CATALOG": self.double.url,
            "PAGE_TOKEN": BOT_TOKEN, "PAGE_CA": str(ca)})

    def test_every_file_runs_unchanged(self):
        pages = sorted(PAGES.glob("*.yaml"))
        self.assertGreaterEqual(len(pages), 8)
        for page in pages:
            text = page.read_text(encoding="utf-8")
            kind = re.search(r"sourceConfig:\s*config:\s*type: (\w+)", text)
            kind = kind.group(1) if kind else "DatabaseMetadata"
            if kind == "DatabaseLineage":
                self.assertEqual(self.run_page(PAGES / "airflow_metadata.yaml").returncode, 0)
            done = self.run_page(page)
            with self.subTest(page=page.name):
                self.assertNotIn("is not known", done.stderr)
                self.assertNotIn(PASSWORD, done.stderr + done.stdout)
                if kind in LATER:
                    self.assertEqual(done.returncode, 69, done.stderr)
                    self.assertIn(f"sourceConfig.config.type is {kind}", done.stderr)
                    continue
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(set(self.entities("table")),
                                 {"public.orders", "public.totals", "public.copy"}, done.stderr)
                self.assertIn("public.load", self.entities("storedProcedure"))
                if kind == "DatabaseLineage":
                    self.assertIn(("public.orders", "public.copy"), self.edges(), done.stderr)

    def test_what_a_file_asks_for_in_vain_is_named(self):
        said = self.run_page(PAGES / "external_metadata.yaml").stderr
        self.assertIn("connectionArguments.authenticator' is no libpq parameter", said)
        self.assertIn("connectionOptions.key' is no libpq parameter", said)
        said = self.run_page(PAGES / "options_metadata.yaml").stderr
        for key in ("queryLogDuration", "queryParsingTimeoutLimit", "incremental",
                    "markDeletedTablesFromFilterOnly"):
            self.assertIn(f"{key}' has no effect", said)
        said = self.run_page(PAGES / "help_connection.yaml").stderr
        self.assertIn("config.schemaFilterPattern' has no effect", said)
        tags = {label["tagFQN"] for label in self.entities("table")["public.orders"]["tags"]}
        self.assertIn("RowPolicies.own", tags)


if __name__ == "__main__":
    unittest.main()
