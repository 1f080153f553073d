// OTLP as JSON lines, for the page: a shop with errors, hostile text, and many spans.

const MS = 1_000_000n;
const ORIGIN = 1_763_900_000_000n * MS;
const hex = (number, length) => number.toString(16).padStart(length, '0');
const value = it => Number.isInteger(it) ? { intValue: String(it) } : { stringValue: String(it) };
const attributes = entries => Object.entries(entries).map(([key, it]) => ({ key, value: value(it) }));

/** Returns a span. Its times are in milliseconds. */
export function span(trace, id, parent, name, from, to, more = {}) {
  const nanos = ms => String(ORIGIN + BigInt(Math.round(ms * 1e6)));
  return {
    traceId: hex(trace, 32), spanId: hex(id, 16), ...(parent ? { parentSpanId: hex(parent, 16) } : {}), name,
    kind: more.kind || 1, startTimeUnixNano: nanos(from), endTimeUnixNano: nanos(to), attributes: attributes(more.attributes || {}),
    ...(more.error !== undefined ? { status: { code: 2, message: more.error } } : more.ok ? { status: { code: 1 } } : {}),
    events: (more.events || []).map(([time, name, entries]) => ({ timeUnixNano: nanos(time), name, attributes: attributes(entries) })),
    links: (more.links || []).map(([trace, id]) => ({ traceId: hex(trace, 32), spanId: hex(id, 16) })),
  };
}

export function line(service, spans) {
  return JSON.stringify({ resourceSpans: [{ resource: { attributes: attributes({ 'service.name': service }) }, scopeSpans: [{ scope: { name: service }, spans }] }] }) + '\n';
}

export function log(service, trace, id, time, severityNumber, body) {
  const record = { timeUnixNano: String(ORIGIN + BigInt(time) * MS), severityNumber, traceId: hex(trace, 32), spanId: hex(id, 16), body: { stringValue: body } };
  return JSON.stringify({ resourceLogs: [{ resource: { attributes: attributes({ 'service.name': service }) }, scopeLogs: [{ logRecords: [record] }] }] }) + '\n';
}

/** Returns a checkout that fails in another service, and a message that links to the checkout. */
export function shop() {
  const web = [span(1, 1, 0, 'POST /checkout', 0, 1190, { kind: 2, error: '502 Bad Gateway', attributes: { 'http.response.status_code': 502 } }), span(1, 2, 1, 'load cart', 16, 120)];
  for (let item = 0; item < 9; item++) web.push(span(1, 10 + item, 2, 'SELECT item', 18 + item * 10, 26 + item * 10, { kind: 3, attributes: { 'server.address': 'db-1.internal', 'db.query.text': `SELECT * FROM item WHERE id = ${item}` } }));
  web.push(span(1, 3, 1, 'POST', 124, 1160, { kind: 3, error: '500', attributes: { 'http.response.status_code': 500, 'server.address': 'payments.internal' } }));
  const failure = { 'exception.type': 'io::Error', 'exception.message': 'card network timed out', 'exception.stacktrace': '0: charge\n1: main' };
  const payments = [
    span(1, 4, 3, 'POST /charge', 128, 1156, { kind: 2, error: 'card network timed out' }),
    span(1, 5, 4, 'charge card', 172, 1150, { kind: 3, error: 'card network timed out', events: [[1149, 'exception', failure], [200, 'sent', { bytes: 812 }]] }),
  ];
  const mailer = [span(2, 6, 0, 'process order.created', 1300, 1360, { kind: 5, links: [[1, 5]] })];
  return line('web', web) + line('payments', payments) + line('mailer', mailer) + log('payments', 1, 5, 1149, 17, 'the card network did not answer');
}

/** Returns two requests. The second one repeats a call, in a span whose name must be escaped. */
export function slow() {
  const calls = Array.from({ length: 6 }, (_, call) => span(2, 4 + call, 3, 'rate', 11 + call * 20, 31 + call * 20));
  return line('shop', [
    span(1, 1, 0, 'GET /', 0, 2), span(2, 2, 0, 'GET /rates', 10, 132), span(2, 3, 2, HOSTILE[0], 11, 131), ...calls,
  ]);
}

export const HOSTILE = [
  '</script><script>document.title="broken"</script>', '<img src=x onerror="document.title=\'broken\'">', '\u001b[2J\u001b]0;broken\u0007',
  'user\u202Ecod.exe', '"><svg onload=alert(1)>', '${alert(1)} {{data}} {{title}}', '<!--', ']]>', '\u2028\u2029',
];

export function hostile() {
  const spans = HOSTILE.map((text, index) => span(7, index + 1, index ? 1 : 0, text, 0, 10, {
    error: text, attributes: { [text]: text, long: 'x'.repeat(5000) }, events: [[1, text, { [text]: text }], [2, 'exception', { 'exception.type': text, 'exception.message': text }]],
  }));
  return line(HOSTILE[0], spans) + log(HOSTILE[0], 7, 1, 1, 9, HOSTILE[0]);
}

/** Returns 24 orders of different length, an hour apart. That of user 7 has the status ok, and that of user 13 is the slowest. */
export function orders() {
  return Array.from({ length: 24 }, (_, user) => {
    const at = user * 3_600_000, long = user === 13 ? 900 : 10 + user;
    return line('shop', [span(user + 1, 2 * user + 1, 0, `GET /orders/${user}`, at, at + long, user === 7 ? { ok: true } : {})])
      + line('payments', [span(user + 1, 2 * user + 2, 2 * user + 1, 'charge', at + 1, at + long - 1, { attributes: { 'user.id': user } })])
      + log('payments', user + 1, 2 * user + 2, at + 5, user === 7 ? 17 : 9, `charged user ${user}`);
  }).join('');
}

/** Returns a request through thirteen services. The span of one of them has no name. */
export function fleet() {
  const services = Array.from({ length: 13 }, (_, at) => line(`service-${at}-of-a-fleet`, [
    span(5, 10 + at, at ? 9 + at : 0, at === 4 ? '' : `step ${at}`, at * 10, 400 - at * 10, {
      events: at === 8 ? [[120, 'cache miss', { key: 'a' }]] : [],
    }),
  ]));
  const hosts = line('web', [span(5, 40, 10, 'GET /stock', 20, 60, { kind: 3 })]) + line('stock', [span(5, 41, 40, 'GET /stock/{sku}', 30, 50, { kind: 2 })]);
  return services.join('') + hosts + log('service-8', 5, 18, 130, 13, 'the cache is cold') + log('service-9', 5, 19, 250, 17, 'gave up');
}

/** Yields the lines of one trace with many spans on three levels. */
export function* many(count) {
  let spans = [span(9, 1, 0, 'batch', 0, count)];
  for (let id = 2; id <= count; id++) {
    const parent = id % 10 === 2 ? 1 : id - (id - 2) % 10;
    const from = parent === 1 ? id : id - .5;
    spans.push(span(9, id, parent, parent === 1 ? 'chunk' : ['read', 'parse', 'write'][id % 3], from, from + (parent === 1 ? 9 : .4), {
      attributes: { 'batch.item': id, 'server.address': `host-${id % 7}` }, ...(id === Math.floor(count * .7) ? { error: 'row 70 % is broken' } : {}),
    }));
    if (spans.length === 500) { yield line('worker', spans); spans = []; }
  }
  yield line('worker', spans);
}
