#!/bin/bash
# The main job from end to end: nightly procedures run, their lineage arrives in a file and a page.
# usage: [PG_CONFIG=…] tests/demo/demo.sh [--check] [--keep]
#   --check  compares the lineage with tests/demo/expected.txt, the requests and the page with what
#            they must hold; ends with `N passed, N failed`
#   --keep   leaves the server running until Enter is pressed, to look around with psql
# Needs pg_lineage and lineage-shipper installed in the PostgreSQL of PG_CONFIG (`make demo` sees to
# it). The cluster is private, below a temporary directory, reached by socket only, and goes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib.sh"
check=no keep=no
for argument; do
  case $argument in
  --check) check=yes ;;
  --keep) keep=yes ;;
  *) die "unknown argument '$argument' (--check, --keep)" ;;
  esac
done
bindir=$("$PG_CONFIG" --bindir) || die "no PostgreSQL: $PG_CONFIG does not run"
shipper=${LINEAGE_SHIPPER:-$bindir/lineage-shipper}
[ -x "$shipper" ] || die "$shipper is missing: run 'make install' or 'make demo'"
out=${DEMO_OUT:-$here/../../build/demo}
mkdir -p "$out" 2>/dev/null && [ -w "$out" ] || out=$(mktemp -d "${TMPDIR:-/tmp}/pgl-demo.XXXXXX")
out=$(cd "$out" && pwd)
requests=$out/lineage.ndjson
page=$out/lineage-report.html
rm -f "$requests" "$page"
. "$here/checks.sh"

# A step, said aloud.
say() {
  printf '\n\033[1m%s\033[0m\n' "$*"
}

# Ends what the demo started, however it ends.
finish() {
  local status=$?
  [ -z "$shipper_pid" ] || kill "$shipper_pid" 2>/dev/null || true
  cluster_stop || true
  exit "$status"
}

# psql on the shop; stops at the first error.
shop() {
  psql -X -q -v ON_ERROR_STOP=1 -d shop "$@"
}

# Waits until the shipper has taken all there is.
wait_until_sent() {
  local tries
  for tries in $(seq 300); do
    kill -0 "$shipper_pid" 2>/dev/null || die "the shipper ended: $(tail -n 5 "$out/shipper.log")"
    [ -s "$requests" ] && [ "$(shop -At -c 'SELECT lineage.pending()')" = 0 ] && return
    sleep 0.1
  done
  die "the shipper has not sent everything in 30 s: $(tail -n 5 "$out/shipper.log")"
}

say "A private cluster with shared_preload_libraries = 'pg_lineage'"
cluster_start "shared_preload_libraries = 'pg_lineage'" "timezone = 'UTC'"
shipper_pid=
trap finish EXIT
psql -X -q -v ON_ERROR_STOP=1 -c 'CREATE DATABASE shop' -c 'CREATE ROLE lineage_shipper LOGIN'
shop -c 'CREATE EXTENSION pg_lineage'
shop -o /dev/null -c "SELECT lineage.grant_shipper('lineage_shipper')"
"$PG_CONFIG" --version

say "A shop and its warehouse (tests/demo/shop.sql)"
shop -f "$here/shop.sql"
shop -At -F ' ' -c "SELECT count(*) FILTER (WHERE relkind IN ('r', 'v', 'm')), 'tables and views'
  FROM pg_class WHERE relnamespace IN ('shop'::regnamespace, 'warehouse'::regnamespace)" \
  -c "SELECT count(*), 'routines' FROM pg_proc
  WHERE pronamespace IN ('shop'::regnamespace, 'warehouse'::regnamespace)"

say "lineage-shipper run -c tests/demo/workflow.yaml --sink file:lineage.ndjson"
"$shipper" run -c "$here/workflow.yaml" --sink "file:$requests" >"$out/shipper.log" 2>&1 &
shipper_pid=$!

say "CALL warehouse.nightly('2026-02-03')"
shop -c "CALL warehouse.nightly('2026-02-03')"
wait_until_sent
kill -TERM "$shipper_pid"
wait "$shipper_pid" || die "the shipper failed: $(tail -n 5 "$out/shipper.log")"
shipper_pid=

say "Where the columns of warehouse.fact_sales come from"
shop -P pager=off -P border=2 -P footer=off -c "
  SELECT target_column AS \"column\", source_table || '.' || source_column AS \"comes from\",
         subtype AS how, routine AS \"written by\"
  FROM lineage.column_lineage
  WHERE target_table = 'warehouse.fact_sales' AND type = 'DIRECT' AND origin = 'observed'
  ORDER BY target_column, 2" -c "
  SELECT DISTINCT routine AS \"written by\", array_to_string(call_path, ' > ') AS \"call path\",
         operation, executions, row_count AS \"rows\"
  FROM lineage.column_lineage
  WHERE target_table = 'warehouse.fact_sales' AND origin = 'observed'"

say "lineage-shipper report"
"$shipper" report -c "$here/workflow.yaml" --output "$page" >/dev/null
echo "$(wc -l <"$requests") requests for the catalog: $requests"
echo "the graph, open it in a browser:  $page"

if [ "$keep" = yes ]; then
  say "psql -h $PGHOST -U $PGUSER shop      (Enter ends the server)"
  read -r _
fi
[ "$check" = no ] || run_checks
