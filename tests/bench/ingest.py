#!/usr/bin/env python3
"""How long `ingest` takes, and how much memory, for a big catalog.

usage: make bench-ingest [TABLES=N] [ONLY=PART,…]      (by tests/bench/ingest.sh)
The other side is the double of OpenMetadata, without request models, as a process of its own; the
shipper's own CPU and memory are those of its process. Parts: `lists` and `single` (TABLES tables of
ten columns into a double of 2.0 that takes lists, and of 1.9, which takes one entity a request),
`slow` (1,000 tables, a double that needs 9 ms for each request, four connections), `partitions` (a
table with 1,000 partitions beside one without), `ddl` (from COMMIT of CREATE TABLE to the double).
Each of the first three is run twice: the second run finds nothing changed. Nothing is asserted: a
shared machine is no judge.
"""

import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

TOP = pathlib.Path(__file__).resolve().parents[2]
SHIPPER = os.environ.get("LINEAGE_SHIPPER") or str(TOP / "lineage-shipper")
DOUBLE = str(TOP / "tests" / "fakes" / "openmetadata_double.py")
TABLES = int(os.environ.get("TABLES") or 10_000)
ONLY = [part for part in (os.environ.get("ONLY") or "").split(",") if part]
COLUMNS = """id int PRIMARY KEY, c2 text, c3 numeric(12,2), c4 timestamptz, c5 varchar(40),
    c6 bigint, c7 date, c8 boolean, c9 jsonb, c10 uuid"""
FILL = """DO $$ BEGIN FOR i IN 1..{tables} LOOP
  EXECUTE format('CREATE TABLE w.t%s ({columns})', i);
  IF i % 500 = 0 THEN COMMIT; END IF;  -- of one transaction there would be too many locks
END LOOP; END $$"""
DDL_ROUNDS = 100


def psql(database, sql):
    """Runs SQL, stopping at the first error."""
    done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database],
                          input=sql, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return done.stdout


def make(database, sql, tables=0):
    """A database with the extension and what is to be read."""
    subprocess.run(["createdb", database], check=True)
    psql(database, "CREATE EXTENSION pg_lineage; CREATE SCHEMA w")
    if tables:
        psql(database, FILL.format(tables=tables, columns=COLUMNS))
    psql(database, sql)


class Double:
    """The double, a process on a free port."""

    def __init__(self, version, latency=0):
        self.process = subprocess.Popen(
            [sys.executable, "-u", DOUBLE, "--no-models", "--version", version,
             "--latency", str(latency)], stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]

    def requests(self):
        """The requests that it has had."""
        door = self.url.removesuffix("/api") + "/__admin/requests"
        with urllib.request.urlopen(door) as answer:
            return json.load(answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()


def workflow(database, double, threads, directory):
    """A workflow file."""
    document = {
        "source": {
            "type": "postgres", "serviceName": "bench",
            "serviceConnection": {"config": {
                "type": "Postgres", "username": os.environ["PGUSER"], "database": database,
                "hostPort": f"{os.environ['PGHOST']}:{os.environ['PGPORT']}"}},
            "sourceConfig": {"config": {"type": "DatabaseMetadata", "threads": threads}}},
        "sink": {"type": "metadata-rest", "config": {}},
        "workflowConfig": {"openMetadataServerConfig": {
            "hostPort": double.url, "authProvider": "openmetadata",
            "securityConfig": {"jwtToken": "bot-token"}}}}
    path = pathlib.Path(directory) / "workflow.yaml"
    path.write_text(json.dumps(document))
    return str(path)


def peak(pid):
    """The most memory that a process has had, in MiB; 0 when it has ended. Its rusage would count
    what we had when it was forked from us."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.M)
    return int(found[1]) / 1024 if found else 0


def ingest(path):
    """(seconds, CPU seconds, MiB) of one run."""
    start = time.monotonic()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen([SHIPPER, "ingest", "-c", path], stderr=said)
        memory = ended = 0
        while not ended:
            memory = max(memory, peak(process.pid))
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            time.sleep(0 if ended else 0.01)
        if status != 0:
            said.seek(0)
            raise SystemExit(said.read())
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, memory


def row(name, result):
    """One line of the table."""
    print(f"{name:<44}{result[0]:>9.2f} s{result[1]:>9.2f} s{result[2]:>8.0f} MiB", flush=True)


def catalog(name, database, version, latency, threads):
    """A first run and one that finds nothing changed."""
    with Double(version, latency) as double, tempfile.TemporaryDirectory() as directory:
        path = workflow(database, double, threads, directory)
        row(name, ingest(path))
        sent = len([r for r in double.requests() if r["method"] != "GET"])
        row("  again, nothing changed", ingest(path))
        more = len([r for r in double.requests() if r["method"] != "GET"]) - sent
        print(f"  writing requests: {sent}, then {more}")


def partitions():
    """What a table with 1,000 partitions costs beside the same without."""
    split = "CREATE TABLE w.p (id int, v text) PARTITION BY RANGE (id);" + "".join(
        f"CREATE TABLE w.p{i} PARTITION OF w.p FOR VALUES FROM ({i}) TO ({i + 1});"
        for i in range(1000))
    make("bench_whole", "CREATE TABLE w.p (id int, v text)")
    make("bench_split", split)
    for database, name in (("bench_whole", "one table"), ("bench_split", "with 1,000 partitions")):
        runs = []
        for _ in range(5):  # each into a double of its own, so that each is a first one
            with Double("2.0") as double, tempfile.TemporaryDirectory() as directory:
                runs.append(ingest(workflow(database, double, 1, directory)))
        row(name + ", best of 5", min(runs))


def ddl():
    """From CREATE TABLE's end to the PUT of the table, by the clock of this machine."""
    make("bench_ddl", "")
    with Double("2.0") as double, tempfile.TemporaryDirectory() as directory:
        path = workflow("bench_ddl", double, 1, directory)
        daemon = subprocess.Popen([SHIPPER, "run", "-c", path], stderr=subprocess.DEVNULL)
        committed = {}
        time.sleep(3)
        for i in range(DDL_ROUNDS):
            psql("bench_ddl", f"CREATE TABLE w.n{i} ({COLUMNS})")
            committed[f"n{i}"] = time.time()
            time.sleep(0.05)
        time.sleep(3)
        arrived = {}
        for request in double.requests():
            if request["method"] == "PUT" and "/tables" in request["path"]:
                bodies = json.loads(request["body"])
                for body in bodies if isinstance(bodies, list) else [bodies]:
                    arrived.setdefault(body["name"], request["at"])
        daemon.send_signal(signal.SIGTERM)
        daemon.wait()
    waits = sorted(arrived[name] - at for name, at in committed.items() if name in arrived)
    late = waits[-1 - len(waits) // 100]
    print(f"{'DDL to catalog':<44}{len(waits)} of {DDL_ROUNDS} arrived; median "
          f"{statistics.median(waits) * 1000:.0f} ms, p99 {late * 1000:.0f} ms")


def main():
    def wanted(part):
        return not ONLY or part in ONLY

    print(f"{'what':<44}{'wall':>11}{'CPU':>11}{'memory':>12}   (of the shipper)")
    if wanted("lists") or wanted("single"):
        make("bench_big", "", TABLES)
    if wanted("lists"):
        catalog(f"{TABLES} tables of 10 columns, 2.0", "bench_big", "2.0", 0, 1)
    if wanted("single"):
        catalog(f"{TABLES} tables of 10 columns, 1.9", "bench_big", "1.9", 0, 4)
    if wanted("slow"):
        make("bench_small", "", 1000)
        for version in ("1.9", "2.0"):
            name = f"1000 tables, 9 ms a request, {version}, 4 threads"
            catalog(name, "bench_small", version, 9, 4)
    if wanted("partitions"):
        partitions()
    if wanted("ddl"):
        ddl()


if __name__ == "__main__":
    main()
