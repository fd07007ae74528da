#!/bin/bash
# The lineage page in headless Chromium. Needs `make lineage-shipper` and packages of the kind test.
# usage: tests/report/run.sh [-v] [NAME…]
set -eu
cd "$(dirname "$0")/../.."
. tests/lib.sh
command -v chromium >/dev/null && command -v chromedriver >/dev/null ||
  die "chromium and chromedriver are missing (tests/install-deps.sh test)"
objects=$(ls build/shipper/src/report/*.o | grep -v /report.o) ||
  die "run 'make lineage-shipper' first"
maker=build/make_page
if [ ! -e $maker ] || [ -n "$(find tests/report/make_page.cpp $objects -newer $maker)" ]; then
  ${CXX:-g++} -std=c++17 -O1 -Wall -Wextra -Werror -Ishipper/src -o $maker \
    tests/report/make_page.cpp $objects $(pkg-config --libs libgvc)
fi
export PYTHONDONTWRITEBYTECODE=1 MAKE_PAGE=$PWD/$maker
exec python3 tests/report/test_report.py "$@"
