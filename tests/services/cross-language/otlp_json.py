"""Reads lines of OTLP in JSON by protobuf's own mapping, with OpenTelemetry's protos for Python. Ids, which OTLP
writes as hexadecimal, are converted to base64 for the mapping, and compared afterwards. Fails on an unknown field, on a
value of another type, and if a signal is missing."""

import base64
import json
import sys
from pathlib import Path

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

REQUESTS = {
    "resourceSpans": ExportTraceServiceRequest,
    "resourceMetrics": ExportMetricsServiceRequest,
    "resourceLogs": ExportLogsServiceRequest,
}
IDS = {"traceId": 16, "spanId": 8, "parentSpanId": 8}
# Numbers of 64 bits are texts, so that no reader loses digits.
LONG = ("UnixNano", "intValue", "asInt", "count", "zeroCount")


def check(value):
    """Converts ids, and checks that long numbers are texts and enumerations numbers."""
    if isinstance(value, list):
        return [check(item) for item in value]
    if not isinstance(value, dict):
        return value
    checked = {}
    for key, item in value.items():
        if key in IDS:
            is_root = key == "parentSpanId" and not item
            assert is_root or item == item.lower() and len(bytes.fromhex(item)) == IDS[key], item
            item = base64.b64encode(bytes.fromhex(item)).decode()
        elif key.endswith(LONG):
            assert isinstance(item, str), (key, item)
        elif key in ("kind", "code", "severityNumber", "aggregationTemporality"):
            assert isinstance(item, int), (key, item)
        checked[key] = check(item)
    return checked


found = {}
for line in Path(sys.argv[1]).read_text().splitlines():
    document = json.loads(line)
    (name,) = document
    request = json_format.ParseDict(check(document), REQUESTS[name]())
    found.setdefault(name, []).append(request)
assert found.keys() == REQUESTS.keys(), found.keys()

(span,) = found["resourceSpans"][0].resource_spans[0].scope_spans[0].spans
assert span.name == "load" and span.status.code == 2, span
attributes = {item.key: item.value for item in span.attributes}
# JSON has no NaN, so the value of `ratio` is empty.
assert attributes["rows"].int_value == 3 and not attributes["ratio"].WhichOneof("value"), attributes
assert [item.string_value for item in attributes["tags"].array_value.values] == ["a", "b"], attributes
(record,) = found["resourceLogs"][0].resource_logs[0].scope_logs[0].log_records
assert record.trace_id == span.trace_id and record.span_id == span.span_id, record
print(f"OTLP in JSON: {sum(map(len, found.values()))} requests were read by the official protos")
