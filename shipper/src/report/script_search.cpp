// The page's script, last part: search, pointer, keyboard, start.
#include "report/page.h"

namespace shipper::report {

const char kScriptSearch[] = R"js(
const search = document.getElementById('search');
const results = document.getElementById('results');
const MAX_RESULTS = 40;
let choices = [];
let chosen = -1;

// Everything that has a name.
const names = [];
tables.forEach((entry, table) => {
  names.push({text: entry.name, what: entry.kind, target: {type: 'table', table}});
  entry.columns.forEach(([name], column) => names.push(
      {text: name, what: 'column of ' + entry.name, target: {type: 'column', table, column}}));
});
for (const routine of routines.keys()) {
  names.push({text: routine, what: 'routine', target: {type: 'routine', routine}});
}

// Matches, those that begin with the words first, short before long.
function find(words) {
  const wanted = words.trim().toLowerCase();
  if (!wanted) return [];
  const rank = (name) => {
    const at = name.text.toLowerCase().indexOf(wanted);
    if (at < 0) return -1;
    return (at === 0 || /[^a-z0-9]/i.test(name.text[at - 1]) ? 0 : 1000) + name.text.length;
  };
  return names.map((name) => ({...name, rank: rank(name)})).filter((name) => name.rank >= 0)
      .sort((a, b) => a.rank - b.rank);
}

function showResults() {
  const found = find(search.value);
  choices = found.slice(0, MAX_RESULTS);
  chosen = choices.length ? 0 : -1;
  const items = choices.map((choice, i) => {
    const item = html('li', {role: 'option', id: 'result-' + i}, html('b', {}, choice.text),
        html('small', {}, choice.what));
    item.addEventListener('pointerdown', (event) => {
      event.preventDefault();
      choose(i);
    });
    return item;
  });
  if (search.value.trim() && !found.length) {
    items.push(html('li', {class: 'none'}, 'Nothing has this in its name'));
  } else if (found.length > choices.length) {
    items.push(html('li', {class: 'none'}, `and ${number(found.length - choices.length)} more`));
  }
  results.replaceChildren(...items);
  results.hidden = !items.length;
  search.setAttribute('aria-expanded', String(items.length > 0));
  if (search.value.trim()) live.textContent = many(found.length, 'match', 'matches');
  markChosen();
}

function markChosen() {
  [...results.children].forEach((item, i) => item.setAttribute('aria-selected', i === chosen));
  if (chosen < 0) search.removeAttribute('aria-activedescendant');
  else search.setAttribute('aria-activedescendant', 'result-' + chosen);
  results.children[chosen]?.scrollIntoView({block: 'nearest'});
}

function hideResults() {
  results.hidden = true;
  search.setAttribute('aria-expanded', 'false');
}

function choose(i) {
  if (i < 0) return;
  hideResults();
  select(choices[i].target, true);
}

function searchKey(event) {
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    const step = event.key === 'ArrowDown' ? 1 : -1;
    if (choices.length) chosen = (chosen + step + choices.length) % choices.length;
    markChosen();
  } else if (event.key === 'Enter') {
    choose(chosen);
  } else if (event.key === 'Escape') {
    if (results.hidden) search.blur();
    hideResults();
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}

// The table in the direction of an arrow key: along the edges, or next in the same column.
function neighbour(table, key) {
  const middle = (t) => tables[t].box[1] + tables[t].box[3] / 2;
  const from = middle(table);
  const left = tables[table].box[0];
  let list;
  if (key === 'ArrowLeft') {
    list = incoming[table].filter(edgeShown).map((edge) => edge.source);
  } else if (key === 'ArrowRight') {
    list = outgoing[table].filter(edgeShown).map((edge) => edge.target);
  } else {
    const right = left + tables[table].box[2];
    list = tables.map((_, t) => t).filter((t) => t !== table && tables[t].box[0] < right &&
      tables[t].box[0] + tables[t].box[2] > left &&
      (key === 'ArrowDown' ? middle(t) > from : middle(t) < from));
  }
  list.sort((a, b) => Math.abs(middle(a) - from) - Math.abs(middle(b) - from));
  return list[0];
}

function goTo(table) {
  nodeOf.get(table).querySelector('.head').focus({preventScroll: true});
  reveal(table);
}

// Keys on a table's box or on one of its columns.
function nodeKey(event, node) {
  const table = Number(node.dataset.table);
  const row = event.target.closest('.column');
  const press = event.key === 'Enter' || event.key === ' ';
  if (row && press) {
    select({type: 'column', table, column: Number(row.dataset.column)});
  } else if (row && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
    const next = event.key === 'ArrowDown' ? row.nextElementSibling : row.previousElementSibling;
    (next || node.querySelector('.head')).focus();
  } else if (event.key === 'Enter') {
    select({type: 'table', table});
  } else if (event.key === ' ') {
    toggle(table);
  } else if (event.key.startsWith('Arrow')) {
    if (event.key === 'ArrowDown' && state.expanded.has(table) && !row) {
      node.querySelector('.column').focus();
    } else {
      const next = neighbour(table, event.key);
      if (next !== undefined) goTo(next);
    }
  } else {
    return false;
  }
  return true;
}

// Opens or closes one table and keeps what is lit.
function toggle(table) {
  expand([table], !state.expanded.has(table));
  light();
}

const allTables = tables.map((_, table) => table);
function toggleAll() {
  expand(allTables, state.expanded.size === 0);
  light();
}

function pageKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target === search) return;
  const node = event.target.closest('.node');
  if (node && nodeKey(event, node)) {
    event.preventDefault();
    return;
  }
  if (event.target.closest('input, button, summary') && event.key !== 'Escape') return;
  const actions = {'/': () => search.focus(), Escape: () => select(null), '0': () => fit(),
    '+': () => zoom(1.25), '-': () => zoom(0.8), x: toggleAll};
  if (!actions[event.key]) return;
  actions[event.key]();
  event.preventDefault();
}

function click(event) {
  const node = event.target.closest('.node');
  const edge = event.target.closest('.edge, .label');
  if (node) {
    const table = Number(node.dataset.table);
    const row = event.target.closest('.column');
    if (event.target.closest('.expander')) toggle(table);
    else if (row) select({type: 'column', table, column: Number(row.dataset.column)});
    else select({type: 'table', table});
  } else if (edge) {
    select({type: 'edge', edge: Number(edge.dataset.edge)});
  } else {
    select(null);
  }
}

// Dragging moves the graph; a press without a move is a click.
function startPointer() {
  let drag = null;
  let moves = false;
  graph.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    const at = [event.clientX, event.clientY];
    drag = {x: at[0] - view.x, y: at[1] - view.y, at};
    moves = false;
  });
  window.addEventListener('pointermove', (event) => {
    if (!drag) return;
    const far = Math.hypot(event.clientX - drag.at[0], event.clientY - drag.at[1]) > 4;
    moves = moves || far;
    if (!moves) return;
    graph.classList.add('dragging');
    view.x = event.clientX - drag.x;
    view.y = event.clientY - drag.y;
    applyView();
  });
  window.addEventListener('pointerup', () => {
    drag = null;
    graph.classList.remove('dragging');
  });
  graph.addEventListener('click', (event) => {
    if (!moves) click(event);
    moves = false;
  });
  graph.addEventListener('dblclick', (event) => {
    const node = event.target.closest('.head')?.closest('.node');
    if (node) toggle(Number(node.dataset.table));
  });
  const pointAt = (show) => (event) => {
    const element = event.target.closest('.edge');
    if (element) labelOf.get(Number(element.dataset.edge)).classList.toggle('near', show);
  };
  graph.addEventListener('pointerover', pointAt(true));
  graph.addEventListener('pointerout', pointAt(false));
  canvas.addEventListener('wheel', (event) => {
    event.preventDefault();
    const box = canvas.getBoundingClientRect();
    zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), event.clientX - box.left,
        event.clientY - box.top);
  }, {passive: false});
}

function startTools() {
  const on = (id, action) => document.getElementById(id).addEventListener('click', action);
  on('zoom-in', () => zoom(1.25));
  on('zoom-out', () => zoom(0.8));
  on('fit', () => fit());
  on('expand', toggleAll);
  document.getElementById('indirect').addEventListener('change', (event) => {
    state.indirect = event.target.checked;
    document.body.classList.toggle('direct-only', !state.indirect);
    refresh();
  });
  document.addEventListener('keydown', pageKey);
}

document.getElementById('theme').addEventListener('click', () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === 'dark'
    : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
});
search.addEventListener('input', showResults);
search.addEventListener('focus', () => search.value && showResults());
search.addEventListener('blur', hideResults);
search.addEventListener('keydown', searchKey);
if (graph) {
  graph.removeAttribute('viewBox');
  startPointer();
  startTools();
  fit(0.55);
  document.documentElement.classList.add('ready');
}
refresh();
)js";

}  // namespace shipper::report
