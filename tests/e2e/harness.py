"""What the end-to-end tests stand on: a server, a shipper process, a double, and waiting.

One PostgreSQL cluster serves a whole run (cluster()); every test has a database, a double and a
shipper of its own. PG_CONFIG chooses the server, LINEAGE_SHIPPER the program (default: the one at
the top of the tree). As root the server runs as system user postgres. Nothing has a fixed port.
"""

import atexit
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "fakes"))

from openmetadata_double import BOT_TOKEN, OpenMetadataDouble, load_models  # noqa: E402

SHIPPER = os.environ.get("LINEAGE_SHIPPER", str(TOP / "lineage-shipper"))
PATIENCE = 40  # seconds until a test gives up waiting; never a measure of speed
ROLE = "lineage_e2e"
PASSWORD = "pw-canary-7c1f9e"
BAD_LOG = re.compile(r"terminated by signal|PANIC:|TRAP:|WARNING:.*lineage")


def free_port():
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, what, patience=PATIENCE):
    """Waits for condition() to be true and answers it; fails with `what` when it does not come.

    `what` may be a function: it is called when patience ends, to show what there is instead.
    """
    end = time.monotonic() + patience
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError("waited in vain for " + (what() if callable(what) else what))
        time.sleep(0.02)


class Cluster:
    """A PostgreSQL server on a TCP port of 127.0.0.1, in a directory that goes with it."""

    def __init__(self, preload="pg_lineage"):
        config = os.environ.get("PG_CONFIG", "pg_config")
        self.bin = pathlib.Path(subprocess.check_output([config, "--bindir"], text=True).strip())
        self.port = free_port()
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="pgl-e2e."))
        self.owner = {}
        if os.getuid() == 0:
            self.owner = {"user": "postgres", "group": "postgres", "extra_groups": []}
            shutil.chown(self.dir, "postgres", "postgres")
        atexit.register(self.stop)
        self._server("initdb", "-D", self.dir / "data", "-U", "postgres", "-A", "trust",
                     "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        self._write("postgresql.conf", "\n".join([
            "listen_addresses = '127.0.0.1'", f"port = {self.port}", "fsync = off",
            f"unix_socket_directories = '{self.dir}'", f"shared_preload_libraries = '{preload}'",
            "log_min_messages = warning", "log_line_prefix = '%m [%p] %d '", "timezone = 'UTC'",
            "password_encryption = 'scram-sha-256'", "max_connections = 60", ""]))
        hba = self.dir / "data" / "pg_hba.conf"
        rest = hba.read_text()
        hba.write_text(f"host all {ROLE} 127.0.0.1/32 scram-sha-256\n{rest}")
        self.start()
        self.sql(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}'")

    def _server(self, program, *arguments):
        done = subprocess.run([self.bin / program, *map(str, arguments)], cwd="/",
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False, **self.owner)
        if done.returncode:
            raise AssertionError(f"{program} failed: {done.stdout}\n{self.log()[-2000:]}")

    def _write(self, name, text):
        with open(self.dir / "data" / name, "a", encoding="utf-8") as file:
            file.write(text)

    def start(self):
        """Starts the server; also after stop_server()."""
        log = self.dir / "log"
        self._server("pg_ctl", "-D", self.dir / "data", "-l", log, "-w", "-t", "60", "-s", "start")

    def stop_server(self, mode="fast"):
        """Stops the server and keeps its files."""
        self._server("pg_ctl", "-D", self.dir / "data", "-m", mode, "-w", "-s", "stop")

    def stop(self):
        """Stops the server and removes what it left; also done at the end of the run."""
        atexit.unregister(self.stop)
        if (self.dir / "data" / "postmaster.pid").exists():
            self.stop_server("immediate")
        shutil.rmtree(self.dir, ignore_errors=True)

    def log(self):
        """The server's log so far."""
        path = self.dir / "log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def sql(self, text, database="postgres", user="postgres"):
        """Runs SQL in one session; answers the rows of all results as lists of strings."""
        done = subprocess.run(
            [self.bin / "psql", "-XqAt", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-h", str(self.dir),
             "-p", str(self.port), "-U", user, "-d", database, "-f", "-"],
            input=text, capture_output=True, text=True, check=False)
        if done.returncode:
            raise AssertionError(f"SQL failed: {done.stderr}\n{text}")
        return [line.split("\t") for line in done.stdout.splitlines()]


_cluster = []


def cluster():
    """The cluster of this run, started when first asked for."""
    if not _cluster:
        _cluster.append(Cluster())
    return _cluster[0]


class Shipper:
    """One run of lineage-shipper; its standard error is collected in a file, or goes elsewhere."""

    def __init__(self, arguments, log, environment=None, stderr=None):
        self.log_path = log
        self.arguments = [SHIPPER, *arguments]
        with open(log, "ab") as sink:
            self.process = subprocess.Popen(
                self.arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=stderr or sink,
                env={**os.environ, **(environment or {})})

    def log(self):
        """What it has said so far."""
        return pathlib.Path(self.log_path).read_text(encoding="utf-8", errors="replace")

    def running(self):
        """Whether it still runs."""
        return self.process.poll() is None

    def kill(self):
        """kill -9."""
        self.process.kill()
        self.process.communicate()

    def stop(self):
        """SIGTERM; answers the exit code."""
        if self.running():
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("the shipper does not end on SIGTERM: " + self.log()[-2000:])
        return self.process.returncode


def models(version):
    """The request models, which know 1.9 and later; E2E_MODELS=no does without."""
    return None if version == "1.2" or os.environ.get("E2E_MODELS") == "no" else load_models()


class EndToEnd(unittest.TestCase):
    """A database with the extension, a double, a workflow file; all gone after the test."""

    version = "2.0"
    setup_sql = ""
    maxDiff = None

    def setUp(self):
        self.pg = cluster()
        self.log_start = len(self.pg.log())
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="pgl-e2e-test."))
        self.addCleanup(shutil.rmtree, self.dir)
        self.database = "e2e_" + re.sub(r"\W", "", self.dir.name[-8:]).lower()
        self.pg.sql(f"CREATE DATABASE {self.database}")
        self.addCleanup(self.pg.sql, f"DROP DATABASE {self.database} WITH (FORCE)")
        self.sql(f"CREATE EXTENSION pg_lineage; SELECT lineage.grant_shipper('{ROLE}')")
        self.double = OpenMetadataDouble(self.version, models=models(self.version)).start()
        self.addCleanup(self.double.stop)
        self.token_file = self.dir / "token"
        self.token_file.write_text(BOT_TOKEN + "\n")
        self.token_file.chmod(0o600)
        self.shippers = []
        self.environment = {"XDG_STATE_HOME": str(self.dir / "state")}
        self.addCleanup(self.end)
        if self.setup_sql:
            self.sql(self.setup_sql)

    def end(self):
        """Ends the shippers, then judges what double and server have to complain about."""
        for shipper in self.shippers:
            if shipper.running():
                shipper.kill()
            if shipper.process.stdout:
                shipper.process.stdout.close()
        self.assertEqual(self.double.complaints, [], "bodies that the request models refuse")
        bad = [line for line in self.pg.log()[self.log_start:].splitlines() if BAD_LOG.search(line)]
        self.assertEqual(bad, [], "the server's log")

    # ---- doing ---------------------------------------------------------------------------------

    def sql(self, text, user="postgres"):
        """Runs SQL in the test's database."""
        return self.pg.sql(text, self.database, user)

    def workflow(self, name="workflow.yaml", **changes):
        """Writes a workflow file; `changes` replace whole keys: server, shipper, sink, source."""
        source = {
            "type": "postgres", "serviceName": "svc",
            "serviceConnection": {"config": {
                "type": "Postgres", "username": ROLE, "authType": {"password": PASSWORD},
                "hostPort": f"127.0.0.1:{self.pg.port}", "database": self.database}},
            "sourceConfig": {"config": {"type": "DatabaseMetadata"}}}
        server = {"hostPort": self.double.url, "authProvider": "openmetadata",
                  "securityConfig": {"jwtToken": str(self.token_file)},
                  "enableVersionValidation": False}
        document = {
            "source": {**source, **changes.get("source", {})},
            "sink": changes.get("sink", {"type": "metadata-rest", "config": {}}),
            "workflowConfig": {"openMetadataServerConfig": {**server, **changes.get("server", {})}},
            "shipper": {"pollIntervalMs": 50, "retry": {"baseMs": 50, "maxMs": 300},
                        "http": {"connectTimeoutMs": 2000, "timeoutMs": 2000},
                        **changes.get("shipper", {})}}
        path = self.dir / name
        path.write_text(json.dumps(document))  # JSON is YAML
        path.chmod(0o600)
        return path

    def ship(self, *arguments, workflow=None, environment=None):
        """Starts the daemon."""
        shipper = Shipper(["run", "-c", str(workflow or self.workflow()), *arguments],
                          self.dir / f"log{len(self.shippers)}",
                          {**self.environment, **(environment or {})})
        self.shippers.append(shipper)
        return shipper

    def once(self, *arguments, environment=None):
        """Runs a verb to its end; answers the finished process with its output as text."""
        return subprocess.run([SHIPPER, *map(str, arguments)], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=PATIENCE * 2, check=False,
                              env={**os.environ, **self.environment, **(environment or {})})

    # ---- seeing --------------------------------------------------------------------------------

    def said(self):
        """The end of what the shippers have said, for messages of failed tests."""
        return "".join("\n--- " + shipper.log()[-3000:] for shipper in self.shippers)

    def entities(self, kind):
        """The living entities of a kind by their name below the database."""
        prefix = f"svc.{self.database}."
        with self.double.lock:
            rows = [row for row in self.double.store.dump()["entities"] if row["kind"] == kind]
        return {row["fullyQualifiedName"].removeprefix(prefix): row for row in rows
                if not row["deleted"]}

    def edges(self):
        """{(from, to): details} by names below the database."""
        prefix = f"svc.{self.database}."
        with self.double.lock:
            rows = self.double.store.dump()["edges"]
        return {(row["from"].removeprefix(prefix), row["to"].removeprefix(prefix)): row["details"]
                for row in rows}

    def pairs(self, source, target):
        """The column pairs of an edge, as names within the two tables."""
        found = set()
        for pair in self.edges()[(source, target)].get("columnsLineage", []):
            for column in pair["fromColumns"]:
                found.add((column.split(".")[-1], pair["toColumn"].split(".")[-1]))
        return found

    def pending(self):
        """Feed rows that wait."""
        return int(self.sql("SELECT count(*) FROM lineage.queue")[0][0])

    def wait_edge(self, source, target, condition=lambda details: True):
        """Waits until an edge is there and fulfils a condition; answers its details."""
        def there():
            details = self.edges().get((source, target))
            return details if details is not None and condition(details) else None
        return wait_until(there, lambda: f"{source} -> {target}; there are "
                          f"{json.dumps(list(self.edges().items()))} {self.said()}")

    def wait_table(self, name, condition=lambda entity: True):
        """Waits until a table is there and fulfils a condition; answers it."""
        def there():
            entity = self.entities("table").get(name)
            return entity if entity is not None and condition(entity) else None
        return wait_until(there, lambda: f"table {name}; there are "
                          f"{sorted(self.entities('table'))} {self.said()}")

    def wait_drained(self):
        """Waits until every feed row is taken."""
        wait_until(lambda: self.pending() == 0,
                   lambda: "an empty feed; it holds "
                   f"{self.sql('SELECT id, kind, ref, object FROM lineage.queue')} {self.said()}")

    def requests(self, method="PUT", path=""):
        """The requests that the double has had, of one method, with a text in their path."""
        with self.double.lock:
            return [entry for entry in self.double.requests
                    if entry["method"] == method and path in entry["path"]]
