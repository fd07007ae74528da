// The page's script, first part: the graph, and what is reachable from where.
#include "report/page.h"

namespace shipper::report {

const char kScriptGraph[] = R"js(
const data = JSON.parse(document.getElementById('data').textContent);
const tables = data.tables;
const edges = data.edges;
const ROWS = -1;
const SUBTYPES = {0: 'IDENTITY', 1: 'TRANSFORMATION', 2: 'AGGREGATION', 8: 'JOIN', 9: 'FILTER',
  10: 'GROUP_BY', 11: 'SORT', 12: 'CONDITIONAL', 13: 'WINDOW'};
const isDirect = (kind) => (kind & 15) < 8;
const subtypeOf = (kind) => SUBTYPES[kind & 15] || 'UNKNOWN';
const isMasked = (kind) => (kind & 16) !== 0;

// Selected: nothing, or {type: 'table' | 'column' | 'edge' | 'routine', …}.
const state = {indirect: true, expanded: new Set(), selected: null};

const incoming = tables.map(() => []);
const outgoing = tables.map(() => []);
const inner = tables.map(() => null);

// Joins the pairs of all facts of an edge: one per source and target column.
function pairsOf(edge) {
  const pairs = new Map();
  for (const fact of edge.facts) {
    for (let i = 0; i < fact.pairs.length; i += 3) {
      const [source, target, kind] = fact.pairs.slice(i, i + 3);
      const key = source + ':' + target;
      if (!pairs.has(key)) pairs.set(key, {source, target, direct: false, kinds: new Set()});
      const pair = pairs.get(key);
      pair.kinds.add(kind);
      pair.direct = pair.direct || isDirect(kind);
    }
  }
  return [...pairs.values()];
}

edges.forEach((edge, index) => {
  edge.index = index;
  edge.pairs = pairsOf(edge);
  edge.direct = edge.pairs.some((pair) => pair.direct);
  if (edge.source === edge.target) {
    inner[edge.source] = edge;
  } else {
    outgoing[edge.source].push(edge);
    incoming[edge.target].push(edge);
  }
});

const edgeShown = (edge) => edge.direct || state.indirect;
const pairShown = (pair) => pair.direct || state.indirect;

// All tables and edges reachable from a table, with (forward) or against the flow.
function walkTables(start, forward) {
  const found = {tables: new Set(), edges: new Set()};
  const seen = new Set([start]);
  const open = [start];
  while (open.length) {
    const at = open.pop();
    for (const edge of (forward ? outgoing : incoming)[at]) {
      if (!edgeShown(edge)) continue;
      found.edges.add(edge.index);
      const next = forward ? edge.target : edge.source;
      if (next !== start) found.tables.add(next);
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(next);
    }
  }
  return found;
}

const columnKey = (table, column) => table + ':' + column;
const pairKey = (edge, pair) => edge.index + ':' + pair.source + ':' + pair.target;

// All columns reachable from a column. Values are followed as far as they flow; what only decides
// is shown one step far, from the column that was asked for.
function walkColumns(table, column, forward) {
  const found = {columns: new Set(), pairs: new Set(), edges: new Set(), tables: new Set()};
  const seen = new Set([columnKey(table, column)]);
  const open = [[table, column]];
  while (open.length) {
    const [at, name] = open.pop();
    const first = at === table && name === column;
    const next = forward ? outgoing[at] : incoming[at];
    for (const edge of inner[at] ? next.concat(inner[at]) : next) {
      for (const pair of edge.pairs) {
        if ((forward ? pair.source : pair.target) !== name) continue;
        if (!pair.direct && !(first && state.indirect)) continue;
        const to = forward ? [edge.target, pair.target] : [edge.source, pair.source];
        found.pairs.add(pairKey(edge, pair));
        found.edges.add(edge.index);
        found.tables.add(to[0]);
        found.columns.add(columnKey(...to));
        if (!pair.direct || to[1] === ROWS || seen.has(columnKey(...to))) continue;
        seen.add(columnKey(...to));
        open.push(to);
      }
    }
  }
  return found;
}

// Routines by name, with the edges that they write.
const routines = new Map();
for (const edge of edges) {
  for (const fact of edge.facts) {
    if (!fact.routine) continue;
    if (!routines.has(fact.routine)) routines.set(fact.routine, new Set());
    routines.get(fact.routine).add(edge.index);
  }
}
)js";

}  // namespace shipper::report
