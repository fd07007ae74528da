#!/bin/bash
# Starts the cluster that is ingested into doubles of OpenMetadata.
# usage: [PG_CONFIG=…] [TABLES=N] [ONLY=PART,…] tests/bench/ingest.sh
cd "$(dirname "$0")/../.." || exit 1
exec tests/with_cluster.sh python3 tests/bench/ingest.py
