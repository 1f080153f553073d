"""Both tiers of Collectors, as deploy/collector configures them, between programs on three nodes and a real Jaeger."""

import json
import os
import re
import signal
import subprocess
import time
import urllib.request
from collections import Counter
from pathlib import Path

from jaeger import Jaeger
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from processes import Server, listens

COLLECTOR = Path(__file__).parent.parent.parent / "deploy/collector"
DOMAIN = "cluster.local"
GATEWAYS = "otel-gateway.observability.svc.cluster.local"
NAMES = "127.0.4.1"
BACKEND = "127.0.3.1"
NODES = [f"127.0.1.{n}" for n in (1, 2, 3)]
ADDRESSES = [f"127.0.2.{n}" for n in (1, 2, 3)]
# Of gateway.yaml: a fifth of the time, so that the scenarios take minutes.
DECISION_WAIT = 6
# The resolver of agent.yaml asks each second: after this time, all agents know what the name resolves to.
RESOLVED = 4
SPANS = 3


class Collector(Server):
    def __init__(self, program: str, file: str, address: str, folder: Path, variables: dict[str, str], *options: str):
        self.file, self.address = file, address
        command = [program, f"--config={COLLECTOR / file}", *options]
        log = folder / f"{file.removesuffix('.yaml')}-{address}.log"
        own = {"STORAGE": str(folder / f"storage-{address}"), "HOST": address}
        super().__init__(f"{file} at {address}", command, log, variables | own)

    def __enter__(self):
        super().__enter__()
        ports = (4317,) if self.file == "one.yaml" else (13133, 4317)
        self.wait_until(lambda: all(listens(port, self.address) for port in ports), 60)
        return self

    def metric(self, name: str, **labels: str) -> int:
        """The sum of a metric of the Collector itself over its series with these labels."""
        with urllib.request.urlopen(f"http://{self.address}:8888/metrics", timeout=10) as response:
            lines = response.read().decode().splitlines()
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        found = (re.fullmatch(rf"{name}(?:\{{(.*)\}})? (\S+)", line) for line in lines)
        return sum(int(float(it[2])) for it in found if it and all(label in (it[1] or "") for label in wanted))


def exporting(address: str) -> dict[str, str]:
    """The variables of a program of this library."""
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{address}:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}


def changes(*options: str) -> list[str]:
    """Each option is a file to add, or a setting as `path::to::it: value`."""
    return [f"--config={it}" if it.startswith("/") else f"--config=yaml:{it}" for it in options]


class Nodes:
    """Programs on three nodes, each of which exports to the agent of its node, or to other Collectors."""

    def __init__(self, addresses: list[str]):
        self._providers = []
        for n, address in enumerate(addresses, 1):
            provider = TracerProvider(resource=Resource.create({"service.name": f"node-{n}"}))
            exporter = OTLPSpanExporter(endpoint=f"http://{address}:4317", insecure=True)
            provider.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=100_000, schedule_delay_millis=100))
            self._providers.append(provider)

    def trace(self, name: str, failed=False, seconds=0.01, attributes=None, message=None, event=None) -> str:
        """Sends a trace with a span on each node, and returns its id. The rest is of the span furthest from the root."""
        start = time.time_ns()
        spans, context = [], None
        for provider in self._providers:
            span = provider.get_tracer("tiers").start_span(name, context, start_time=start)
            context = trace.set_span_in_context(span)
            spans.append(span)
        for span in spans:
            span.set_attribute("floe.mode", "prod")
        for key, value in (attributes or {}).items():
            spans[-1].set_attribute(key, value)
        if event:
            spans[-1].add_event("refused", event)
        if failed or message:
            spans[-1].set_status(trace.StatusCode.ERROR, message)
        for span in reversed(spans):
            span.end(start + int(seconds * 1e9))
        return format(spans[0].get_span_context().trace_id, "032x")

    def flush(self):
        for provider in self._providers:
            provider.force_flush()


class Names(Server):
    """A DNS server, which is the resolver of this machine. It knows the addresses of the gateways, as of a headless service."""

    def __init__(self, root: Path, folder: Path):
        self._hosts, resolver = folder / "gateways", folder / "resolv.conf"
        self._hosts.touch()
        resolver.write_text(f"nameserver {NAMES}\n")
        subprocess.run(["mount", "--bind", resolver, "/etc/resolv.conf"], check=True)
        options = (
            "no-daemon", "no-hosts", "no-resolv", f"listen-address={NAMES}", "bind-interfaces", f"local=/{DOMAIN}/",
            f"host-record=backend.example,{BACKEND}",
        )  # fmt: skip
        command = [str(root / "usr/sbin/dnsmasq"), f"--addn-hosts={self._hosts}", "--conf-file=/dev/null"]
        libraries = ":".join(str(it) for it in root.glob("usr/lib/*-linux-gnu"))
        super().__init__(
            "the DNS server", command + [f"--{it}" for it in options], folder / "names.log", {"LD_LIBRARY_PATH": libraries}
        )

    def __enter__(self):
        super().__enter__()
        self.wait_until(lambda: listens(53, NAMES), 30)
        return self

    def resolve(self, addresses: list[str], name=GATEWAYS) -> None:
        self._hosts.write_text("".join(f"{it} {name}\n" for it in addresses))
        read = self.output().count("read ")
        self._process.send_signal(signal.SIGHUP)
        self.wait_until(lambda: self.output().count("read ") > read, 10)


class Tiers:
    """What runs is in `programs`, and in `target`, as .ci/lib installs it."""

    def __init__(self, programs: Path, target: Path, folder: Path, idle=False):
        """Without `idle`, agents and gateways start with it."""
        self._idle = idle
        self.programs, self.target, self.folder = programs, target, folder
        self.otelcol = str(target / "deploy/otelcol")
        self.variables = {"PATH": os.environ["PATH"], "BACKEND": f"{BACKEND}:4317", "BACKEND_INSECURE": "true"}
        self.started: list[Server] = []
        self.gateways: list[Collector] = []
        self.names = self.start(Names(target / "tiers/dns", folder))
        self.resolve = self.names.resolve
        if not idle:
            self.jaeger = self.start(self.new_jaeger())
        # Jaeger accepts traces alone.
        every = {"receivers": ["otlp"], "exporters": ["debug"]}
        config = {
            "receivers": {"otlp": {"protocols": {"grpc": {"endpoint": "127.0.3.2:4317"}}}},
            "exporters": {"debug": {"verbosity": "detailed"}},
            "service": {"telemetry": {"metrics": {"level": "none"}}, "pipelines": {"metrics": every, "logs": every}},
        }
        command = [self.otelcol, f"--config=yaml:{json.dumps(config)}"]
        self.rest = self.start(Server("the backend of metrics and logs", command, folder / "rest.log", self.variables))

    def new_jaeger(self) -> Jaeger:
        program = str(self.target / "jaeger/jaeger")
        return Jaeger(program, self.folder / "jaeger", self.variables, BACKEND)

    def start(self, server):
        self.started.append(server)
        return server.__enter__()

    def gateway(self, address: str, *options: str, variables: dict[str, str] | None = None) -> Collector:
        """A gateway with the settings that this program needs, and others as `path::to::setting: value`."""
        return self.start(Collector(
            self.otelcol, "gateway.yaml", address, self.folder, self.variables | (variables or {}), *changes(
                f"processors::tail_sampling::decision_wait: {DECISION_WAIT}s",
                "exporters::otlp_grpc/rest::endpoint: 127.0.3.2:4317",
                "exporters::otlp_grpc/rest::tls::insecure: true",
                "service::pipelines::metrics::exporters: [otlp_grpc/rest]",
                "service::pipelines::logs::exporters: [otlp_grpc/rest]",
                *options,
            ),
        ))  # fmt: skip

    def agent(self, address: str, *options: str, variables: dict[str, str] | None = None) -> Collector:
        variables = self.variables | (variables or {})
        return self.start(Collector(self.otelcol, "agent.yaml", address, self.folder, variables, *changes(*options)))

    def restart_gateways(self, *options: str) -> None:
        """Kills all gateways, and starts them at the same addresses with what they have on the disk."""
        for gateway in self.gateways:
            gateway.kill()
        self.gateways = [self.gateway(gateway.address, *options) for gateway in self.gateways]
        self.all_known()

    def return_gateway(self, address: str) -> None:
        self.gateways.append(self.gateway(address))
        self.resolve([it.address for it in self.gateways])
        self.all_known()

    def all_known(self) -> None:
        for agent in self.agents:
            agent.wait_until(lambda: agent.metric("otelcol_loadbalancer_num_backends") == len(self.gateways), 60)

    def __enter__(self):
        if self._idle:
            return self
        self.resolve(ADDRESSES)
        self.gateways = [self.gateway(address) for address in ADDRESSES]
        self.agents = [self.agent(address) for address in NODES]
        return self

    def __exit__(self, *_):
        for server in reversed(self.started):
            server.terminate()
        for server in reversed(self.started):
            server.__exit__()

    def total(self, metric: str, **labels: str) -> int:
        return sum(gateway.metric(metric, **labels) for gateway in self.gateways)

    def spans(self, name: str) -> dict[str, int]:
        """How many spans of each trace with this name Jaeger has."""
        found = Counter()
        for node in (1, 2, 3):
            for trace_id, it in self.jaeger.search(f"node-{node}", operation=name).items():
                found[trace_id] = max(found[trace_id], len({span["spanID"] for span in it["spans"]}))
        return found

    def settle(self, name: str, expected: int, patience: float) -> dict[str, int]:
        """The spans of each trace once there are `expected` whole ones, or none was added for longer than a decision."""
        before, end, last = {}, time.monotonic() + patience, time.monotonic()
        while time.monotonic() < end:
            found = self.spans(name)
            if found != before:
                before, last = found, time.monotonic()
            if expected and sum(count == SPANS for count in found.values()) >= expected:
                break
            if not expected and time.monotonic() - last > 2 * DECISION_WAIT:
                break
            time.sleep(0.5)
        return before


def waves(nodes: Nodes, name: str, seconds: float, at: dict[int, object] | None = None, pause=0.1) -> dict[str, float]:
    """Sends ten failed traces a tenth of a second, and calls what is due at a second. Returns when each was sent."""
    begin, due, sent = time.monotonic(), dict(at or {}), {}
    while (now := time.monotonic() - begin) < seconds:
        for second in [it for it in due if it <= now]:
            due.pop(second)()
        sent |= {nodes.trace(name, failed=True): now for _ in range(10)}
        time.sleep(pause)
    nodes.flush()
    return sent


def report(tiers: Tiers, name: str, sent: dict[str, float]) -> tuple[list[float], list[float]]:
    """The times at which traces were sent that did not arrive, or not whole."""
    found = tiers.settle(name, 0, 180)
    lost = sorted(when for trace_id, when in sent.items() if trace_id not in found)
    split = sorted(when for trace_id, when in sent.items() if 0 < found.get(trace_id, 0) < SPANS)
    spans = len(sent) * SPANS - sum(found.values())
    times = [f"{min(them):.1f} to {max(them):.1f} s" if them else "none" for them in (lost, split)]
    print(
        f"{name}: of {len(sent)} traces {len(lost)} lost (sent at {times[0]}) and {len(split)} not whole "
        f"(sent at {times[1]}); {spans} of {len(sent) * SPANS} spans lost",
        flush=True,
    )
    return lost, split
