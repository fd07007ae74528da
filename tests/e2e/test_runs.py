"""Runs as ingestion pipelines show them: states, counts, failures, logs, and no secret in them."""

import json
import os
import unittest

from harness import PASSWORD, EndToEnd, wait_until
from openmetadata_double import BOT_TOKEN

TABLES = "CREATE TABLE src (a int); CREATE TABLE dst (a int); INSERT INTO dst SELECT a FROM src;"
FQN = "svc.nightly"


class RunsCase(EndToEnd):
    """A database, and what the catalog knows of runs."""

    setup_sql = TABLES

    def write(self, kind="DatabaseMetadata", name="runs.yaml", fqn=FQN, **top):
        """A workflow file with a pipeline and other keys of the top level."""
        path = self.workflow(name, source={"sourceConfig": {"config": {"type": kind}}},
                             shipper={"http": {"timeoutMs": 30000}})
        document = json.loads(path.read_text())
        path.write_text(json.dumps({**document, "ingestionPipelineFQN": fqn, **top}))
        return path

    def runs(self, fqn=FQN):
        """What the catalog knows of the runs of a pipeline."""
        with self.double.lock:
            return self.double.store.dump()["runs"].get(fqn, [])

    def pipeline(self, fqn=FQN):
        """The entity."""
        with self.double.lock:
            return next((row for row in self.double.store.dump()["entities"]
                         if row["kind"] == "ingestionPipeline"
                         and row["fullyQualifiedName"] == fqn), None)

    def step(self, run, name):
        """The summary of a step."""
        return next(step for step in run["status"] if step["name"] == name)

    def ingest(self, *arguments, code=0, **changes):
        """Runs `ingest`; answers what it said."""
        done = self.once("ingest", "-c", self.write(**changes), *arguments)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stderr

    def pipeline_id(self):
        """The id, under the lock."""
        return self.double.store.names[("ingestionPipeline", FQN)]


class RunsOn2x0(RunsCase):
    """What differs between the releases."""

    def test_a_run_is_told_with_its_counts(self):
        self.ingest()
        self.assertEqual(self.pipeline()["pipelineType"], "metadata")
        self.assertEqual(self.pipeline()["service"]["fullyQualifiedName"], "svc")
        run, = self.runs()
        self.assertEqual(run["pipelineState"], "success")
        self.assertRegex(run["runId"], r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f-]+$")
        self.assertGreaterEqual(run["endDate"], run["startDate"])
        if self.version == "1.2":
            self.assertNotIn("status", run)
            return
        with self.double.lock:
            made = [row for row in self.double.store.dump()["entities"]
                    if row["fullyQualifiedName"].split(".")[0] == "svc"
                    and row["kind"] != "ingestionPipeline"]
        self.assertEqual(self.step(run, "OpenMetadata")["records"], len(made))
        self.assertEqual(self.step(run, "OpenMetadata")["errors"], 0)

    def test_a_refused_table_is_a_failure_of_the_sink_without_secrets(self):
        self.double.fault(status=400, count=-1, method="PUT", path="/tables",
                          body={"code": 400, "message": f"odd {PASSWORD} and {BOT_TOKEN} there"})
        self.ingest(code=1)
        run, = self.runs()
        self.assertEqual(run["pipelineState"], "failed")
        if self.version != "1.2":
            step = self.step(run, "OpenMetadata")
            self.assertGreaterEqual(step["errors"], 2)
            names = [failure["name"] for failure in step["failures"]]
            self.assertIn(f"svc.{self.database}.public.src", names)
            self.assertIn("odd *** and *** there", step["failures"][0]["error"])
        self.assertNotIn(PASSWORD, json.dumps(self.runs()))
        self.assertNotIn(BOT_TOKEN, json.dumps(self.runs()))

    def test_a_database_that_is_not_there_is_a_failed_run(self):
        self.ingest()
        path = self.write()
        document = json.loads(path.read_text())
        document["source"]["serviceConnection"]["config"]["database"] = "nowhere"
        path.write_text(json.dumps(document))
        self.assertEqual(self.once("ingest", "-c", path).returncode, os.EX_CONFIG)
        run = self.runs()[-1]
        self.assertEqual(run["pipelineState"], "failed")
        if self.version != "1.2":
            self.assertIn("nowhere", self.step(run, "Postgres")["failures"][0]["error"])

    def test_lineage_has_its_own_pipeline(self):
        self.ingest()
        path = self.write("DatabaseLineage", fqn="svc.edges")
        done = self.once("lineage", "-c", path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.pipeline("svc.edges")["pipelineType"], "lineage")
        run, = self.runs("svc.edges")
        self.assertEqual(run["pipelineState"], "success")
        if self.version != "1.2":
            self.assertEqual(self.step(run, "OpenMetadata")["records"], 1)

    def test_the_log_goes_where_the_server_keeps_it(self):
        self.ingest()
        said = self.ingest(enableStreamableLogs=True)
        if self.version != "2.0":
            self.assertIn("keeps no logs", said)
            return
        log = self.runs()[-1]["log"]
        self.assertTrue(log.endswith("<closed>"), log)
        self.assertIn("info", log)


class RunsOn1x2(RunsOn2x0):
    """The oldest server: states only; each object is a request of its own."""

    version = "1.2"

    def test_a_few_failures_are_a_partial_success(self):
        self.sql("".join(f"CREATE TABLE t{number} (a int);" for number in range(40)))
        self.double.fault(status=400, count=1, method="PUT", path="/tables")
        self.ingest()
        run, = self.runs()
        self.assertEqual(run["pipelineState"], "partialSuccess")


class Runs(RunsCase):
    """Verbs that run once."""

    def test_a_second_run_is_running_before_it_ends_and_has_another_id(self):
        self.ingest()
        self.ingest()
        first, second = self.runs()
        self.assertNotEqual(first["runId"], second["runId"])
        states = [json.loads(entry["body"])["pipelineState"]
                  for entry in self.requests("PUT", "/pipelineStatus")]
        self.assertEqual(states, ["success", "running", "success"])

    def test_the_run_id_of_the_workflow_is_taken(self):
        run_id = "01234567-89ab-4def-8123-456789abcdef"
        self.ingest(pipelineRunId=run_id)
        self.assertEqual([run["runId"] for run in self.runs()], [run_id])

    def test_a_bot_that_may_not_tell_is_warned_of_once_and_fails_nothing(self):
        self.double.fault(status=403, count=-1, path="ingestionPipelines")
        said = self.ingest()
        self.assertEqual(said.count("runs are not shown in the catalog"), 1, said)
        self.assertEqual(len(self.requests("GET", "ingestionPipelines")), 1)
        self.assertEqual(self.requests("PUT", "ingestionPipelines"), [])
        self.assertIn("public.src", self.entities("table"))

    def test_a_pipeline_that_a_person_deleted_stays_deleted(self):
        self.ingest()
        with self.double.lock:
            self.double.store.entities[self.pipeline_id()]["deleted"] = True
        said = self.ingest()
        self.assertIn("was deleted there", said)
        self.assertTrue(self.pipeline()["deleted"])
        self.assertEqual(len(self.runs()), 1)

    def test_without_a_pipeline_nothing_is_told(self):
        self.assertEqual(self.once("ingest", "-c", self.workflow()).returncode, 0)
        self.assertEqual(self.requests("GET", "ingestionPipelines"), [])
        self.assertEqual(self.requests("PUT", "ingestionPipelines"), [])

    def test_a_dry_run_tells_nobody(self):
        self.ingest("--dry-run")
        self.assertEqual(self.double.requests, [])

    def test_a_server_without_log_storage_costs_a_warning_only(self):
        self.ingest()
        self.double.fault(status=400, count=-1, path="/logs/")
        said = self.ingest(enableStreamableLogs=True)
        self.assertLessEqual(said.count("not kept in the catalog"), 1)
        self.assertEqual(self.runs()[-1]["pipelineState"], "success")


class RunsOfTheDaemon(RunsCase):
    """Comparisons are runs; what is sent between two counts for the next."""

    def test_the_first_comparison_is_a_run_of_each_file(self):
        metadata = self.write(name="metadata.yaml")
        lineage = self.write("DatabaseLineage", "lineage.yaml", fqn="svc.edges")
        self.ship("-c", str(lineage), workflow=metadata)
        for fqn in (FQN, "svc.edges"):
            wait_until(lambda fqn=fqn: [run for run in self.runs(fqn)
                                        if run["pipelineState"] == "success"],
                       lambda fqn=fqn: f"a run of {fqn}: {self.runs(fqn)} {self.said()}")
        self.assertGreater(self.step(self.runs()[0], "OpenMetadata")["records"], 2)
        self.assertEqual(self.step(self.runs("svc.edges")[0], "OpenMetadata")["records"], 1)

    def test_a_run_that_was_cut_off_is_failed_when_the_next_one_begins(self):
        self.ingest()
        self.double.fault(status=503, count=-1, method="PUT", path="/(tables|databaseSchemas)")
        shipper = self.ship(workflow=self.write())
        wait_until(lambda: self.runs()[-1]["pipelineState"] == "running", self.said)
        left = self.runs()[-1]["runId"]
        second = self.once("lineage", "-c", self.write(name="other.yaml"))  # while it goes on
        self.assertEqual(second.returncode, 0, second.stderr)
        run = {run["runId"]: run["pipelineState"] for run in self.runs()}
        self.assertEqual(run[left], "running")
        shipper.kill()
        self.double.clear_faults()
        self.ingest()
        found = next(run for run in self.runs() if run["runId"] == left)
        self.assertEqual(found["pipelineState"], "failed")
        self.assertIn("before the end was told",
                      self.step(found, "OpenMetadata")["failures"][0]["error"])
        self.assertNotIn("running", [run["pipelineState"] for run in self.runs()])

    def test_a_stop_in_the_middle_is_a_failed_run(self):
        self.ingest()
        self.double.fault(status=503, count=-1, method="PUT", path="/(tables|databaseSchemas)")
        shipper = self.ship(workflow=self.write())
        wait_until(lambda: self.runs()[-1]["pipelineState"] == "running", self.said)
        self.assertEqual(shipper.stop(), 0)
        self.assertEqual(self.runs()[-1]["pipelineState"], "failed")


if __name__ == "__main__":
    unittest.main()
