#!/bin/bash
# Runs a GoogleTest program with a time limit and prints its count as the last line.
# usage: tests/gtest.sh SECONDS PROGRAM [ARGUMENT…]
set -u
limit=$1
program=$2
shift 2
report=$(mktemp)
trap 'rm -f "$report"' EXIT
timeout -k 10 "$limit" "$program" --gtest_brief=1 --gtest_output="json:$report" "$@"
status=$?
[ $status -ne 124 ] || echo "$program: stopped after $limit s" >&2
python3 - "$report" "$status" <<'END'
import json, sys
try:
    with open(sys.argv[1], encoding="utf-8") as file:
        suites = json.load(file)["testsuites"]
except ValueError:  # it died before it could write
    print("0 passed, 1 failed, 0 skipped")
    sys.exit(1)
tests = [test for suite in suites for test in suite["testsuite"]]
failed = sum("failures" in test for test in tests)
skipped = sum(test["result"] == "SKIPPED" or test["status"] == "NOTRUN" for test in tests)
failed += failed == 0 and sys.argv[2] != "0"
print(f"{len(tests) - failed - skipped} passed, {failed} failed, {skipped} skipped")
sys.exit(failed > 0)
END
