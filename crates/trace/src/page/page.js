'use strict';
// A page about traces. The spans are arrays of numbers, one for each field, in the order of the rows: parents before
// their children. Text of others is only ever set as text, never as HTML.
(() => {
const $ = id => document.getElementById(id);

/** Makes an element: properties, then children, which are elements or texts. */
function make(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(properties || {})) {
    if (key === 'class') element.className = value;
    else if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) element.setAttribute(key, value);
  }
  element.append(...children.filter(child => child !== undefined && child !== ''));
  return element;
}

/** Text as it is shown: what controls a terminal or changes the direction of text is escaped. */
const shown = text => String(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
  c => '\\u{' + c.codePointAt(0).toString(16) + '}');
const line = text => shown(text).replace(/[\n\t]/g, ' ');

function duration(ns) {
  if (ns <= 0) return '0';
  if (ns >= 60e9) {
    const s = Math.floor(ns / 1e9);
    return s < 3600 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`;
  }
  const [value, unit] = ns < 1e3 ? [ns, 'ns'] : ns < 999.5e3 ? [ns / 1e3, 'µs'] : ns < 999.5e6 ? [ns / 1e6, 'ms'] : [ns / 1e9, 's'];
  const digits = unit === 'ns' || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${Number(value.toFixed(digits))} ${unit}`;
}

function parseDuration(text) {
  const found = /^([0-9.]+)\s*(ns|us|µs|ms|s|min)$/.exec(text);
  return found ? Number(found[1]) * { ns: 1, us: 1e3, 'µs': 1e3, ms: 1e6, s: 1e9, min: 60e9 }[found[2]] : NaN;
}

const count = (n, one, many = one + 's') => `${n.toLocaleString('en')} ${n === 1 ? one : many}`;

/** Decodes a part of the data: base64 of gzip of JSON. */
async function decode(text) {
  const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return JSON.parse(await new Response(stream).text());
}

// ---- what there is ----------------------------------------------------------------------------------------------

let D; // the data
let parts; // details of spans, as texts, and decoded
const PART = 512;
const details = new Map();
let trace; // the index of the trace that is looked at
let first, end; // its rows
let tab = 'Waterfall';
let rows = []; // the rows that are not folded away
const folded = new Set();
let selected = -1;
let window0, window1; // the time that is looked at
let filter = null; // a function of a row, or null
let matches = [];
let isMatch = new Set();

const text = index => D.strings[index];
const name = row => text(D.name[row]);
const service = row => text(D.service[row]);
const isError = row => D.status[row] === 2;
const finish = row => D.start[row] + D.duration[row];
/** The row after the last one below this one. */
const after = row => D.after[row];

async function detail(row) {
  const part = Math.floor(row / PART);
  if (!details.has(part)) details.set(part, decode(parts[part]));
  return (await details.get(part))[row % PART];
}

// Colours that people who see fewer colours tell apart; red is for errors alone.
const COLORS = ['#4a80b8', '#ccbb44', '#228833', '#bb4488', '#55bbdd', '#997700', '#88aa99', '#7766cc', '#bb7755', '#667a8c'];
const color = row => COLORS[D.color[D.service[row]] % COLORS.length];

// ---- start -----------------------------------------------------------------------------------------------------

async function start() {
  const data = JSON.parse($('data').textContent);
  parts = data.details;
  D = await decode(data.spans);
  D.color = {};
  for (const index of D.service) if (!(index in D.color)) D.color[index] = Object.keys(D.color).length;
  D.children = new Uint8Array(D.name.length);
  for (const parent of D.parent) if (parent >= 0) D.children[parent] = 1;
  let wanted = -1;
  const asked = /^#span=([0-9a-f]{16})$/.exec(location.hash);
  if (asked) wanted = D.id.indexOf(asked[1]);
  let at = wanted >= 0 ? D.traces.findIndex(t => wanted >= t.first && wanted < t.end) : -1;
  if (at < 0) at = D.traces.findIndex(t => t.errors > 0);
  if (at < 0 && D.why.length > 0) at = D.traces.findIndex(t => D.why[0][0] >= t.first && D.why[0][0] < t.end);
  theme(null);
  choose(at < 0 ? 0 : at);
  if (wanted >= 0) select(wanted, true);
  else if (D.traces[trace].errors > 0) select(errorsOf()[0].row, false);
  else if (D.why.length > 0) select(D.why[0][0], false);
  listWhy();
  document.documentElement.dataset.ready = 'yes';
}

/** Looks at a trace. */
function choose(index) {
  trace = index;
  ({ first, end } = D.traces[trace]);
  [window0, window1] = whole();
  selected = -1;
  $('panel').hidden = true;
  summary();
  listErrors();
  tabs();
  refilter();
}

function whole() {
  const t = D.traces[trace];
  return [t.start, Math.max(t.start + t.duration, t.start + 1)];
}

function summary() {
  const t = D.traces[trace];
  const fact = (value, word, style) => make('span', { class: 'fact ' + (style || '') }, make('b', {}, value), word ? ' ' + word : '');
  const began = new Date(Number(BigInt(D.origin) / 1000000n) + t.start / 1e6);
  const when = isNaN(began) || began.getTime() <= 0 ? '' : began.toISOString().replace('T', ' ').replace('Z', ' UTC');
  $('summary').replaceChildren(
    make('h1', { title: t.spans ? line(name(t.root)) : '' }, line(t.spans ? name(t.root) : 'No spans')),
    fact(duration(t.duration), ''),
    fact(t.spans.toLocaleString('en'), t.spans === 1 ? 'span' : 'spans'),
    t.errors ? fact(t.errors.toLocaleString('en'), 'failed', 'bad') : fact('0', 'failed'),
    D.traces.length > 1 ? fact(D.traces.filter(it => it.errors > 0).length.toLocaleString('en'), `of ${D.traces.length.toLocaleString('en')} traces failed`) : '',
    make('span', { class: 'fact' }, when),
    make('span', { class: 'fact mono', title: 'The id of the trace' }, t.id),
    D.note ? make('span', { class: 'fact' }, D.note) : '',
  );
}

// ---- errors ----------------------------------------------------------------------------------------------------

/** The errors that no other one below them explains, equal ones together. */
function errorsOf() {
  const explained = new Set();
  for (let row = first; row < end; row++) if (isError(row) && D.parent[row] >= 0) explained.add(D.parent[row]);
  const groups = new Map();
  for (let row = first; row < end; row++) {
    if (!isError(row) || explained.has(row)) continue;
    const key = D.name[row] + ' ' + D.message[row];
    const group = groups.get(key);
    if (group) group.times++;
    else groups.set(key, { row, times: 1 });
  }
  return [...groups.values()];
}

function listErrors() {
  const list = errorsOf();
  $('errors').classList.toggle('some', list.length > 0);
  $('errors').replaceChildren(...list.slice(0, 50).map(({ row, times }) => make('button', { onclick: () => { show('Waterfall'); select(row, true); } },
    make('span', { class: 'where' }, '✕ ' + line(name(row))),
    make('span', { class: 'what', title: line(text(D.message[row])) }, line(text(D.message[row])) || 'no message'),
    times > 1 ? make('span', { class: 'times' }, `${times} times`) : '')));
}

/** Why these traces were slow: what took the most time first. */
function listWhy() {
  $('why').classList.toggle('some', D.why.length > 0);
  $('why').replaceChildren(...D.why.map(([row, message]) => make('button', { title: message, onclick: () => { show('Waterfall'); select(row, true); } },
    make('span', { class: 'what' }, '◷ ' + line(message)))));
}

// ---- tabs ------------------------------------------------------------------------------------------------------

function tabs() {
  const all = ['Waterfall', 'Names', 'Flame'];
  if (nodes().length > 1) all.push('Graph');
  if (D.traces.length > 1) all.push('Traces');
  if (!all.includes(tab)) tab = 'Waterfall';
  $('tabs').replaceChildren(...all.map((it, index) => make('button', {
    role: 'tab', 'aria-selected': String(it === tab), title: `${it} (${index + 1})`, onclick: () => show(it),
  }, it === 'Traces' ? `Traces (${D.traces.length.toLocaleString('en')})` : it)));
}

function show(which) {
  if (which === tab && $('view').childElementCount) return;
  tab = which;
  tabs();
  draw();
}

function draw() {
  ({ Waterfall: drawWaterfall, Names: drawNames, Flame: drawFlame, Graph: drawGraph, Traces: drawTraces })[tab]();
}

// ---- filter ----------------------------------------------------------------------------------------------------

/** Reads a filter: words, all of which apply. Texts in quotes may have spaces. */
function parseFilter(input) {
  const words = input.match(/(?:[^\s"]+|"(?:\\.|[^"\\])*(?:"|$))+/g) || [];
  return words.map(word => {
    const plain = word.replace(/\\(.)|"/g, '$1').toLowerCase();
    if (plain === 'error' || plain === 'status:error') return { test: isError };
    const limit = /^[<>]/.test(plain) ? parseDuration(plain.slice(1)) : NaN;
    if (/^[<>][0-9]/.test(plain) && isNaN(limit)) return { hint: `expected a duration, such as ${plain[0]}10ms` };
    if (!isNaN(limit)) return { test: plain[0] === '>' ? row => D.duration[row] > limit : row => D.duration[row] < limit };
    const [, key, value] = /^(service|name):(.*)$/.exec(plain) || [];
    if (key) {
      const field = key === 'name' ? name : service;
      // A name in quotes is the whole name.
      return word.includes('"') ? { test: row => field(row).toLowerCase() === value } : { test: row => field(row).toLowerCase().includes(value) };
    }
    const [, attribute, wanted] = /^([^=]+)=(.*)$/.exec(plain) || [];
    if (attribute) return { deep: d => d.a.some(([k, v]) => k.toLowerCase() === attribute && String(v).toLowerCase().includes(wanted)) };
    return {
      test: row => [name(row), service(row), text(D.message[row]), D.id[row]].some(it => it.toLowerCase().includes(plain)),
      deep: d => d.a.some(([k, v]) => k.toLowerCase().includes(plain) || String(v).toLowerCase().includes(plain)),
      either: true,
    };
  });
}

let filterings = 0;
async function refilter() {
  const turn = ++filterings;
  const input = $('filter').value.trim();
  const words = parseFilter(input);
  const hint = (words.find(word => word.hint) || {}).hint;
  filter = words.length && !hint ? words : null;
  const found = [];
  if (filter) {
    if (words.some(word => word.deep)) {
      $('found').textContent = 'searching…';
      const from = Math.floor(first / PART), to = Math.ceil(end / PART);
      for (let part = from; part < to; part++) await detail(part * PART);
      if (turn !== filterings) return;
    }
    for (let row = first; row < end; row++) {
      let matching = true;
      for (const word of words) {
        if (word.either ? word.test(row) : word.test && word.test(row)) continue;
        if (word.deep && word.deep((await details.get(Math.floor(row / PART)))[row % PART])) continue;
        matching = false;
        break;
      }
      if (matching) found.push(row);
    }
    if (turn !== filterings) return;
  }
  matches = found;
  isMatch = new Set(found);
  $('found').textContent = hint || (filter ? count(found.length, 'match', 'matches') : '');
  layout();
  draw();
}

/** Lists the rows that are not folded, and with `only matches`, those that match and what is above them. */
function layout() {
  rows = [];
  let kept = null;
  if (filter && $('only').checked) {
    kept = new Set();
    for (let row of matches) while (row >= 0 && !kept.has(row)) { kept.add(row); row = D.parent[row]; }
  }
  for (let row = first; row < end;) {
    if (!kept || kept.has(row)) rows.push(row);
    row = folded.has(row) ? after(row) : row + 1;
  }
}

// ---- waterfall --------------------------------------------------------------------------------------------------

const HEIGHT = 24;
/** The most rows on paper. */
const PRINTED = 400;
let pool = [];

function drawWaterfall() {
  const map = make('canvas', { id: 'map', title: 'Drag to zoom; double-click for all' });
  const services = [...new Set(D.service.slice(first, end))];
  const legend = services.slice(0, services.length > 10 ? 9 : 10).map(index => {
    const dot = make('span', { class: 'dot' });
    dot.style.background = COLORS[D.color[index] % COLORS.length];
    return make('span', {}, dot, line(text(index)) || 'unknown service');
  });
  if (services.length > 10) legend.push(make('span', { title: services.slice(9).map(index => line(text(index))).join(', ') }, `+ ${services.length - 9} more`));
  legend.push(make('span', { title: 'What determines how long the trace took' }, make('span', { class: 'path' }), 'critical path'));
  if (Object.keys(D.events).length) legend.push(make('span', {}, make('span', { class: 'event' }), 'event'));
  const scroll = make('div', { id: 'scroll', tabindex: '0', role: 'tree', 'aria-label': 'Spans' });
  $('view').replaceChildren(
    make('div', { class: 'time' }, make('div', { class: 'labels legend' }, ...legend), make('div', { class: 'chart' }, map, make('div', { class: 'axis', id: 'axis' }))),
    make('div', { class: 'rows' }, make('div', { class: 'grid', id: 'grid' }), scroll));
  scroll.append(make('div', { id: 'space' }));
  pool = [];
  scroll.addEventListener('scroll', () => requestAnimationFrame(drawRows));
  mapEvents(map);
  redraw();
}

function redraw() {
  if (tab !== 'Waterfall') return;
  const space = $('space');
  // Browsers limit the height of an element to some 16 million pixels.
  const printed = document.documentElement.dataset.printing ? Math.min(rows.length, PRINTED) : rows.length;
  space.style.height = Math.min(printed * HEIGHT, 15e6) + 'px';
  space.replaceChildren(printed < rows.length ? make('p', { class: 'hint rest' }, `The first ${PRINTED} of ${count(rows.length, 'row')}; the others are left out on paper.`)
    : rows.length ? '' : make('p', { class: 'hint none' }, 'No span matches the filter.'));
  const scroll = $('scroll');
  $('view').style.setProperty('--bar', scroll.offsetWidth - scroll.clientWidth + 'px');
  drawAxis();
  drawMap();
  drawRows();
}

/** A step of the axis of which about `most` fit: 1, 2 or 5 times a power of ten. */
function roundStep(length, most) {
  const least = length / most, power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map(factor => factor * power).find(step => step >= least);
}

function drawAxis() {
  const axis = $('axis'), length = window1 - window0, origin = D.traces[trace].start;
  const step = roundStep(length, Math.max(2, axis.clientWidth / 90));
  const labels = [];
  for (let t = Math.ceil((window0 - origin) / step) * step; t <= window1 - origin; t += step) {
    const percent = (t + origin - window0) / length * 100;
    if (percent > 96) break;
    const label = make('span', {}, duration(t));
    label.style.left = percent + '%';
    labels.push(label);
  }
  axis.replaceChildren(...labels);
  $('grid').replaceChildren(...labels.map(label => {
    const mark = make('span', {});
    mark.style.left = label.style.left;
    return mark;
  }));
}

function css(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }

/** A canvas in the pixels of the screen. */
function canvas(element, height) {
  const ratio = window.devicePixelRatio || 1, width = element.clientWidth;
  element.width = Math.max(1, width * ratio);
  element.height = height * ratio;
  element.style.height = height + 'px';
  const g = element.getContext('2d');
  g.scale(ratio, ratio);
  return [g, width];
}

function drawMap() {
  const map = $('map');
  const [g, width] = canvas(map, 46);
  const [from, to] = whole(), scale = width / (to - from), many = end - first;
  const height = Math.max(1, Math.min(4, 42 / many));
  // Of many spans, as many as there are pixels in a column suffice.
  const step = Math.max(1, Math.floor(many / 20000));
  for (const pass of [0, 2]) {
    for (let row = first; row < end; row += pass ? 1 : step) {
      if (pass && !isError(row)) continue;
      g.fillStyle = pass ? css('--bad') : color(row);
      g.fillRect((D.start[row] - from) * scale, 2 + (row - first) / many * 42, Math.max(1, D.duration[row] * scale), pass ? Math.max(2, height) : height);
    }
  }
  if (window0 > from || window1 < to) {
    g.fillStyle = css('--dim');
    g.globalAlpha = .28;
    g.fillRect(0, 0, (window0 - from) * scale, 46);
    g.fillRect((window1 - from) * scale, 0, width, 46);
  }
}

function look(from, to) {
  const [start, finish] = whole();
  const least = Math.max(10, (finish - start) / 1e6);
  if (to - from < least) to = from + least;
  const length = Math.min(to - from, finish - start);
  window0 = Math.min(Math.max(from, start), finish - length);
  window1 = window0 + length;
  redraw();
}

function zoom(factor, center) {
  center = center === undefined ? (window0 + window1) / 2 : center;
  look(center - (center - window0) * factor, center + (window1 - center) * factor);
}

function mapEvents(map) {
  let from = null;
  const time = event => {
    const box = map.getBoundingClientRect(), [start, finish] = whole();
    return start + Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * (finish - start);
  };
  map.addEventListener('pointerdown', event => { from = time(event); map.setPointerCapture(event.pointerId); });
  map.addEventListener('pointermove', event => {
    if (from !== null && Math.abs(time(event) - from) > (whole()[1] - whole()[0]) / 200) look(Math.min(from, time(event)), Math.max(from, time(event)));
  });
  map.addEventListener('pointerup', () => { from = null; });
  map.addEventListener('dblclick', () => look(...whole()));
}

/** Where the rows begin, in rows: the scroll bar of a very long list is finer than a row. */
function top0() {
  const scroll = $('scroll'), all = rows.length * HEIGHT, height = scroll.clientHeight;
  if (all <= 15e6) return scroll.scrollTop / HEIGHT;
  return scroll.scrollTop / (15e6 - height) * (all - height) / HEIGHT;
}

function drawRows() {
  const scroll = $('scroll');
  if (!scroll || tab !== 'Waterfall') return;
  const printing = document.documentElement.dataset.printing;
  const begin = printing ? 0 : Math.floor(top0());
  const fit = printing ? Math.min(rows.length, PRINTED) : Math.ceil(scroll.clientHeight / HEIGHT) + 1;
  const offset = printing ? 0 : scroll.scrollTop - (top0() - begin) * HEIGHT;
  while (pool.length < fit) {
    const row = emptyRow();
    pool.push(row);
    scroll.append(row.element);
  }
  pool.forEach((it, index) => {
    const row = index < fit ? rows[begin + index] : undefined;
    it.element.hidden = row === undefined;
    it.element.style.display = row === undefined ? 'none' : '';
    if (row === undefined) return;
    it.element.style.transform = `translateY(${offset + index * HEIGHT}px)`;
    fillRow(it, row);
  });
  activate();
}

/** Tells readers of the screen which row is selected. */
function activate() {
  if (selected >= 0 && document.getElementById('row-' + selected)) $('scroll').setAttribute('aria-activedescendant', 'row-' + selected);
  else $('scroll').removeAttribute('aria-activedescendant');
}

function emptyRow() {
  const it = { row: -1 };
  it.fold = make('span', { class: 'fold', onclick: event => { event.stopPropagation(); toggle(it.row); } });
  it.dot = make('span', { class: 'dot' });
  it.name = make('span', { class: 'name' });
  it.beside = make('span', { class: 'beside' });
  it.labels = make('div', { class: 'labels' }, it.fold, it.dot, it.name, it.beside);
  it.bar = make('div', { class: 'bar' });
  it.took = make('div', { class: 'took' });
  it.more = make('div', {});
  it.chart = make('div', { class: 'chart' }, it.bar, it.more, it.took);
  it.element = make('div', {
    class: 'row', role: 'treeitem',
    onclick: () => select(it.row, true),
    ondblclick: () => look(D.start[it.row] - D.duration[it.row] * .05, finish(it.row) + D.duration[it.row] * .05),
  }, it.labels, it.chart);
  return it;
}

function fillRow(it, row) {
  it.row = row;
  const length = window1 - window0, percent = time => (time - window0) / length * 100;
  const style = ['row'];
  if (isError(row)) style.push('error');
  if (filter) style.push(isMatch.has(row) ? 'match' : 'other');
  if (row === selected) style.push('selected');
  it.element.className = style.join(' ');
  it.element.setAttribute('aria-level', D.depth[row] + 1);
  it.element.setAttribute('aria-selected', row === selected);
  it.element.dataset.id = D.id[row];
  it.element.id = 'row-' + row;
  if (D.children[row]) it.element.setAttribute('aria-expanded', !folded.has(row));
  else it.element.removeAttribute('aria-expanded');
  it.labels.style.paddingLeft = 10 + Math.min(D.depth[row], 24) * 13 + 'px';
  it.fold.textContent = D.children[row] ? (folded.has(row) ? '▶' : '▼') : isError(row) ? '✕' : '';
  it.dot.style.background = color(row);
  it.name.textContent = line(name(row));
  it.labels.title = [line(name(row)), line(service(row)), line(text(D.beside[row]))].filter(Boolean).join('\n');
  it.beside.textContent = line(text(D.beside[row]));
  const left = Math.max(-1, percent(D.start[row])), right = Math.min(101, percent(finish(row)));
  const isSeen = right >= 0 && left <= 100;
  it.bar.style.display = isSeen ? '' : 'none';
  it.bar.style.left = left + '%';
  it.bar.style.width = Math.max(0, right - left) + '%';
  it.bar.style.background = color(row);
  it.took.textContent = duration(D.duration[row]);
  // Behind the bar, or before it, or where there is no room for either, in it.
  const inside = right >= 88 && left < 12;
  it.took.style.left = right < 88 ? Math.max(0, right) + '%' : '';
  it.took.style.right = right < 88 ? '' : inside ? Math.max(0, 100 - right) + '%' : 100 - left + '%';
  it.took.style.color = inside ? ink(color(row)) : '';
  const more = [];
  const steps = D.critical[row] || [];
  for (const [from, to] of steps) {
    // Of many, those that nobody could see would be a dotted line.
    if (steps.length > 3 && to - from < length / 2000) continue;
    const part = make('div', { class: 'part' });
    part.style.left = percent(from) + '%';
    part.style.width = (to - from) / length * 100 + '%';
    more.push(part);
  }
  for (const time of (D.events[row] || []).slice(0, 20)) {
    const mark = make('div', { class: 'mark' });
    mark.style.left = percent(time) + '%';
    more.push(mark);
  }
  it.more.replaceChildren(...more);
}

function toggle(row) {
  if (!D.children[row]) return;
  if (!folded.delete(row)) folded.add(row);
  layout();
  redraw();
}

/** Selects a span, scrolls to it and, if `opens`, shows everything about it. */
function select(row, opens) {
  if (row < first || row >= end) choose(D.traces.findIndex(t => row >= t.first && row < t.end));
  let unfolded = false;
  for (let above = D.parent[row]; above >= 0; above = D.parent[above]) unfolded = folded.delete(above) || unfolded;
  selected = row;
  if (unfolded) { layout(); redraw(); }
  if (tab === 'Waterfall') {
    reveal(row);
    drawRows();
  }
  if (opens) {
    history.replaceState(null, '', '#span=' + D.id[row]);
    openPanel(row);
  }
}

function reveal(row) {
  const scroll = $('scroll'), at = rows.indexOf(row), height = scroll.clientHeight / HEIGHT;
  if (at < 0) return;
  const top = top0();
  if (at >= top && at + 1 <= top + height) return;
  const wanted = Math.max(0, at - height / 3);
  const all = rows.length * HEIGHT;
  scroll.scrollTop = all <= 15e6 ? wanted * HEIGHT : wanted * HEIGHT / (all - scroll.clientHeight) * (15e6 - scroll.clientHeight);
}

// ---- panel -----------------------------------------------------------------------------------------------------

const LONG = 2000;

/** A value; a long one is cut, with a button for the rest. */
function value(it) {
  const all = shown(typeof it === 'string' ? it : JSON.stringify(it));
  if (all.length <= LONG) return make('span', {}, all);
  const element = make('span', {}, all.slice(0, LONG) + '… ');
  element.append(make('button', { onclick: () => element.replaceChildren(all) }, `all ${count(all.length, 'character')}`));
  return element;
}

const table = entries => make('table', {}, make('tbody', {}, ...entries.map(([key, it]) =>
  make('tr', {}, make('td', {}, shown(key)), make('td', { class: 'mono' }, it instanceof Node ? it : value(it))))));

function link(row, label) {
  return make('button', { class: 'link', onclick: () => { show('Waterfall'); select(row, true); } }, label || line(name(row)));
}

async function openPanel(row) {
  const d = await detail(row);
  if (row !== selected) return;
  const content = [
    make('button', { class: 'close', title: 'Close (Escape)', onclick: closePanel }, '✕'),
    make('h2', {}, line(name(row))),
    make('div', { class: 'fact' }, [line(service(row)), d.k, shown(d.s)].filter(Boolean).join(' · ')),
  ];
  if (isError(row)) content.push(make('div', { class: 'failure bad' }, shown(text(D.message[row])) || 'It failed without a message.'));
  for (const [of, message] of D.why) if (of === row) content.push(make('div', { class: 'why' }, shown(message)));
  const parent = D.parent[row];
  content.push(make('h3', {}, 'Times'), table([
    ['duration', duration(D.duration[row])],
    ['self time', duration(D.own[row])],
    ['started after', duration(D.start[row] - D.traces[trace].start)],
    ...(parent >= 0 ? [['parent', link(parent)]] : d.p ? [['parent', d.p + ', not read']] : []),
    ['span id', D.id[row]],
  ]));
  if (d.a.length) content.push(make('h3', {}, 'Attributes'), table(d.a));
  const exceptions = d.e.filter(([, kind]) => kind === 'exception');
  for (const [, , attributes] of exceptions) {
    const of = Object.fromEntries(attributes);
    content.push(make('h3', { class: 'bad' }, 'Exception ' + line(of['exception.type'] || '')));
    if (of['exception.message']) content.push(make('div', { class: 'failure' }, value(of['exception.message'])));
    if (of['exception.stacktrace']) content.push(make('pre', {}, value(of['exception.stacktrace'])));
    const rest = attributes.filter(([key]) => !/^exception\.(type|message|stacktrace)$/.test(key));
    if (rest.length) content.push(table(rest));
  }
  const events = d.e.filter(([, kind]) => kind !== 'exception');
  if (events.length) content.push(make('h3', {}, count(events.length, 'event')), ...events.slice(0, 200).map(([time, kind, attributes]) =>
    make('div', {}, make('b', {}, line(kind)), ' after ' + duration(time), attributes.length ? table(attributes) : '')));
  if (d.l.length) content.push(make('h3', {}, count(d.l.length, 'link')), ...d.l.slice(0, 200).map(([traceId, spanId, target, attributes]) =>
    make('div', {}, target >= 0 ? link(target) : make('span', { class: 'mono' }, `${spanId} of trace ${traceId}, not read`), attributes.length ? table(attributes) : '')));
  if (d.g.length) content.push(make('h3', {}, count(d.g.length, 'log record')), make('table', {}, make('tbody', {}, ...d.g.slice(0, 500).map(([time, level, body, attributes]) =>
    make('tr', {}, make('td', { class: /ERROR|FATAL/.test(level) ? 'bad' : '' }, `${duration(time)} ${level}`), make('td', {}, value(body), attributes.length ? table(attributes) : ''))))));
  if (d.r.length) content.push(make('h3', {}, 'Resource'), table(d.r));
  const panel = $('panel');
  panel.replaceChildren(...content);
  panel.hidden = false;
  panel.scrollTop = 0;
  redraw();
}

function closePanel() {
  $('panel').hidden = true;
  redraw();
  const scroll = $('scroll');
  if (scroll) scroll.focus();
}

// ---- names -----------------------------------------------------------------------------------------------------

let everywhere = false;
let order = ['own', -1];

function drawNames() {
  const groups = new Map();
  const [from, to] = everywhere ? [0, D.name.length] : [first, end];
  for (let row = from; row < to; row++) {
    if (filter && !everywhere && !isMatch.has(row)) continue;
    const key = D.name[row] + ' ' + D.service[row];
    let group = groups.get(key);
    if (!group) groups.set(key, group = { row, name: name(row), service: service(row), times: [], errors: 0, own: 0 });
    group.times.push(D.duration[row]);
    group.errors += isError(row);
    group.own += D.own[row];
  }
  const list = [...groups.values()];
  let all = 0;
  for (const group of list) {
    group.times.sort((a, b) => a - b);
    const at = percent => group.times[Math.max(0, Math.ceil(group.times.length * percent / 100) - 1)];
    Object.assign(group, { spans: group.times.length, p50: at(50), p95: at(95), p99: at(99) });
    all += group.own;
  }
  const [by, direction] = order;
  list.sort((a, b) => direction * (typeof a[by] === 'string' ? a[by].localeCompare(b[by]) : a[by] - b[by]) || a.name.localeCompare(b.name));
  const columns = [['name', 'Name'], ['service', 'Service'], ['spans', 'Spans'], ['errors', 'Failed'], ['own', 'Self time'], ['p50', 'p50'], ['p95', 'p95'], ['p99', 'p99']];
  const head = columns.flatMap(([key, title]) => [ make('th', { class: key === 'name' || key === 'service' ? '' : 'n', 'aria-sort': key === by ? (direction < 0 ? 'descending' : 'ascending') : undefined },
    make('button', { onclick: () => { order = [key, key === by ? -direction : key === 'name' || key === 'service' ? 1 : -1]; drawNames(); } }, title + (key === by ? (direction < 0 ? ' ↓' : ' ↑') : ''))), ...(key === 'own' ? [make('th', {})] : [])]);
  const body = list.slice(0, 1000).map(group => {
    const share = make('span', { class: 'share' });
    share.style.width = Math.round(group.own / (all || 1) * 90) + 'px';
    const choose = () => { $('filter').value = `name:"${group.name.replace(/["\\]/g, '\\$&')}"` + (group.service ? ` service:"${group.service.replace(/["\\]/g, '\\$&')}"` : ''); show('Waterfall'); refilter(); };
    return make('tr', { tabindex: '0', onclick: choose, onkeydown: event => { if (event.key === 'Enter') choose(); } },
      make('td', {}, line(group.name)), make('td', {}, line(group.service)),
      make('td', { class: 'n' }, group.spans.toLocaleString('en')),
      make('td', { class: group.errors ? 'n bad' : 'n' }, group.errors ? group.errors.toLocaleString('en') : ''),
      make('td', { class: 'n' }, duration(group.own)), make('td', {}, share),
      ...['p50', 'p95', 'p99'].map(key => make('td', { class: 'n' }, duration(group[key]))));
  });
  const wide = make('input', { type: 'checkbox', onchange: event => { everywhere = event.target.checked; drawNames(); } });
  wide.checked = everywhere;
  $('view').replaceChildren(make('div', { class: 'page', tabindex: '0' },
    make('p', { class: 'hint' }, 'Self time is what no child covers. A row filters the waterfall. ', D.traces.length > 1 ? make('label', { class: 'check' }, wide, ' all traces') : ''),
    make('table', { class: 'list' }, make('thead', {}, make('tr', {}, ...head)), make('tbody', {}, ...body))));
}

// ---- flame -----------------------------------------------------------------------------------------------------

let flameRoot = null;

function drawFlame() {
  // Equal paths of names are one box, whose width is the time of its own and of what is below it.
  const top = { name: 'all', own: 0, total: 0, below: new Map(), color: '#888888', depth: 0 };
  const at = new Map(), boxes = [];
  let deepest = 0;
  for (let row = first; row < end; row++) {
    const above = at.get(D.parent[row]) || top;
    const key = D.name[row] + ' ' + D.service[row];
    let box = above.below.get(key);
    if (!box) above.below.set(key, box = { name: name(row), row, own: 0, total: 0, below: new Map(), color: color(row), above, depth: above.depth + 1 });
    box.own += D.own[row];
    at.set(row, box);
    deepest = Math.max(deepest, box.depth);
    boxes.push(box);
    if (isError(row)) box.bad = true;
  }
  // A box comes after the one above it, so from the end on each one is complete when it is added.
  for (const box of new Set(boxes.reverse())) {
    box.total += box.own;
    box.above.total += box.total;
  }
  const element = make('canvas', { id: 'flame', tabindex: '0', role: 'img', 'aria-label': 'Flame graph: arrows, Enter, Escape' });
  const note = make('p', { class: 'hint' }, 'The width of a box is its self time and that of what is below it. A click, or the arrows and Enter, zooms into a box; a click on the top line, or Escape, shows all.');
  $('view').replaceChildren(make('div', { class: 'page' }, note, element));
  flameRoot = top;
  let current = null;
  const paint = () => {
    const height = (Math.min(deepest, 200) + 1) * 21;
    const [g, width] = canvas(element, height);
    element.boxes = [];
    g.font = '11px system-ui, sans-serif';
    g.textBaseline = 'middle';
    const path = [];
    for (let it = flameRoot.above; it; it = it.above) path.unshift(it);
    path.forEach((box, depth) => place(box, 0, width, depth));
    const open = [[flameRoot, 0, width, path.length]];
    while (open.length) {
      const [box, x, w, depth] = open.pop();
      place(box, x, w, depth);
      let left = x;
      for (const child of [...box.below.values()].sort((a, b) => b.total - a.total)) {
        const part = box.total ? w * child.total / box.total : 0;
        if (part >= 1 && depth < 200) open.push([child, left, part, depth + 1]);
        left += part;
      }
    }
    function place(box, x, w, depth) {
      element.boxes.push([box, x, depth * 21, w]);
      g.globalAlpha = box === top ? .35 : .85;
      g.fillStyle = box.color;
      g.fillRect(x, depth * 21, Math.max(1, w - 1), 20);
      if (box.bad) { g.globalAlpha = 1; g.fillStyle = css('--bad'); g.fillRect(x, depth * 21 + 18, Math.max(1, w - 1), 2); }
      if (box === current) { g.globalAlpha = 1; g.strokeStyle = css('--text'); g.lineWidth = 2; g.strokeRect(x + 1, depth * 21 + 1, Math.max(1, w - 3), 18); }
      if (w > 36) {
        g.globalAlpha = 1;
        g.fillStyle = box === top ? css('--text') : ink(box.color);
        let label = `${line(box.name)} ${duration(box.total)}`;
        const room = Math.floor((w - 8) / 6.2);
        if (label.length > room) label = label.slice(0, Math.max(1, room - 1)) + '…';
        g.fillText(label, x + 4, depth * 21 + 10.5, w - 6);
      }
    }
    g.globalAlpha = 1;
  };
  const hit = event => (element.boxes || []).find(([, x, y, w]) => event.offsetX >= x && event.offsetX < x + w && event.offsetY >= y && event.offsetY < y + 20);
  element.addEventListener('mousemove', event => {
    const found = hit(event);
    element.title = found ? `${line(found[0].name)}\n${duration(found[0].total)}, self time ${duration(found[0].own)}` : '';
  });
  element.addEventListener('click', event => { const found = hit(event); if (found) { flameRoot = found[0]; paint(); } });
  const say = box => `${line(box.name)}, ${duration(box.total)}, self time ${duration(box.own)}`;
  element.addEventListener('focus', () => { if (!current) { current = flameRoot; paint(); } });
  element.addEventListener('keydown', event => {
    const at = element.boxes.find(([box]) => box === current) || element.boxes[0];
    const [, x, y, w] = at, middle = x + w / 2;
    const line0 = dy => element.boxes.filter(it => it[2] === y + dy).sort((a, b) => a[1] - b[1]);
    const over = dy => line0(dy).find(it => it[1] + it[3] > x && it[1] < x + w && (dy > 0 || it[1] <= middle && it[1] + it[3] >= middle));
    const same = line0(0), index = same.indexOf(at);
    const to = { ArrowUp: () => over(-21), ArrowDown: () => over(21), ArrowLeft: () => same[index - 1], ArrowRight: () => same[index + 1] }[event.key];
    if (event.key === 'Enter') flameRoot = current;
    else if (event.key === 'Escape' || event.key === '0') flameRoot = current = top;
    else if (!to) return;
    else current = (to() || at)[0];
    event.preventDefault();
    event.stopPropagation();
    paint();
    element.setAttribute('aria-label', say(current));
  });
  paint();
}

/** Black or white, whichever is read more easily on a colour. */
function ink(hex) {
  const [r, g, b] = [1, 3, 5].map(at => parseInt(hex.slice(at, at + 2), 16));
  return r * .299 + g * .587 + b * .114 > 140 ? '#101214' : '#ffffff';
}

// ---- graph -----------------------------------------------------------------------------------------------------

/** The spans of assets: links lead to those that they are made of. */
const nodes = () => D.assets.filter(([row]) => row >= first && row < end);

function drawGraph() {
  const list = nodes().slice(0, 400), known = new Map(list.map((node, index) => [node[0], index]));
  const above = list.map(([, , , links]) => links.map(target => known.get(target)).filter(it => it !== undefined));
  // The column of a node is the longest way to it. A circle ends after as many rounds as there are nodes.
  const level = list.map(() => 0);
  for (let round = 0, moved = true; moved && round < list.length; round++) {
    moved = false;
    above.forEach((sources, index) => { for (const source of sources) if (source !== index && level[index] <= level[source]) { level[index] = level[source] + 1; moved = true; } });
  }
  const columns = [];
  level.forEach((it, index) => (columns[it] = columns[it] || []).push(index));
  const place = [];
  columns.forEach((column, x) => {
    // Near what a node is made of, so that fewer lines cross.
    const mean = index => above[index].length ? above[index].reduce((sum, it) => sum + (place[it] ? place[it][1] : 0), 0) / above[index].length : 0;
    if (x) column.sort((a, b) => mean(a) - mean(b));
    column.forEach((index, y) => { place[index] = [20 + x * 190, 20 + y * 58]; });
  });
  const svg = (tag, attributes, ...children) => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [key, it] of Object.entries(attributes)) element.setAttribute(key, it);
    element.append(...children);
    return element;
  };
  const longest = Math.max(1, ...list.map(([row]) => D.duration[row]));
  const edges = above.flatMap((sources, index) => sources.map(source => {
    const [x1, y1] = place[source], [x2, y2] = place[index];
    // Past the boxes between them.
    const arc = level[index] - level[source] > 1 ? 50 : 0, way = Math.max(25, (x2 - x1 - 158) / 3);
    return svg('path', { class: 'edge', d: `M${x1 + 158},${y1 + 21} C${x1 + 158 + way},${y1 + 21 - arc} ${x2 - way},${y2 + 21 - arc} ${x2},${y2 + 21}` });
  }));
  const boxes = list.map(([row, label, state], index) => {
    const [x, y] = place[index], bad = isError(row);
    const clipped = line(text(label));
    const kind = bad ? ' bad' : text(state) === 'skipped' ? ' skipped' : /^(success|ok|built)$/.test(text(state)) ? ' ok' : '';
    const node = svg('g', { class: 'node' + kind, transform: `translate(${x},${y})`, tabindex: 0, role: 'button' },
      svg('title', {}, `${clipped}: ${text(state)}, ${duration(D.duration[row])}`),
      svg('rect', { width: 158, height: 42 }),
      svg('text', { x: 10, y: 17 }, clipped.length > 20 ? clipped.slice(0, 19) + '…' : clipped),
      svg('text', { class: 'dim', x: 10, y: 32 }, `${bad ? '✕ ' : ''}${line(text(state))} ${duration(D.duration[row])}`.trim()),
      svg('rect', { x: 0, y: 38, width: Math.max(2, 158 * D.duration[row] / longest), height: 4 }));
    node.lastChild.style.fill = bad ? css('--bad') : css('--accent');
    node.lastChild.style.stroke = 'none';
    const open = () => { selected = row; openPanel(row); };
    node.addEventListener('click', open);
    node.addEventListener('keydown', event => { if (event.key === 'Enter') open(); });
    return node;
  });
  const width = columns.length * 190 + 10, height = Math.max(1, ...columns.map(column => column.length)) * 58 + 30;
  const picture = svg('svg', { width: '100%', viewBox: `0 0 ${width} ${height}`, role: 'group', 'aria-label': 'Graph of assets' }, ...edges, ...boxes);
  picture.style.maxWidth = width + 'px';
  // Smaller, its texts could not be read; the page scrolls.
  picture.style.minWidth = width * .75 + 'px';
  $('view').replaceChildren(make('div', { class: 'page', tabindex: '0' },
    make('p', { class: 'hint' }, 'What is made of what, from left to right. The bar of a node is its time.'),
    picture));
}

// ---- traces ----------------------------------------------------------------------------------------------------

function drawTraces() {
  const list = D.traces.map((t, index) => ({ ...t, index }));
  list.sort((a, b) => (b.errors > 0) - (a.errors > 0) || b.duration - a.duration);
  const longest = Math.max(1, ...list.map(t => t.duration));
  const body = list.slice(0, 2000).map(t => {
    const share = make('span', { class: 'share' });
    share.style.width = Math.round(t.duration / longest * 120) + 'px';
    const open = () => { choose(t.index); show('Waterfall'); };
    return make('tr', { tabindex: '0', onclick: open, onkeydown: event => { if (event.key === 'Enter') open(); } },
      make('td', {}, line(name(t.root))), make('td', {}, line(service(t.root))),
      make('td', { class: 'n' }, t.spans.toLocaleString('en')),
      make('td', { class: t.errors ? 'n bad' : 'n' }, t.errors ? t.errors.toLocaleString('en') : ''),
      make('td', {}, share, ' ' + duration(t.duration)), make('td', { class: 'mono' }, t.id));
  });
  $('view').replaceChildren(make('div', { class: 'page', tabindex: '0' }, make('table', { class: 'list' },
    make('thead', {}, make('tr', {}, ...[['Root', ''], ['Service', ''], ['Spans', 'n'], ['Failed', 'n'], ['Duration', ''], ['Id', '']].map(([title, style]) => make('th', { class: style }, title)))),
    make('tbody', {}, ...body))));
}

// ---- keys and settings -----------------------------------------------------------------------------------------

function theme(next) {
  const root = document.documentElement;
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  if (next === null) root.dataset.theme = dark ? 'dark' : 'light';
  else root.dataset.theme = root.dataset.theme === 'dark' ? 'light' : 'dark';
  if (next !== null) draw();
}

const KEYS = [
  ['↑ ↓ or k j', 'the span before and after', ], ['← →', 'fold and unfold'], ['Enter', 'everything about the span'], ['Escape', 'close'],
  ['e', 'the next error'], ['/', 'filter'], ['n p', 'the next and the previous match'], ['+ − 0', 'zoom in, out, all'],
  ['f', 'zoom to the selected span'], ['1 … 5', 'the views'], ['t', 'light or dark'], ['?', 'these keys'],
];

function help() {
  $('keys').replaceChildren(make('table', {}, make('tbody', {}, ...KEYS.map(([key, meaning]) =>
    make('tr', {}, make('td', {}, make('kbd', {}, key)), make('td', {}, meaning))))),
    make('p', { class: 'hint' }, 'Filter: all words apply. ', make('code', {}, 'key=value'), ', ', make('code', {}, '>10ms'), ', ', make('code', {}, '<1s'), ', ', make('code', {}, 'service:shop'), ', ', make('code', {}, 'name:"GET /"'), ' (the whole name), ', make('code', {}, 'error'), ', or a part of a name, a message, an id or an attribute.'),
    make('form', { method: 'dialog' }, make('button', {}, 'Close')));
  $('keys').showModal();
}

function step(by) {
  const at = rows.indexOf(selected);
  const next = rows[Math.min(rows.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
  if (next !== undefined) select(next, !$('panel').hidden);
}

function next(list, by) {
  if (!list.length) return;
  show('Waterfall');
  const later = by > 0 ? list.find(row => row > selected) : [...list].reverse().find(row => row < selected);
  select(later === undefined ? (by > 0 ? list[0] : list[list.length - 1]) : later, true);
}

/** Goes to the next error, in the next trace that has some after the last one of this trace. */
function nextError(list) {
  const others = D.traces.map((_, index) => (trace + 1 + index) % D.traces.length).filter(index => D.traces[index].errors > 0 && index !== trace);
  if (others.length && !list.some(row => row > selected)) {
    choose(others[0]);
    list = errorsOf().map(it => it.row).sort((a, b) => a - b);
  }
  next(list, 1);
}

document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || $('keys').open) return;
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && event.target.type !== 'checkbox';
  if (event.key === 'Escape') {
    if (typing) { event.target.value = ''; event.target.blur(); refilter(); } else closePanel();
    return;
  }
  if (typing) {
    if (event.key === 'Enter') { event.target.blur(); refilter().then(() => next(matches, 1)); }
    return;
  }
  const onRow = !event.target.closest('button, tr, .node, a');
  const failed = () => errorsOf().map(it => it.row).sort((a, b) => a - b);
  const actions = {
    ArrowDown: () => step(1), j: () => step(1), ArrowUp: () => step(-1), k: () => step(-1),
    PageDown: () => step(20), PageUp: () => step(-20), Home: () => step(-1e9), End: () => step(1e9),
    ArrowRight: () => { if (folded.has(selected)) toggle(selected); else step(1); },
    ArrowLeft: () => { if (D.children[selected] && !folded.has(selected)) toggle(selected); else if (D.parent[selected] >= 0) select(D.parent[selected], !$('panel').hidden); },
    e: () => nextError(failed()), n: () => next(matches, 1), p: () => next(matches, -1),
    '/': () => $('filter').focus(), '+': () => zoom(.5), '-': () => zoom(2), '0': () => look(...whole()),
    f: () => { if (selected >= 0) look(D.start[selected], finish(selected)); },
    t: () => theme('other'), '?': help,
  };
  if (onRow) actions.Enter = () => { if (selected >= 0) select(selected, true); };
  const views = $('tabs').children;
  if (/^[1-5]$/.test(event.key) && views[event.key - 1]) views[event.key - 1].click();
  else if (event.key in actions && (tab === 'Waterfall' || !/^(Arrow|Page|Home|End)/.test(event.key))) { event.preventDefault(); actions[event.key](); }
});

let waiting;
$('filter').addEventListener('input', () => { clearTimeout(waiting); waiting = setTimeout(refilter, 120); });
$('only').addEventListener('change', () => { layout(); draw(); });
$('theme').addEventListener('click', () => theme('other'));
$('help').addEventListener('click', help);
addEventListener('resize', () => (tab === 'Flame' ? drawFlame() : redraw()));
document.addEventListener('wheel', event => {
  if (!event.ctrlKey || tab !== 'Waterfall' || !event.target.closest('.chart')) return;
  event.preventDefault();
  const box = $('axis').getBoundingClientRect();
  zoom(event.deltaY < 0 ? .8 : 1.25, window0 + (event.clientX - box.left) / box.width * (window1 - window0));
}, { passive: false });
addEventListener('beforeprint', () => { document.documentElement.dataset.printing = 'yes'; if (tab === 'Waterfall') redraw(); });
addEventListener('afterprint', () => { delete document.documentElement.dataset.printing; pool = []; draw(); });

start().catch(error => {
  $('view').replaceChildren(make('p', { class: 'page bad' }, 'The traces cannot be shown: ' + error));
});
})();
