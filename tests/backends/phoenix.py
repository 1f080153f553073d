"""Arize Phoenix: a trace store with OTLP and a query API, both of which require a key."""

import json
import secrets
import time
import urllib.parse
import urllib.request
from pathlib import Path

from processes import Server, answers

# A cold start creates a database with 80 migrations.
START = 300


class Phoenix(Server):
    def __init__(self, venv: Path, folder: Path, http: int, grpc: int, environment: dict[str, str]):
        # Phoenix requires letters and digits.
        self.key = f"key1{secrets.token_hex(24)}"
        environment = environment | {
            "PHOENIX_ENABLE_AUTH": "true",
            "PHOENIX_SECRET": f"other1{secrets.token_hex(24)}",
            "PHOENIX_ADMIN_SECRET": self.key,
            "PHOENIX_WORKING_DIR": str(folder),
            "PHOENIX_HOST": "127.0.0.1",
            "PHOENIX_PORT": str(http),
            "PHOENIX_GRPC_PORT": str(grpc),
            "PHOENIX_TELEMETRY_ENABLED": "false",
        }
        command = [str(venv / "bin/phoenix"), "serve"]
        super().__init__("Phoenix", command, folder / "phoenix.log", environment)
        self.http, self.grpc = f"http://127.0.0.1:{http}", f"http://127.0.0.1:{grpc}"

    def __enter__(self):
        super().__enter__()
        self.wait_until(lambda: answers(f"{self.http}/healthz"), START)
        return self

    def trace(self, trace_id: str, spans: int, patience: float = 60) -> list[dict]:
        """Returns the spans of a trace once there are `spans`, or else those that arrived in time.

        Then queries once more after a second, because more spans than expected may arrive.
        """
        end = time.monotonic() + patience
        while len(self._query(trace_id)) < spans and time.monotonic() < end:
            time.sleep(0.2)
        time.sleep(1)
        return self._query(trace_id)

    def _query(self, trace_id: str) -> list[dict]:
        query = urllib.parse.urlencode({"limit": 1000, "trace_id": trace_id})
        url = f"{self.http}/v1/projects/default/spans?{query}"
        request = urllib.request.Request(url, headers={"authorization": f"Bearer {self.key}"})
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                answer = json.load(response)
        except urllib.error.HTTPError as error:
            if error.code == 404:  # The first span creates the project.
                return []
            raise
        if answer.get("next_cursor"):
            raise SystemExit("Phoenix has more than 1000 spans of one trace")
        return answer["data"]
