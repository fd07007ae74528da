#!/bin/bash
# Builds both halves, installs them into a private copy of the server and runs a command with
# PG_CONFIG set to that copy: tests and demo change nothing of the machine's own PostgreSQL.
# usage: [PG_CONFIG=…] tests/staged.sh COMMAND…
# The copy keeps the layout of the original below its own top, so that PostgreSQL finds its files.
set -eu
cd "$(dirname "$0")/.."
. tests/lib.sh
command -v "$PG_CONFIG" >/dev/null || die "no PostgreSQL: run 'make deps' or set PG_CONFIG"

# Prints the top of the copy: below build/ where the server's user can read there, else in /tmp.
stage_top() {
  mkdir -p build
  if as_server_user test -r "$PWD/Makefile" && as_server_user test -x "$PWD/build"; then
    echo "$PWD/build/stage-$1"
  else
    echo "${TMPDIR:-/tmp}/pg_lineage-stage-$(id -u)-$1"
  fi
}

version=$("$PG_CONFIG" --version | cut -d" " -f2)
top=$(stage_top "$version")
bin=$("$PG_CONFIG" --bindir)
${MAKE:-make} -s -j2 PG_CONFIG="$PG_CONFIG" all >&2
# Extensions that were installed or upgraded since are copied too.
for dir in "$bin" "$("$PG_CONFIG" --sharedir)" "$("$PG_CONFIG" --pkglibdir)"; do
  mkdir -p "$top$dir"
  cp -au "$dir/." "$top$dir/"
done
include=$("$PG_CONFIG" --pkgincludedir)
mkdir -p "$top$(dirname "$include")"
[ -e "$top$include" ] || ln -s "$include" "$top$include"
${MAKE:-make} -s PG_CONFIG="$PG_CONFIG" DESTDIR="$top" install >&2
chmod -R a+rX "$top"
PG_CONFIG=$top$bin/pg_config PATH="$top$bin:$PATH" exec "$@"
