// Makes each call of the list in the request, as the Rust service does. Exits at the end of its
// input.

import { createServer } from 'node:http';
import { promisify } from 'node:util';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ROOT_CONTEXT, SpanKind, context, propagation, trace } from '@opentelemetry/api';
import { BaggageSpanProcessor } from '@opentelemetry/baggage-span-processor';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { envDetector, resourceFromAttributes, detectResources } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

const provider = new NodeTracerProvider({
  resource: resourceFromAttributes({}).merge(detectResources({ detectors: [envDetector] })),
  spanProcessors: [
    new BaggageSpanProcessor(key => key.startsWith('floe.')),
    new BatchSpanProcessor(new OTLPTraceExporter()),
  ],
});
// W3C Trace Context and Baggage are the default propagators.
provider.register();
const tracer = trace.getTracer('node');
const { Calls } = grpc.loadPackageDefinition(
  loadSync(new URL('calls.proto', import.meta.url).pathname),
).calls;

async function overHttp(url, body) {
  const headers = { 'content-type': 'application/json' };
  propagation.inject(context.active(), headers);
  const response = await fetch(url, { method: 'POST', headers, body });
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response.json();
}

async function overGrpc(target, body) {
  const metadata = new grpc.Metadata();
  propagation.inject(context.active(), metadata, { set: (to, key, value) => to.set(key, value) });
  const client = new Calls(target, grpc.credentials.createInsecure());
  try {
    const make = promisify(client.Make.bind(client));
    return JSON.parse((await make({ value: body }, metadata)).value);
  } finally {
    client.close();
  }
}

function call({ url, arguments: calls }) {
  return tracer.startActiveSpan('node.call', { kind: SpanKind.CLIENT }, async span => {
    try {
      const target = url.match(/^grpc:\/\/(.*)/)?.[1];
      const body = JSON.stringify(calls);
      return target ? await overGrpc(target, body) : await overHttp(url, body);
    } finally {
      span.end();
    }
  });
}

// Makes the calls in order, and returns what this service and all that it called received.
function makeCalls(headers, calls) {
  const own = { service: 'node' };
  for (const name of ['traceparent', 'tracestate', 'baggage']) {
    if (headers[name] !== undefined) own[name] = headers[name];
  }
  return context.with(propagation.extract(ROOT_CONTEXT, headers), () => {
    const tenant = propagation.getActiveBaggage()?.getEntry('tenant')?.value;
    const options = { kind: SpanKind.SERVER, attributes: { tenant } };
    return tracer.startActiveSpan('node.serve', options, async span => {
      try {
        const all = [own];
        for (const each of calls) all.push(...(await call(each)));
        return all;
      } finally {
        span.end();
      }
    });
  });
}

const server = createServer(async (request, response) => {
  const body = [];
  for await (const chunk of request) body.push(chunk);
  try {
    const calls = JSON.parse(Buffer.concat(body).toString());
    response.end(JSON.stringify(await makeCalls(request.headers, calls)));
  } catch (error) {
    console.error(error);
    response.writeHead(502).end();
  }
});

const grpcServer = new grpc.Server();
grpcServer.addService(Calls.service, {
  async Make({ request, metadata }, respond) {
    try {
      const calls = JSON.parse(request.value);
      respond(null, { value: JSON.stringify(await makeCalls(metadata.getMap(), calls)) });
    } catch (error) {
      console.error(error);
      respond({ code: grpc.status.INTERNAL });
    }
  },
});
const bind = promisify(grpcServer.bindAsync.bind(grpcServer));
const port = await bind('127.0.0.1:0', grpc.ServerCredentials.createInsecure());
server.listen(0, '127.0.0.1', () =>
  console.log(`127.0.0.1:${server.address().port} 127.0.0.1:${port}`),
);
process.stdin.resume().on('end', async () => {
  await provider.shutdown();
  process.exit(0);
});
