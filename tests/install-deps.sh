#!/bin/bash
# Installs what is missing on a Debian machine; quick when nothing is.
# usage: tests/install-deps.sh [build|test|matrix]      (each kind includes the ones before it)
#   build   what `make`, `make install` and `make demo` need
#   test    what `make test` needs: GoogleTest, other extensions to coexist with, Chromium, the
#           Python environments of the request models (below build/models)
#   matrix  what `make test-matrix` needs
# Packages are installed by apt-get as root, or through sudo. Where PG_CONFIG names a server that
# is there, no other one is installed. A machine without apt-get is only told what it lacks.
set -eu
kind=${1:-build}
cd "$(dirname "$0")/.."
. tests/lib.sh

packages=(g++ make pkg-config libpq-dev libcurl4-openssl-dev libyaml-cpp-dev libspdlog-dev
  libfmt-dev nlohmann-json3-dev libcli11-dev libpcre2-dev libgraphviz-dev libssl-dev python3)
modules="libpq libcurl yaml-cpp spdlog fmt libpcre2-8 libgvc openssl"
case $kind in
build) ;;
test | matrix)
  packages+=(libgtest-dev libgmock-dev clang-format chromium chromium-driver python3-venv dpkg-dev
    binutils openssl)
  [ "$kind" = test ] || packages+=(debootstrap)
  ;;
*) die "unknown kind '$kind' (build, test or matrix)" ;;
esac

# Runs a command as root.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "missing packages, and neither root nor sudo to install them: $*"
  fi
}

# Prints those of the arguments that are not installed.
missing() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
      echo "$package"
  done
}

# Installs packages without questions and without what they only recommend.
apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=600 \
    -o Dpkg::Use-Pty=0 install --no-install-recommends "$@" </dev/null >/dev/null
}

# Prints the packages of the server and, for tests, of the extensions to coexist with.
server_packages() {
  local major
  major=$(ls -d /usr/lib/postgresql/*/bin/postgres 2>/dev/null | sort -V | tail -n 1 | cut -d/ -f5)
  [ -n "$major" ] ||
    major=$(apt-cache show postgresql | sed -n 's/^Depends: postgresql-//p' | head -n 1)
  major=${major%%[!0-9]*}
  [ -n "$major" ] || die "apt knows no package postgresql"
  echo "postgresql-$major" "postgresql-server-dev-$major"
  [ "$kind" = build ] || echo "postgresql-$major-partman postgresql-$major-pgaudit" \
    "postgresql-$major-plpgsql-check postgresql-plpython3-$major"
}

if ! command -v apt-get >/dev/null; then
  command -v pkg-config >/dev/null || die "install pkg-config, and the libraries: $modules"
  pkg-config --print-errors --exists $modules || die "install these libraries (no apt-get here)"
  exit 0
fi

own_server=no
[ "$PG_CONFIG" = pg_config ] || ! "$PG_CONFIG" --version >/dev/null 2>&1 || own_server=yes
if [ "$own_server" = no ] && [ -n "$(ls -d /usr/lib/postgresql/*/bin/postgres 2>/dev/null)" ]; then
  packages+=($(server_packages))
  own_server=known
fi
lacking=($(missing "${packages[@]}"))
if [ ${#lacking[@]} -gt 0 ] || [ "$own_server" = no ]; then
  echo "installing: ${lacking[*]} $([ "$own_server" = no ] && echo postgresql)" >&2
  as_root apt-get -qq -o DPkg::Lock::Timeout=600 update </dev/null >/dev/null
  if [ "$own_server" = no ]; then
    # A test wants programs, not a server that runs from now on.
    if [ -n "$(missing postgresql-common)" ]; then
      apt_install postgresql-common
      echo 'create_main_cluster = false' |
        as_root tee -a /etc/postgresql-common/createcluster.conf >/dev/null
    fi
    lacking+=($(server_packages))
  fi
  apt_install "${lacking[@]}"
fi

# The request models of the catalog.
[ "$kind" = build ] || tests/models/make_venv.sh >/dev/null
