"""Decodes the requests that `floe-differential --otlp FOLDER` has written, with OpenTelemetry's protos for
Python, and compares them with the spans that they must contain. Fails if a list of attributes has a key
twice."""

import json
import struct
import sys
from collections import Counter
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

# Later times are those of the clock, as in `Time::LIMIT`.
LIMIT = 1_500_000_010 * 10**9

# Fields of `flags`: https://opentelemetry.io/docs/specs/otel/protocol/exporter/
RANDOM, HAS_IS_REMOTE, IS_REMOTE = 0x2, 0x100, 0x200

lists = 0
repeated = Counter()


def scalar(value):
    kind = value.WhichOneof("value")
    if kind == "bool_value":
        return f"bool {str(value.bool_value).lower()}"
    if kind == "int_value":
        return f"int {value.int_value}"
    if kind == "double_value":
        return "double " + struct.pack(">d", value.double_value).hex()
    if kind == "string_value":
        return f"string {value.string_value}"
    raise ValueError(f"a value of the type {kind}")


def value(any_value):
    if any_value.WhichOneof("value") == "array_value":
        return [scalar(item) for item in any_value.array_value.values]
    return scalar(any_value)


def attributes(where, key_values):
    global lists
    lists += 1
    keys = [attribute.key for attribute in key_values]
    if len(keys) != len(set(keys)):
        repeated[where] += 1
    return [[attribute.key, value(attribute.value)] for attribute in key_values]


def time(nanos):
    return nanos if nanos < LIMIT else None


def context(item):
    return {
        "trace_id": item.trace_id.hex(),
        "span_id": item.span_id.hex(),
        "flags": item.flags & 0xFF & ~RANDOM,
        "state": item.trace_state,
    }


def is_remote(flags):
    assert flags & HAS_IS_REMOTE, "it is not said whether a context is remote"
    return bool(flags & IS_REMOTE)


def event(item):
    return {
        "name": item.name,
        "time": time(item.time_unix_nano),
        "attributes": attributes("event", item.attributes),
        "dropped_attributes": item.dropped_attributes_count,
    }


def link(item):
    return context(item) | {
        "is_remote": is_remote(item.flags),
        "attributes": attributes("link", item.attributes),
        "dropped_attributes": item.dropped_attributes_count,
    }


def span(item, scope, schema_url):
    return {
        "context": context(item) | {"is_remote": False, "attributes": [], "dropped_attributes": 0},
        "parent": item.parent_span_id.hex() or "0" * 16,
        "parent_is_remote": is_remote(item.flags),
        "name": item.name,
        "kind": Span.SpanKind.Name(item.kind).removeprefix("SPAN_KIND_").capitalize(),
        "start": time(item.start_time_unix_nano),
        "end": time(item.end_time_unix_nano),
        "attributes": attributes("span", item.attributes),
        "dropped_attributes": item.dropped_attributes_count,
        "events": [event(it) for it in item.events],
        "dropped_events": item.dropped_events_count,
        "links": [link(it) for it in item.links],
        "dropped_links": item.dropped_links_count,
        "status": [
            Status.StatusCode.Name(item.status.code).removeprefix("STATUS_CODE_").capitalize(),
            item.status.message,
        ],
        "scope": {
            "name": scope.name,
            "version": scope.version,
            "schema_url": schema_url,
            "attributes": attributes("scope", scope.attributes),
        },
    }


def decode(body):
    request = ExportTraceServiceRequest.FromString(body)
    for resource_spans in request.resource_spans:
        attributes("resource", resource_spans.resource.attributes)
        for scope_spans in resource_spans.scope_spans:
            for item in scope_spans.spans:
                yield span(item, scope_spans.scope, scope_spans.schema_url)


def by_id(spans):
    return sorted(spans, key=lambda it: (it["context"]["trace_id"], it["context"]["span_id"]))


folder = Path(sys.argv[1])
cases = spans = 0
for case in sorted(folder.glob("*.json")):
    expected = by_id(json.loads(case.read_text()))
    bodies = sorted(folder.glob(f"{case.stem}-*.otlp"))
    found = by_id(it for body in bodies for it in decode(body.read_bytes()))
    if found != expected:
        first = next((pair for pair in zip(expected, found) if pair[0] != pair[1]), None)
        sys.exit(f"{case}: {len(found)} of {len(expected)} spans, of which this one differs:\n"
                 + "\n".join(json.dumps(it, indent=1) for it in first or ()))
    cases += 1
    spans += len(found)
if repeated:
    sys.exit(f"a key occurs twice in {dict(repeated)}")
if not spans:
    sys.exit(f"{folder} contains no spans")
print(f"{spans} spans of {cases} cases are as expected, {lists} lists of attributes have unique keys")
