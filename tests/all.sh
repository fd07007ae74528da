#!/bin/bash
# Every suite, each with a time limit, its output under build/test-logs, and one count at the end.
# usage: tests/all.sh [SUITE…]      (what a suite is: see the table below)
# TEST_BUDGET bounds the whole run in seconds: what does not fit any more has failed.
# A suite ends with a line `N passed, N failed, N skipped`; one that does not has failed once.
set -u
cd "$(dirname "$0")/.."
logs=$PWD/build/test-logs
mkdir -p "$logs"

# name · seconds · command, in the order in which they run.
suites='
build       1200 make -s -j2 all test-programs
gates        300 make -s gates
unit         400 make -s unit
installcheck 900 tests/staged.sh tests/installcheck.sh
cases        300 make -s cases
oracle       600 make -s oracle
routines     600 make -s oracle-routines
scrub-fuzz   300 make -s scrub-fuzz
integration 1600 make -s integration
demo         300 tests/staged.sh tests/demo/demo.sh --check
models       300 make -s models
e2e         1600 make -s e2e
parity       900 make -s parity
report       400 make -s report
regress-pair 900 make -s regress-pair
matrix      2400 make -s test-matrix
'
budget=${TEST_BUDGET:-4800}
total_passed=0 total_failed=0 total_skipped=0 table=

# Adds the result of one suite to the totals.
count_suite() {
  local name=$1 status=$2 log=$3 seconds=$4 line passed failed skipped
  line=$(grep -E '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$log" | tail -n 1)
  read -r passed failed skipped <<<"$(tr -dc '0-9 ' <<<"$line")"
  if [ -z "$line" ]; then
    passed=0 failed=0 skipped=0
    [ "$status" -ne 0 ] || passed=1
  fi
  [ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
  total_passed=$((total_passed + passed))
  total_failed=$((total_failed + failed))
  total_skipped=$((total_skipped + ${skipped:-0}))
  table+=$(printf '%-13s %5d passed %4d failed %4d skipped %5d s' "$name" "$passed" "$failed" \
    "${skipped:-0}" "$seconds")$'\n'
}

while read -r name limit command; do
  [ -n "$name" ] || continue
  [ $# -eq 0 ] || [[ " $* " == *" $name "* ]] || continue
  echo "=== $name"
  start=$SECONDS
  left=$((budget - SECONDS))
  [ "$left" -ge "$limit" ] || limit=$((left > 1 ? left : 1))
  timeout -k 20 "$limit" $command </dev/null >"$logs/$name.log" 2>&1
  status=$?
  [ $status -ne 124 ] || echo "stopped after $limit s" >>"$logs/$name.log"
  # All of a failure, the end of a success.
  if [ $status -ne 0 ]; then tail -n 400 "$logs/$name.log"; else tail -n 3 "$logs/$name.log"; fi
  count_suite "$name" $status "$logs/$name.log" $((SECONDS - start))
done <<<"$suites"
echo
echo "$table"
echo "$total_passed passed, $total_failed failed, $total_skipped skipped"
[ $total_failed -eq 0 ] && [ $total_passed -gt 0 ]
