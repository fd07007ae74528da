"""Runs of ingestion pipelines in the OpenMetadata double.

Statuses are kept by pipeline and run: one of a known run replaces it. `status`, the summaries of
the steps, is known from 1.3 on, logs from 1.10 on.
"""

import uuid

from openmetadata_double_rules import Refused, bad, closed, one_of

PIPELINES = "services/ingestionPipelines"
_STATES = {"queued", "success", "failed", "running", "partialSuccess"}
_STEP = set("name records updated_records warnings errors filtered failures".split())
_STEPS_2_0 = set("progress operationMetrics sourceTimeMs sinkTimeMs".split())

_PROGRESS = set("runId timestamp updateType stepName progress globalCounters currentEntity message "
                "estimatedSecondsRemaining totalAssetsIngested".split())
_NODE = set("label entityType processed expected active overflow children".split())
_UPDATES = {"DISCOVERY", "PROCESSING", "STEP_COMPLETE", "PIPELINE_COMPLETE", "ERROR"}


def check_status(body, version):
    """The shape of a pipeline status."""
    allowed = set("runId pipelineState startDate timestamp endDate".split())
    allowed |= set() if version == "1.2" else {"status", "config", "metadata"}
    closed(body, allowed, "PipelineStatus")
    one_of(body.get("pipelineState"), _STATES | ({"stopped"} if version == "2.0" else set()),
           "PipelineStatusType")
    for step in body.get("status") or []:
        closed(step, _STEP | (_STEPS_2_0 if version == "2.0" else set()), "StepSummary")
        for failure in step.get("failures") or []:
            closed(failure, {"name", "error", "stackTrace"}, "StackTraceError")


class Runs:
    """Statuses and logs by pipeline; of one store."""

    def __init__(self, store):
        self.store = store
        self.statuses = {}
        self.logs = {}
        self.told = {}

    def dump(self):
        """For tests: pipelines with their runs in the order of their beginning, and logs."""
        return {fqn: [{**status, "log": self.logs.get((fqn, run)),
                       "told": [each for each in self.told.get(fqn, []) if each["runId"] == run]}
                      for run, status in runs.items()]
                for fqn, runs in self.statuses.items()}

    def route(self, method, rest, body):
        """(status, answer) of a path below a pipeline; None where it is a plain entity's."""
        if len(rest) in (2, 3) and rest[1] == "pipelineStatus":
            pipeline = self.store.by_name("ingestionPipeline", rest[0])
            return self.status(method, pipeline["fullyQualifiedName"], rest[2:], body)
        if rest[:1] == ["progress"] and method == "PUT" and len(rest) == 3:
            return self.progress(rest[1], rest[2], body)
        if rest[:1] == ["logs"] and method == "POST" and len(rest) in (3, 4):
            return self.log(rest[1], rest[2], rest[3:], body)
        return None

    def status(self, method, fqn, run, body):
        """PUT of a status, or GET of that of one run."""
        runs = self.statuses.setdefault(fqn, {})
        if method == "PUT" and not run:
            check_status(body, self.store.version)
            runs[body.get("runId")] = body
            return 201, {"eventType": "entityFieldsChanged", "entityFullyQualifiedName": fqn}
        if method == "GET" and run:
            return (200, runs[run[0]]) if run[0] in runs else (204, None)
        raise Refused(405, "HTTP 405 Method Not Allowed")

    def progress(self, fqn, run, body):
        """How far a run is."""
        if self.store.version != "2.0":
            raise Refused(500, f"HTTP 404 Not Found: /{PIPELINES}/progress")
        self.store.by_name("ingestionPipeline", fqn)
        closed(body, _PROGRESS, "ProgressUpdate")
        one_of(body.get("updateType"), _UPDATES, "ProgressUpdateType")
        closed(body.get("progress") or {}, _NODE, "ProgressNode")
        if body.get("runId") != run:
            raise bad(f"Invalid run {run}")
        self.told.setdefault(fqn, []).append(body)
        return 200, None

    def log(self, fqn, run, rest, body):
        """A piece of a log, or its end."""
        if self.store.version in ("1.2", "1.9"):
            raise Refused(500, f"HTTP 404 Not Found: /{PIPELINES}/logs")
        self.store.by_name("ingestionPipeline", fqn)
        if str(uuid.UUID(run)) != run or rest not in ([], ["close"]):
            raise bad(f"Invalid run {run}")
        if rest:
            closed(body, {"connectorId", "timestamp"}, "CloseLogStream")
            self.logs[(fqn, run)] = self.logs.get((fqn, run), "") + "<closed>"
            return 200, None
        closed(body, set("logs timestamp connectorId compressed lineCount".split()), "LogBatch")
        self.logs[(fqn, run)] = self.logs.get((fqn, run), "") + body["logs"]
        return 200, None
