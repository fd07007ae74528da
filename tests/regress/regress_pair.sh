#!/bin/bash
# PostgreSQL's own regression suite and PL/pgSQL's, run with and without the library: every result
# must be the same byte for byte, and the library must have recorded something meanwhile.
# usage: [PG_CONFIG=…] tests/regress/regress_pair.sh      (pg_lineage must be installed there)
set -u
cd "$(dirname "$0")/../.."
. tests/lib.sh
major=$("$PG_CONFIG" --version | sed -E 's/^[^0-9]*([0-9]+).*/\1/')
source_tree=$(tests/regress/fetch_source.sh "$major") || die "no sources of PostgreSQL $major"
pg_regress=$("$PG_CONFIG" --pkglibdir)/pgxs/src/test/regress/pg_regress
out=$PWD/build/regress-pair
rm -rf "$out"
mkdir -p "$out"

# Builds what the suites load into the server, beside a copy that the server's user may read.
prepare_inputs() {
  cp -r "$source_tree/src/test/regress" "$source_tree/src/pl/plpgsql/src" "$1/" || return 1
  mv "$1/src" "$1/plpgsql"
  cc -O1 -fPIC -shared -w -I"$("$PG_CONFIG" --includedir-server)" -o "$1/regress/regress.so" \
    "$1/regress/regress.c" || return 1
  cp "$("$PG_CONFIG" --pkglibdir)"/{autoinc,refint}.so "$1/regress/" || return 1
  [ "$(id -u)" -ne 0 ] || chown -R postgres "$1"
  chmod -R a+rX "$1"
}

# Runs one suite on the cluster that runs; its results go to $out/SIDE/SUITE.
run_suite() {
  local side=$1 suite=$2
  shift 2
  as_server_user env PGHOST="$PGHOST" PGPORT="$PGPORT" PGUSER="$PGUSER" PATH="$PATH" \
    timeout -k 10 900 "$pg_regress" --bindir="$("$PG_CONFIG" --bindir)" --no-locale \
    --encoding=UTF8 --inputdir="$inputs/$suite" --outputdir="$inputs/$suite" \
    --dlpath="$inputs/regress" "$@" >"$out/$side-$suite.txt" 2>&1
  mkdir -p "$out/$side"
  mv "$inputs/$suite/results" "$out/$side/$suite"
  echo "$side, $suite: $(grep -cE '^(ok |( |test ).*\.\.\. ok)' "$out/$side-$suite.txt") ok," \
    "$(grep -cE '^(not ok|( |test ).*FAILED)' "$out/$side-$suite.txt") not as PostgreSQL expects"
}

# Runs both suites on a fresh cluster.
run_side() {
  local side=$1 preload=$2 load=$3 plpgsql
  KEEP_LOG=$out/$side.log
  cluster_start "shared_preload_libraries = '$preload'" "autovacuum = off" "max_connections = 50" \
    "max_prepared_transactions = 4" "log_min_messages = warning"
  # The same place for both sides, so that no path can differ.
  prepare_inputs "$inputs" || die "cannot build the regression library"
  run_suite "$side" regress --dbname=regression --schedule="$inputs/regress/parallel_schedule" \
    --max-concurrent-tests=20 $load
  plpgsql=$(cd "$inputs/plpgsql/sql" && ls *.sql | sed 's/\.sql$//' | tr '\n' ' ')
  run_suite "$side" plpgsql --dbname=pl_regression $load $plpgsql
}

inputs=$(server_tmpdir)
cleanup() {
  local status=$?
  cluster_stop
  rm -rf "$inputs"
  exit $status
}
status=0
(trap 'cluster_stop' EXIT && run_side without '' '') || exit 1
find "$inputs" -mindepth 1 -delete
run_side with pg_lineage --load-extension=pg_lineage
trap cleanup EXIT

edges=0
for database in regression pl_regression; do
  count=$(psql -XAtq -d "$database" -c 'SELECT count(*) FROM lineage._edge') || status=1
  echo "$database: ${count:-no} edges recorded"
  psql -Xxq -d "$database" -c 'SELECT * FROM lineage.health' || status=1
  edges=$((edges + ${count:-0}))
done
[ "$edges" -gt 0 ] || { echo "nothing was recorded"; status=1; }
LOG_ALLOW='skipping "' log_check || status=1  # VACUUM by a role that does not own our tables

# The suite lists event triggers. The two of the extension, and their part of the count under the
# list, are the only difference that is allowed anywhere.
awk '/^ pg_lineage_(ddl|drop) / {own++; next}
  own && /^\([0-9]+ rows\)$/ {gsub(/[^0-9]/, ""); print "(" $0 - own " rows)"; own = 0; next}
  {print}' "$out/with/regress/event_trigger.out" >"$out/event_trigger.out"
mv "$out/event_trigger.out" "$out/with/regress/event_trigger.out"

passed=0
failed=0
while read -r file; do
  if cmp -s "$out/without/$file" "$out/with/$file"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "differs: $file"
    diff "$out/without/$file" "$out/with/$file" | head -n 40
  fi
done < <(cd "$out" && find without with -type f -printf '%P\n' | sort -u)
[ $passed -gt 100 ] || { echo "the suites did not run"; status=1; }
[ $failed -eq 0 ] || status=1
[ $status -eq 0 ] || [ $failed -gt 0 ] || failed=1
echo "$passed passed, $failed failed, 0 skipped"
exit $status
