#!/bin/bash
# pg_regress over sql/ and expected/, then the isolation specs, on a temporary cluster.
# usage: [PG_CONFIG=…] tests/installcheck.sh [THEME…]   (pg_lineage must be installed there)
set -u
cd "$(dirname "$0")/.."
. tests/lib.sh
pgxs_src=$("$PG_CONFIG" --pkglibdir)/pgxs/src/test
out=$PWD/build/regress
rm -rf "$out"
mkdir -p "$out"
mapfile -t settings <tests/pg_lineage.conf
KEEP_LOG=$out/server.log
cluster_start "${settings[@]}"
themes=("$@")
[ ${#themes[@]} -gt 0 ] || for file in sql/*.sql; do themes+=("$(basename "$file" .sql)"); done
status=0
# Every theme has a database of its own: it does not matter which ran before it.
for theme in "${themes[@]}"; do
  timeout -k 10 300 "$pgxs_src/regress/pg_regress" --bindir="$("$PG_CONFIG" --bindir)" \
    --inputdir=. --outputdir="$out" --dbname=contrib_regression "$theme" >"$out/$theme.txt" 2>&1 ||
    status=1
  grep -E '^(ok|not ok|test) ' "$out/$theme.txt" || cat "$out/$theme.txt"
  [ ! -s "$out/regression.diffs" ] || head -n 200 "$out/regression.diffs"
  rm -f "$out/regression.diffs"
done
specs=()
for file in tests/isolation/specs/*.spec; do
  [ -e "$file" ] && specs+=("$(basename "$file" .spec)")
done
if [ $# -eq 0 ] && [ ${#specs[@]} -gt 0 ]; then
  timeout -k 10 600 "$pgxs_src/isolation/pg_isolation_regress" --inputdir=tests/isolation \
    --bindir="$("$PG_CONFIG" --bindir)" --outputdir="$out/isolation" \
    --dbname=isolation_regression "${specs[@]}" >"$out/isolation.txt" 2>&1 || status=1
  cat "$out/isolation.txt"
fi
log_check || status=1
passed=$(cat "$out"/*.txt | grep -cE '^(ok |test .*\.\.\. ok)')
failed=$(cat "$out"/*.txt | grep -cE '^(not ok |test .*FAILED)')
[ $status -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
echo "$passed passed, $failed failed, 0 skipped"
exit $status
