"""Makes each call of the list in the request, as the Rust service does. Ends at the end of its input."""

import json
import sys
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
from google.protobuf.wrappers_pb2 import StringValue
from opentelemetry import context, propagate
from opentelemetry.trace import SpanKind

from telemetry import provider, tenant, tracer


def over_http(url, body):
    headers = {"content-type": "application/json"}
    propagate.inject(headers)
    with urllib.request.urlopen(urllib.request.Request(url, body.encode(), headers), timeout=20) as response:
        return response.read()


def over_grpc(target, body):
    metadata = {}
    propagate.inject(metadata)
    with grpc.insecure_channel(target) as channel:
        make = channel.unary_unary(
            "/calls.Calls/Make",
            request_serializer=StringValue.SerializeToString,
            response_deserializer=StringValue.FromString,
        )
        return make(StringValue(value=body), metadata=tuple(metadata.items()), timeout=20).value


def call(url, arguments):
    with tracer.start_as_current_span("python.call", kind=SpanKind.CLIENT):
        body = json.dumps(arguments)
        target = url.removeprefix("grpc://")
        return json.loads(over_http(url, body) if target == url else over_grpc(target, body))


def make_calls(headers, body):
    """Makes the calls in order, and returns what this service and all that it called received."""
    everything = [{"service": "python"}]
    for name in ("traceparent", "tracestate", "baggage"):
        if name in headers:
            everything[0][name] = headers[name]
    token = context.attach(propagate.extract(headers))
    try:
        with tracer.start_as_current_span("python.serve", kind=SpanKind.SERVER, attributes=tenant()):
            for each in json.loads(body):
                everything += call(each["url"], each["arguments"])
    finally:
        context.detach(token)
    return json.dumps(everything)


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = make_calls(headers, self.rfile.read(int(headers["content-length"]))).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def make(request, call):
    return StringValue(value=make_calls(dict(call.invocation_metadata()), request.value))


web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=web.serve_forever, daemon=True).start()
server = grpc.server(ThreadPoolExecutor(4))
handler = grpc.unary_unary_rpc_method_handler(
    make, request_deserializer=StringValue.FromString, response_serializer=StringValue.SerializeToString
)
server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("calls.Calls", {"Make": handler})])
port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(f"127.0.0.1:{web.server_port} 127.0.0.1:{port}", flush=True)
sys.stdin.read()
web.shutdown()
server.stop(None)
provider.shutdown()
