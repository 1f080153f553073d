"""Otelite: a small OTLP store on SQLite, queried for log records here."""

import itertools
import json
import time
import urllib.parse
import urllib.request
from pathlib import Path

from processes import Server, answers, listens


class Otelite(Server):
    def __init__(self, program: str, folder: Path, api: int, grpc: int, http: int, environment: dict[str, str]):
        environment = environment | {
            "OTELITE_DATA_DIR": str(folder),
            "OTELITE_OTLP_GRPC_PORT": str(grpc),
            "OTELITE_OTLP_HTTP_PORT": str(http),
        }
        command = [program, "serve", "--addr", f"127.0.0.1:{api}"]
        super().__init__("Otelite", command, folder / "otelite.log", environment)
        self.api, self.grpc, self.http = (f"http://127.0.0.1:{port}" for port in (api, grpc, http))
        self._ports = (grpc, http)
        self._queries = itertools.count(1)

    def __enter__(self):
        super().__enter__()
        self.wait_until(lambda: answers(f"{self.api}/api/health") and all(map(listens, self._ports)), 60)
        return self

    def logs(self, trace_id: str, records: int, patience: float = 30) -> list[dict]:
        """The log records of a trace: waits until there are `records`, or returns those that arrived in time."""
        end = time.monotonic() + patience
        while len(found := self._query(trace_id)) < records and time.monotonic() < end:
            time.sleep(0.2)
        return found

    def _query(self, trace_id: str) -> list[dict]:
        # Otelite caches responses; a query with a new start time bypasses the cache.
        query = {"trace_id": trace_id, "limit": 1000, "start_time": next(self._queries)}
        url = f"{self.api}/api/logs?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url, timeout=30) as response:
            return json.load(response)["logs"]
