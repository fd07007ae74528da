#!/usr/bin/env python3
"""Server CPU with pg_lineage, against none and against pg_stat_statements (track = all).

usage: make bench [ROUNDS=N] [SCALE=F] [ONLY=name,…]      (by tests/bench/bench.sh)
Every round runs every workload once on each side, one side after the other on the same cluster, so
that slow changes of the machine meet all sides alike. What is measured is the processor time of
the postmaster and all its processes (utime + stime, children that ended included), never wall
time. Printed: time per unit without a library, then the ratio of the others, by the minima and by
the medians of the rounds. Nothing is asserted: a shared machine is no judge.
"""

import os
import statistics
import subprocess
import sys
import time

SIDES = {
    "absent": "",
    "pg_lineage": "pg_lineage",
    "pg_stat_statements": "pg_stat_statements",
}
TICK = os.sysconf("SC_CLK_TCK")
DATA = os.path.join(os.environ["PGHOST"], "data")
SCALE = float(os.environ.get("SCALE") or 1)
ROUNDS = int(os.environ.get("ROUNDS") or 5)


def as_server_user(*command):
    """Runs a command as the owner of the server."""
    prefix = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    subprocess.run([*prefix, *command], check=True, cwd="/", stdout=subprocess.DEVNULL)


def psql(database, *options):
    """Runs psql, stopping at the first error; returns what it printed."""
    command = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database, *options]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def restart(library):
    """The same cluster with another library (or none) preloaded."""
    options = f"-c shared_preload_libraries='{library}'"
    if library == "pg_stat_statements":
        options += " -c pg_stat_statements.track=all"
    as_server_user(
        "pg_ctl", "-D", DATA, "-l", os.path.join(os.environ["PGHOST"], "log"),
        "-o", options, "-m", "fast", "-w", "restart",
    )


def stat_fields(pid):
    """The numbers of /proc/PID/stat that follow the name of the program."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        return file.read().rsplit(")", 1)[1].split()


def child_ticks(parent):
    """A function that gives the ticks of an entry of /proc, 0 unless it is a child of `parent`."""

    def ticks(entry):
        if not entry.isdigit():
            return 0
        try:
            fields = stat_fields(entry)
        except (FileNotFoundError, ProcessLookupError):
            return 0
        return int(fields[11]) + int(fields[12]) if fields[1] == parent else 0

    return ticks


def server_cpu():
    """Seconds of processor time of the postmaster, its children and those that have ended."""
    with open(os.path.join(DATA, "postmaster.pid"), encoding="ascii") as file:
        postmaster = file.readline().strip()
    while True:
        own = stat_fields(postmaster)
        ticks = sum(map(int, own[11:15])) + sum(map(child_ticks(postmaster), os.listdir("/proc")))
        # A child that was reaped meanwhile is in neither number.
        if stat_fields(postmaster)[13:15] == own[13:15]:
            return ticks / TICK


def pgbench(*options):
    """A workload that is pgbench with these options."""

    def run(database, units):
        subprocess.run(
            ["pgbench", "-n", "-c", "1", "-t", str(units), *options, database],
            check=True, capture_output=True,
        )

    return run


def call(statement):
    """A workload that is one statement; {n} is the number of units."""

    def run(database, units):
        psql(database, "-c", statement.format(n=units))

    return run


def distinct(database, units):
    """Statements of which no two have the same structure."""
    names = [f"c{i}" for i in range(16)]
    lines = []
    for mask in range(1, units + 1):
        chosen = ", ".join(name for i, name in enumerate(names) if mask >> i & 1)
        lines.append(f"INSERT INTO bench_copy ({chosen}) SELECT {chosen} FROM bench_wide;")
    subprocess.run(
        ["psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-d", database],
        input="\n".join(["BEGIN;", *lines, "ROLLBACK;"]), text=True, check=True,
    )


# name: (workload, units a round, what a unit is)
WORKLOADS = {
    "pgbench -S prepared": (pgbench("-S", "-M", "prepared"), 60000, "transaction"),
    "pgbench -S simple": (pgbench("-S"), 40000, "transaction"),
    "pgbench -N simple": (pgbench("-N"), 8000, "transaction"),
    "loop of inserts": (call("CALL bench_loop({n})"), 1000000, "INSERT"),
    "nested calls": (call("CALL bench_outer({n})"), 400000, "pair of CALLs"),
    "loop of branches": (call("CALL bench_branches({n})"), 1000000, "round"),
    "loop that computes": (call("CALL bench_compute({n})"), 500000, "round"),
    "loop over JSON": (call("CALL bench_json({n})"), 300000, "round"),
    "row trigger": (call("INSERT INTO bench_fired SELECT g, g FROM generate_series(1, {n}) g"),
                    200000, "row"),
    "audit trigger": (call("INSERT INTO bench_kept SELECT g, g FROM generate_series(1, {n}) g"),
                      100000, "row"),
    "distinct statements": (distinct, 20000, "statement"),
}

SETUP = """
CREATE TABLE bench_rows (id int, v int);
CREATE PROCEDURE bench_loop(n int) LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1..n LOOP INSERT INTO bench_rows VALUES (i, i % 7); END LOOP;
END $$;
CREATE PROCEDURE bench_inner(n int) LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; END $$;
CREATE PROCEDURE bench_middle(n int) LANGUAGE plpgsql AS $$ BEGIN CALL bench_inner(n); END $$;
CREATE PROCEDURE bench_outer(n int) LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1..n LOOP CALL bench_middle(i); END LOOP;
END $$;
CREATE PROCEDURE bench_branches(n int) LANGUAGE plpgsql AS $$
DECLARE x int := 0;
BEGIN
  FOR i IN 1..n LOOP
    IF i % 2 = 0 THEN x := x + 1; ELSE x := 0; END IF;
  END LOOP;
END $$;
CREATE TABLE bench_read (k int, j jsonb);
INSERT INTO bench_read VALUES (3, '{"a": 5}');
CREATE PROCEDURE bench_compute(n int) LANGUAGE plpgsql AS $$
DECLARE x int; y int := 0;
BEGIN
  SELECT k INTO x FROM bench_read;
  WHILE y < n LOOP
    y := y + 1;
    IF y % 2 = 0 THEN x := x + 1; ELSE x := x - 1; END IF;
  END LOOP;
END $$;
CREATE PROCEDURE bench_json(n int) LANGUAGE plpgsql AS $$
DECLARE j jsonb; v text; built jsonb;
BEGIN
  SELECT r.j INTO j FROM bench_read r;
  FOR i IN 1..n LOOP
    v := j ->> 'a';
    built := jsonb_build_object('v', v, 'i', i);
  END LOOP;
END $$;
CREATE TABLE bench_fired (id int, v int);
CREATE FUNCTION bench_fire() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.v := NEW.id + 1; RETURN NEW; END $$;
CREATE TRIGGER bench_fires BEFORE INSERT ON bench_fired
  FOR EACH ROW EXECUTE FUNCTION bench_fire();
CREATE TABLE bench_kept (id int, v int);
CREATE TABLE bench_audit (id int, v int, operation text);
CREATE FUNCTION bench_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO bench_audit VALUES (NEW.id, NEW.v, TG_OP); RETURN NULL; END $$;
CREATE TRIGGER bench_notes AFTER INSERT ON bench_kept
  FOR EACH ROW EXECUTE FUNCTION bench_note();
""" + "".join(
    f"CREATE TABLE {name} ({', '.join(f'c{i} int' for i in range(16))});\n"
    for name in ("bench_wide", "bench_copy")
)


def prepare(side):
    """A database for a side, with what its users would have installed."""
    psql("postgres", "-c", f'CREATE DATABASE "{side}"')
    if SIDES[side]:
        psql(side, "-c", f"CREATE EXTENSION {SIDES[side]}")
    subprocess.run(["pgbench", "-i", "-q", "-s", "5", side], check=True, capture_output=True)
    psql(side, "-c", SETUP)


def measure(side, name):
    """Microseconds of server CPU per unit."""
    run, units, _ = WORKLOADS[name]
    units = max(1, int(units * SCALE))
    psql(side, "-c", "TRUNCATE bench_rows, bench_fired, bench_kept, bench_audit")
    psql(side, "-c", "CHECKPOINT")
    start = server_cpu()
    run(side, units)
    # The backend's time shows once the postmaster has reaped it.
    deadline = time.monotonic() + 5
    active = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{side}'"
    while psql("postgres", "-c", active) != "0":
        if time.monotonic() > deadline:
            break
        time.sleep(0.02)
    return (server_cpu() - start) / units * 1e6


def main():
    wanted = (os.environ.get("ONLY") or "").split(",")
    names = [name for name in WORKLOADS if any(part in name for part in wanted)]
    times = {(side, name): [] for side in SIDES for name in names}
    for number in range(ROUNDS):
        for side, library in SIDES.items():
            restart(library)
            if number == 0:
                prepare(side)
            for name in names:
                times[side, name].append(measure(side, name))
        print(f"round {number + 1} of {ROUNDS} done", file=sys.stderr, flush=True)
    others = [side for side in SIDES if side != "absent"]
    print(f"{'workload':<22}{'without, us per unit':>24}" + "".join(f"{s:>22}" for s in others))
    for name in names:
        base = times["absent", name]
        line = f"{name:<22}{min(base):>10.2f} {WORKLOADS[name][2]:>13}"
        for side in others:
            low = min(times[side, name]) / min(base)
            middle = statistics.median(times[side, name]) / statistics.median(base)
            line += f"{low:>13.2f} / {middle:.2f} "
        print(line)
    print(f"ratios of server CPU to 'without': by minima / by medians of {ROUNDS} rounds")


if __name__ == "__main__":
    main()
