// Posts to each URL of the list in the request, as the Rust service does. Exits at the end of its
// input.

import { createServer } from 'node:http';
import { ROOT_CONTEXT, SpanKind, context, propagation, trace } from '@opentelemetry/api';
import { BaggageSpanProcessor } from '@opentelemetry/baggage-span-processor';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

const provider = new NodeTracerProvider({
  spanProcessors: [
    new BaggageSpanProcessor(key => key.startsWith('floe.')),
    new BatchSpanProcessor(new OTLPTraceExporter()),
  ],
});
// W3C Trace Context and Baggage are the default propagators.
provider.register();
const tracer = trace.getTracer('node');

function call(url, calls) {
  return tracer.startActiveSpan('node.call', { kind: SpanKind.CLIENT }, async span => {
    const headers = { 'content-type': 'application/json' };
    propagation.inject(context.active(), headers);
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(calls) });
    span.end();
    if (!response.ok) throw new Error(`${url}: ${response.status}`);
  });
}

function serve(headers, calls) {
  return context.with(propagation.extract(ROOT_CONTEXT, headers), () => {
    const tenant = propagation.getActiveBaggage()?.getEntry('tenant')?.value;
    const options = { kind: SpanKind.SERVER, attributes: { tenant } };
    return tracer.startActiveSpan('node.serve', options, async span => {
      for (const each of calls) await call(each.url, each.arguments);
      span.end();
    });
  });
}

const server = createServer(async (request, response) => {
  const body = [];
  for await (const chunk of request) body.push(chunk);
  try {
    await serve(request.headers, JSON.parse(Buffer.concat(body).toString()));
  } catch (error) {
    console.error(error);
    response.statusCode = 502;
  }
  response.end();
});
server.listen(0, '127.0.0.1', () => console.log(`127.0.0.1:${server.address().port}`));
process.stdin.resume().on('end', async () => {
  await provider.shutdown();
  process.exit(0);
});
