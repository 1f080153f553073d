"""A catalog whose requests the models of Apache Polaris' own client parse.

Its first line of output is its port. `client PORT` instead reads the table `retail.orders` of the catalog through that
client, as a reader of the table does, and prints its rows."""

import csv
import json
import sys
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from apache_polaris.sdk.catalog.api.generic_table_api import GenericTableAPI
from apache_polaris.sdk.catalog.api_client import ApiClient
from apache_polaris.sdk.catalog.configuration import Configuration
from apache_polaris.sdk.catalog.models.create_generic_table_request import CreateGenericTableRequest
from apache_polaris.sdk.catalog.models.create_namespace_request import CreateNamespaceRequest

TOKEN = "issued"


class Refused(Exception):
    pass


def parsed(model, body):
    """The body, which has nothing that the model does not know."""
    request = model.from_json(body)
    if request.to_dict() != json.loads(body):
        raise Refused(400, f"expected {request.to_dict()}, found {body}")
    return request


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    namespaces, tables = set(), {}

    def log_message(self, *_):
        pass

    def handle_request(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        path, _, query = self.path.partition("?")
        try:
            status, answer = 200, self.answer(path, query, body)
        except Refused as error:
            status, message = error.args
            answer = {"error": {"message": message, "type": "Refused", "code": status}}
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = handle_request

    def answer(self, path, query, body):
        if path == "/v1/oauth/tokens":
            form = dict(urllib.parse.parse_qsl(body))
            if (form.get("client_id"), form.get("client_secret")) != ("root", "s3cr3t"):
                raise Refused(401, "invalid_client")
            return {"access_token": TOKEN, "token_type": "bearer", "expires_in": 3600}
        if self.headers.get("authorization") != "Bearer " + TOKEN:
            raise Refused(401, "no token")
        match self.command, path.split("/")[1:]:
            case "GET", ["v1", "config"]:
                return {"defaults": {}, "overrides": {"prefix": urllib.parse.parse_qs(query)["warehouse"][0]}}
            case "POST", ["v1", "main", "namespaces"]:
                (name,) = parsed(CreateNamespaceRequest, body).namespace
                self.add(self.namespaces, name)
                return {"namespace": [name], "properties": {}}
            case "POST", ["polaris", "v1", "main", "namespaces", namespace, "generic-tables"]:
                table = parsed(CreateGenericTableRequest, body)
                if namespace not in self.namespaces:
                    raise Refused(404, "no such namespace")
                self.add(self.tables, (namespace, table.name))
                self.tables[namespace, table.name] = table.to_dict()
                return {"table": table.to_dict()}
            case "GET", ["polaris", "v1", "main", "namespaces", namespace, "generic-tables", name]:
                return {"table": self.tables[namespace, name]}
        raise Refused(404, self.path)

    def add(self, known, key):
        if key in known:
            raise Refused(409, "it exists")
        known |= {key} if isinstance(known, set) else {key: None}


def serve():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


def client(port):
    configuration = Configuration(host=f"http://127.0.0.1:{port}", access_token=TOKEN)
    api = GenericTableAPI(ApiClient(configuration))
    table = api.load_generic_table("main", "retail", "orders").table
    assert (table.format, table.properties) == ("csv", {"header": "true"}), table
    with urllib.request.urlopen(table.base_location) as file:
        for row in csv.DictReader(line.decode() for line in file):
            print(json.dumps(row))


if sys.argv[1:2] == ["client"]:
    client(int(sys.argv[2]))
else:
    serve()
