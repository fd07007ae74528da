#!/bin/bash
# Starts the cluster that the benchmark restarts with one library after the other.
# usage: [PG_CONFIG=…] [ROUNDS=N] [SCALE=F] [ONLY=…] tests/bench/bench.sh
cd "$(dirname "$0")/../.." || exit 1
PRELOAD='' exec tests/with_cluster.sh python3 tests/bench/bench.py
