"""`check`: the steps of the catalog's own Test Connection."""

import json
import os
import unittest

from harness import EndToEnd
from openmetadata_double_jobs import connection_definition


class TestConnection(EndToEnd):
    """The definition of the double, and others."""

    setup_sql = """CREATE TABLE one (a int); CREATE TABLE two (a int); CREATE VIEW seen AS
        SELECT a FROM one; CREATE POLICY own ON one USING (true)"""
    def check(self, code=0, workflow=None):
        """Runs `check`; answers {step: (word, what it says)}, whether all are in order or not."""
        done = self.once("check", "-c", workflow or self.workflow())
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        steps = {}
        for line in done.stdout.splitlines():
            word, _, rest = line.partition("  ")
            if rest.strip().startswith("test connection"):
                subject, _, detail = rest.strip().partition(": ")
                steps[subject.removeprefix("test connection, ")] = (word.strip(), detail)
        return steps

    def test_every_step_of_the_definition_is_done(self):
        steps = self.check()
        defined = connection_definition("Postgres.testConnectionDefinition")["steps"]
        self.assertEqual(list(steps), [step["name"] + " (mandatory)" * step["mandatory"]
                                       for step in defined])
        self.assertEqual({word for word, _ in steps.values()}, {"ok"})
        self.assertIn("2 schemas", steps["GetSchemas (mandatory)"][1])
        self.assertIn("1 policies", steps["GetTags"][1])
        self.assertIn("not needed", steps["GetQueries"][1])

    def test_a_step_that_is_new_is_said_to_be_left_out(self):
        self.double.fault(path="testConnectionDefinitions", status=200, body={
            "steps": [{"name": "CheckAccess", "mandatory": True}, {"name": "GetTableComments"},
                      {"name": "GetMoons"}]})
        steps = self.check()
        self.assertEqual(steps["CheckAccess (mandatory)"], ("ok", "1 session"))
        self.assertRegex(" ".join(steps["GetTableComments"]), r"^ok \d+ comments$")
        self.assertEqual(steps["GetMoons"],
                         ("warn", "left out: this version does not know the step"))

    def test_a_catalog_without_a_definition_is_said(self):
        self.double.fault(path="testConnectionDefinitions", status=404, count=-1)
        steps = self.check()
        self.assertIn("no definition", steps["test connection"][1])
        self.assertIn("GetInformationSchemaColumns", steps)

    def test_without_a_connection_the_steps_are_left_out(self):
        path = self.workflow()
        document = json.loads(path.read_text())
        document["source"]["serviceConnection"]["config"]["database"] = "nowhere"
        path.write_text(json.dumps(document))
        steps = self.check(os.EX_CONFIG, path)
        self.assertEqual(steps["GetTables (mandatory)"],
                         ("warn", "left out: there is no connection"))

    def test_a_mandatory_step_that_fails_decides_the_exit_code(self):
        self.sql("REVOKE SELECT ON pg_catalog.pg_namespace FROM PUBLIC")
        steps = self.check(os.EX_NOPERM)
        self.assertEqual(steps["GetSchemas (mandatory)"][0], "FAIL")
        self.assertIn("permission denied", steps["GetSchemas (mandatory)"][1])
        self.assertEqual(steps["GetViews"][0], "warn")


class TestConnectionOn1x2(TestConnection):
    """The oldest server."""

    version = "1.2"


if __name__ == "__main__":
    unittest.main()
