"""An Iceberg REST catalog that pyiceberg's own models parse, check and apply.

Argument: a file that receives a line of JSON for each request. Its first line of output is its port. `client PORT` instead uses the
catalog through pyiceberg's REST client."""

import json
import sys
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "issued"
CREDENTIALS = {"s3.access-key-id": "ASIA", "s3.secret-access-key": "vended", "s3.session-token": "session"}


def serve(log):
    from pyiceberg.catalog.rest import CreateTableRequest
    from pyiceberg.exceptions import CommitFailedException
    from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC
    from pyiceberg.table import CommitTableRequest
    from pyiceberg.table.metadata import new_table_metadata
    from pyiceberg.table.sorting import UNSORTED_SORT_ORDER
    from pyiceberg.table.update import AddSnapshotUpdate, SetSnapshotRefUpdate, update_table_metadata
    from pyiceberg.table.snapshots import Operation, Snapshot, Summary

    namespaces, tables = {}, {}

    class Refused(Exception):
        def __init__(self, status, kind):
            self.status, self.kind = status, kind

    def with_snapshots(metadata):
        parent = None
        for id in (1, 2, 3):
            snapshot = Snapshot(snapshot_id=id, parent_snapshot_id=parent, sequence_number=id,
                                timestamp_ms=metadata.last_updated_ms + id, manifest_list=f"s3://lake/{id}.avro",
                                summary=Summary(Operation.APPEND), schema_id=0)
            ref = SetSnapshotRefUpdate(ref_name="main", type="branch", snapshot_id=id)
            metadata = update_table_metadata(metadata, (AddSnapshotUpdate(snapshot=snapshot), ref))
            parent = id
        return metadata

    def loaded(metadata, **more):
        body = {"metadata": json.loads(metadata.model_dump_json()), "metadata-location": "s3://lake/m.json", "config": {}}
        return 200, {**body, **more}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def handle_request(self):
            length = int(self.headers.get("content-length") or 0)
            body = self.rfile.read(length).decode()
            path, _, query = self.path.partition("?")
            agent = "floe" if self.headers.get("user-agent", "").startswith("floe/") else "pyiceberg"
            with open(log, "a") as file:
                print(json.dumps([agent, self.command, path, body]), file=file)
            try:
                status, answer = self.answer(path, dict(urllib.parse.parse_qsl(query)), body)
            except Refused as error:
                status = error.status
                answer = {"error": {"message": "refused", "type": error.kind, "code": status}}
            except Exception as error:
                status, answer = 400, {"error": {"message": repr(error), "type": "BadRequestException", "code": 400}}
            content = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            if answer is not None:
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = do_HEAD = handle_request

        def answer(self, path, query, body):
            if path == "/v1/oauth/tokens":
                form = dict(urllib.parse.parse_qsl(body))
                if form.get("client_id") != "root" or form.get("client_secret") != "s3cr3t":
                    return 401, {"error": "invalid_client"}
                return 200, {"access_token": TOKEN, "token_type": "bearer", "expires_in": 3600}
            if self.headers.get("authorization") != "Bearer " + TOKEN:
                raise Refused(401, "NotAuthorizedException")
            if path == "/v1/config":
                return 200, {"defaults": {}, "overrides": {"prefix": query["warehouse"]}}
            parts = [urllib.parse.unquote(part) for part in path.removeprefix("/v1/main/").split("/")]
            match self.command, parts:
                case "GET", ["namespaces"]:
                    parent = tuple(query["parent"].split("\x1f")) if query.get("parent") else ()
                    found = [it for it in namespaces if len(it) == len(parent) + 1 and it[: len(parent)] == parent]
                    return 200, {"namespaces": found}
                case "POST", ["namespaces"]:
                    namespace = tuple(json.loads(body)["namespace"])
                    if namespace in namespaces:
                        raise Refused(409, "AlreadyExistsException")
                    namespaces[namespace] = {}
                    return 200, {"namespace": namespace, "properties": {}}
                case _, ["namespaces", name, *rest]:
                    return self.in_namespace(tuple(name.split("\x1f")), rest, query, body)
            raise Refused(404, "NotFoundException")

        def in_namespace(self, namespace, rest, query, body):
            if namespace not in namespaces:
                raise Refused(404, "NoSuchNamespaceException")
            match self.command, rest:
                case "DELETE", []:
                    if any(it[0] == namespace for it in tables):
                        raise Refused(409, "NamespaceNotEmptyException")
                    del namespaces[namespace]
                    return 204, None
                case "GET", []:
                    return 200, {"namespace": namespace, "properties": {}}
                case "GET", ["tables"]:
                    found = [{"namespace": it[0], "name": it[1]} for it in tables if it[0] == namespace]
                    return 200, {"identifiers": found}
                case "POST", ["tables"]:
                    # pyiceberg's model wants the keys that the protocol leaves out.
                    optional = {"location": None, "partition-spec": None, "write-order": None}
                    request = CreateTableRequest.model_validate({**optional, **json.loads(body)})
                    key = (namespace, request.name)
                    if key in tables:
                        raise Refused(409, "AlreadyExistsException")
                    metadata = new_table_metadata(
                        schema=request.table_schema,
                        partition_spec=request.partition_spec or UNPARTITIONED_PARTITION_SPEC,
                        sort_order=request.write_order or UNSORTED_SORT_ORDER,
                        location=request.location or f"s3://lake/{request.name}",
                        properties=request.properties,
                    )
                    tables[key] = with_snapshots(metadata)
                    return loaded(tables[key])
                case method, ["tables", name]:
                    return self.table(method, (namespace, name), body)
            raise Refused(405, "MethodNotAllowed")

        def table(self, method, key, body):
            if key not in tables:
                raise Refused(404, "NoSuchTableException")
            if method == "GET":
                if self.headers.get("x-iceberg-access-delegation") == "vended-credentials":
                    return loaded(tables[key], **{"storage-credentials": [{"prefix": "s3://lake", "config": CREDENTIALS}]})
                return loaded(tables[key])
            if method == "DELETE":
                del tables[key]
                return 204, None
            request = CommitTableRequest.model_validate_json(body)
            assert (tuple(request.identifier.namespace.root), request.identifier.name) == key, request.identifier
            try:
                for requirement in request.requirements:
                    requirement.validate(tables[key])
            except CommitFailedException:
                raise Refused(409, "CommitFailedException")
            tables[key] = update_table_metadata(tables[key], request.updates, enforce_validation=True)
            return loaded(tables[key])

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


def client(port):
    """Reads what the plugin has written, then does the same in namespaces of its own."""
    from pyiceberg.catalog.rest import RestCatalog
    from pyiceberg.schema import Schema
    from pyiceberg.types import DateType, DoubleType, LongType, NestedField, StringType

    catalog = RestCatalog("c", uri=f"http://127.0.0.1:{port}", warehouse="main", credential="root:s3cr3t",
                          scope="PRINCIPAL_ROLE:ALL")
    table = catalog.load_table(("floe", "eu", "orders"))
    fields = [(it.field_id, it.name, str(it.field_type), it.required) for it in table.schema().fields]
    assert fields == [(1, "id", "long", False), (2, "amount", "double", False), (3, "note", "string", False),
                      (4, "day", "date", False)], fields
    assert table.location() == "s3://lake/floe/orders"
    assert catalog.list_tables(("floe", "eu")) == [("floe", "eu", "orders")]
    assert catalog.list_namespaces("floe") == [("floe", "eu")]

    catalog.create_namespace("pyiceberg")
    catalog.create_namespace(("pyiceberg", "eu"))
    names = [("id", LongType()), ("amount", DoubleType()), ("note", StringType()), ("day", DateType())]
    schema = Schema(*(NestedField(id, name, kind) for id, (name, kind) in enumerate(names, 1)))
    catalog.create_table(("pyiceberg", "eu", "orders"), schema, location="s3://lake/pyiceberg/orders")


if sys.argv[1] == "client":
    client(int(sys.argv[2]))
else:
    serve(sys.argv[1])
