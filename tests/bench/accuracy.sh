#!/bin/bash
# Makes the environments of the other tools (once) and starts a cluster for the scoreboard.
# usage: [PG_CONFIG=…] tests/bench/accuracy.sh [--cases DIR] [--only PATTERN]
#        [--statements N] [--routines N]
cd "$(dirname "$0")/../.." || exit 1
export REQUIREMENTS=tests/bench/accuracy
parsers=$(tests/models/make_venv.sh build/accuracy/venv parsers) || exit 1
openmetadata=$(tests/models/make_venv.sh build/accuracy/venv openmetadata) || exit 1
PRELOAD=pg_lineage,pg_stat_statements exec tests/with_cluster.sh \
  python3 tests/bench/accuracy/board.py --python "sqlglot=$parsers" \
  --python "sqllineage=$parsers" --python "openmetadata=$openmetadata" "$@"
