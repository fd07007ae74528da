#!/bin/bash
# Builds and tests the extension on the PostgreSQL of other Debian suites, in roots of their own.
# usage: tests/matrix/matrix.sh [SUITE…]        default: trixie (PostgreSQL 17) forky (18)
# Needs root (debootstrap, chroot, mount), or sudo that asks nothing. Roots are made once and kept
# in $MATRIX_DIR, default build/matrix, by sudo /var/tmp/pg_lineage-matrix: what root owns would
# keep the user from cleaning his tree. In each: a build with -Werror, pg_regress, the lineage
# cases, the regression pair.
set -u
cd "$(dirname "$0")/../.."
if [ "$(id -u)" -ne 0 ] && sudo -n true 2>/dev/null; then
  exec sudo -n env ${MIRROR:+MIRROR="$MIRROR"} ${PIP_CERT:+PIP_CERT="$PIP_CERT"} \
    ${CASES:+CASES="$CASES"} MATRIX_DIR="${MATRIX_DIR:-/var/tmp/pg_lineage-matrix}" \
    "$PWD/tests/matrix/matrix.sh" "$@"
fi
. tests/lib.sh
. tests/matrix/roots.sh
top=${MATRIX_DIR:-$PWD/build/matrix}
suites=("$@")
[ ${#suites[@]} -gt 0 ] || suites=(trixie forky)
passed=0 failed=0 skipped=0
if [ "$(id -u)" -ne 0 ] || ! command -v debootstrap >/dev/null; then
  echo "test-matrix needs root or sudo, and debootstrap: skipped"
  echo "0 passed, 0 failed, ${#suites[@]} skipped"
  exit 0
fi
mkdir -p "$top"
# Prints the PostgreSQL that a suite holds.
major_of() {
  case $1 in
  bookworm) echo 15 ;;
  trixie) echo 17 ;;
  forky) echo 18 ;;
  *) die "which PostgreSQL does $1 hold?" ;;
  esac
}

# Makes the root of a suite with its server and compiler, once.
make_root() {
  local suite=$1 root=$2 major
  major=$(major_of "$suite")
  if [ -e "$root/matrix-ready" ]; then
    mount_root "$root"
    return
  fi
  bootstrap "$suite" "$root" && mount_root "$root" && inside "$root" apt-get -qq update || return 1
  inside "$root" apt-get -qq install -y --no-install-recommends postgresql-common || return 1
  echo 'create_main_cluster = false' >>"$root/etc/postgresql-common/createcluster.conf"
  inside "$root" apt-get -qq install -y --no-install-recommends "postgresql-$major" \
    "postgresql-server-dev-$major" "postgresql-plpython3-$major" g++ make python3 dpkg-dev ||
    return 1
  touch "$root/matrix-ready"
}

# Runs one check inside a root; its output goes to a log that is shown when it fails.
check() {
  local root=$1 name=$2 limit=$3 log start=$SECONDS
  shift 3
  log=$top/$(basename "$root")-${name// /-}.log
  if timeout -k 20 "$limit" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 SHIPPER=no \
    chroot "$root" "$@" </dev/null >"$log" 2>&1; then
    passed=$((passed + 1))
    echo "ok   $(basename "$root"): $name ($((SECONDS - start)) s) $(tail -n 1 "$log")"
  else
    failed=$((failed + 1))
    echo "FAIL $(basename "$root"): $name"
    tail -n 60 "$log" | sed 's/^/     /'
    return 1
  fi
}

# Copies the tree into a root and runs everything there.
test_suite() {
  local suite=$1 root=$2
  copy_tree "$root"
  mkdir -p "$root/lineage/pg_lineage/build"
  # Sources once fetched stay fetched.
  mkdir -p "$root/lineage/pg-source"
  ln -s ../../pg-source "$root/lineage/pg_lineage/build/pg-source"
  check "$root" "build with -Werror" 900 make -s -j2 -C /lineage/pg_lineage all || return
  check "$root" "pg_regress" 900 make -s -C /lineage/pg_lineage staged-installcheck
  check "$root" "lineage cases" 600 make -s -C /lineage/pg_lineage cases
  check "$root" "regression pair" 1500 make -s -C /lineage/pg_lineage regress-pair
}

for suite in "${suites[@]}"; do
  root=$top/$suite
  if ! make_root "$suite" "$root" >"$top/$suite.log" 2>&1; then
    # A suite that cannot be had here (no network) is no fault of the extension.
    echo "no root of $suite could be made: $(tail -n 3 "$top/$suite.log")"
    skipped=$((skipped + 1))
    unmount_root
    continue
  fi
  test_suite "$suite" "$root"
  unmount_root
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
