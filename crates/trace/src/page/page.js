'use strict';
// A page about traces. The spans are arrays of numbers, one for each field, in the order of the rows: parents before
// their children. Text of others is only ever set as text, never as HTML.
(() => {
const root = document.documentElement;
const $ = id => document.getElementById(id);
const on = (element, kind, action, options) => element.addEventListener(kind, action, options);

// Makes an element: its tag with classes, properties, then children, which are elements or texts.
function h(tag, properties = {}, ...children) {
  const [name, ...styles] = tag.split('.');
  const element = document.createElement(name);
  for (const [key, value] of Object.entries({ class: styles.join(' '), ...properties })) {
    if (key.startsWith('on')) on(element, key.slice(2), value);
    else if (value !== undefined && value !== false && value !== '') element.setAttribute(key, value);
  }
  element.append(...children.filter(child => child !== undefined && child !== ''));
  return element;
}

// The attributes of an element that opens something by a click or by a key.
const opens = action =>
  ({ tabindex: 0, onclick: action, onkeydown: event => { if (event.key === 'Enter') action(); } });

// Text as it is shown: what controls a terminal or changes the direction of text is escaped.
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
const shown = text => String(text).replace(HIDDEN, c => '\\u{' + c.codePointAt(0).toString(16) + '}');
const line = text => shown(text).replace(/[\n\t]/g, ' ');

// The units of durations from a minute on, with the seconds of each.
const UNITS = [['d', 86400], ['h', 3600], ['min', 60], ['s', 1]];

function duration(ns) {
  if (ns <= 0) return '0';
  if (ns >= 60e9) {
    const s = Math.floor(ns / 1e9), at = UNITS.findIndex(([, size]) => s >= size);
    const [[unit, size], [small, part]] = [UNITS[at], UNITS[at + 1]], rest = Math.floor(s % size / part);
    return `${Math.floor(s / size)} ${unit}` + (rest ? ` ${rest} ${small}` : '');
  }
  const at = ns < 1e3 ? 0 : ns < 999.5e3 ? 1 : ns < 999.5e6 ? 2 : 3;
  const value = ns / 1e3 ** at, unit = ['ns', 'µs', 'ms', 's'][at];
  const digits = unit === 'ns' || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${Number(value.toFixed(digits))} ${unit}`;
}

function parseDuration(text) {
  const found = /^([\d.]+)\s*(\D+)$/.exec(text);
  const sizes = { ns: 1, us: 1e3, 'µs': 1e3, ms: 1e6, s: 1e9, min: 60e9, h: 3600e9, d: 86400e9 };
  return found ? Number(found[1]) * sizes[found[2]] : NaN;
}

// The last one failed by a status code.
const STATUSES = ['unset', 'ok', 'error', 'unset'];
const number = n => n.toLocaleString('en');
const count = (n, one, many = one + 's') => `${number(n)} ${n === 1 ? one : many}`;

// Decodes a part of the data: base64 of gzip of JSON.
async function decode(text) {
  const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return JSON.parse(await new Response(stream).text());
}

// ---- what there is ----------------------------------------------------------------------------------------------

// The data, and its strings in lower case.
let D, lower;
// Details of spans, as texts, and decoded.
let parts;
const PART = 512, details = [];
// The index of the shown trace, its rows, and the rows that are not folded away.
let trace, first, end, rows = [];
let tab = 'Waterfall';
const folded = new Set();
// The selected row, and the row of the panel.
let selected = -1, opened = -1;
// The time that is looked at, and which part of it a duration beside a bar needs, in percent.
let window0, window1, room;
// The words of the filter or null, the rows that match, and for each row whether it does.
let filter = null, matches = [], isMatch;

const text = index => D.strings[index];
const name = row => line(text(D.name[row])) || '(no name)';
const service = row => line(text(D.service[row]));
const isError = row => D.status[row] > 1;
const finish = row => D.start[row] + D.duration[row];
const hasChildren = row => D.after[row] > row + 1;
const traceOf = row => D.traces.findIndex(t => row >= t.first && row < t.end);
// The details of a part of the rows, and of a row.
const unpacked = part => details[part] = details[part] || decode(parts[part]);
const detail = async row => (await unpacked(Math.floor(row / PART)))[row % PART];

// Colours that people who see fewer colours tell apart, and after them (`theme`) darker and lighter ones. Red is for
// errors alone.
const COLORS = '4a80b8 ccbb44 228833 bb4488 55bbdd 997700 88aa99 7766cc bb7755 667a8c'.split(' ')
  .map(hex => [0, 2, 4].map(at => parseInt(hex.slice(at, at + 2), 16)));
const mixed = (color, other, part) => color.map(c => Math.round(c + (other - c) * part));
const colorOf = service => COLORS[D.color[service] % COLORS.length];
const color = row => colorOf(D.service[row]);

// A time since the origin as UTC, or nothing if it is none.
function stamp(time) {
  const date = new Date(Number(BigInt(D.origin) / 1000000n) + time / 1e6);
  return isNaN(date) || D.origin === '0' ? '' : date.toISOString().replace(/T|Z/g, ' ').trim();
}

// ---- start -----------------------------------------------------------------------------------------------------

async function start() {
  const data = JSON.parse($('data').textContent);
  parts = data.details;
  D = await decode(data.spans);
  lower = D.strings.map(it => it.toLowerCase());
  D.color = {};
  for (const index of D.service) if (!(index in D.color)) D.color[index] = Object.keys(D.color).length;
  theme();
  listWhy();
  if (!await follow()) {
    const failed = D.traces.findIndex(t => t.errors > 0);
    const slowest = D.traces.reduce((most, t, index) => t.duration > D.traces[most].duration ? index : most, 0);
    const cause = D.why.length ? D.why[0][0] : -1;
    choose(cause >= 0 ? traceOf(cause) : failed < 0 ? slowest : failed);
    let row = (errorsOf()[0] || { row: cause }).row;
    while (row >= 0 && !rows.includes(row)) row = D.parent[row];
    if (row >= 0) select(row, false);
  }
  root.dataset.ready = 'yes';
}

// Goes where the address leads: to a filter, a trace and a span. Returns whether there is such a trace.
async function follow() {
  const asked = new URLSearchParams(location.hash.slice(1)), id = asked.get('span');
  const known = D.traces.findIndex(t => t.id === asked.get('trace'));
  const row = id ? D.id.indexOf(id, known < 0 ? 0 : D.traces[known].first) : -1;
  const wanted = row < 0 ? known : traceOf(row);
  $('filter').value = asked.get('filter') || '';
  if (wanted >= 0) choose(wanted);
  await refilter(wanted >= 0 || trace >= 0);
  if (row >= 0) go(row);
  return wanted >= 0;
}

// Writes what is looked at into the address, so that it can be sent to others who have this file.
function address() {
  const to = new URLSearchParams(), input = $('filter').value.trim();
  const isOnly = opened >= 0 && D.id.indexOf(D.id[opened]) === opened;
  if (opened >= 0) to.set('span', D.id[opened]);
  if (!isOnly && D.traces.length > 1) to.set('trace', D.traces[trace].id);
  if (input) to.set('filter', input);
  history.replaceState(null, '', '#' + to);
}

// Looks at a trace.
function choose(index) {
  trace = index;
  ({ first, end } = D.traces[trace]);
  [window0, window1] = whole();
  selected = opened = -1;
  // A large trace opens with as many levels as fit on some screens.
  const deep = Array.from({ length: 64 }, () => 0);
  for (let row = first; row < end; row++) deep[Math.min(D.depth[row], 63)]++;
  levels = Infinity;
  if (end - first > UNFOLDED) for (let all = levels = 0; (all += deep[levels]) <= UNFOLDED; levels++);
  levels = Math.max(1, levels);
  fold();
  $('panel').hidden = true;
  address();
  summary();
  listErrors();
  tabs();
  layout();
  draw();
}

function whole() {
  const t = D.traces[trace];
  return [t.start, Math.max(t.start + t.duration, t.start + 1)];
}

function summary() {
  const t = D.traces[trace], title = t.spans ? t.title : 'No spans';
  const fact = (value, word, style = '') => h('span', { class: 'fact ' + style }, h('b', {}, value), ' ' + word);
  const failed = number(D.traces.filter(it => it.errors > 0).length);
  document.title = title;
  $('summary').replaceChildren(
    h('h1', { title }, title),
    fact(duration(t.duration), ''),
    fact(number(t.spans), t.spans === 1 ? 'span' : 'spans'),
    fact(number(t.errors), 'failed', t.errors ? 'bad' : ''),
    D.traces.length > 1 ? fact(failed, `of ${number(D.traces.length)} traces failed`) : '',
    h('span.fact', {}, stamp(t.start) && stamp(t.start) + ' UTC'),
    h('span.fact.mono', { title: 'The id of the trace' }, t.id),
    D.note ? h('span.fact', {}, D.note) : '',
  );
}

// ---- errors ----------------------------------------------------------------------------------------------------

// The errors that no other one below them explains, equal ones together.
function errorsOf() {
  const explained = new Set();
  // Between two errors, a span may have no status.
  for (let row = first; row < end; row++) if (isError(row)) {
    for (let above = D.parent[row]; above >= 0 && !explained.has(above); above = D.parent[above]) explained.add(above);
  }
  const groups = new Map();
  for (let row = first; row < end; row++) {
    if (!isError(row) || explained.has(row)) continue;
    const key = D.name[row] + ' ' + D.message[row];
    if (!groups.has(key)) groups.set(key, { row, times: 0 });
    groups.get(key).times++;
  }
  return [...groups.values()];
}

function listErrors() {
  const list = errorsOf();
  $('errors').hidden = !list.length;
  $('errors').replaceChildren(...list.slice(0, 50).map(({ row, times }) => h('button', { onclick: () => go(row) },
    h('span.where', {}, '✕ ' + name(row)),
    h('span.what', { title: line(text(D.message[row])) }, line(text(D.message[row])) || 'no message'),
    times > 1 ? h('span.times', {}, `${times} times`) : '')));
}

// Why these traces were slow: what took the most time first.
function listWhy() {
  $('why').hidden = !D.why.length;
  $('why').replaceChildren(...D.why.map(([row, message]) => h('button', { title: message, onclick: () => go(row) },
    h('span.what', {}, '◷ ' + line(message)))));
}

// ---- tabs ------------------------------------------------------------------------------------------------------

const VIEWS = { Waterfall: drawWaterfall, Traces: drawTraces };

function tabs() {
  const many = number(D.traces.length);
  const label = it => it === 'Traces' ? `Traces (${filter ? matching() + ' of ' : ''}${many})` : it;
  $('tabs').hidden = D.traces.length < 2;
  $('tabs').replaceChildren(...Object.keys(VIEWS).map((it, index) => h('button', {
    role: 'tab', 'aria-selected': String(it === tab), 'data-key': index + 1, title: `${it} (${index + 1})`,
    onclick: () => show(it),
  }, label(it))));
}

function show(which) {
  if (which === tab && $('view').childElementCount) return;
  tab = which;
  tabs();
  draw();
}

const draw = () => VIEWS[tab]();
const matching = () => number(D.traces.filter(t => t.matches).length);

// ---- filter ----------------------------------------------------------------------------------------------------

// Reads a filter: words, all of which apply to a span. Texts in quotes may have spaces.
function parseFilter(input) {
  const words = input.match(/(?:[^\s"]+|"(?:\\.|[^"\\])*(?:"|$))+/g) || [];
  return words.map(word => {
    const plain = word.replace(/\\(.)|"/g, '$1').toLowerCase();
    const limit = /^[<>]/.test(plain) ? parseDuration(plain.slice(1)) : NaN;
    if (/^[<>][0-9]/.test(plain) && isNaN(limit)) return { hint: `expected a duration, such as ${plain[0]}10ms` };
    const sign = plain[0] === '>' ? 1 : -1;
    if (!isNaN(limit)) return { test: row => sign * (D.duration[row] - limit) > 0 };
    const [, status] = /^status:(.*)$/.exec(plain === 'error' ? 'status:error' : plain) || [];
    if (status !== undefined) {
      if (!STATUSES.includes(status)) return { hint: 'expected status:error, status:ok or status:unset' };
      return { test: status === 'error' ? isError : row => STATUSES[D.status[row]] === status };
    }
    const [, key, value] = /^(service|name):(.*)$/.exec(plain) || [];
    if (key) {
      const field = key === 'name' ? D.name : D.service;
      // A name in quotes is the whole name.
      const isWhole = word.includes('"');
      return { test: row => isWhole ? lower[field[row]] === value : lower[field[row]].includes(value) };
    }
    const [, attribute, wanted] = /^([^=]+)=(.*)$/.exec(plain) || [];
    const has = it => String(it).toLowerCase().includes(attribute ? wanted : plain);
    if (attribute) {
      // A number, and what is in quotes, is the whole value.
      const isWhole = v => typeof v !== 'string' || word.includes('="');
      const equals = ([k, v]) => k.toLowerCase() === attribute
        && (isWhole(v) ? String(v).toLowerCase() === wanted : has(v));
      return { deep: true, test: (row, d) => d.attributes.some(equals) || d.resource.some(equals) };
    }
    const some = attributes => attributes.some(([k, v]) => has(k) || has(v));
    const test = (row, d, t) => [D.name, D.service, D.message].some(field => lower[field[row]].includes(plain))
      || D.id[row].includes(plain) || plain.length > 7 && t.id.includes(plain) || some(d.attributes)
      || d.events.some(it => has(it[1]) || some(it[2])) || d.logs.some(it => has(it[2]) || some(it[3]));
    return { deep: true, test };
  });
}

let filterings = 0;
// Finds the spans of all traces that match the filter.
async function refilter(draws = true) {
  const turn = ++filterings, words = parseFilter($('filter').value.trim());
  const hint = words.find(word => word.hint)?.hint;
  const wanted = words.length && !hint ? words : null, deep = wanted && words.some(word => word.deep);
  if (deep) $('found').textContent = 'searching…';
  const all = deep ? await Promise.all(parts.map((_, part) => unpacked(part))) : [];
  if (turn !== filterings) return;
  filter = wanted;
  matches = [];
  isMatch = new Uint8Array(D.name.length);
  for (const t of D.traces) {
    const before = matches.length;
    for (let row = t.first; filter && row < t.end; row++) {
      const d = deep ? all[Math.floor(row / PART)][row % PART] : null;
      if (words.every(word => word.test(row, d, t))) isMatch[row] = matches.push(row) && 1;
    }
    t.matches = matches.length - before;
  }
  const of = D.traces.length > 1 ? ` in ${matching()} of ${number(D.traces.length)} traces` : '';
  $('found').textContent = hint || (filter ? count(matches.length, 'match', 'matches') + of : '');
  if (!draws) return;
  address();
  tabs();
  layout();
  draw();
}

// Lists the rows that are not folded away, and with `only matches`, those that match and what is above them.
function layout() {
  rows = [];
  let kept = null;
  if (filter && $('only').checked) {
    kept = new Set();
    for (const match of matches.filter(row => row >= first && row < end)) {
      for (let row = match; row >= 0 && !kept.has(row); row = D.parent[row]) kept.add(row);
    }
  }
  for (let row = first; row < end;) {
    if (!kept || kept.has(row)) rows.push(row);
    row = folded.has(row) ? D.after[row] : row + 1;
  }
}

// ---- waterfall --------------------------------------------------------------------------------------------------

const HEIGHT = 24;
let pool = [];
// The number of unfolded levels of the tree, and the maximum number of rows of a trace that is shown unfolded.
let levels = Infinity;
const UNFOLDED = 500;

// The services of the trace, and what the marks mean.
function legend() {
  const services = [...new Set(D.service.slice(first, end))].map(index => {
    const dot = h('span.dot');
    dot.style.background = `rgb(${colorOf(index)})`;
    return h('span', {}, dot, line(text(index)) || 'unknown service');
  });
  const some = field => Object.keys(D[field]).length;
  const marks = [['path', 'critical path', 'What determines how long the trace took', 1],
    ['event', 'event', '', some('events')], ['event log', 'log record', '', some('logs')],
    ['wait', 'wait', '', some('waits')]].filter(mark => mark[3]);
  return h('div.legend', { id: 'legend' }, ...services,
    ...marks.map(([style, label, title]) => h('span', { title }, h('span', { class: style }), label)));
}

function drawWaterfall() {
  const axis = h('div.axis', { id: 'axis', title: 'Double-click for all of the trace' });
  const deepest = D.depth.slice(first, end).reduce((most, depth) => Math.max(most, depth + 1), 0);
  const option = many => h('option', { value: many, selected: levels === many }, count(many, 'level'));
  const depths = Array.from({ length: Math.min(deepest - 1, 20) }, (_, at) => option(at + 1));
  const depth = h('select', { id: 'depth', 'aria-label': 'How many levels are unfolded' },
    h('option', { value: Infinity }, 'all levels'), ...depths);
  on(depth, 'change', () => { levels = Number(depth.value); fold(); layout(); redraw(); });
  const scroll = h('div', { id: 'scroll', tabindex: '0', role: 'tree', 'aria-label': 'Spans' });
  $('view').replaceChildren(legend(),
    h('div.time', {}, h('div.labels', {}, depth), h('div.chart', {}, axis)),
    h('div.rows', {}, h('div.grid', { id: 'grid' }), scroll));
  scroll.append(h('div', { id: 'space' }));
  pool = [];
  on(scroll, 'scroll', () => requestAnimationFrame(drawRows));
  on(axis, 'dblclick', () => look(...whole()));
  redraw();
}

// The time at a place of the screen.
function timeAt(x) {
  const box = $('axis').getBoundingClientRect();
  return window0 + Math.min(1, Math.max(0, (x - box.left) / box.width)) * (window1 - window0);
}

// Folds what is below the levels that are unfolded.
function fold() {
  for (let row = first; row < end; row++) {
    if (hasChildren(row) && D.depth[row] + 1 >= levels) folded.add(row); else folded.delete(row);
  }
}

function redraw() {
  if (tab !== 'Waterfall') return;
  const space = $('space');
  space.style.height = rows.length * HEIGHT + 'px';
  space.replaceChildren(rows.length ? '' : h('p.hint.none', {}, 'No span matches the filter.'));
  const scroll = $('scroll');
  $('view').style.setProperty('--bar', scroll.offsetWidth - scroll.clientWidth + 'px');
  drawAxis();
  drawRows();
}

// A step of the axis of at least this time: 1, 2 or 5 times a power of ten, and parts of a minute, an hour and a day.
function roundStep(least) {
  for (const [size, factors] of [[60e9, [1, 2, 5, 10, 15, 30]], [3600e9, [1, 2, 3, 6, 12]]]) {
    const factor = factors.find(factor => size * factor >= least);
    if (least > size / 3 && factor) return size * factor;
  }
  const unit = least > 12 * 3600e9 ? 86400e9 : 1, power = 10 ** Math.max(0, Math.floor(Math.log10(least / unit)));
  return [1, 2, 5, 10].map(factor => factor * power * unit).find(step => step >= least);
}

function placed(element, percent) {
  element.style.left = percent + '%';
  return element;
}

function drawAxis() {
  const axis = $('axis'), length = window1 - window0, origin = D.traces[trace].start;
  const step = roundStep(length / Math.max(3, axis.clientWidth / 90));
  const labels = [], marks = [];
  room = 6500 / axis.clientWidth;
  for (let t = Math.ceil((window0 - origin) / step) * step; t <= window1 - origin; t += step) {
    const percent = (t + origin - window0) / length * 100;
    const title = duration(t);
    if (percent > 100 - title.length * 700 / axis.clientWidth) break;
    labels.push(placed(h('span', {}, title), percent));
    marks.push(placed(h('span'), percent));
  }
  axis.replaceChildren(...labels);
  $('grid').replaceChildren(...marks);
}

let frame = 0;
function look(from, to) {
  const [start, finish] = whole();
  const least = Math.max(10, (finish - start) / 1e6);
  if (to - from < least) to = from + least;
  const length = Math.min(to - from, finish - start);
  window0 = Math.min(Math.max(from, start), finish - length);
  window1 = window0 + length;
  frame = frame || requestAnimationFrame(() => { frame = 0; redraw(); });
}

const zoom = (factor, center = (window0 + window1) / 2) =>
  look(center - (center - window0) * factor, center + (window1 - center) * factor);
const pan = part => look(window0 + (window1 - window0) * part, window1 + (window1 - window0) * part);

function drawRows() {
  const scroll = $('scroll');
  if (!scroll || tab !== 'Waterfall') return;
  const begin = Math.floor(scroll.scrollTop / HEIGHT), fit = Math.ceil(scroll.clientHeight / HEIGHT) + 1;
  while (pool.length < fit) {
    const row = emptyRow();
    pool.push(row);
    scroll.append(row.element);
  }
  pool.forEach((it, index) => {
    const row = index < fit ? rows[begin + index] : undefined;
    it.element.hidden = row === undefined;
    if (row === undefined) return;
    it.element.style.transform = `translateY(${(begin + index) * HEIGHT}px)`;
    fillRow(it, row);
  });
  scroll.setAttribute('aria-activedescendant', $('row-' + selected) ? 'row-' + selected : '');
}

function emptyRow() {
  const it = { row: -1 };
  it.fold = h('span.fold', { onclick: event => { event.stopPropagation(); toggle(it.row); } });
  for (const part of ['dot', 'name', 'beside']) it[part] = h('span.' + part);
  for (const part of ['bar', 'took', 'more']) it[part] = h('div.' + part);
  it.labels = h('div.labels', {}, it.fold, it.dot, it.name, it.beside);
  it.chart = h('div.chart', {}, it.bar, it.more, it.took);
  it.element = h('div.row', {
    role: 'treeitem', onclick: () => select(it.row, true),
    ondblclick: () => look(D.start[it.row] - D.duration[it.row] * .05, finish(it.row) + D.duration[it.row] * .05),
  }, it.labels, it.chart);
  return it;
}

function fillRow(it, row) {
  it.row = row;
  const length = window1 - window0, percent = time => (time - window0) / length * 100;
  const match = filter && (isMatch[row] ? 'match' : 'other');
  const style = ['row', isError(row) && 'error', match, row === selected && 'selected'];
  it.element.className = style.filter(Boolean).join(' ');
  it.element.setAttribute('aria-level', D.depth[row] + 1);
  it.element.setAttribute('aria-selected', row === selected);
  it.element.dataset.id = D.id[row];
  it.element.id = 'row-' + row;
  if (hasChildren(row)) it.element.setAttribute('aria-expanded', !folded.has(row));
  else it.element.removeAttribute('aria-expanded');
  it.labels.style.paddingLeft = `calc(10px + ${Math.min(D.depth[row], 24)} * var(--step))`;
  it.fold.textContent = hasChildren(row) ? (folded.has(row) ? '▶' : '▼') : isError(row) ? '✕' : '';
  it.dot.style.background = `rgb(${color(row)})`;
  it.name.textContent = name(row);
  it.labels.title = [name(row), service(row), line(text(D.beside[row]))].filter(Boolean).join('\n');
  it.beside.textContent = line(text(D.beside[row]));
  const left = Math.max(-1, percent(D.start[row])), right = Math.min(101, percent(finish(row)));
  it.bar.hidden = right < 0 || left > 100;
  placed(it.bar, left);
  it.bar.style.width = Math.max(0, right - left) + '%';
  it.bar.style.background = it.dot.style.background;
  it.took.textContent = (right < 0 ? '◂ ' : '') + duration(D.duration[row]) + (left > 100 ? ' ▸' : '');
  // Behind the bar, or before it, or where there is no room for either, in it.
  const behind = right < 100 - room, inside = !behind && left < room;
  it.took.style.left = behind ? Math.max(0, right) + '%' : '';
  it.took.style.right = behind ? '' : inside ? Math.max(0, 100 - right) + '%' : 100 - left + '%';
  it.took.style.color = inside ? ink(color(row)) : '';
  const more = [], steps = D.critical[row] || [];
  const mark = (style, from, to) => {
    const part = placed(h('div', { class: style }), percent(from));
    if (to !== undefined) part.style.width = (to - from) / length * 100 + '%';
    more.push(part);
  };
  // If there are many steps, the tiny ones are left out, because they would look like a dotted line.
  for (const [from, to] of steps) if (steps.length <= 3 || to - from >= length / 2000) mark('part', from, to);
  if (D.waits[row]) mark('wait', ...D.waits[row]);
  for (const time of (D.events[row] || []).slice(0, 20)) mark('event', time);
  for (const [time, bad] of (D.logs[row] || []).slice(0, 20)) mark(bad ? 'event log bad' : 'event log', time);
  it.more.replaceChildren(...more);
}

function toggle(row) {
  if (!folded.delete(row) && hasChildren(row)) folded.add(row);
  layout();
  redraw();
}

// Selects a span, scrolls to it and, if `opens`, shows everything about it.
function select(row, opens) {
  if (row < first || row >= end) choose(traceOf(row));
  let isHidden = false;
  for (let above = D.parent[row]; above >= 0; above = D.parent[above]) isHidden = folded.delete(above) || isHidden;
  selected = row;
  if (tab === 'Waterfall') {
    if (isHidden) { layout(); redraw(); }
    const scroll = $('scroll'), at = rows.indexOf(row);
    const height = scroll.clientHeight / HEIGHT, top = scroll.scrollTop / HEIGHT;
    if (at >= 0 && (at < top || at + 1 > top + height)) scroll.scrollTop = Math.max(0, at - height / 3) * HEIGHT;
    drawRows();
  }
  if (opens) {
    opened = row;
    address();
    openPanel(row);
  }
}

// Shows a span and everything about it.
function go(row) {
  show('Waterfall');
  select(row, true);
}

// ---- panel -----------------------------------------------------------------------------------------------------

const LONG = 2000;

const plain = it => typeof it === 'string' ? it : JSON.stringify(it);

// A value; a long one is cut, with a button for the rest.
function value(it) {
  const all = shown(plain(it));
  if (all.length <= LONG) return h('span', {}, all);
  const show = () => more.parentNode.replaceChildren(all);
  const more = h('button', { onclick: show }, `all ${count(all.length, 'character')}`);
  return h('span', {}, all.slice(0, LONG) + '… ', more);
}

// Copies a text.
async function copy(text, button) {
  await navigator.clipboard.writeText(text);
  const label = button.textContent;
  button.textContent = '✓';
  setTimeout(() => { button.textContent = label; }, 900);
}
function copier(label, title, text, style = '') {
  const button = h('button', { class: style, title, 'aria-label': title }, label);
  on(button, 'click', async () => copy(await text(), button));
  return button;
}

// A table of rows, which are lists of what is in their cells, and one of keys with values.
const tableOf = rows => h('table', {}, h('tbody', {}, ...rows.map(cells => h('tr', {}, ...cells))));
const valueOf = (key, it) =>
  it instanceof Node ? [it] : [copier('', `Copy ${shown(key)}`, () => plain(it), 'copy'), value(it)];
const table = entries => entries.length
  ? tableOf(entries.map(([key, it]) => [h('td', {}, shown(key)), h('td.mono', {}, ...valueOf(key, it))])) : '';

// A span as JSON.
async function asJson(row) {
  const d = await detail(row), object = Object.fromEntries;
  return JSON.stringify({
    span: D.id[row], trace: D.traces[trace].id, parent: d.parent, name: text(D.name[row]), kind: d.kind,
    service: text(D.service[row]), scope: d.scope, status: STATUSES[D.status[row]], message: text(D.message[row]),
    start_unix_ns: String(BigInt(D.origin) + BigInt(D.start[row])),
    duration_ns: D.duration[row], self_ns: D.own[row], attributes: object(d.attributes),
    events: d.events.map(([after_ns, name, attributes]) => ({ name, after_ns, attributes: object(attributes) })),
    links: d.links.map(([trace, span]) => ({ trace, span })),
    logs: d.logs.map(([time, level, body, attributes]) =>
      ({ level, after_ns: time - D.start[row], body, attributes: object(attributes) })),
    resource: object(d.resource),
  }, null, 2);
}

const spanLink = row => h('button.link', { onclick: () => go(row) }, name(row));

async function openPanel(row) {
  const d = await detail(row);
  if (row !== opened) return;
  const content = [
    h('button.close', { title: 'Close (Escape)', onclick: closePanel }, '✕'),
    h('h2', {}, name(row)),
    h('div.fact', {}, [service(row), d.kind, shown(d.scope)].filter(Boolean).join(' · ')),
  ];
  const section = (title, ...of) => content.push(h('h3', {}, title), ...of);
  const link = copier('Copy link', 'Copy link (c)', () => location.href);
  content.push(h('div.tools', {}, link, copier('Copy JSON', '', () => asJson(row))));
  const failure = shown(text(D.message[row])) || 'It failed without a message.';
  if (isError(row)) content.push(h('div.failure.bad', {}, failure));
  for (const [of, message] of D.why) if (of === row) content.push(h('div.why', {}, shown(message)));
  const parent = D.parent[row];
  section('Times', table([
    ['duration', duration(D.duration[row])],
    ['self time', duration(D.own[row])],
    ['started after', duration(D.start[row] - D.traces[trace].start)],
    ...stamp(D.start[row]) ? [['start, UTC', stamp(D.start[row])]] : [],
    ...D.waits[row] ? [['waited before', duration(D.waits[row][1] - D.waits[row][0]) + ', no span']] : [],
    ...(parent >= 0 ? [['parent', spanLink(parent)]] : d.parent ? [['parent', d.parent + ', not read']] : []),
    ['span id', D.id[row]],
  ]));
  if (d.attributes.length) section('Attributes', table(d.attributes));
  for (const [, kind, attributes] of d.events) if (kind === 'exception') {
    const of = Object.fromEntries(attributes);
    content.push(h('h3.bad', {}, 'Exception ' + line(of['exception.type'] || '')));
    if (of['exception.message']) content.push(h('div.failure', {}, value(of['exception.message'])));
    if (of['exception.stacktrace']) content.push(h('pre', {}, value(of['exception.stacktrace'])));
    const rest = attributes.filter(([key]) => !/^exception\.(type|message|stacktrace)$/.test(key));
    content.push(table(rest));
  }
  const events = d.events.filter(([, kind]) => kind !== 'exception');
  if (events.length) section(count(events.length, 'event'), ...events.slice(0, 200).map(([time, kind, attributes]) =>
    h('div', {}, h('b', {}, line(kind)), ' after ' + duration(time), table(attributes))));
  const other = (trace, span) => h('span.mono', {}, `${span} of trace ${trace}, not read`);
  const linked = ([trace, span, target, more]) =>
    h('div', {}, target >= 0 ? spanLink(target) : other(trace, span), table(more));
  if (d.links.length) section(count(d.links.length, 'link'), ...d.links.slice(0, 200).map(linked));
  const record = ([time, level, body, attributes]) => [
    h('td', { class: /ERROR|FATAL/.test(level) ? 'bad' : '' }, `${duration(time - D.start[row])} ${level}`),
    h('td', {}, value(body), table(attributes))];
  if (d.logs.length) section(count(d.logs.length, 'log record'), tableOf(d.logs.slice(0, 500).map(record)));
  if (d.resource.length) section('Resource', table(d.resource));
  $('panel').replaceChildren(...content.filter(it => it !== ''));
  $('panel').hidden = false;
  $('panel').scrollTop = 0;
  redraw();
}

function closePanel() {
  $('panel').hidden = true;
  opened = -1;
  address();
  redraw();
  $('scroll')?.focus();
}

// ---- traces ----------------------------------------------------------------------------------------------------

// The most traces of the list; a filter finds the others.
const LISTED = 2000;
// The column by which the list is sorted, and -1 for the largest first.
let order = ['duration', -1];

function drawTraces() {
  const [by, direction] = order;
  const all = D.traces.map((t, index) => ({ ...t, index, name: t.title, service: service(t.root) }));
  const list = all.filter(t => !filter || t.matches);
  const compare = (a, b) => typeof a[by] === 'string' ? a[by].localeCompare(b[by]) : a[by] - b[by];
  const failedFirst = by === 'duration' && direction < 0;
  list.sort((a, b) => failedFirst && (b.errors > 0) - (a.errors > 0) || direction * compare(a, b));
  const columns = [['name', 'Root', line], ['service', 'Service', line], ['start', 'Start, UTC', stamp],
    ['spans', 'Spans', number], ...filter ? [['matches', 'Matches', number]] : [],
    ['errors', 'Failed', many => many ? number(many) : ''], ['duration', 'Duration', duration], ['id', 'Id', line]];
  const [sorted, arrow] = direction < 0 ? ['descending', ' ↓'] : ['ascending', ' ↑'];
  const sort = key => {
    order = [key, key === by ? -direction : /^(name|service|start|id)$/.test(key) ? 1 : -1];
    draw();
  };
  const head = columns.map(([key, title]) => h('th', { 'aria-sort': key === by ? sorted : undefined },
    h('button', { onclick: () => sort(key) }, title + (key === by ? arrow : ''))));
  const open = t => {
    tab = 'Waterfall';
    choose(t.index);
    const match = matches.find(row => row >= first && row < end);
    if (match !== undefined) select(match, false);
  };
  const body = list.slice(0, LISTED).map(t => h('tr', { 'aria-current': t.index === trace, ...opens(() => open(t)) },
    ...columns.map(([key, , show]) => h('td', { class: key === 'errors' && t.errors ? 'bad' : key }, show(t[key])))));
  const hint = filter ? 'Traces with a span that matches the filter.' : 'Failed ones first, then the longest.';
  const rest = `The first ${number(LISTED)} of ${number(list.length)}; a filter finds the others.`;
  $('view').replaceChildren(h('div.page', { tabindex: '0' }, h('p.hint', {}, hint),
    h('table.list', {}, h('thead', {}, h('tr', {}, ...head)), h('tbody', {}, ...body)),
    list.length > LISTED ? h('p.hint', {}, rest) : ''));
}

// Black or white, whichever has more contrast on a colour: at least 4.5 to 1 (WCAG 2).
function ink(color) {
  const [r, g, b] = color.map(c => c / 255).map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
  return r * .2126 + g * .7152 + b * .0722 > .179 ? '#000000' : '#ffffff';
}

// ---- keys and settings -----------------------------------------------------------------------------------------

function theme() {
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const shades = [0, 255].map(end => COLORS.slice(0, 10).map(color => mixed(color, end, .45)));
  COLORS.splice(10, 20, ...shades[+dark], ...shades[+!dark]);
}

function step(by) {
  const at = selected < 0 ? -1 : rows.indexOf(selected);
  const next = rows[Math.min(rows.length - 1, Math.max(0, at + by))];
  if (next !== undefined) select(next, !$('panel').hidden);
}

function next(list, by) {
  if (!list.length) return;
  const from = selected < 0 ? first - (by > 0) : selected;
  go((by > 0 ? list.find(row => row > from) : list.findLast(row => row < from)) ?? list.at(by > 0 ? 0 : -1));
}

// Goes to the next error, in the next trace that has some after the last one of this trace.
function nextError() {
  const failed = () => errorsOf().map(it => it.row).sort((a, b) => a - b);
  const later = D.traces.map((_, index) => (trace + 1 + index) % D.traces.length);
  const others = later.filter(index => D.traces[index].errors > 0 && index !== trace);
  if (others.length && !failed().some(row => row > selected)) choose(others[0]);
  next(failed(), 1);
}

on(document, 'keydown', event => {
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
  const actions = {
    ArrowDown: () => step(1), j: () => step(1), ArrowUp: () => step(-1), k: () => step(-1),
    PageDown: () => step(20), PageUp: () => step(-20), Home: () => step(-1e9), End: () => step(1e9),
    ArrowRight: () => { if (event.shiftKey) pan(.25); else if (folded.has(selected)) toggle(selected); else step(1); },
    ArrowLeft: () => {
      if (event.shiftKey) pan(-.25);
      else if (hasChildren(selected) && !folded.has(selected)) toggle(selected);
      else if (D.parent[selected] >= 0) select(D.parent[selected], !$('panel').hidden);
    },
    a: () => pan(-.25), d: () => pan(.25), w: () => zoom(.5), s: () => zoom(2),
    e: nextError, n: () => next(matches, 1), p: () => next(matches, -1),
    '/': () => $('filter').focus(), '+': () => zoom(.5), '-': () => zoom(2), '0': () => look(...whole()),
    f: () => { if (selected >= 0) look(D.start[selected], finish(selected)); },
    c: () => copy(location.href, $('found')), '?': () => $('keys').showModal(),
  };
  if (!event.target.closest('button, tr')) actions.Enter = () => { if (selected >= 0) select(selected, true); };
  const view = [...$('tabs').children].find(it => it.dataset.key === event.key);
  if (view) view.click();
  else if (event.key in actions && (tab === 'Waterfall' || !/^(Arrow|Page|Home|End|[adws])/.test(event.key))) {
    event.preventDefault();
    actions[event.key]();
  }
});

let waiting;
on($('filter'), 'input', () => { clearTimeout(waiting); waiting = setTimeout(refilter, 120); });
on($('only'), 'change', () => { layout(); draw(); });
on(window, 'hashchange', follow);
on($('help'), 'click', () => $('keys').showModal());
on(window, 'resize', redraw);
on(document, 'wheel', event => {
  if (tab !== 'Waterfall' || !event.target.closest('.chart')) return;
  const aside = event.shiftKey && !event.deltaX ? event.deltaY : event.deltaX;
  if (event.ctrlKey) zoom(event.deltaY < 0 ? .8 : 1.25, timeAt(event.clientX));
  else if (event.shiftKey || Math.abs(aside) > Math.abs(event.deltaY)) pan(aside / $('axis').clientWidth);
  else return;
  event.preventDefault();
}, { passive: false });

start().catch(error => {
  $('view').replaceChildren(h('p.page.bad', {}, 'The traces cannot be shown: ' + error));
});
})();
