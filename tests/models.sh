#!/bin/bash
# Validates requests of the file sink against the catalog's own request models, in each version for
# which there is an environment; the requests are those of the demo.
# usage: tests/models.sh [FILE.ndjson]        (default: build/demo/lineage.ndjson, made by the demo)
set -u
cd "$(dirname "$0")/.."
requests=${1:-build/demo/lineage.ndjson}
passed=0 failed=0
[ -s "$requests" ] || tests/staged.sh tests/demo/demo.sh >/dev/null
for python in $(tests/models/make_venv.sh); do
  if timeout 200 "$python" tests/models/validate_bodies.py "$requests"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "refused by the models in $(dirname "$(dirname "$python")")"
  fi
done
echo "$passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
