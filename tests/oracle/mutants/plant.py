#!/usr/bin/env python3
"""Plants one fault after the other and lets the generated cases find it.

usage: tests/oracle/mutants/plant.py [--only PATTERN] [--jobs J]
       [--glances N] [--cases N] [--routines N]
Each job has a copy of the tree below build/mutants and a server; for each fault one object is
compiled anew and the server is started again. A fault is killed when a case disagrees that does not
disagree without it (on a reference server beside), or when the server crashes; no hand-written test
takes part. Prints one line for each, and how many were killed; exit code 1 below 95 %.
"""

import argparse
import concurrent.futures
import fnmatch
import os
import pathlib
import queue
import shutil
import subprocess
import sys
import tempfile

import specs

HERE = pathlib.Path(__file__).resolve().parent
ROOT = specs.ROOT
BUILD = ROOT / "build" / "mutants"
WANTED = 95.0  # percent
PARTS = ("Makefile", "extension", "shipper/shipper.mk", "tests/tests.mk", "tests/pg_lineage.conf")
# No warning of a fault (an unused variable) is an error; what is compiled fast is enough.
FLAGS = r"-- CXXFLAGS=-O0\ -w SHIPPER=no with_llvm=no"
CLUSTER = ["tests/staged.sh", "tests/with_cluster.sh"]
RESTART = (
    ". tests/lib.sh; CLUSTER_DIR=$PGHOST; cluster_down immediate || true; cluster_up"
)
PATIENCE = 1800  # seconds for all cases of one fault


class Tree:
    """A copy of the sources that one job builds in, and where its server is staged."""

    def __init__(self, number):
        self.top = BUILD / f"tree{number}"
        self.top.mkdir(parents=True, exist_ok=True)
        self.temporary = tempfile.mkdtemp(prefix=f"pgl-mutants-{number}-")
        os.chmod(self.temporary, 0o755)
        for part in (*PARTS, *(f"tests/{p.name}" for p in (ROOT / "tests").glob("*.sh"))):
            self.copy(part)
        self.sources = specs.read_sources(self.top)

    def copy(self, part):
        """Brings one file or folder up to date; objects that are newer stay."""
        for source in [ROOT / part] if (ROOT / part).is_file() else (ROOT / part).rglob("*"):
            target = self.top / source.relative_to(ROOT)
            if source.is_dir() or source.suffix in (".o", ".d", ".bc"):
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists() or target.read_bytes() != source.read_bytes():
                shutil.copyfile(source, target)
                shutil.copymode(source, target)

    def environment(self):
        return dict(os.environ, MAKEFLAGS=FLAGS, TMPDIR=self.temporary)

    def hunt(self, *arguments):
        """Builds, starts a cluster, hunts; (exit code, what it said)."""
        try:
            done = subprocess.run(
                [*CLUSTER, "python3", str(HERE / "hunt.py"), *arguments],
                cwd=self.top,
                env=self.environment(),
                capture_output=True,
                text=True,
                timeout=PATIENCE,
            )
        except subprocess.TimeoutExpired:
            return 124, f"no end in {PATIENCE} s"
        return done.returncode, (done.stdout.strip() or done.stderr.strip()[-2000:])

    def remove(self):
        shutil.rmtree(self.temporary, ignore_errors=True)


class Server:
    """The server of a tree; `host` is its PGHOST."""

    def __init__(self, number):
        self.tree = Tree(number)
        self.process = subprocess.Popen(
            [*CLUSTER, "sh", "-c", 'echo "$PG_CONFIG"; echo "$PGHOST"; cat'],
            cwd=self.tree.top,
            env=self.tree.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.config, self.host = (self.process.stdout.readline().strip() for _ in range(2))
        if not self.host:
            raise SystemExit("a server without a fault does not start")

    def run(self, *command, **environment):
        """(exit code, what it said) of a command in the tree, with the server of this job."""
        known = dict(self.tree.environment(), PG_CONFIG=self.config, PGHOST=self.host)
        known.update(PGPORT="5432", PGUSER="postgres", **environment)
        try:
            done = subprocess.run(
                command, cwd=self.tree.top, env=known, capture_output=True, text=True,
                timeout=PATIENCE,
            )
        except subprocess.TimeoutExpired:
            return 124, f"no end in {PATIENCE} s"
        return done.returncode, (done.stdout.strip() or done.stderr.strip()[-2000:])

    def install(self):
        """Builds what is in the tree and starts the server with it; (exit code, what was said)."""
        own = shutil.which(os.environ.get("PG_CONFIG", "pg_config"))
        folder = subprocess.run([own, "--bindir"], capture_output=True, text=True, check=True)
        stage = self.config.removesuffix(folder.stdout.strip() + "/pg_config")
        code, said = self.run("make", "-s", "install", f"DESTDIR={stage}", PG_CONFIG=own)
        return (code, said) if code else self.run("bash", "-c", RESTART)

    def try_mutant(self, mutant, arguments):
        """(killed, how) of one fault; the tree is as before after it."""
        path, text = mutant.plant(self.tree.sources)
        path.write_text(text, encoding="utf-8")
        try:
            code, said = self.install()
            if code:
                at = said.find(" error: ")
                return False, "cannot be tried: " + said[max(at, 0) :].splitlines()[0]
            first = ["--first", mutant.hint] if mutant.hint else []
            code, said = self.run("python3", str(HERE / "hunt.py"), *arguments, *first)
        finally:
            path.write_text(self.tree.sources[path], encoding="utf-8")
        if code != 0:
            return True, said.splitlines()[0] if said else "the hunt ends early"
        return False, "no case disagrees"

    def stop(self):
        self.process.communicate()
        self.tree.remove()


def all_mutants(servers, mutants, arguments):
    """Tries each on the next free server; yields (mutant, killed, how) as they come."""
    free = queue.Queue()
    for server in servers:
        free.put(server)

    def one(mutant):
        server = free.get()
        try:
            return server.try_mutant(mutant, arguments)
        finally:
            free.put(server)

    with concurrent.futures.ThreadPoolExecutor(len(servers)) as pool:
        futures = {pool.submit(one, mutant): mutant for mutant in mutants}
        for future in concurrent.futures.as_completed(futures):
            yield (futures[future], *future.result())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", default="*", help="patterns of names, by commas")
    parser.add_argument("--glances", default="300")
    parser.add_argument("--cases", default="100")
    parser.add_argument("--routines", default="0")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    wanted = options.only.split(",")
    mutants = [m for m in specs.read_all() if any(fnmatch.fnmatch(m.name, w) for w in wanted)]
    arguments = ["--glances", options.glances, "--cases", options.cases]
    arguments += ["--routines", options.routines]
    reference = Server("-reference")
    arguments += ["--reference", reference.host]
    servers = [Server(number) for number in range(min(options.jobs, len(mutants)))]
    killed = 0
    try:
        for mutant, dead, how in all_mutants(servers, mutants, arguments):
            killed += dead
            print(f"{'killed  ' if dead else 'SURVIVED'} {mutant.name}: {how}", flush=True)
    finally:
        for server in [*servers, reference]:
            server.stop()
    share = 100.0 * killed / len(mutants)
    print(f"{killed} of {len(mutants)} planted faults killed ({share:.1f} %)")
    return 0 if share >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
