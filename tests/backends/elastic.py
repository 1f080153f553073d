"""Elastic's mock OTLP server: decodes requests by the protocol's own schema, and writes their contents to its
standard output. Here, it receives log records."""

import json
import time
from pathlib import Path

from processes import Server, listens


class Elastic(Server):
    def __init__(self, programs: Path, folder: Path, port: int, environment: dict[str, str]):
        command = ["node", str(programs / "elastic.js"), str(port)]
        super().__init__("Elastic's mock OTLP server", command, folder / "logs.jsonl", environment)
        self.grpc = f"http://127.0.0.1:{port}"
        self._port = port

    def __enter__(self):
        super().__enter__()
        self.wait_until(lambda: listens(self._port), 60)
        return self

    def logs(self, trace_id: str, records: int, patience: float = 30) -> list[dict]:
        """Returns the log records of a trace once there are `records`, or else those that arrived in time."""
        end = time.monotonic() + patience
        while len(found := self._received(trace_id)) < records and time.monotonic() < end:
            time.sleep(0.2)
        return found

    def _received(self, trace_id: str) -> list[dict]:
        # The last line may not be complete yet.
        *lines, _ = self.output().split("\n")
        return [
            {
                "body": record["body"]["stringValue"],
                "span_id": record["spanId"],
                "severity_text": record["severityText"],
                "attributes": attributes(record),
                "resource": attributes(resource["resource"]),
            }
            for line in lines
            for resource in json.loads(line)["resourceLogs"]
            for scope in resource["scopeLogs"]
            for record in scope["logRecords"]
            if record.get("traceId") == trace_id
        ]


def attributes(of: dict) -> dict[str, object]:
    return {each["key"]: next(iter(each["value"].values())) for each in of.get("attributes", [])}
