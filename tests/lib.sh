# Shell library of the tests and the demo: a temporary PostgreSQL cluster, and the judge of its log.
#
# Source it from bash. Nothing here uses a fixed port, TCP or a directory that it did not make.
#   . tests/lib.sh
#   cluster_start "shared_preload_libraries = 'pg_lineage'"   # sets PGHOST PGPORT PGUSER
#   psql -c 'SELECT 1' postgres
#   cluster_stop                                               # also done on exit
# As root the server runs as system user postgres, else as the caller. PG_CONFIG chooses the server.

PG_CONFIG=${PG_CONFIG:-pg_config}
CLUSTER_DIR=

# Ends the script with a message.
die() {
  echo "$(basename "$0"): $*" >&2
  exit 1
}

# Runs a command as the user whose server it is, from a directory that he may enter.
as_server_user() {
  if [ "$(id -u)" -eq 0 ]; then
    (cd / && exec runuser -u postgres -- "$@")
  else
    (cd / && exec "$@")
  fi
}

# Makes a directory that the server's user owns; prints its name.
server_tmpdir() {
  local dir
  dir=$(mktemp -d "${TMPDIR:-/tmp}/pgl.XXXXXX") || return 1
  [ "$(id -u)" -ne 0 ] || chown postgres "$dir"
  chmod 755 "$dir"
  echo "$dir"
}

# Starts a fresh cluster; every argument is a line of its configuration. The caller's PATH gets
# the binaries of that server.
cluster_start() {
  local bin line
  bin=$("$PG_CONFIG" --bindir) || die "no PostgreSQL server: $PG_CONFIG does not run"
  [ -x "$bin/initdb" ] || die "no PostgreSQL server in $bin (tests/install-deps.sh installs one)"
  [ "$(id -u)" -ne 0 ] || id postgres >/dev/null 2>&1 ||
    die "run as root there must be a system user postgres to own the server"
  CLUSTER_DIR=$(server_tmpdir) || die "cannot make a temporary directory"
  trap cluster_stop EXIT
  trap 'exit 130' INT TERM
  as_server_user "$bin/initdb" -D "$CLUSTER_DIR/data" -U postgres -A trust -E UTF8 \
    --locale=C.UTF-8 --no-sync >"$CLUSTER_DIR/initdb.log" 2>&1 ||
    die "initdb failed: $(tail -n 5 "$CLUSTER_DIR/initdb.log")"
  {
    echo "listen_addresses = ''"
    echo "unix_socket_directories = '$CLUSTER_DIR'"
    echo "fsync = off"
    for line in "$@"; do echo "$line"; done
  } >>"$CLUSTER_DIR/data/postgresql.conf"
  cluster_up
  export PATH="$bin:$PATH" PGHOST="$CLUSTER_DIR" PGPORT=5432 PGUSER=postgres PGDATABASE=postgres
  unset PGSERVICE PGPASSFILE PGOPTIONS PGHOSTADDR
}

# Starts the server of the cluster that is there (again).
cluster_up() {
  local bin
  bin=$("$PG_CONFIG" --bindir)
  as_server_user "$bin/pg_ctl" -D "$CLUSTER_DIR/data" -l "$CLUSTER_DIR/log" -w -t 60 start \
    >"$CLUSTER_DIR/pg_ctl.log" 2>&1 || die "the server does not start: $(cluster_log 20)"
}

# Stops the server and keeps its files; the argument is pg_ctl's mode.
cluster_down() {
  as_server_user "$("$PG_CONFIG" --bindir)/pg_ctl" -D "$CLUSTER_DIR/data" -m "${1:-fast}" -w \
    -t 60 stop >/dev/null 2>&1
}

# Prints the end of the server's log.
cluster_log() {
  tail -n "${1:-40}" "$CLUSTER_DIR/log" 2>/dev/null
}

# Stops the server and removes the directory that cluster_start made. Keeps the caller's status.
cluster_stop() {
  local status=$?
  [ -n "$CLUSTER_DIR" ] || return $status
  cluster_down immediate
  [ -n "${KEEP_LOG:-}" ] && cp "$CLUSTER_DIR/log" "$KEEP_LOG"
  rm -rf "$CLUSTER_DIR"
  CLUSTER_DIR=
  return $status
}

# Fails when a server log holds a crash, an assertion or a warning of ours that no test expects
# (LOG_ALLOW: a regular expression of those that are).
log_check() {
  local log=${1:-$CLUSTER_DIR/log} bad
  bad=$(grep -nE 'terminated by signal|PANIC:|TRAP:|WARNING:.*(pg_)?lineage' "$log" |
    grep -vE "${LOG_ALLOW:-^$}" | head -n 10)
  [ -z "$bad" ] && return 0
  echo "the server's log holds what it must not:" >&2
  echo "$bad" >&2
  return 1
}
