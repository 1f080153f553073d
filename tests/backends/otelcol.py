"""The OpenTelemetry Collector, configured by `deploy/collector/one.yaml`."""

from pathlib import Path

from backends import Backends
from processes import Server, listens

CONFIG = Path(__file__).parent.parent.parent / "deploy/collector/one.yaml"


class Otelcol(Server):
    def __init__(
        self, program: str, folder: Path, http: int, grpc: int, backends: Backends, environment: dict[str, str]
    ):
        command = [
            program,
            f"--config={CONFIG}",
            f"--config=yaml:exporters::otlp_grpc::headers::authorization: Bearer {backends.phoenix.key}",
            # The configuration has one backend; the test uses one for each signal.
            f"--config=yaml:exporters::otlp_http/metrics::metrics_endpoint: {backends.victoria.otlp}",
            f"--config=yaml:exporters::otlp_grpc/logs::endpoint: {backends.elastic.grpc}",
            "--config=yaml:exporters::otlp_grpc/logs::tls::insecure: true",
            # Every signal is also logged in detail, so that the search for credentials covers it.
            "--config=yaml:exporters::debug::verbosity: detailed",
            "--config=yaml:service::pipelines::traces::exporters: [otlp_grpc, debug]",
            "--config=yaml:service::pipelines::metrics::exporters: [otlp_http/metrics, debug]",
            "--config=yaml:service::pipelines::logs::exporters: [otlp_grpc/logs, debug]",
        ]
        environment = environment | {
            "HTTP_PORT": str(http),
            "GRPC_PORT": str(grpc),
            "BACKEND": backends.phoenix.grpc.removeprefix("http://"),
            "BACKEND_INSECURE": "true",
        }
        super().__init__("the Collector", command, folder / "collector.log", environment)
        self.http, self.grpc = f"http://127.0.0.1:{http}", f"http://127.0.0.1:{grpc}"
        self._ports = (http, grpc)

    def __enter__(self):
        super().__enter__()
        self.wait_until(lambda: all(map(listens, self._ports)), 60)
        return self
