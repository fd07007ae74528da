#!/bin/bash
# Runs targets of the Makefile in a bare Debian root that holds nothing but make: do they install
# all that they need?
# usage: tests/matrix/bare.sh [SUITE [TARGET…]]      default: bookworm demo
# Needs root. The bare root is kept in $MATRIX_DIR (default build/matrix) and copied for each run.
set -u
cd "$(dirname "$0")/../.."
. tests/lib.sh
. tests/matrix/roots.sh
top=${MATRIX_DIR:-$PWD/build/matrix}
suite=${1:-bookworm}
[ $# -eq 0 ] || shift
targets=("${@:-demo}")
mkdir -p "$top"
if [ ! -e "$top/bare-$suite/bare-ready" ]; then
  bootstrap "$suite" "$top/bare-$suite" && touch "$top/bare-$suite/bare-ready" || die "no bare root"
fi
root=$top/trial-$suite
rm -rf --one-file-system "$root"
cp -a "$top/bare-$suite" "$root"
copy_tree "$root"
mount_root "$root" || die "cannot mount /proc"
inside "$root" apt-get -qq update && inside "$root" apt-get -qq install -y make >/dev/null ||
  die "no make for the bare root"
inside "$root" make -C /lineage/pg_lineage "${targets[@]}"
