// Loads a trace into trace_processor, as WebAssembly in Perfetto's page, and serves it on a Unix socket, as
// `trace_processor server unix` does: `node trace_processor.js PAGE_FOLDER TRACE SOCKET`. Ends with its first client.
"use strict";
const fs = require("node:fs");
const net = require("node:net");
const path = require("node:path");
const vm = require("node:vm");
const { MessageChannel } = require("node:worker_threads");

const [page, trace, socket] = process.argv.slice(2);

// What the engine expects of a web worker. As `process` has a type, the engine does not take it for Node.
globalThis.self = globalThis;
globalThis.WorkerGlobalScope = Object;
globalThis.location = { href: "http://localhost/" };
globalThis.XMLHttpRequest = class {
  open(_, name) {
    const bytes = fs.readFileSync(path.join(page, path.basename(name)));
    this.response = new Uint8Array(bytes).buffer;
  }
  send() {}
};
process.type = "renderer";
vm.runInThisContext(fs.readFileSync(path.join(page, "engine_bundle.js"), "utf8"));

function varint(number) {
  const bytes = [];
  for (; number >= 0x80; number = Math.floor(number / 0x80)) bytes.push((number % 0x80) | 0x80);
  return Buffer.from([...bytes, number]);
}

function message(field, bytes) {
  return Buffer.concat([varint((field << 3) | 2), varint(bytes.length), bytes]);
}

// A `TraceProcessorRpc` with a method, whose field is 2, and what it needs.
function request(method, ...parts) {
  return message(1, Buffer.concat([Buffer.from([2 << 3, method]), ...parts]));
}
const APPEND_TRACE_DATA = 1;
const FINALIZE_TRACE_DATA = 2;

const { port1: engine, port2: worker } = new MessageChannel();
globalThis.onmessage({ data: worker });
const send = (bytes) => engine.postMessage(new Uint8Array(bytes));

let client;
const server = net.createServer((connection) => {
  client = connection;
  client.on("data", send);
  client.on("close", () => process.exit());
});

// The answers to what loads the trace, then those to the client.
let answers = 0;
engine.on("message", (reply) => {
  if (client) client.write(reply);
  else if (--answers === 0) server.listen(socket);
});
const bytes = fs.readFileSync(trace);
const most = 16 << 20;
for (let begin = 0; begin < bytes.length; begin += most) {
  answers += 1;
  send(request(APPEND_TRACE_DATA, message(101, bytes.subarray(begin, begin + most))));
}
answers += 1;
send(request(FINALIZE_TRACE_DATA));
