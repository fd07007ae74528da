#!/usr/bin/env python3
"""Runs workflows in OpenMetadata's own connector: one path of a workflow file per line of stdin.

Answers each with a line `exit CODE SECONDS`; what the connector says goes to PATH.log. Its imports
take most of its time, so they are done once and each workflow runs in a fork, which also keeps what
the connector caches in its modules from reaching the next one.
"""

import json
import os
import sys
import time
import traceback

from metadata.ingestion.sink import metadata_rest  # noqa: F401 - imported before the forks
from metadata.ingestion.source.database.postgres import service_spec  # noqa: F401
from metadata.workflow.metadata import MetadataWorkflow


def run(path):
    """The child: one workflow to its end; 0 where the connector counts it a success."""
    with open(path, encoding="utf-8") as file:
        workflow = MetadataWorkflow.create(json.load(file))
    workflow.execute()
    workflow.print_status()
    workflow.stop()
    workflow.raise_from_status()


def child(path):
    """Runs a workflow with its output in a file and ends the process."""
    log = os.open(path + ".log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    code = 0
    try:
        run(path)
    except BaseException:  # noqa: BLE001 - a child that raises must not go on as the parent
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main():
    """Serves until the end of stdin."""
    print("ready", flush=True)
    for line in sys.stdin:
        started = time.monotonic()
        pid = os.fork()
        if pid == 0:
            child(line.strip())
        _, status = os.waitpid(pid, 0)
        print(f"exit {os.waitstatus_to_exitcode(status)} {time.monotonic() - started:.1f}",
              flush=True)


if __name__ == "__main__":
    main()
