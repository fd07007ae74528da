#!/bin/bash
# Prints a directory that holds the sources of the installed PostgreSQL, fetched once as Debian's
# source package into build/pg-source. Needs no root: apt gets a configuration of its own.
# usage: tests/regress/fetch_source.sh MAJOR     (18 …)
set -eu
major=$1
cd "$(dirname "$0")/../.."
. tests/lib.sh
package=postgresql-$major
installed=$(dpkg-query -W -f '${Version}' "$package") || die "$package is not installed"
top=$PWD/build/pg-source/${installed//[^0-9a-zA-Z.+-]/_}
if [ ! -e "$top/complete" ]; then
  rm -rf "$top"
  mkdir -p "$top/lists/partial" "$top/cache/archives/partial" "$top/parts" "$top/tree"
  # The archives that this machine gets the package from, asked for sources.
  apt-cache madison "$package" | awk '/Packages$/ {print $(NF-3), $(NF-2)}' | sort -u |
    while read -r site release; do
      entry=$(apt-get indextargets --format '$(SITE) $(RELEASE)/$(COMPONENT) $(SOURCESENTRY)' |
        awk -v s="$site" -v r="$release" '$1 == s && $2 == r {print $3; exit}')
      key=$(sed -nE 's/^Signed-By: *(\/.*)|.*[[ ]signed-by=([^] ]*).*/\1\2/Ip' \
        "${entry%:*}" 2>/dev/null | head -n 1)
      echo "deb-src ${key:+[signed-by=$key]} $site ${release%%/*} ${release#*/}"
    done >"$top/sources.list"
  [ -s "$top/sources.list" ] || die "apt knows no archive of $package: run 'apt-get update'"
  apt=(-qq -o "Dir::Etc::sourcelist=$top/sources.list" -o "Dir::Etc::sourceparts=$top/parts"
    -o "Dir::State::lists=$top/lists" -o "Dir::Cache=$top/cache" -o APT::Sandbox::User=
    -o APT::Get::List-Cleanup=0 -o DPkg::Lock::Timeout=600)
  timeout 300 apt-get "${apt[@]}" update >&2
  cd "$top"
  # The version that is installed, else the newest that the archives still hold.
  for version in "$installed" $(apt-cache "${apt[@]:1}" showsrc "$package" |
    sed -n 's/^Version: //p' | sort -Vru | grep -vxF "$installed"); do
    timeout 300 apt-get "${apt[@]}" --download-only source "$package=$version" >&2 2>errors && break
    echo "the archive holds no source of $package $version any more" >&2
    rm -f "$package"_*
  done
  ls "$package"_*.orig.tar.* >/dev/null 2>&1 || die "no source of $package: $(cat errors)"
  tar -xf "$top/$package"_*.orig.tar.* -C "$top/tree" --strip-components=1 --wildcards \
    '*/src/test/regress' '*/src/pl/plpgsql/src'
  rm -rf "$top/lists" "$top/cache"
  touch "$top/complete"
fi
echo "$top/tree"
