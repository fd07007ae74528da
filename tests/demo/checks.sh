# What the demo must have found; sourced by demo.sh, which gives shop, out, requests and page.
passed=0
failed=0

# Counts one statement: is it so?
expect() {
  local what=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $what" >&2
  fi
}

# The DIRECT edges that the nightly run made, one a line, except those between a table and itself.
found_edges() {
  shop -At -F ' | ' -c "
    SELECT source, target, subtype, masked, routine, path FROM (
      SELECT source_table || '.' || source_column AS source,
             target_table || '.' || target_column AS target, subtype,
             CASE WHEN masking THEN 'masked' ELSE '-' END AS masked,
             coalesce(routine, '-') AS routine, array_to_string(call_path, ' > ') AS path
      FROM lineage.column_lineage
      WHERE type = 'DIRECT' AND origin = 'observed' AND call_path <> '{}'
        AND source_table <> target_table) edges
    ORDER BY target COLLATE \"C\", source COLLATE \"C\", subtype, path COLLATE \"C\""
}

# The feed holds nothing, and nothing was parked or swallowed.
all_sent() {
  [ "$(shop -At -c 'SELECT count(*) FROM lineage.queue' -c 'SELECT count(*) FROM lineage._parked' |
    paste -sd' ')" = '0 0' ]
}

# A request of the file sink whose body holds all the words.
request_with() {
  local line word
  line=$(cat "$requests")
  for word; do line=$(grep -F -- "$word" <<<"$line") || return 1; done
}

# In what was sent no temp table is an entity, and no literal of a statement or address is a text.
nothing_leaked() {
  ! grep -E '"/v1/lineage"' "$requests" |
    grep -qE "\.staged\"|pg_temp|@example\.org|'(booked|paid|gold|vat)'"
}

# The page names these.
page_with() {
  local word
  for word; do grep -qF -- "$word" "$page" || return 1; done
}

# Compares and counts; fails when anything failed.
run_checks() {
  found_edges >"$out/edges.txt"
  expect "the edges are those of tests/demo/expected.txt" \
    diff -u "$here/expected.txt" "$out/edges.txt"
  expect "everything was sent, nothing parked" all_sent
  expect "the table itself is sent" request_with '"path":"/v1/tables"' fact_sales
  expect "an edge names its columns" \
    request_with '/v1/lineage' 'warehouse.fact_sales.revenue' 'shop.order_items.unit_price'
  expect "an edge names its routine" request_with '/v1/lineage' 'load_sales' '"pipeline"'
  expect "the procedure itself is sent" request_with '/v1/storedProcedures' 'load_sales'
  expect "no temp table and no literal is in an edge" nothing_leaked
  expect "the page knows tables, columns and routines" page_with 'warehouse.fact_sales' \
    'warehouse.load_sales(date)' 'unit_price' '</html>'
  expect "the server's log is clean" log_check
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
}
