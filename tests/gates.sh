#!/bin/bash
# The mechanical rules of the project. Each breach is one line; the last line is the count of rules.
# usage: tests/gates.sh        (builds nothing; looks at pg_lineage.so where there is one)
set -u
cd "$(dirname "$0")/.."
passed=0 failed=0 skipped=0

# The files of the project, by pattern: those git knows, else those that are there and not built.
files() {
  if git rev-parse --git-dir >/dev/null 2>&1; then
    git ls-files -- "$@" | while read -r file; do [ -e "$file" ] && echo "$file"; done
  else
    local pattern
    for pattern in "$@"; do
      find . -path ./build -prune -o -path "./$pattern" -type f ! -name '*.[od]' ! -name '*.bc' \
        ! -path ./pg_lineage.so ! -path ./lineage-shipper ! -path '*/__pycache__/*' -print
    done | sed 's|^\./||' | sort -u
  fi
}

# rule NAME COMMAND…: holds when the command prints nothing.
rule() {
  local name=$1 breaches
  shift
  breaches=$("$@" 2>&1)
  if [ -z "$breaches" ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "BREACH $name"
    head -n 25 <<<"$breaches" | sed 's/^/  /'
  fi
}

mapfile -t cpp < <(files '*.cpp' '*.h')
mapfile -t code < <(files '*.cpp' '*.h' '*.py' '*.sh' '*.mk' Makefile '*.js')
mapfile -t all < <(files '*' | grep -vE '\.(png|whl)$')
mapfile -t docs < <(files '*.md')
mapfile -t server < <(files 'extension/src/*')

sql_without_expected() {
  local file
  for file in sql/*.sql; do
    [ -e "expected/$(basename "$file" .sql).out" ] || echo "$file: no expected output"
  done
}
expected_without_sql() {
  local file
  for file in expected/*; do
    [ -e "sql/$(basename "$file" .out).sql" ] || echo "$file: no sql file (one expected file each)"
  done
}
long_files() {
  wc -l "${code[@]}" $(files '*.sql') |
    awk '$2 != "total" && $1 > 450 {print $2 ": " $1 " lines"}'
}
long_themes() { wc -l sql/*.sql | awk '$2 != "total" && $1 > 150 {print $2 ": " $1 " lines"}'; }
long_lines() {
  awk 'FNR == 1 {raw = 0} {line = $0; gsub(/[\200-\277]/, "", line)}
    length(line) > 100 {print FILENAME ":" FNR ": " length(line) " columns"}' \
    "${code[@]}" $(files '*.sql')
}
long_readme() { wc -l README.md | awk '$1 >= 250 {print $2 ": " $1 " lines"}'; }
version_tests() { grep -n PG_VERSION_NUM "${server[@]}" | grep -v '^extension/src/edge/compat.h:'; }
cpp_runtime_words() {
  local words='\b(throw|dynamic_cast|typeid)\b|\b(try|catch) *[({]'
  words+='|[=(] *new +[A-Za-z_]|: *delete +[a-z]'
  words+='|std::(vector|string|map|set|unordered_[a-z]+|function|shared_ptr|unique_ptr)\b'
  words+='|std::(list|deque|thread|mutex)\b'
  grep -nE "$words" "${server[@]}" | sed -E 's,//.*,,' | grep -E "$words"
}
nlohmann_in_server() {
  grep -nE '#include <(nlohmann|vector|string|map|memory|functional)' "${server[@]}"
}
cpp_runtime_symbols() {
  nm -uC pg_lineage.so |
    grep -E 'operator (new|delete)|std::|__cxa_(throw|begin_catch|allocate)|__gxx_personality'
}
open_ends() {
  grep -nEw 'TODO|FIXME|XXX|HACK|GTEST_SKIP' "${code[@]}" $(files '*.sql' '*.md') |
    grep -v '^tests/gates.sh:'
}
disabled_tests() {
  grep -nE '\bDISABLED_|pytest\.mark\.skip|@unittest\.skip' "${code[@]}" |
    grep -v '^tests/gates.sh:'
}
registry_hosts() {
  grep -nIE 'https?://[a-z0-9.-]*(debian|pypi|pythonhosted|maven|npmjs|golang|crates)' "${all[@]}" |
    grep -v '^tests/gates.sh:'
}
machine_paths() {
  local start='(^|[^A-Za-z0-9_.~$}-])'
  grep -nIE "$start(/work/|/root/|/home/[a-z]|/opt/pg-|/tmp/(brief|build-))" "${all[@]}" |
    grep -v '^tests/gates.sh:'
}
binary_files() { files '*' | grep -E '\.(so|o|whl|deb|gz|bz2|zip|jar)$'; }
unformatted() {
  local file
  for file in "${cpp[@]}"; do
    clang-format --style=file "$file" | cmp -s - "$file" || echo "$file: run 'make format'"
  done
}
# `a/b.c` in backticks or a relative link in a document must be there, from the top or beside it.
stale_names() {
  local doc name
  for doc in "${docs[@]}"; do
    {
      grep -oE '\]\([^)#: ]+[)#]' "$doc" | sed 's/^](//; s/[)#]$//'
      grep -oE '`[A-Za-z0-9_.-]+/[A-Za-z0-9_./*-]*`' "$doc" | tr -d '`' |
        grep -E '^(extension|shipper|sql|expected|tests|docs|\.ci)/'
    } | sort -u | while read -r name; do
      compgen -G "$name" >/dev/null || compgen -G "$(dirname "$doc")/$name" >/dev/null ||
        echo "$doc: $name is not there"
    done
  done
}
# A README that lists files in a table lists all of its room: a header stands for its source. What
# is in a folder of the room stands under a heading with the folder's name.
unlisted_files() {
  python3 - extension/src/*/README.md shipper/src/README.md tests/*/README.md <<'END'
import pathlib, re, sys
for readme in map(pathlib.Path, sys.argv[1:]):
    folder, listed = readme.parent, set()
    for line in readme.read_text(encoding="utf-8").splitlines():
        heading = re.match(r"## (\w+)", line)
        if heading and (readme.parent / heading[1]).is_dir():
            folder = readme.parent / heading[1]
        cell = re.match(r"\| ([^|]*) \|", line)
        names = re.findall(r"`([\w.]+)`", cell[1]) if cell else []
        listed |= {(folder / name).with_suffix("") for name in names if (folder / name).exists()}
    for source in sorted(readme.parent.rglob("*")):
        kept = source.suffix in (".cpp", ".h", ".py", ".sh") and source.parent.name != "mutants"
        if kept and source.with_suffix("") not in listed:
            print(f"{source}: not in {readme}")
END
}
# Settings the library defines, as the source names them.
defined_settings() { grep -ohE '"pg_lineage\.[a-z_]+"' "${server[@]}" | tr -d '"' | sort -u; }
undocumented_settings() {
  local name
  for name in $(defined_settings); do
    grep -qE "(\b|\`)(pg_lineage\.)?${name#pg_lineage.}\b" extension/README.md README.md ||
      echo "$name: in no README"
  done
}
unknown_settings() {
  local name
  [ -n "$(defined_settings)" ] || return 0
  grep -ohE 'pg_lineage\.[a-z_]+' "${docs[@]}" $(files 'sql/*.sql') | sort -u |
    grep -vE '^pg_lineage\.(so|cpp|conf|control|bc|no_such_setting)$' | while read -r name; do
    grep -qxF "$name" <(defined_settings) || grep -qx "$name[a-z_]*" <(defined_settings) ||
      echo "$name: no such setting"
  done
}
uncommented_sql() {
  python3 - extension/sql/*.sql <<'END'
import re, sys
text = "".join(open(part, encoding="utf-8").read() for part in sys.argv[1:])
made = re.findall(r"^CREATE (?:OR REPLACE )?(FUNCTION|VIEW|TABLE) (lineage\.\w+)", text, re.M)
for kind, name in made:
    if not re.search(rf"COMMENT ON {kind} {re.escape(name)}\b", text):
        print(f"{name}: no COMMENT ON {kind}")
END
}
loose_functions() {
  python3 - extension/sql/*.sql <<'END'
import re, sys
text = "".join(open(part, encoding="utf-8").read() for part in sys.argv[1:])
if re.search(r"GRANT\b[^;]*\bTO PUBLIC", text):
    print("something is granted to PUBLIC")
function = r"^CREATE (?:OR REPLACE )?FUNCTION (lineage\.\w+)(.*?);$"
for match in re.finditer(function, text, re.M | re.S):
    name, body = match.groups()
    if re.search(r"LANGUAGE (sql|plpgsql)", body, re.I) and "search_path" not in body:
        print(f"{name}: search_path is not pinned")
    every = re.search(r"REVOKE [^;]*ALL FUNCTIONS IN SCHEMA lineage FROM PUBLIC", text)
    if not every and not re.search(rf"REVOKE [^;]*{re.escape(name)}\b[^;]*FROM PUBLIC", text):
        print(f"{name}: not revoked from PUBLIC")
END
}
# A header of the shipper is tested when a unit test includes it, itself or through what it tests.
# What speaks to a database (source/, queue/) and what only main and the verbs use is tested end to
# end, in tests/e2e.
headers_without_test() {
  python3 - <<'END'
import pathlib, re
top = pathlib.Path("shipper/src")
def includes(path):
    if not path.exists():
        return set()
    found = re.findall(r'#include "([^"]+)"', path.read_text(encoding="utf-8"))
    return {top / name for name in found if (top / name).exists()}
end_to_end = set(top.glob("source/*.h")) | set(top.glob("queue/*.h"))
for header in includes(top / "main.cpp"):
    end_to_end |= {header} | includes(header.with_suffix(".cpp"))
todo = []
for pattern in ("unit/**/*.cpp", "report/*.cpp"):
    todo += [header for test in pathlib.Path("tests").glob(pattern) for header in includes(test)]
reached = set(todo)
while todo:
    header = todo.pop()
    for other in (includes(header) | includes(header.with_suffix(".cpp"))) - reached:
        reached.add(other)
        todo.append(other)
for header in sorted(set(top.glob("**/*.h")) - reached - end_to_end):
    print(f"{header}: no test reaches it")
END
}

planted_faults() { python3 tests/oracle/mutants/specs.py --check; }

rule "every sql file has its expected output" sql_without_expected
rule "no orphan in expected/" expected_without_sql
rule "files have at most 450 lines" long_files
rule "a theme of sql/ has at most 150 lines" long_themes
rule "lines have at most 100 columns" long_lines
rule "README.md stays below 250 lines" long_readme
rule "PG_VERSION_NUM only in edge/compat.h" version_tests
rule "no C++ runtime in the server" cpp_runtime_words
rule "no allocating header in the server" nlohmann_in_server
rule "no open ends" open_ends
rule "no test is switched off" disabled_tests
rule "no registry host" registry_hosts
rule "no path of one machine" machine_paths
rule "no binary in the tree" binary_files
rule "documents name files that are there" stale_names
rule "the README of a room lists its files" unlisted_files
rule "every setting is documented" undocumented_settings
rule "documents name settings that exist" unknown_settings
rule "every SQL object has its COMMENT" uncommented_sql
rule "functions are pinned and revoked from PUBLIC" loose_functions
rule "every header of the shipper has a test" headers_without_test
rule "planted faults apply exactly once (move them along)" planted_faults
if command -v clang-format >/dev/null; then
  rule "clang-format" unformatted
else
  skipped=$((skipped + 1))
fi
if [ -e pg_lineage.so ]; then
  rule "no C++ runtime symbol in pg_lineage.so" cpp_runtime_symbols
else
  skipped=$((skipped + 1))
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
