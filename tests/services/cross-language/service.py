"""Posts to each URL of the list in the request, as the Rust service does. Ends at the end of its input."""

import json
import sys
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry import context, propagate
from opentelemetry.trace import SpanKind

from telemetry import provider, tenant, tracer


def call(url, arguments):
    with tracer.start_as_current_span("python.call", kind=SpanKind.CLIENT):
        headers = {"content-type": "application/json"}
        propagate.inject(headers)
        body = json.dumps(arguments).encode()
        urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=20).close()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        calls = json.loads(self.rfile.read(int(self.headers["content-length"])))
        token = context.attach(propagate.extract(dict(self.headers.items())))
        try:
            with tracer.start_as_current_span(
                "python.serve", kind=SpanKind.SERVER, attributes=tenant()
            ):
                for each in calls:
                    call(each["url"], each["arguments"])
        finally:
            context.detach(token)
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print("127.0.0.1:%d" % server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
server.shutdown()
provider.shutdown()
