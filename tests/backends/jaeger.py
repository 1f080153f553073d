"""Jaeger, and the API of its page."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from processes import Server, answers, listens


class Jaeger(Server):
    """Receives OTLP at `grpc` and `http`, and has what it received until it ends."""

    def __init__(self, program: str, folder: Path, environment: dict[str, str], host="127.0.0.1", storage="memory"):
        self._host, self._ports, self.storage = host, (4317, 4318, 16686, 16685), storage
        grpc, http, query, query_grpc = (f"{host}:{port}" for port in self._ports)
        storages = {"memory": {"memory": {"max_traces": 100_000}}, "badger": {"badger": {"ephemeral": True}}}
        config = {
            "service": {
                "extensions": ["jaeger_storage", "jaeger_query"],
                "telemetry": {"metrics": {"level": "none"}},
                "pipelines": {"traces": {"receivers": ["otlp"], "exporters": ["jaeger_storage_exporter"]}},
            },
            "extensions": {
                "jaeger_storage": {"backends": {"own": storages[storage]}},
                "jaeger_query": {
                    "storage": {"traces": "own"},
                    "http": {"endpoint": query},
                    "grpc": {"endpoint": query_grpc},
                },
            },
            "receivers": {"otlp": {"protocols": {"grpc": {"endpoint": grpc}, "http": {"endpoint": http}}}},
            "exporters": {"jaeger_storage_exporter": {"trace_storage": "own"}},
        }
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "jaeger.json"
        file.write_text(json.dumps(config))
        super().__init__("Jaeger", [program, "--config", str(file)], folder / "jaeger.log", environment)
        self.grpc, self.http, self._query = f"http://{grpc}", f"http://{http}", f"http://{query}"

    def __enter__(self):
        super().__enter__()
        self.wait_until(
            lambda: all(listens(port, self._host) for port in self._ports) and answers(f"{self._query}/api/services"),
            60,
        )
        return self

    def services(self) -> list[str]:
        return self._ask("services")

    def operations(self, service: str) -> list[str]:
        return self._ask(f"services/{urllib.parse.quote(service)}/operations")

    def search(self, service: str, **parameters) -> dict[str, dict]:
        """The traces that a search finds, by their ids."""
        query = urllib.parse.urlencode({"service": service, "limit": 10_000} | parameters)
        return {trace["traceID"]: trace for trace in self._ask(f"traces?{query}")}

    def trace(self, trace_id: str, spans: int = 1, patience: float = 30) -> dict[str, dict]:
        """The spans of a trace by their ids, as soon as there are `spans`, or else those that arrived in time."""
        end = time.monotonic() + patience
        while True:
            found = stored(self._ask(f"traces/{trace_id}"))
            if len(found) >= spans or time.monotonic() > end:
                return found
            time.sleep(0.1)

    def _ask(self, path: str) -> list:
        try:
            with urllib.request.urlopen(f"{self._query}/api/{path}", timeout=30) as response:
                return json.load(response)["data"] or []
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return []
            raise


def stored(traces: list[dict]) -> dict[str, dict]:
    """The spans of Jaeger's answer as `sent` returns those of a file."""
    found = {}
    for trace in traces:
        for span in trace["spans"]:
            process = trace["processes"][span["processID"]]
            found[span["spanID"]] = {
                "trace": span["traceID"],
                "name": span["operationName"],
                "service": process["serviceName"],
                "start": span["startTime"],
                "duration": span["duration"],
                "references": sorted((it["refType"], it["traceID"], it["spanID"]) for it in span["references"]),
                "tags": tags(span["tags"]),
                "process": tags(process["tags"]),
                "events": sorted((log["timestamp"], sorted(tags(log["fields"]).items())) for log in span["logs"]),
            }
    return found


def tags(fields: list[dict]) -> dict[str, tuple]:
    # JavaScript could not read a large number.
    found = {it["key"]: (it["type"], int(it["value"]) if it["type"] == "int64" else it["value"]) for it in fields}
    if len(found) != len(fields):
        raise SystemExit(f"Jaeger has a key twice: {fields}")
    return found


def sent(lines: list[str]) -> dict[str, dict]:
    """The spans of OTLP in JSON by their ids, as Jaeger describes that it shows them."""
    found = {}
    for group in (group for line in lines for group in json.loads(line)["resourceSpans"]):
        resource = attributes(group["resource"]["attributes"])
        service = resource.pop("service.name")[1]
        for scoped in group["scopeSpans"]:
            for span in scoped["spans"]:
                found[span["spanId"]] = sent_span(span, scoped["scope"]) | {"service": service, "process": resource}
    return found


KINDS = (None, "internal", "server", "client", "producer", "consumer")


def sent_span(span: dict, scope: dict) -> dict:
    start, end = int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"])
    texts = {
        "otel.scope.name": scope.get("name"),
        "otel.scope.version": scope.get("version"),
        "span.kind": KINDS[span["kind"]],
        "otel.status_code": (None, "OK", "ERROR")[span["status"].get("code", 0)],
        "otel.status_description": span["status"].get("message"),
        "w3c.tracestate": span.get("traceState"),
    }
    own = attributes(span["attributes"]) | {key: ("string", text) for key, text in texts.items() if text}
    if span["status"].get("code") == 2:
        own["error"] = ("bool", True)
    parent = [("CHILD_OF", span["traceId"], span["parentSpanId"])] if span.get("parentSpanId") else []
    return {
        "trace": span["traceId"],
        "name": span["name"],
        "start": start // 1000,
        "duration": (end - start) // 1000,
        "references": sorted(parent + [("FOLLOWS_FROM", it["traceId"], it["spanId"]) for it in span["links"]]),
        "tags": own,
        "events": sorted(
            (
                int(event["timeUnixNano"]) // 1000,
                sorted((attributes(event["attributes"]) | {"event": ("string", event["name"])}).items()),
            )
            for event in span["events"]
        ),
    }


def attributes(pairs: list[dict]) -> dict[str, tuple]:
    return {pair["key"]: typed(pair["value"]) for pair in pairs}


def typed(value: dict) -> tuple:
    """The type and the value that Jaeger has for a value. An array is its JSON, because Jaeger has no arrays."""
    ((kind, it),) = value.items()
    match kind:
        case "intValue":
            return "int64", int(it)
        case "doubleValue":
            return "float64", it
        case "boolValue":
            return "bool", it
        case "stringValue":
            return "string", it
        case "arrayValue":
            plain = [typed(each)[1] for each in it["values"]]
            return "string", json.dumps(plain, separators=(",", ":"), ensure_ascii=False)
    raise SystemExit(f"unexpected value: {value}")
