#!/usr/bin/env python3
"""Plants one fault after the other and lets the generated cases find it.

usage: tests/oracle/mutants/plant.py [--only PATTERN] [--jobs J]
       [--glances N] [--cases N] [--routines N]
Each fault is built in a copy of the tree below build/mutants (one per job; one object is compiled
anew) and gets a cluster of its own. A fault is killed when a case disagrees that does not disagree
without it (on a reference server beside), or when the server's log shows a crash; no hand-written
test takes part. Prints one line for each, and how many were killed; exit code 1 below 95 %.
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

    def try_mutant(self, mutant, arguments):
        """(killed, how) of one fault; the tree is as before after it."""
        path, text = mutant.plant(self.sources)
        path.write_text(text, encoding="utf-8")
        try:
            code, said = self.hunt(*arguments, *(["--first", mutant.hint] if mutant.hint else []))
        finally:
            path.write_text(self.sources[path], encoding="utf-8")
        if code == 2 and " error: " in said:
            return False, "does not compile: " + said[said.index(" error: ") :].splitlines()[0]
        if code != 0:
            return True, said.splitlines()[0] if said else "the server's log"
        return False, "no case disagrees"

    def remove(self):
        shutil.rmtree(self.temporary, ignore_errors=True)


class Reference:
    """A server without any fault; `host` is its PGHOST."""

    def __init__(self):
        self.tree = Tree("-reference")
        self.process = subprocess.Popen(
            [*CLUSTER, "sh", "-c", 'echo "$PGHOST"; cat'],
            cwd=self.tree.top,
            env=self.tree.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.host = self.process.stdout.readline().strip()
        if not self.host:
            raise SystemExit("the server without a fault does not start")

    def stop(self):
        self.process.communicate()
        self.tree.remove()


def all_mutants(trees, mutants, arguments):
    """Tries each on the next free tree; yields (mutant, killed, how) as they come."""
    free = queue.Queue()
    for tree in trees:
        free.put(tree)

    def one(mutant):
        tree = free.get()
        try:
            return tree.try_mutant(mutant, arguments)
        finally:
            free.put(tree)

    with concurrent.futures.ThreadPoolExecutor(len(trees)) as pool:
        futures = {pool.submit(one, mutant): mutant for mutant in mutants}
        for future in concurrent.futures.as_completed(futures):
            yield (futures[future], *future.result())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", default="*", help="a pattern of names")
    parser.add_argument("--glances", default="300")
    parser.add_argument("--cases", default="100")
    parser.add_argument("--routines", default="0")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    mutants = [m for m in specs.read_all() if fnmatch.fnmatch(m.name, options.only)]
    arguments = ["--glances", options.glances, "--cases", options.cases]
    arguments += ["--routines", options.routines]
    reference = Reference()
    arguments += ["--reference", reference.host]
    trees = [Tree(number) for number in range(min(options.jobs, len(mutants)))]
    killed = 0
    try:
        for mutant, dead, how in all_mutants(trees, mutants, arguments):
            killed += dead
            print(f"{'killed  ' if dead else 'SURVIVED'} {mutant.name}: {how}", flush=True)
    finally:
        for tree in trees:
            tree.remove()
        reference.stop()
    share = 100.0 * killed / len(mutants)
    print(f"{killed} of {len(mutants)} planted faults killed ({share:.1f} %)")
    return 0 if share >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
