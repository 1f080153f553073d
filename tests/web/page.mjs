// A page of Rust in Chromium sends its telemetry to a receiver of another origin. Arguments: the folder of the compiled
// page, and that of playwright-core.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { createRequire } from 'node:module';

const [compiled, folder] = process.argv.slice(2).map(it => path.resolve(it));
const { chromium } = createRequire(path.join(folder, 'package.json'))('playwright-core');

const listen = async handler => {
  const server = http.createServer(handler);
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  return { server, origin: `http://127.0.0.1:${server.address().port}` };
};

/** A worker whose telemetry has the receiver in its address. */
const WORKER = `import init, * as shop from '/page.js';
await init({ module_or_path: '/page_bg.wasm' });
shop.start(self.location.search.slice(1), true);
await shop.load('orders', Promise.resolve()).catch(() => {});
postMessage(await shop.flush().then(() => null, error => error.message));`;

const types = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };
const site = await listen((request, response) => {
  const name = path.basename(request.url.split('?')[0]) || 'index.html';
  const file = path.join(compiled, name);
  const content = name === 'worker.js' ? WORKER : name === 'index.html' ? '<!doctype html><title>shop</title><link rel="icon" href="data:,">' : fs.existsSync(file) && fs.readFileSync(file);
  response.writeHead(content ? 200 : 404, {
    'content-type': types[path.extname(name)] ?? 'text/plain',
    // What docs/tasks.md names.
    'content-security-policy': `connect-src 'self' ${receiver.origin} https://collector.example.com; script-src 'self' 'wasm-unsafe-eval'`,
  });
  response.end(content || '');
});

/** What the receiver got since the last test, what it answers next, and who waits for a request. */
let requests = [], preflights = 0, answers = [], waiting;
/** Called with each preflight, which is answered after it. */
let held = async () => {};
const receiver = await listen(async (request, response) => {
  response.setHeader('access-control-allow-origin', site.origin);
  if (request.method === 'OPTIONS') {
    preflights += 1;
    await held();
    response.writeHead(204, { 'access-control-allow-methods': 'POST', 'access-control-allow-headers': 'content-type,x-shop', 'access-control-max-age': '600' });
    return response.end();
  }
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  const body = Buffer.concat(pieces);
  const { method, url, headers } = request;
  const { status = 200, body: answer = headers['content-type'] === 'application/json' ? '{}' : '', headers: more } = answers.shift() ?? {};
  response.writeHead(status, { 'content-type': headers['content-type'], ...more });
  // Of a body that is shorter than announced, the connection ends.
  if (more?.['content-length']) response.write(answer, () => response.destroy());
  else response.end(answer);
  requests.push({ method, url, body, status, type: headers['content-type'], origin: headers.origin, shop: headers['x-shop'] });
  waiting?.();
});

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

/** Opens a page whose telemetry has started. */
async function open(isJson = true, endpoint = receiver.origin) {
  const page = await browser.newPage();
  [page.wrong, page.warnings] = [[], []];
  page.on('console', message => message.type() === 'warning' && page.warnings.push(message.text()));
  page.on('pageerror', error => page.wrong.push(error.message));
  await page.goto(site.origin);
  await page.evaluate(async ([endpoint, isJson]) => {
    const shop = await import('/page.js');
    await shop.default({ module_or_path: '/page_bg.wasm' });
    shop.start(endpoint, isJson);
    window.shop = shop;
    /** What an export of the telemetry failed with. */
    window.flush = () => shop.flush().then(() => null, error => error.message);
  }, [endpoint, isJson]);
  return page;
}

/** A span with two others inside of it, between which the page waits, and one that fails. */
const load = page => page.evaluate(() => shop.load('orders', new Promise(resolve => setTimeout(resolve, 5))).catch(error => error.message));
const flush = page => page.evaluate(() => flush());

const value = ({ stringValue, intValue }) => stringValue ?? Number(intValue);
const attributes = list => Object.fromEntries(list.map(({ key, value: it }) => [key, value(it)]));
const spansOf = ({ body }) => JSON.parse(body).resourceSpans.flatMap(({ resource, scopeSpans }) =>
  scopeSpans.flatMap(({ scope, spans }) => spans.map(span => ({ ...span, scope: scope.name, resource: attributes(resource.attributes), attributes: attributes(span.attributes ?? []) }))));
const spans = () => requests.filter(it => it.url === '/v1/traces').flatMap(spansOf);

/** Waits for the spans of a `load`, at most for a minute. */
const arrival = () => new Promise((resolve, reject) => {
  const deadline = setTimeout(() => reject(new Error(`expected 4 spans within a minute, found ${spans().length}`)), 60_000);
  waiting = () => {
    if (spans().length < 4) return;
    clearTimeout(deadline);
    resolve();
  };
});

/** Moves the monotonic clock of a page. */
const pass = (page, millis) => page.evaluate(millis => {
  const now = performance.now.bind(performance);
  performance.now = () => now() + millis;
}, millis);

/** The answer to the next requests of all signals. */
const answer = it => { answers = [it, it, it]; };

const tests = {
  async 'spans arrive with names, parents, attributes, errors and times'() {
    const page = await open();
    const before = BigInt(Date.now() - 1000) * 1_000_000n;
    const message = await load(page);
    assert.match(message, /hunter2/, 'the error itself is unchanged');
    assert.deepEqual(requests, [], 'nothing is sent before a flush');
    assert.equal(await flush(page), null);
    const after = BigInt(Date.now() + 1000) * 1_000_000n;
    assert.ok(preflights > 0, 'the receiver has another origin');
    const request = requests.find(it => it.url === '/v1/traces');
    assert.deepEqual([request.method, request.url, request.type, request.origin, request.shop], ['POST', '/v1/traces', 'application/json', site.origin, 'key-of-shop']);
    const found = spans();
    assert.deepEqual(found.map(it => it.name).sort(), ['shop.check', 'shop.load', 'shop.parse', 'shop.parse']);
    const root = found.find(it => it.name === 'shop.load');
    assert.equal(root.parentSpanId ?? '', '');
    assert.equal(root.kind, 3);
    assert.equal(root.attributes.table, 'orders');
    assert.equal(root.scope, 'floe-tests-web');
    for (const span of found) {
      assert.equal(span.resource['service.name'], 'shop-page');
      assert.equal(span.traceId, root.traceId);
      if (span !== root) assert.equal(span.parentSpanId, root.spanId);
      const [start, end] = [BigInt(span.startTimeUnixNano), BigInt(span.endTimeUnixNano)];
      assert.ok(before <= start && start <= end && end <= after, `${before} ${start} ${end} ${after}`);
      assert.ok(BigInt(root.startTimeUnixNano) <= start && end <= BigInt(root.endTimeUnixNano), span.name);
    }
    assert.deepEqual(found.filter(it => it.name === 'shop.parse').map(it => it.attributes.rows).sort(), [3, 4]);
    const check = found.find(it => it.name === 'shop.check');
    for (const span of [root, check]) assert.deepEqual(span.status, { message: 'cannot reach postgresql://<REDACTED>@db.internal/orders', code: 2 });
    assert.ok(!request.body.includes('hunter2'));
    return page;
  },

  async 'protobuf is the default encoding'() {
    const page = await open(false);
    await load(page);
    assert.equal(await flush(page), null);
    const request = requests.find(it => it.url === '/v1/traces');
    assert.equal(request.type, 'application/x-protobuf');
    for (const text of ['shop-page', 'shop.load', 'shop.parse', 'orders']) assert.ok(request.body.includes(text), text);
    return page;
  },

  async 'metrics arrive'() {
    const page = await open();
    await page.evaluate(() => shop.count());
    assert.equal(await flush(page), null);
    const metrics = requests.filter(it => it.url === '/v1/metrics').flatMap(it => JSON.parse(it.body).resourceMetrics)
      .flatMap(it => it.scopeMetrics).flatMap(it => it.metrics);
    const [point] = metrics.find(it => it.name === 'shop.orders').sum.dataPoints;
    assert.equal(Number(point.asInt ?? point.asDouble), 2);
    return page;
  },

  async 'log records arrive with the ids of their span'() {
    const page = await open();
    await load(page);
    assert.equal(await flush(page), null);
    const records = requests.filter(it => it.url === '/v1/logs').flatMap(it => JSON.parse(it.body).resourceLogs)
      .flatMap(it => it.scopeLogs).flatMap(it => it.logRecords);
    const record = records.find(it => it.body.stringValue === 'the page has waited');
    const root = spans().find(it => it.name === 'shop.load');
    assert.deepEqual([record.severityText, record.traceId, record.spanId], ['WARN', root.traceId, root.spanId]);
    assert.equal(attributes(record.attributes).rows, 4);
    return page;
  },

  async 'a worker has telemetry of its own'() {
    const page = await open();
    const error = await page.evaluate(endpoint => new Promise((resolve, reject) => {
      const worker = new Worker(`/worker.js?${endpoint}`, { type: 'module' });
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = event => reject(new Error(event.message));
    }), receiver.origin);
    assert.equal(error, null);
    assert.equal(spans().length, 4);
    return page;
  },

  async 'a request that the receiver cannot take now is sent again'() {
    const page = await open();
    await load(page);
    // Which signal gets it does not matter.
    answers = [{ status: 503 }];
    assert.match(await flush(page), /the receiver answered with status 503/);
    const first = requests.find(it => it.status === 503);
    requests = [];
    assert.match(await flush(page), /the pause after a request that failed is not over/);
    assert.deepEqual(requests.filter(it => it.url === first.url), []);
    await pass(page, 1000);
    assert.equal(await flush(page), null);
    assert.equal(requests.filter(it => it.url === first.url && it.body.equals(first.body)).length, 1);
    requests = [];
    assert.equal(await flush(page), null);
    assert.deepEqual(spans(), []);
    return page;
  },

  async 'pauses double with each failure, and a success ends that'() {
    const page = await open();
    const fails = async () => {
      answer({ status: 503 });
      assert.match(await flush(page), /the receiver answered with status 503/);
      answers = [];
    };
    const waits = async () => assert.match(await flush(page), /the pause after a request that failed is not over/);
    await load(page);
    await fails();
    await pass(page, 1000);
    await fails();
    await waits();
    for (let longest = 2000; longest < 64_000; longest *= 2) {
      await pass(page, longest);
      await fails();
    }
    await pass(page, 29_000);
    await waits();
    await pass(page, 31_000);
    assert.equal(await flush(page), null);
    await load(page);
    await fails();
    await pass(page, 1000);
    assert.equal(await flush(page), null);
    return page;
  },

  async 'a request that the receiver refuses is not sent again'() {
    const page = await open();
    await load(page);
    answer({ status: 400, body: '{"code":3,"message":"key-of-shop has no tenant"}' });
    assert.equal(await flush(page), 'the receiver answered with status 400: <REDACTED> has no tenant');
    [requests, answers] = [[], []];
    assert.equal(await flush(page), null);
    assert.deepEqual(spans(), []);
    return page;
  },

  async 'a receiver that rejects a part is an error, and its warnings are not'() {
    const page = await open();
    await load(page);
    answer({ body: '{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old for key-of-shop"}}' });
    assert.equal(await flush(page), 'the receiver rejected 2 items of a batch: too old for <REDACTED>');
    await load(page);
    answer({ body: '{"partialSuccess":{"errorMessage":"nearly too old for key-of-shop"}}' });
    assert.equal(await flush(page), null);
    assert.deepEqual(page.warnings, ['the receiver sent a warning: nearly too old for <REDACTED>']);
    assert.equal(spans().length, 8, 'nothing is sent again');
    return page;
  },

  async 'a web page is no answer of a receiver'() {
    const page = await open();
    await load(page);
    answer({ body: '<!doctype html><p>login</p>' });
    assert.match(await flush(page), /the receiver answered with a web page instead of an OTLP response in JSON/);
    return page;
  },

  async 'a body that cannot be read leaves the meaning of the status'() {
    const page = await open();
    await load(page);
    answer({ status: 400, body: 'no', headers: { 'content-length': '100' } });
    assert.equal(await flush(page), 'the receiver answered with status 400');
    [requests, answers] = [[], []];
    assert.equal(await flush(page), null);
    assert.deepEqual(spans(), []);
    return page;
  },

  async 'a response that is too long is not read'() {
    const page = await open();
    await load(page);
    answer({ body: '{}', headers: { 'content-length': '4194305' } });
    assert.equal(await flush(page), 'the response is longer than 4194304 bytes');
    return page;
  },

  async 'redirects are not followed'() {
    const page = await open();
    await load(page);
    answer({ status: 307, headers: { location: `${receiver.origin}/elsewhere` } });
    assert.match(await flush(page), /the receiver answered with a redirect, and redirects are not followed/);
    assert.deepEqual(requests.filter(it => it.url === '/elsewhere'), []);
    return page;
  },

  async 'a pause that the receiver requires is kept'() {
    const page = await open();
    await load(page);
    answer({ status: 429, headers: { 'retry-after': '3600', 'access-control-expose-headers': 'retry-after' } });
    assert.match(await flush(page), /the receiver answered with status 429/);
    [requests, answers] = [[], []];
    await pass(page, 3000);
    assert.match(await flush(page), /the pause after a request that failed is not over/);
    assert.deepEqual(spans(), []);
    // At most half of the timeout, which is 10 seconds.
    await pass(page, 3000);
    assert.equal(await flush(page), null);
    assert.equal(spans().length, 4);
    return page;
  },

  async 'an endpoint has TLS and a path, and is a URL'() {
    const page = await open(true, 'https://collector.example.com/tenant/');
    const urls = [];
    await page.route('https://collector.example.com/**', route => {
      urls.push(route.request().url());
      return route.fulfill({ headers: { 'access-control-allow-origin': '*' }, contentType: 'application/json', body: '{}' });
    });
    await load(page);
    assert.equal(await flush(page), null);
    assert.ok(urls.includes('https://collector.example.com/tenant/v1/traces'), `${urls}`);
    assert.match(await page.evaluate(() => {
      try {
        shop.start('collector', true);
      } catch (error) {
        return error.message;
      }
    }), /the endpoint is no URL, expected one such as/);
    return page;
  },

  async 'the path of a signal is appended once'() {
    const page = await open(true, `${receiver.origin}/v1/logs`);
    await load(page);
    await flush(page);
    assert.equal(requests.filter(it => it.url === '/v1/logs').length, 1, `${requests.map(it => it.url)}`);
    return page;
  },

  async 'settings without an effect are errors'() {
    const page = await open();
    for (const [setting, message] of [
      ['certificate', /certificate: expected no value in a browser, .* found one/],
      ['exporters', /exporters: expected `otlp` or `none` in a browser, .* found another/],
      ['variable', /the header `x-shop`: .*SHOP/],
      ['file', /the header `x-shop`: .*\/shop/],
    ]) assert.match(await page.evaluate(setting => shop.refused(setting) ?? '', setting), message);
    return page;
  },

  async 'a receiver that is not there is an error of the flush, and of nothing else'() {
    const page = await open();
    await page.route(`${receiver.origin}/**`, route => route.abort());
    await load(page);
    assert.match(await flush(page), /the receiver did not answer/);
    await page.unroute(`${receiver.origin}/**`);
    await pass(page, 1000);
    assert.equal(await flush(page), null);
    assert.equal(spans().length, 4);
    return page;
  },

  async 'spans are sent in an interval'() {
    const page = await open();
    const arrived = arrival();
    await page.evaluate(() => shop.flush_every(10));
    await load(page);
    await arrived;
    return page;
  },

  async 'spans are sent when the page is left'() {
    const page = await open();
    await page.evaluate(() => shop.flush_every(3_600_000));
    await load(page);
    assert.deepEqual(spans(), []);
    const arrived = arrival();
    await page.goto('about:blank');
    await arrived;
    assert.equal(spans().length, 4);
    return page;
  },

  async 'a request in flight outlives its page'() {
    const page = await open();
    await load(page);
    const arrived = arrival();
    const releases = [];
    const asked = new Promise(resolve => {
      held = () => {
        resolve();
        return new Promise(resolve => releases.push(resolve));
      };
    });
    await page.evaluate(() => { flush(); });
    await asked;
    held = async () => {};
    await page.goto('about:blank');
    for (const release of releases) release();
    await arrived;
    assert.equal(spans().length, 4);
    return page;
  },

  async 'each page has ids of its own'() {
    const ids = [];
    for (let at = 0; at < 3; at++) {
      const page = await open();
      await load(page);
      await flush(page);
      await page.close();
    }
    for (const { traceId, spanId } of spans()) ids.push(traceId.slice(16), spanId);
    assert.equal(new Set(ids).size, 3 + 12, `${ids}`);
  },
};

let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  [requests, preflights, answers, waiting] = [[], 0, [], undefined];
  try {
    const page = await test();
    if (page) {
      assert.deepEqual(page.wrong, []);
      await page.close();
    }
    console.log(`ok: ${name}`);
  } catch (error) {
    failed += 1;
    console.error(`failed: ${name}\n${error.stack}`);
  }
}
await browser.close();
for (const { server } of [site, receiver]) {
  server.closeAllConnections();
  server.close();
}
process.exitCode = failed ? 1 : 0;
