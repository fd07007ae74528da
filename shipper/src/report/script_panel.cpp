// The page's script, third part: what is selected, and what is said about it.
#include "report/page.h"

namespace shipper::report {

const char kScriptPanel[] = R"js(
const panel = document.getElementById('panel');
const live = document.getElementById('live');

// An HTML element; children are elements or text.
function html(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === 'onclick') element.addEventListener('click', value);
    else element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

const number = (value) => value.toLocaleString('en');
const many = (count, one, more) => `${number(count)} ${count === 1 ? one : more}`;
const columnName = (table, column) =>
  column === ROWS ? 'all rows' : tables[table].columns[column][0];
const tableButton = (table) => html('button', {type: 'button', class: 'link',
  onclick: () => select({type: 'table', table}, true)}, tables[table].name);
const section = (title, ...children) => html('section', {}, html('h3', {}, title), ...children);

// The numbers of a fact: operation, executions, rows, time.
function factNumbers(fact) {
  const list = html('dl', {});
  const add = (term, text) => list.append(html('dt', {}, term), html('dd', {}, text));
  add('operation', fact.operation);
  if (fact.path.length) add('call path', fact.path.join(' \u203a '));
  add('executions', number(fact.executions));
  if (fact.rows !== undefined) add('rows written', number(fact.rows));
  if (fact.origin !== 'observed') add('origin', `${fact.origin} (from a definition, not seen run)`);
  if (fact.first) add('first seen', fact.first + ' UTC');
  if (fact.last) add('last seen', fact.last + ' UTC');
  return list;
}

// The pairs of columns of a fact, values first.
function factPairs(edge, fact) {
  const rows = [];
  for (let i = 0; i < fact.pairs.length; i += 3) rows.push(fact.pairs.slice(i, i + 3));
  const weight = (kind) => isDirect(kind) ? 0 : 1;
  rows.sort((a, b) => weight(a[2]) - weight(b[2]));
  const body = html('tbody', {});
  for (const [source, target, kind] of rows) {
    if (!isDirect(kind) && !state.indirect) continue;
    const tag = html('span', {class: isDirect(kind) ? 'tag' : 'tag weak'}, subtypeOf(kind));
    const masked = isMasked(kind) ? html('span', {class: 'tag masked'}, 'masked') : null;
    body.append(html('tr', {}, html('td', {}, columnName(edge.source, source)),
        html('td', {class: 'to', 'aria-label': 'to'}, '\u2192'),
        html('td', {}, columnName(edge.target, target)),
        html('td', {}, tag, masked === null ? '' : masked)));
  }
  if (!body.children.length) return html('p', {class: 'muted'}, 'Only read: no value went over.');
  return html('table', {class: 'pairs'}, body);
}

// One way from source to target.
function factCard(edge, fact) {
  const title = fact.routine
    ? html('button', {type: 'button', class: 'link routine',
      onclick: () => select({type: 'routine', routine: fact.routine}, true)}, fact.routine)
    : html('span', {class: 'routine'}, fact.path[fact.path.length - 1] || 'statement at top level');
  const query = fact.query === undefined ? null : html('details', {}, html('summary', {}, 'Query'),
      html('pre', {}, data.queries[fact.query]));
  return html('article', {class: 'fact'}, html('h4', {}, title), factNumbers(fact),
      factPairs(edge, fact), query);
}

// An edge in a list: where to, and by whom.
function edgeItem(edge, table) {
  const writers = [...new Set(edge.facts.map((fact) => fact.routine || fact.operation))];
  return html('li', {}, html('button', {type: 'button', class: edge.direct ? 'row' : 'row weak',
    onclick: () => select({type: 'edge', edge: edge.index}, true)},
  html('b', {}, tables[table].name), html('small', {}, writers.join(', '))));
}

function edgeList(title, list, other) {
  const shown = list.filter(edgeShown);
  if (!shown.length) return null;
  return section(`${title} (${shown.length})`,
      html('ul', {class: 'list'}, ...shown.map((edge) => edgeItem(edge, edge[other]))));
}

function tablePanel(table) {
  const columns = tables[table].columns.map(([name, type], column) => html('li', {},
      html('button', {type: 'button', class: 'row',
        onclick: () => select({type: 'column', table, column}, true)},
      html('b', {}, name), html('small', {}, type))));
  const own = inner[table] && edgeShown(inner[table])
    ? section('Computed from itself', ...inner[table].facts.map((f) => factCard(inner[table], f)))
    : null;
  return [html('p', {class: 'eyebrow'}, tables[table].kind), html('h2', {}, tables[table].name),
    reachLine(walkTables(table, false).tables.size, walkTables(table, true).tables.size, 'table'),
    edgeList('Fed from', incoming[table], 'source'), edgeList('Feeds', outgoing[table], 'target'),
    own, columns.length ? section('Columns', html('ul', {class: 'list'}, ...columns)) : null];
}

const reachLine = (up, down, what) => html('p', {class: 'reach'},
    html('span', {class: 'up'}, `${many(up, what, what + 's')} upstream`),
    html('span', {class: 'down'}, `${many(down, what, what + 's')} downstream`));

// Every reached column with a button, by table.
function columnList(title, columns) {
  if (!columns.size) return null;
  // Tables are numbered in the order of their names.
  const items = [...columns].map((key) => key.split(':').map(Number))
      .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  return section(title, html('ul', {class: 'list'}, ...items.map(([table, column]) => html('li', {},
      html('button', {type: 'button', class: 'row', onclick: () => select(
          column === ROWS ? {type: 'table', table} : {type: 'column', table, column}, true)},
      html('b', {}, columnName(table, column)), html('small', {}, tables[table].name))))));
}

function columnPanel({table, column}) {
  const [name, type] = tables[table].columns[column];
  const up = walkColumns(table, column, false);
  const down = walkColumns(table, column, true);
  const written = new Set();
  for (const index of up.edges) {
    if (edges[index].target !== table) continue;
    for (const fact of edges[index].facts) {
      if (fact.pairs.some((value, i) => i % 3 === 1 && value === column)) {
        written.add(fact.routine || fact.operation);
      }
    }
  }
  return [html('p', {class: 'eyebrow'}, 'column of ', tableButton(table)), html('h2', {}, name),
    html('p', {class: 'muted'}, type), reachLine(up.columns.size, down.columns.size, 'column'),
    written.size ? section('Written by', html('ul', {class: 'plain'},
        ...[...written].sort().map((writer) => html('li', {}, writer)))) : null,
    columnList('Comes from', up.columns), columnList('Goes to', down.columns)];
}

function edgePanel(edge) {
  return [html('p', {class: 'eyebrow'}, edge.direct ? 'values flow' : 'decides, or is only read'),
    html('h2', {class: 'ends'}, tableButton(edge.source), ' \u2192 ', tableButton(edge.target)),
    ...edge.facts.map((fact) => factCard(edge, fact))];
}

function routinePanel(routine) {
  const list = [...routines.get(routine)].map((index) => edges[index]);
  return [html('p', {class: 'eyebrow'}, 'routine'), html('h2', {}, routine),
    section(`Writes (${many(list.length, 'edge', 'edges')})`, html('ul', {class: 'list'},
        ...list.map((edge) => html('li', {}, html('button', {type: 'button', class: 'row',
          onclick: () => select({type: 'edge', edge: edge.index}, true)},
        html('b', {}, tables[edge.target].name),
        html('small', {}, 'from ' + tables[edge.source].name))))))];
}

function overviewPanel() {
  const names = [...routines.keys()].sort();
  return [html('p', {class: 'eyebrow'}, 'overview'), html('h2', {}, 'Routines that move data'),
    names.length ? html('ul', {class: 'list'}, ...names.map((routine) => html('li', {},
        html('button', {type: 'button', class: 'row',
          onclick: () => select({type: 'routine', routine}, true)}, html('b', {}, routine),
        html('small', {}, many(routines.get(routine).size, 'edge', 'edges'))))))
      : html('p', {class: 'muted'}, 'None was seen.'),
    html('p', {class: 'hint'}, 'Select a table to see what feeds it and what it feeds; open it to ',
        'follow one column. Keys: / search, Enter select, Space columns, arrows along the flow, ',
        'Esc back, 0 fit, + and \u2212 zoom, x all columns.')];
}

// What the selection lights up: sets of numbers and keys, upstream and downstream apart.
function litBy(selected) {
  const none = () => ({tables: new Set(), edges: new Set(), columns: new Set(), pairs: new Set()});
  const lit = {up: none(), down: none(), on: none()};
  if (selected.type === 'table') {
    Object.assign(lit.up, walkTables(selected.table, false));
    Object.assign(lit.down, walkTables(selected.table, true));
    lit.on.tables.add(selected.table);
  } else if (selected.type === 'column') {
    Object.assign(lit.up, walkColumns(selected.table, selected.column, false));
    Object.assign(lit.down, walkColumns(selected.table, selected.column, true));
    lit.on.tables.add(selected.table);
    lit.on.columns.add(columnKey(selected.table, selected.column));
  } else {
    const list = selected.type === 'edge' ? [selected.edge] : routines.get(selected.routine);
    for (const index of list) {
      lit.on.edges.add(index);
      lit.up.tables.add(edges[index].source);
      lit.down.tables.add(edges[index].target);
    }
  }
  return lit;
}

// Puts the classes up, down, on and the dimming where they belong.
function light() {
  const selected = state.selected;
  const lit = selected === null ? null : litBy(selected);
  const mark = (element, kind, key) => {
    for (const side of ['up', 'down', 'on']) {
      element.classList.toggle(side, lit !== null && lit[side][kind].has(key));
    }
  };
  document.body.classList.toggle('selecting', lit !== null);
  document.body.classList.toggle('tracing', lit !== null && selected.type === 'column');
  nodeOf.forEach((node, table) => {
    mark(node, 'tables', table);
    node.querySelectorAll('.column').forEach((row) =>
      mark(row, 'columns', columnKey(table, Number(row.dataset.column))));
  });
  for (const map of [edgeOf, labelOf]) {
    map.forEach((element, index) => {
      mark(element, 'edges', index);
      element.classList.toggle('off', !edgeShown(edges[index]));
    });
  }
  for (const edge of edges) {
    for (const pair of edge.pairs) {
      const line = pairLines.get(pairKey(edge, pair));
      if (!line) continue;
      mark(line, 'pairs', pairKey(edge, pair));
      line.classList.toggle('off', !pairShown(pair));
    }
  }
}

// What the panel says about the selection.
function describe() {
  const selected = state.selected;
  if (selected === null) return overviewPanel();
  if (selected.type === 'table') return tablePanel(selected.table);
  if (selected.type === 'column') return columnPanel(selected);
  if (selected.type === 'edge') return edgePanel(edges[selected.edge]);
  return routinePanel(selected.routine);
}

function refresh() {
  if (graph) light();
  const close = state.selected === null ? null : html('button', {type: 'button', class: 'close',
    'aria-label': 'Clear the selection', onclick: () => select(null)}, '\u00d7');
  panel.replaceChildren(...[close, ...describe()].filter((part) => part !== null));
  panel.scrollTop = 0;
}

const MAX_TRACED = 60;  // tables opened by one click on a column

// Selects, lights up and describes; with `show` moves it into sight.
function select(selected, show) {
  state.selected = selected;
  if (selected !== null && selected.type === 'column') {
    const reached = [false, true].flatMap((forward) =>
      [...walkColumns(selected.table, selected.column, forward).tables]);
    expand([selected.table, ...reached].slice(0, MAX_TRACED), true);
  }
  refresh();
  if (selected === null) {
    live.textContent = 'Selection cleared';
    return;
  }
  live.textContent = panel.querySelector('h2').textContent + ' ' +
    (panel.querySelector('.reach')?.textContent || '');
  if (!show) return;
  if (selected.table !== undefined) reveal(selected.table);
  else if (selected.edge !== undefined) reveal(edges[selected.edge].target);
  else reveal(edges[[...routines.get(selected.routine)][0]].target);
}
)js";

}  // namespace shipper::report
