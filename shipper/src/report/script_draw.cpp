// The page's script, second part: positions, expanded columns, zoom.
#include "report/page.h"

namespace shipper::report {

const char kScriptDraw[] = R"js(
const HEADER = 46;
const ROW = 20;
const FOOT = 8;
const canvas = document.getElementById('canvas');
const graph = document.getElementById('graph');
const viewport = document.getElementById('viewport');
const view = {x: 0, y: 0, scale: 1};

// Elements of tables, edges and labels by number.
const nodeOf = new Map();
const edgeOf = new Map();
const labelOf = new Map();
const pairLines = new Map();  // pairKey -> path, of expanded tables
const collect = (selector, map, key) => document.querySelectorAll(selector).forEach(
    (element) => map.set(Number(element.dataset[key]), element));
collect('#nodes > .node', nodeOf, 'table');
collect('#edges > .edge', edgeOf, 'edge');
collect('#labels > .label', labelOf, 'edge');

// An SVG element; text only ever becomes text.
function svg(name, attributes, text) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

const growth = (table) =>
  state.expanded.has(table) ? tables[table].columns.length * ROW + FOOT : 0;

// Room for expanded tables: each moves down what begins below it, and no further than needed.
let cuts = [];
function computeCuts() {
  cuts = [];
  const open = [...state.expanded].sort((a, b) => tables[a].box[1] - tables[b].box[1]);
  for (const table of open) {
    const [, y, , height] = tables[table].box;
    cuts.push({at: y + height, by: shift(y) + growth(table)});
  }
}
function shift(y) {
  let by = 0;
  for (const cut of cuts) if (cut.at <= y + 0.5 && cut.by > by) by = cut.by;
  return by;
}
const moved = (y) => y + shift(y);

// Where the line of a column meets its table: the row, or the caption where it is collapsed.
function anchorY(table, column) {
  const top = moved(tables[table].box[1]);
  if (!state.expanded.has(table) || column === ROWS) return top + HEADER / 2;
  return top + HEADER + column * ROW + ROW / 2;
}

const pathOf = (points) => points.map(([x, y], i) =>
  (i === 0 ? 'M' : i % 3 === 1 ? 'C' : ' ') + x.toFixed(1) + ',' + y.toFixed(1)).join('');

// The points of an edge after all moves.
function pointsOf(edge) {
  const points = [];
  for (let i = 0; i < edge.points.length; i += 2) {
    points.push([edge.points[i], moved(edge.points[i + 1])]);
  }
  return points;
}

// Bends the start of a curve to a side of its table at a height. Pieces that end close to the table
// are joined into one, there would be no room to turn.
function bend(points, table, y, other) {
  const [x, , width] = tables[table].box;
  const [start] = points[0];
  const inside = start > x + 2 && start < x + width - 2;
  const right = inside ? tables[other].box[0] > x : start > x + width / 2;
  const side = right ? x + width : x;
  while (points.length > 4 && Math.abs(points[3][0] - side) < 90) points.splice(1, 3);
  const reach = Math.max(44, Math.abs(points[3][0] - side) / 2);
  points.splice(0, 2, [side, y], [side + (right ? reach : -reach), y]);
}

// The line between two columns follows the line between their tables.
function pairPath(edge, pair) {
  const points = pointsOf(edge);
  bend(points, edge.source, anchorY(edge.source, pair.source), edge.target);
  points.reverse();
  bend(points, edge.target, anchorY(edge.target, pair.target), edge.source);
  return pathOf(points.reverse());
}

// Draws the column lines of an edge when one of its tables shows its columns.
function drawPairs(edge, element) {
  const open = state.expanded.has(edge.source) || state.expanded.has(edge.target);
  element.querySelectorAll('.pair').forEach((path) => path.remove());
  for (const pair of edge.pairs) pairLines.delete(pairKey(edge, pair));
  element.classList.toggle('open', open && edge.pairs.length > 0);
  if (!open) return;
  for (const pair of edge.pairs) {
    const path = svg('path', {class: pair.direct ? 'pair' : 'pair weak', d: pairPath(edge, pair)});
    pairLines.set(pairKey(edge, pair), path);
    element.append(path);
  }
}

// Adds the rows of a table's columns, or takes them away.
function drawColumns(table) {
  const node = nodeOf.get(table);
  const open = state.expanded.has(table);
  const [, , width, height] = tables[table].box;
  node.querySelector('.columns')?.remove();
  node.classList.toggle('expanded', open);
  node.querySelector('.body').setAttribute('height', height + growth(table));
  const stretch = (height + growth(table)) / height;
  node.querySelector('.stripe').setAttribute('transform', `scale(1,${stretch})`);
  node.querySelector('.head').setAttribute('aria-expanded', open);
  const mark = node.querySelector('.mark');
  if (mark) mark.textContent = open ? '\u25be' : '\u25b8';
  if (!open) return;
  const rows = svg('g', {class: 'columns', transform: `translate(0,${HEADER})`});
  tables[table].columns.forEach(([name, type], i) => {
    const row = svg('g', {class: 'column', 'data-column': i, tabindex: 0, role: 'button',
      transform: `translate(0,${i * ROW})`, 'aria-label': `column ${name} ${type}`});
    row.append(svg('title', {}, type ? `${name} ${type}` : name),
        svg('rect', {x: 7, width: width - 8, height: ROW, rx: 3}),
        svg('text', {x: 18, y: 14}, name.length > 36 ? name.slice(0, 35) + '\u2026' : name));
    rows.append(row);
  });
  node.append(rows);
}

// Brings every position up to date.
function redraw() {
  computeCuts();
  for (const [table, node] of nodeOf) {
    const [x, y] = tables[table].box;
    node.setAttribute('transform', `translate(${x},${moved(y)})`);
  }
  for (const [index, element] of edgeOf) {
    const edge = edges[index];
    const path = pathOf(pointsOf(edge));
    element.querySelector('.hit').setAttribute('d', path);
    element.querySelector('.line').setAttribute('d', path);
    drawPairs(edge, element);
  }
  for (const [index, label] of labelOf) {
    const [x, y] = edges[index].label;
    label.setAttribute('transform', `translate(${x},${moved(y)})`);
  }
}

// Shows or hides the columns of tables.
function expand(list, open) {
  for (const table of list) {
    if (!tables[table].columns.length || state.expanded.has(table) === open) continue;
    if (open) state.expanded.add(table);
    else state.expanded.delete(table);
    drawColumns(table);
  }
  redraw();
}

function applyView() {
  viewport.setAttribute('transform', `translate(${view.x},${view.y}) scale(${view.scale})`);
}

// Zooms by a factor around a point of the window, the middle where none is given.
function zoom(factor, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) {
  const scale = Math.min(3, Math.max(0.03, view.scale * factor));
  view.x = x - (x - view.x) * scale / view.scale;
  view.y = y - (y - view.y) * scale / view.scale;
  view.scale = scale;
  applyView();
}

const totalHeight = () => data.height + Math.max(0, ...cuts.map((cut) => cut.by));

// The whole graph in the window; never larger than life, never smaller than `smallest`.
function fit(smallest = 0.03) {
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  view.scale = Math.max(smallest, Math.min(1, width / data.width, height / totalHeight()));
  const room = (size, used) => Math.max(0, (size - used * view.scale) / 2);
  view.x = room(width, data.width);
  view.y = room(height, totalHeight());
  applyView();
}

// Moves a table into the middle when it is not well in sight.
function reveal(table) {
  const [x, y, width, height] = tables[table].box;
  if (view.scale < 0.5) view.scale = 0.85;
  const left = view.x + x * view.scale;
  const top = view.y + moved(y) * view.scale;
  const margin = 40;
  const inSight = left > margin && top > margin &&
    left + width * view.scale < canvas.clientWidth - margin &&
    top + (height + growth(table)) * view.scale < canvas.clientHeight - margin;
  if (!inSight) {
    view.x = canvas.clientWidth / 2 - (x + width / 2) * view.scale;
    view.y = canvas.clientHeight / 2 - (moved(y) + height / 2 + growth(table) / 2) * view.scale;
  }
  applyView();
}
)js";

}  // namespace shipper::report
