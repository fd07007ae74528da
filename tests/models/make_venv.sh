#!/bin/sh
# Makes virtual environments from pinned lists, once: those with the request models of OpenMetadata,
# or those of requirements-VERSION.txt in another folder.
# usage: [REQUIREMENTS=DIR] tests/models/make_venv.sh [DIRECTORY [VERSION…]]
#        (default: build/models, 2.0 and 1.9)
# Prints one line per version: the path of its python.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=${1:-$here/../../build/models}
[ $# -gt 0 ] && shift
mkdir -p "$root"
for version in ${*:-2.0 1.9}; do
  venv=$root/$version
  wanted=${REQUIREMENTS:-$here}/requirements-$version.txt
  if ! cmp -s "$wanted" "$venv/installed.txt"; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$wanted" >&2
    cp "$wanted" "$venv/installed.txt"
  fi
  echo "$venv/bin/python"
done
