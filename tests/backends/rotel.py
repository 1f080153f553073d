"""Rotel: a collector that receives OTLP over gRPC and HTTP, batches, and exports OTLP."""

import sys
import sysconfig
from pathlib import Path

from backends import Backends
from processes import Server, listens


class Rotel(Server):
    def __init__(self, folder: Path, http: int, grpc: int, backends: Backends, environment: dict[str, str]):
        agent = Path(sysconfig.get_path("platlib")) / "rotel/rotel-agent"
        if not agent.is_file():
            raise SystemExit(f"no collector at {agent}, in the environment of {sys.executable}")
        command = [
            str(agent), "start",
            "--otlp-grpc-endpoint", f"127.0.0.1:{grpc}",
            "--otlp-http-endpoint", f"127.0.0.1:{http}",
            "--exporter", "otlp",
            "--otlp-exporter-traces-endpoint", backends.phoenix.grpc,
            "--otlp-exporter-traces-custom-headers", f"authorization=Bearer {backends.phoenix.key}",
            "--otlp-exporter-metrics-endpoint", backends.victoria.otlp,
            "--otlp-exporter-metrics-protocol", "http",
            "--otlp-exporter-logs-endpoint", backends.elastic.grpc,
            "--pid-file", str(folder / "rotel.pid"),
            # Every signal is also logged in detail, so that the search for credentials covers it.
            "--debug-log", "traces",
            "--debug-log", "metrics",
            "--debug-log", "logs",
            "--debug-log-verbosity", "detailed",
        ]  # fmt: skip
        super().__init__("Rotel", command, folder / "collector.log", environment)
        self.http, self.grpc = f"http://127.0.0.1:{http}", f"http://127.0.0.1:{grpc}"
        self._ports = (http, grpc)

    def __enter__(self):
        super().__enter__()
        self.wait_until(lambda: all(map(listens, self._ports)), 60)
        return self
