#!/bin/bash
# Starts the cluster in which the questions are asked.
# usage: [PG_CONFIG=…] [EDGES=N] [TABLES=N] tests/bench/graph.sh
cd "$(dirname "$0")/../.." || exit 1
exec tests/with_cluster.sh python3 tests/bench/graph.py
