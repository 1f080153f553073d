"""Sends traces, metrics and logs of real runs through a real collector to real backends, and asks for
them there.

Usage: check.py FLOE PROGRAMS FOLDER [OTELCOL], with the folder of the backends' programs, and one for
what this writes. The collector is Rotel, or the OpenTelemetry Collector as a program.
"""

import os
import secrets
import shutil
import sys
from pathlib import Path

import floe
import logs
import metrics
import traces
from backends import Backends
from otelcol import Otelcol
from processes import Server, reserve_ports
from rotel import Rotel

HERE = Path(__file__).parent
DEMO = HERE.parent.parent / "platform" / "demo"
LEAKY = HERE / "leaky"


def main(program: Path, programs: Path, folder: Path, otelcol: str | None = None) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    # No setting of the caller applies: neither an endpoint nor a proxy.
    environment = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    with Backends(Path(sys.prefix), programs, folder, environment) as backends:
        rest = (folder, *reserve_ports(2), backends, environment)
        with Otelcol(otelcol, *rest) if otelcol else Rotel(*rest) as collector:
            check(program, folder, environment, backends, collector)


def check(program, folder, environment, backends, collector) -> None:
    token = secrets.token_hex(12)
    phoenix = backends.phoenix
    # Phoenix accepts traces only; the collector has an exporter for every signal.
    traces_alone = {"OTEL_METRICS_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none"}
    everything = (collector.grpc, collector.http)

    def run(route: str, where: Path, endpoint: str, protocol: str, key: str = phoenix.key) -> floe.Run:
        print(f"{where.name}: {route}, {protocol}", flush=True)
        return floe.run(program, where, environment | {
            "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
            "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
            "OTEL_EXPORTER_OTLP_HEADERS": f"authorization=Bearer%20{key}",
            # A resource attribute identifies the run in its metrics.
            "OTEL_RESOURCE_ATTRIBUTES": f"ci.run={run_name(where, protocol)}",
        } | ({} if endpoint in everything else traces_alone))  # fmt: skip

    demo = folder / "demo"
    shutil.copytree(DEMO, demo, ignore=shutil.ignore_patterns("data", ".floe"))
    product = (demo / "customer-360/floe.yaml").read_text()
    # The first run generates the data of its five sources. Later runs reuse the data.
    for route, endpoint, protocol in (
        ("by the collector", collector.grpc, "grpc"),
        ("by the collector", collector.http, "http/protobuf"),
        ("straight", phoenix.grpc, "grpc"),
        ("straight", phoenix.http, "http/protobuf"),
    ):
        ran = run(route, demo / "customer-360", endpoint, protocol)
        spans = phoenix.trace(ran.trace_id, traces.printed_edges(ran.output).total())
        wrong = traces.check_healthy(spans, product, ran.output)
        wrong += traces.check_all(spans, ran.trace_id, traces.identity(product, "acme-retail"))
        wrong.equal("exit code", ran.code, 0)
        if endpoint in everything and spans:
            name = run_name(demo / "customer-360", protocol)
            wrong += metrics.check(backends.victoria, name, product, "acme-retail")
            wrong += logs.check(backends.elastic, spans, product, "acme-retail")
        end_if(wrong, ran, collector)

    for endpoint, protocol in ((phoenix.grpc, "grpc"), (phoenix.http, "http/protobuf")):
        ran = run("with a wrong key", demo / "customer-360", endpoint, protocol, key=token)
        wrong = traces.Mistakes()
        wrong.equal("spans", phoenix.trace(ran.trace_id, 0), [])
        wrong.equal("exit code", ran.code, 0)
        wrong.true("no error about the failed export", "exporter `otlp`: " in ran.output and "error: telemetry has ended: " in ran.output)
        end_if(wrong, ran, collector)

    leaky = folder / "leaky"
    shutil.copytree(LEAKY, leaky)
    model = leaky / "models/remote_orders.sql"
    model.write_text(model.read_text().replace("CANARY", token))
    ran = run("by the collector", leaky, collector.grpc, "grpc")
    product = (LEAKY / "floe.yaml").read_text()
    spans = phoenix.trace(ran.trace_id, traces.printed_edges(ran.output).total())
    wrong = traces.check_failing(spans, product, ran.output, "remote_orders")
    wrong += traces.check_all(spans, ran.trace_id, traces.identity(product, "retail"))
    wrong.equal("exit code", ran.code, 1)
    wrong.true("the program printed a credential", token not in ran.output)
    wrong += metrics.check(backends.victoria, run_name(leaky, "grpc"), product, "retail", failed="remote_orders")
    wrong += logs.check(backends.elastic, spans, product, "retail", failed="remote_orders")
    wrong += leaks(folder, token, besides=model) + leaks(folder, phoenix.key, besides=model)
    end_if(wrong, ran, collector)


def run_name(where: Path, protocol: str) -> str:
    return f"{where.name}-{protocol.partition('/')[0]}"


def leaks(folder: Path, token: str, besides: Path) -> list[str]:
    """Finds the planted credential in the databases of the backends and in the output of the collector."""
    files = [path for path in folder.rglob("*") if path.is_file() and path != besides]
    contents = {path: path.read_bytes() for path in files}
    wrong = [f"a credential is in {path}" for path, text in contents.items() if token.encode() in text]
    # The rest of the message must be there. Otherwise the search proves nothing.
    where = {path.relative_to(folder).parts[0] for path, text in contents.items() if b"warehouse.internal" in text}
    if not {"phoenix", "elastic", "collector.log"} <= where:
        wrong.append(f"the message of the database is only in {sorted(where)}")
    return wrong


def end_if(wrong: list[str], ran: floe.Run, collector: Server) -> None:
    if not wrong:
        return
    last = collector.output()[-3000:]
    shown = "\n  ".join(wrong[:20])
    raise SystemExit(
        f"{len(wrong)} failures:\n  {shown}\n\nthe output of the program:\n{ran.output}\n\nthe end of the output of the collector:\n{last}"
    )


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    main(*map(Path, sys.argv[1:4]), *sys.argv[4:])
