"""Sends traces, metrics and logs over every protocol with every compression to a real Collector, directly and
through a real reverse proxy, and through the proxy while it has no receiver.

Usage: matrix.py SIGNALS HAPROXY FOLDER OTELCOL.
"""

import itertools
import os
import shutil
import subprocess
import sys
from pathlib import Path

from processes import Server, listens, reserve_ports

PROTOCOLS = ("grpc", "http/protobuf")
COMPRESSIONS = ("none", "gzip")

COLLECTOR = """
receivers:
  otlp:
    protocols:
      grpc: {{endpoint: "127.0.0.1:{grpc}"}}
      http: {{endpoint: "127.0.0.1:{http}"}}
exporters:
  debug: {{verbosity: detailed}}
service:
  telemetry: {{metrics: {{level: none}}}}
  pipelines:
    traces: &every {{receivers: [otlp], exporters: [debug]}}
    metrics: *every
    logs: *every
"""

# `down` are the ports of a proxy whose receiver does not exist.
PROXY = """
defaults
    mode http
    timeout connect 2s
    timeout client 30s
    timeout server 30s
listen grpc
    bind 127.0.0.1:{proxy_grpc} proto h2
    server collector 127.0.0.1:{grpc} proto h2
listen http
    bind 127.0.0.1:{proxy_http}
    server collector 127.0.0.1:{http}
listen down_grpc
    bind 127.0.0.1:{down_grpc} proto h2
listen down_http
    bind 127.0.0.1:{down_http}
"""

# What the Collector prints for a batch of each signal.
SIGNALS = ("ResourceSpans #", "ResourceMetrics #", "ResourceLog #")


def main(signals: str, haproxy: str, folder: Path, otelcol: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    names = ("grpc", "http", "proxy_grpc", "proxy_http", "down_grpc", "down_http")
    ports = dict(zip(names, reserve_ports(len(names)), strict=True))
    collector, proxy = folder / "collector.yaml", folder / "haproxy.cfg"
    collector.write_text(COLLECTOR.format(**ports))
    proxy.write_text(PROXY.format(**ports))
    environment = {key: os.environ[key] for key in ("PATH", "HOME", "LD_LIBRARY_PATH") if key in os.environ}

    def run(service: str, port: int, protocol: str, compression: str) -> subprocess.CompletedProcess:
        variables = {
            "OTEL_SERVICE_NAME": service,
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
            "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
            "OTEL_EXPORTER_OTLP_COMPRESSION": compression,
            "OTEL_EXPORTER_OTLP_TIMEOUT": "3000",
        }
        return subprocess.run([signals], env=environment | variables, capture_output=True, text=True, timeout=60)

    wrong = []
    with (
        Server("the Collector", [otelcol, f"--config={collector}"], folder / "collector.log", environment) as receiver,
        Server("HAProxy", [haproxy, "-f", str(proxy)], folder / "haproxy.log", environment) as balancer,
    ):
        receiver.wait_until(lambda: all(listens(ports[name]) for name in ("grpc", "http")), 60)
        balancer.wait_until(lambda: all(listens(ports[name]) for name in names[2:]), 20)
        for protocol, compression in itertools.product(PROTOCOLS, COMPRESSIONS):
            kind = "grpc" if protocol == "grpc" else "http"
            for way in ("direct", "proxy"):
                service = f"{way}-{protocol.replace('/', '-')}-{compression}"
                ran = run(service, ports[kind if way == "direct" else f"proxy_{kind}"], protocol, compression)
                print(service, flush=True)
                if ran.returncode != 0 or ran.stderr:
                    wrong.append(f"{service}: exit code {ran.returncode}: {ran.stderr}")
                wrong += [f"{service}: no {signal}" for signal in SIGNALS if not has_arrived(receiver, signal, service)]
            service = f"down-{kind}-{compression}"
            ran = run(service, ports[f"down_{kind}"], protocol, compression)
            # The text of a failure that was retried until the timeout.
            reason = "Unavailable" if kind == "grpc" else "503 Service Unavailable"
            if ran.returncode == 0 or "not delivered within" not in ran.stderr or reason not in ran.stderr:
                wrong.append(f"{service} ({protocol}): exit code {ran.returncode}: {ran.stderr}")
    if wrong:
        shown = "\n  ".join(wrong)
        raise SystemExit(f"{len(wrong)} failures:\n  {shown}")


def has_arrived(receiver: Server, signal: str, service: str) -> bool:
    """Whether the Collector has printed a batch of this signal of this service."""
    batches = receiver.output().split(signal)[1:]
    return any(f"service.name: Str({service})" in batch.partition("Scope")[0] for batch in batches)


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4])
