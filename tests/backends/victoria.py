"""VictoriaMetrics: a time series database that receives OTLP and is queried with PromQL."""

import json
import time
import urllib.parse
import urllib.request
from pathlib import Path

from processes import Server, answers


class VictoriaMetrics(Server):
    def __init__(self, program: str, folder: Path, port: int, environment: dict[str, str]):
        self.http = f"http://127.0.0.1:{port}"
        # The endpoint for OTLP metrics.
        self.otlp = f"{self.http}/opentelemetry/v1/metrics"
        command = [
            program,
            f"-storageDataPath={folder / 'data'}",
            f"-httpListenAddr=127.0.0.1:{port}",
            "-retentionPeriod=1d",
            # Units and `_total` as the specification defines them for Prometheus.
            "-opentelemetry.usePrometheusNaming",
            # Received data can be queried immediately.
            "-search.latencyOffset=0s",
        ]
        super().__init__("VictoriaMetrics", command, folder / "victoria.log", environment)

    def __enter__(self):
        super().__enter__()
        self.wait_until(lambda: answers(f"{self.http}/health"), 60)
        return self

    def series(self, selector: str, patience: float = 30) -> list[dict]:
        """Returns the series of a selector, each with its labels and its last value, once there are any. Returns
        none if none arrive in time."""
        end = time.monotonic() + patience
        while not (found := self._query(selector)) and time.monotonic() < end:
            time.sleep(0.2)
        return found

    def _query(self, selector: str) -> list[dict]:
        # A flush makes the latest samples visible to queries.
        with urllib.request.urlopen(f"{self.http}/internal/force_flush", timeout=30):
            pass
        query = urllib.parse.urlencode({"query": selector})
        with urllib.request.urlopen(f"{self.http}/api/v1/query?{query}", timeout=30) as response:
            answer = json.load(response)
        return [
            {"labels": each["metric"], "value": float(each["value"][1])} for each in answer["data"]["result"]
        ]
