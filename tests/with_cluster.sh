#!/bin/bash
# Runs a command against a fresh cluster with the library preloaded, then judges the server's log.
# usage: [PG_CONFIG=…] [PRELOAD=pg_lineage] tests/with_cluster.sh COMMAND…
# The command finds the server by PGHOST, PGPORT and PGUSER. Fails when it or the log fails.
set -u
. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
mapfile -t settings <"$here/pg_lineage.conf"
cluster_start "${settings[@]}" ${PRELOAD+"shared_preload_libraries = '$PRELOAD'"}
"$@"
status=$?
log_check || status=1
exit $status
