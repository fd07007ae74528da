#!/usr/bin/env python3
"""Parity with OpenMetadata's own Postgres connector: one YAML, one database, two catalogs.

    tests/parity/run.py [-k SCENARIO] [--keep DIR] [--print]         needs: README.md beside it

Run it with the python of the connector's environment. Every scenario is one test, and so is the
list of wanted differences (differences.txt), all of which have to occur.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
sys.path.insert(0, str(HERE))

from compare import Wanted, differences, facts  # noqa: E402
from harness import BOT_TOKEN, PASSWORD, ROLE, SHIPPER, TOP, Cluster  # noqa: E402
from openmetadata_double import PERSON, OpenMetadataDouble, load_models  # noqa: E402
from scenarios import SCENARIOS  # noqa: E402

DATABASE = "rich"
SERVICE = "svc"
# What the connector asks for; ours has CONNECT, and what grant_shipper() gives.
PEER_RIGHTS = "pg_read_all_data, pg_read_all_stats"


class Side:
    """One program and the catalog that it fills."""

    def __init__(self, name, directory, port):
        self.name, self.dir, self.port = name, directory, port
        self.double = OpenMetadataDouble("2.0", models=load_models()).start()
        put = self.double.store.put
        self.names = {
            put("user", {"name": "clerk", "email": "clerk@shop.example"}, PERSON)[1]["id"]: "clerk",
            put("team", {"name": "crew", "teamType": "Group"}, PERSON)[1]["id"]: "crew"}

    def workflow(self, number, kind, config, connection):
        """Writes a workflow file, the same for both sides but for the address of the catalog."""
        document = {
            "source": {
                "type": kind, "serviceName": SERVICE,
                "serviceConnection": {"config": {
                    "type": "Postgres", "username": ROLE, "authType": {"password": PASSWORD},
                    "hostPort": f"127.0.0.1:{self.port}", "database": DATABASE, **connection}},
                "sourceConfig": {"config": config}},
            "sink": {"type": "metadata-rest", "config": {}},
            "workflowConfig": {"loggerLevel": "WARN", "openMetadataServerConfig": {
                "hostPort": self.double.url, "authProvider": "openmetadata",
                "securityConfig": {"jwtToken": BOT_TOKEN}}}}
        path = self.dir / f"{self.name}-{number}-{kind}.json"
        path.write_text(json.dumps(document))
        path.chmod(0o600)
        return path

    def facts(self):
        """What the catalog holds."""
        with self.double.lock:
            dump = self.double.store.dump()
        dump["entities"] = [entity for entity in dump["entities"]
                            if entity["kind"] not in ("user", "team")]
        return facts(dump, f"{SERVICE}.{DATABASE}", self.names)

    def stop(self):
        """Answers what the request models refused."""
        self.double.stop()
        return self.double.complaints


class Peer:
    """The connector, its imports done (peer.py)."""

    def __init__(self, log):
        self.log = log
        with open(log, "wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, str(HERE / "peer.py")], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=errors, text=True,
                env={**os.environ, "NO_COLOR": "1"})

    def read(self):
        """Its next line that is an answer."""
        for line in self.process.stdout:
            if line.startswith(("ready", "exit ")):
                return line.split()
        raise SystemExit(f"the connector's process has ended with {self.process.wait()}: "
                         + self.log.read_text(errors="replace")[-3000:])

    def run(self, path):
        """Runs a workflow; answers its exit code and seconds."""
        self.process.stdin.write(f"{path}\n")
        self.process.stdin.flush()
        _, code, seconds = self.read()
        return int(code), float(seconds)

    def stop(self):
        """Ends it."""
        self.process.stdin.close()
        self.process.wait()


def run_ours(path, kind):
    """Runs a workflow in the shipper; answers its exit code and seconds."""
    started = time.monotonic()
    verb = "lineage" if kind == "postgres-lineage" else "ingest"
    with open(f"{path}.log", "wb") as log:
        done = subprocess.run([SHIPPER, verb, "-c", str(path)], stdin=subprocess.DEVNULL,
                              stdout=log, stderr=log, check=False, timeout=120)
    return done.returncode, time.monotonic() - started


def load(pg):
    """The database that both read, and another one beside it."""
    pg.sql("CREATE DATABASE second")
    pg.sql("CREATE TABLE public.beside (id int)", "second")
    pg.sql(f"CREATE DATABASE {DATABASE}")
    rich = (TOP / "tests" / "catalog" / "rich_schema.sql").read_text(encoding="utf-8")
    more = (HERE / "parity.sql").read_text(encoding="utf-8").replace(':"database"', DATABASE)
    pg.sql(f"CREATE EXTENSION pg_stat_statements; CREATE EXTENSION pg_lineage;"
           f"SELECT lineage.grant_shipper('{ROLE}');"
           + re.sub(r"^\\.*$", "", rich, flags=re.M) + more, DATABASE)


def play(scenario, pg, peer, directory):
    """Runs a scenario on both sides; answers {(kind, object, field, peer, ours)} and complaints."""
    sides = [Side("peer", directory, pg.port), Side("ours", directory, pg.port)]
    troubles = []
    for number, (kind, config, before) in enumerate(scenario["runs"]):
        if before:
            pg.sql(before, DATABASE)
        for side in sides:
            verb, to = ("GRANT", "TO") if side.name == "peer" else ("REVOKE", "FROM")
            pg.sql(f"{verb} {PEER_RIGHTS} {to} {ROLE}")
            path = side.workflow(number, kind, config, scenario.get("connection", {}))
            code, seconds = peer.run(path) if side.name == "peer" else run_ours(path, kind)
            print(f"  {kind} {number}: {side.name} exit {code} in {seconds:.1f} s", flush=True)
            if code:
                troubles.append(f"{side.name} ended with {code}: "
                                + pathlib.Path(f"{path}.log").read_text(errors="replace")[-2000:])
    if scenario.get("after"):
        pg.sql(scenario["after"], DATABASE)
    found = differences(*(side.facts() for side in sides))
    if not sides[0].facts():
        troubles.append("the connector has put nothing into its catalog")
    for side in sides:
        troubles += [f"{side.name}: {text}" for text in side.stop() if side.name == "ours"]
    return found, troubles


def main():
    """Plays the scenarios, prints what is not wanted, and the count in the last line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-k", metavar="SCENARIO", help="only this one")
    parser.add_argument("--keep", metavar="DIR", help="keep workflows and logs there")
    parser.add_argument("--print", action="store_true", help="print every difference")
    options = parser.parse_args()
    chosen = [each for each in SCENARIOS if options.k in (None, each["name"])]
    wanted = Wanted(HERE / "differences.txt")
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="pgl-parity.") as scratch:
        peer = Peer(pathlib.Path(scratch) / "peer.log")
        pg = Cluster("pg_lineage,pg_stat_statements")
        load(pg)
        peer.read()
        for scenario in chosen:
            print(f"=== {scenario['name']}", flush=True)
            directory = pathlib.Path(options.keep or scratch) / scenario["name"]
            directory.mkdir(parents=True, exist_ok=True)
            found, troubles = play(scenario, pg, peer, directory)
            new = [each for each in found if not wanted.covers(scenario["name"], each)]
            shown = found if options.print else new
            for kind, thing, field, theirs, ours in shown:
                print(f"{kind} {thing} | {field} | {theirs} -> {ours}")
            for trouble in troubles:
                print(f"! {trouble}")
            print(f"  {len(found)} differences, {len(new)} not in the list", flush=True)
            passed, failed = (passed, failed + 1) if new or troubles else (passed + 1, failed)
        pg.stop()
        peer.stop()
    idle = wanted.idle([each["name"] for each in chosen]) if options.k is None else []
    for number, line in idle:
        print(f"differences.txt:{number}: does not occur any more: {line}")
    passed, failed = (passed, failed + 1) if idle else (passed + 1, failed)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
