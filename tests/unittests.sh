#!/bin/bash
# Runs the Python unit tests of a directory with a time limit and prints their count.
# usage: tests/unittests.sh SECONDS DIRECTORY [PATTERN]
set -u
limit=$1 directory=$2 pattern=${3:-test_*.py}
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
PYTHONDONTWRITEBYTECODE=1 timeout -k 10 "$limit" python3 -m unittest discover \
  -s "$directory" -p "$pattern" -v 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
[ "$status" -ne 124 ] || echo "stopped after $limit s"
ran=$(sed -nE 's/^Ran ([0-9]+) tests?.*/\1/p' "$log" | tail -n 1)
last=$(grep -E '^(OK|FAILED|NO TESTS)' "$log" | tail -n 1)
number() { sed -nE "s/.*$1=([0-9]+).*/\1/p" <<<"$last"; }
skipped=$(number skipped)
failures=$(number failures)
errors=$(number errors)
failed=$((${failures:-0} + ${errors:-0}))
[ "$failed" -gt 0 ] || [ "$status" -eq 0 ] || failed=1
passed=$((${ran:-0} - failed - ${skipped:-0}))
echo "$((passed > 0 ? passed : 0)) passed, $failed failed, ${skipped:-0} skipped"
[ "$status" -eq 0 ]
