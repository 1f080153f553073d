"""Runs both tiers of Collectors, as deploy/collector configures them, between programs on three nodes and a real Jaeger.

Usage: tiers.py SHOP OTELCOL JAEGER HOSTS FOLDER. The network is of this program alone, and HOSTS is its /etc/hosts: the name
of the gateways resolves to those that are written there.
"""

import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from pathlib import Path

import yaml
from in_jaeger import Shop
from jaeger import Jaeger
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from processes import Server, listens
from traces import Mistakes

COLLECTOR = Path(__file__).parent.parent.parent / "deploy/collector"
GATEWAYS = "otel-gateway.observability.svc.cluster.local"
NODES = [f"127.0.1.{n}" for n in (1, 2, 3)]
ADDRESSES = [f"127.0.2.{n}" for n in (1, 2, 3)]
# Of gateway.yaml: a fifth of the time, so that the scenarios take minutes.
DECISION_WAIT = 6
# Of agent.yaml, with the 5 s for which the resolver of Go remembers /etc/hosts.
RESOLVED = 12
SPANS = 3


class Collector(Server):
    def __init__(self, program: str, file: str, address: str, folder: Path, variables: dict[str, str], *options: str):
        self.address = address
        command = [program, f"--config={COLLECTOR / file}", *options]
        log = folder / f"{file.removesuffix('.yaml')}-{address}.log"
        super().__init__(f"{file} at {address}", command, log, variables | {"POD_IP": address})

    def __enter__(self):
        super().__enter__()
        self.wait_until(lambda: listens(13133, self.address) and listens(4317, self.address), 60)
        return self

    def metric(self, name: str, **labels: str) -> int:
        """The sum of a metric of the Collector itself over its series with these labels."""
        with urllib.request.urlopen(f"http://{self.address}:8888/metrics", timeout=10) as response:
            lines = response.read().decode().splitlines()
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        found = (re.fullmatch(rf"{name}(?:\{{(.*)\}})? (\S+)", line) for line in lines)
        return sum(int(float(it[2])) for it in found if it and all(label in (it[1] or "") for label in wanted))


class Nodes:
    """Programs on three nodes, each of which exports to the agent of its node."""

    def __init__(self):
        self._providers = []
        for n, address in enumerate(NODES, 1):
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


class Tiers:
    def __init__(self, shop: Path, otelcol: str, jaeger: str, hosts: Path, folder: Path):
        self.shop, self.folder = shop, folder
        self._hosts, self._otelcol = hosts, otelcol
        self._variables = {"PATH": os.environ["PATH"], "BACKEND": "127.0.3.1:4317", "BACKEND_AUTHORIZATION": "Bearer none"}
        self._jaeger_program = jaeger
        self.started: list[Server] = []
        self.gateways: list[Collector] = []
        self.jaeger = self.start(self.new_jaeger())
        # Jaeger accepts traces alone.
        every = {"receivers": ["otlp"], "exporters": ["debug"]}
        config = {
            "receivers": {"otlp": {"protocols": {"grpc": {"endpoint": "127.0.3.2:4317"}}}},
            "exporters": {"debug": {"verbosity": "detailed"}},
            "service": {"telemetry": {"metrics": {"level": "none"}}, "pipelines": {"metrics": every, "logs": every}},
        }
        command = [otelcol, f"--config=yaml:{json.dumps(config)}"]
        self.rest = self.start(Server("the backend of metrics and logs", command, folder / "rest.log", self._variables))

    def new_jaeger(self) -> Jaeger:
        return Jaeger(self._jaeger_program, self.folder / "jaeger", self._variables, "127.0.3.1")

    def start(self, server):
        self.started.append(server)
        return server.__enter__()

    def gateway(self, address: str, *options: str, variables: dict[str, str] | None = None) -> Collector:
        return self.start(Collector(
            self._otelcol, "gateway.yaml", address, self.folder, self._variables | (variables or {}), *options,
            "--config=yaml:exporters::otlp_grpc::tls::insecure: true",
            f"--config=yaml:processors::tail_sampling::decision_wait: {DECISION_WAIT}s",
            "--config=yaml:exporters::otlp_grpc/rest::endpoint: 127.0.3.2:4317",
            "--config=yaml:exporters::otlp_grpc/rest::tls::insecure: true",
            "--config=yaml:service::pipelines::metrics::exporters: [otlp_grpc/rest]",
            "--config=yaml:service::pipelines::logs::exporters: [otlp_grpc/rest]",
        ))  # fmt: skip

    def agent(self, address: str, *options: str, variables: dict[str, str] | None = None) -> Collector:
        variables = self._variables | (variables or {})
        return self.start(Collector(self._otelcol, "agent.yaml", address, self.folder, variables, *options))

    def resolve(self, addresses: list[str]) -> None:
        """Lets the name of the gateways resolve to these addresses, as a headless service does with those that are ready."""
        self._hosts.write_text("127.0.0.1 localhost\n" + "".join(f"{it} {GATEWAYS}\n" for it in addresses))

    def return_gateway(self, address: str) -> None:
        self.gateways.append(self.gateway(address))
        self.resolve(ADDRESSES)
        known = "otelcol_loadbalancer_num_backends"
        for agent in self.agents:
            agent.wait_until(lambda: agent.metric(known) == len(ADDRESSES), 60)

    def __enter__(self):
        self.resolve(ADDRESSES)
        self.gateways = [self.gateway(address) for address in ADDRESSES]
        self.agents = [self.agent(address) for address in NODES]
        return self

    def __exit__(self, *_):
        for server in reversed(self.started):
            server.__exit__()

    def total(self, metric: str, **labels: str) -> int:
        return sum(gateway.metric(metric, **labels) for gateway in self.gateways)

    def spans(self, name: str) -> dict[str, int]:
        """How many spans of each trace with this name Jaeger has."""
        found = Counter()
        for node in (1, 2, 3):
            for trace_id, it in self.jaeger.search(f"node-{node}", operation=name).items():
                found[trace_id] = max(found[trace_id], len(it["spans"]))
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


def sampled_whole(tiers: Tiers, nodes: Nodes, wrong: Mistakes) -> None:
    received = "otelcol_processor_tail_sampling_new_trace_id_received"
    before = tiers.total(received)
    kept = {
        "failed": {"failed": True},
        "slow": {"seconds": 10.5},
        "not-prod": {"attributes": {"floe.mode": "staging"}},
    }
    sent = {name: {nodes.trace(name, **how) for _ in range(100)} for name, how in kept.items()}
    rest = {nodes.trace("rest") for _ in range(2000)}
    nodes.flush()
    for name, them in sent.items():
        found = tiers.settle(name, len(them), 60)
        wrong.equal(f"{name}: traces", found.keys(), them)
        wrong.equal(f"{name}: spans", set(found.values()), {SPANS})
    found = tiers.settle("rest", 0, 60)
    print(f"sampling: {len(found)} of {len(rest)} other traces kept", flush=True)
    # Within five standard deviations of a binomial distribution: once in a million runs, it is not.
    wrong.true(f"{len(found)} of {len(rest)} traces are not a tenth", abs(len(found) - 200) < 5 * (2000 * 0.1 * 0.9) ** 0.5)
    wrong.equal("rest: spans", set(found.values()), {SPANS})
    wrong.true("rest: unknown traces", found.keys() <= rest)
    # A trace that had come to two gateways would count twice.
    wrong.equal("traces at the gateways", tiers.total(received) - before, 2300)
    used = sum(gateway.metric(received) > 1 for gateway in tiers.gateways)
    wrong.equal("gateways with traces", used, len(ADDRESSES))


# A credential of each form, by the setting of gateway.yaml that masks it; `CANARY` is what must not arrive.
VALUES = {
    "://": "postgresql://ada:CANARY@db.example/orders",
    "bearer": "Authorization: Bearer CANARY0123456789",
    "AKIA": "the key AKIA" + "CANARY0123456789 was refused",
    "gh[pousr]": "ghp_CANARY" + "0123456789" * 3,
    "eyJ": "eyJhbGciOiJIUzI1NiJ9.eyJCANARY0123456789.c2lnbmF0dXJl",
    "PRIVATE KEY": "-----BEGIN RSA PRIVATE KEY-----\nCANARY",
}
KEYS = (
    "db.password", "user.passwd", "app.secret", "api_key", "vendor.api-key", "oauth.access_token", "tls.private.key",
    "rpc.request.metadata.authorization", "session.cookie",
)  # fmt: skip
# Of agent.yaml.
DELETED = (
    "http.request.header.authorization", "http.request.header.cookie", "http.response.header.set-cookie", "url.query",
    "db.connection_string",
)  # fmt: skip
INNOCENT = {
    "url.full": "https://db.example:5432/orders/7?page=2",
    "db.query.text": "SELECT basic FROM bearer WHERE id = ?",
    "user.name": "ada",
    "order.key": "AKIA-7",
    "token.count": "17",
    "message": "the author of this ghp_ text begins a private key",
    "git.commit": "79df9bd02a1c4b5e6f708192a3b4c5d6e7f80912",
    "host.name": "eyJ.example.com",
}
STATUS = {"://": "cannot connect to postgresql://ada:CANARY@db.example/orders", "bearer": "refused: Bearer CANARY0123456789"}


def second_line_of_redaction(tiers: Tiers, nodes: Nodes, wrong: Mistakes) -> None:
    config = yaml.safe_load((COLLECTOR / "gateway.yaml").read_text())["processors"]
    blocked = config["redaction"]["blocked_values"]
    statements = config["transform/status"]["trace_statements"][0]["statements"]
    for patterns, cases in ((blocked, VALUES), (statements, STATUS)):
        hits = Counter(next((it for it in patterns if mark in it), mark) for mark in cases)
        wrong.equal("patterns with one case", hits, Counter(patterns))
    patterns = config["redaction"]["blocked_key_patterns"]
    words = [word for it in patterns for word in re.search(r"\((\w.*)\)", it)[1].split("|")]
    missed = [word for word in words if not any(re.search(word, key) for key in KEYS + DELETED)]
    wrong.equal("words of keys without a case", missed, [])

    own = {f"value.{n}": value for n, value in enumerate(VALUES.values())}
    own |= {key: "CANARY" for key in (*KEYS, *DELETED)}
    sent = {nodes.trace("redaction", attributes=own | INNOCENT, message=text, event=own) for text in STATUS.values()}
    nodes.flush()
    found = tiers.settle("redaction", len(sent), 60)
    wrong.equal("traces", found.keys(), sent)
    for trace_id in sent:
        spans = tiers.jaeger.trace(trace_id, SPANS).values()
        (last,) = (span for span in spans if span["service"] == "node-3")
        leaks = re.findall(r".{0,60}CANARY.{0,10}", str(list(spans)))
        wrong.equal("credentials that arrived", leaks, [])
        values = {key: last["tags"].get(key, (None, None))[1] for key in INNOCENT}
        wrong.equal("harmless attributes", values, INNOCENT)
        wrong.equal("deleted attributes", [key for key in DELETED if key in last["tags"]], [])
        for key in KEYS:
            wrong.equal(key, last["tags"].get(key), ("string", "****"))
        for key in own.keys() - set(KEYS) - set(DELETED):
            wrong.true(f"{key} is not masked: {last['tags'].get(key)}", "****" in last["tags"].get(key, ("", ""))[1])
        text = last["tags"]["otel.status_description"][1]
        wrong.true(f"status: {text}", "<REDACTED>" in text)


def waves(tiers: Tiers, nodes: Nodes, name: str, seconds: int, at: dict[int, object]) -> dict[str, int]:
    """Sends ten failed traces a tenth of a second, and calls what is due at a second. Returns when each was sent."""
    begin, due, sent = time.monotonic(), dict(at), {}
    while (now := time.monotonic() - begin) < seconds:
        for second in [it for it in due if it <= now]:
            due.pop(second)()
        sent |= {nodes.trace(name, failed=True): now for _ in range(10)}
        time.sleep(0.1)
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


def a_gateway_dies(tiers: Tiers, nodes: Nodes, wrong: Mistakes) -> None:
    died = 2 * DECISION_WAIT
    victim = tiers.gateways.pop()

    def die():
        victim.kill()
        tiers.resolve([it.address for it in tiers.gateways])

    sent = waves(tiers, nodes, "killed", died + RESOLVED + 3, {died: die})
    lost, split = report(tiers, "killed", sent)
    # What it had not decided is in its memory alone, and what it had in the queue of its exporter.
    affected = lost + split
    early = [when for when in affected if when < died - DECISION_WAIT - 3]
    late = [when for when in affected if when > died + RESOLVED]
    wrong.equal("lost long before", early, [])
    wrong.equal("lost after the agents resolved the name again", late, [])
    # A third would be lost without another attempt at another gateway.
    between = [[when for when in them if died + 2 < when <= died + RESOLVED] for them in (affected, sent.values())]
    wrong.true(f"lost before that: {between[0]}", len(between[0]) < 0.1 * len(between[1]))
    tiers.return_gateway(victim.address)


def a_gateway_stops(tiers: Tiers, nodes: Nodes, wrong: Mistakes) -> None:
    victim = tiers.gateways.pop()
    # As in deploy/kubernetes: it is no longer ready, and stops when the agents know.
    at = {5: lambda: tiers.resolve([it.address for it in tiers.gateways]), 5 + RESOLVED: victim.terminate}
    sent = waves(tiers, nodes, "stopped", 10 + RESOLVED, at)
    lost, split = report(tiers, "stopped", sent)
    wrong.equal("lost", lost, [])
    # While some agents know and others do not, a trace may come to two gateways.
    away = [when for when in split if not 4 < when < 5 + RESOLVED]
    wrong.equal("split at other times", away, [])
    tiers.return_gateway(victim.address)


def a_gateway_joins(tiers: Tiers, nodes: Nodes, wrong: Mistakes) -> None:
    tiers.gateways.append(tiers.gateway("127.0.2.4"))
    at = {3: lambda: tiers.resolve([it.address for it in tiers.gateways])}
    sent = waves(tiers, nodes, "joined", 8 + RESOLVED, at)
    lost, split = report(tiers, "joined", sent)
    wrong.equal("lost", lost, [])
    wrong.equal("split at other times", [when for when in split if not 2 < when < 3 + RESOLVED], [])
    received = tiers.gateways[-1].metric("otelcol_receiver_accepted_spans")
    wrong.true(f"the gateway received {received} spans", received > 0)


def the_backend_is_away(tiers: Tiers, nodes: Nodes, wrong: Mistakes) -> None:
    tiers.jaeger.kill()
    sent = waves(tiers, nodes, "away", 2 * DECISION_WAIT, {})
    tiers.jaeger = tiers.start(tiers.new_jaeger())
    found = tiers.settle("away", len(sent), 120)
    wrong.equal("traces", found.keys(), sent.keys())
    wrong.equal("spans", set(found.values()), {SPANS})
    print(f"away: {len(sent)} traces, {len(sent) - len(found)} lost", flush=True)


def each_signal(tiers: Tiers, nodes: Nodes, wrong: Mistakes) -> None:
    """A program of this library. Its order 13 fails."""
    environment = {
        "OTEL_SERVICE_NAME": "shop",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{NODES[0]}:4317",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
    }
    with Shop(tiers.shop, tiers.folder / "shop", 8080, environment) as shop:
        wrong.equal("answer", shop.ask(13), 500)
    (trace_id,) = shop.traces().values()
    wrong.equal("spans", len(tiers.jaeger.trace(trace_id, SPANS, 30)), SPANS)
    expected = [f"Trace ID: {trace_id}", "Body: Str(an order was placed)", "Name: http.server.request.duration"]
    tiers.rest.wait_until(lambda: all(text in tiers.rest.output() for text in expected), 30)


def with_certificates(tiers: Tiers, nodes: Nodes, wrong: Mistakes) -> None:
    """Each tier has tls.yaml, too, and accepts no sender without a certificate."""
    folder, agent, gateway = tiers.folder / "tls", "127.0.1.9", "127.0.2.9"
    certificates(folder, f"subjectAltName=IP:{agent},DNS:{GATEWAYS}")
    variables = {
        "TLS_CERTIFICATE": f"{folder}/server.crt",
        "TLS_KEY": f"{folder}/server.key",
        "TLS_CLIENT_CA": f"{folder}/ca.crt",
    }
    own = f"ca_file: {folder}/ca.crt, cert_file: {folder}/client.crt, key_file: {folder}/client.key, insecure: false"
    tiers.resolve([gateway])
    tiers.gateway(gateway, "--config", str(COLLECTOR / "tls.yaml"), variables=variables)
    # The exporter connects to addresses, and the certificate has the name that they belong to.
    tiers.agent(
        agent, "--config", str(COLLECTOR / "tls.yaml"),
        f"--config=yaml:exporters::load_balancing::protocol::otlp::tls: {{{own}, server_name_override: {GATEWAYS}}}",
        f"--config=yaml:exporters::otlp_grpc::tls: {{{own}}}",
        variables=variables,
    )  # fmt: skip
    environment = {
        "OTEL_SERVICE_NAME": "shop",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"https://{agent}:4317",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
        "OTEL_EXPORTER_OTLP_CERTIFICATE": f"{folder}/ca.crt",
        "OTEL_EXPORTER_OTLP_TIMEOUT": "3000",
    }
    client = {
        "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": f"{folder}/client.crt",
        "OTEL_EXPORTER_OTLP_CLIENT_KEY": f"{folder}/client.key",
    }
    for name, more, spans in (("shop-known", client, SPANS), ("shop-unknown", {}, 0)):
        with Shop(tiers.shop, tiers.folder / name, 8080, environment | more) as shop:
            wrong.equal(f"{name}: answer", shop.ask(13), 500)
        (trace_id,) = shop.traces().values()
        wrong.equal(f"{name}: spans", len(tiers.jaeger.trace(trace_id, spans or 1, 30 if spans else 3)), spans)
        error = shop.records()[-1]["error"]
        wrong.true(f"{name}: {error}", (error is None) == bool(spans))
        print(f"{name}: {error}", flush=True)


def certificates(folder: Path, names: str) -> None:
    """An authority, and a certificate of it for the Collectors and one for senders."""
    folder.mkdir()
    (folder / "names").write_text(names)
    key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
    commands = [f"req -x509 {key} -days 1 -subj /CN=ca -keyout ca.key -out ca.crt"]
    for name in ("server", "client"):
        commands += [
            f"req {key} -subj /CN={name} -keyout {name}.key -out {name}.csr",
            f"x509 -req -in {name}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 1 -extfile names -out {name}.crt",
        ]
    for command in commands:
        subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)


SCENARIOS = [
    each_signal,
    sampled_whole,
    second_line_of_redaction,
    a_gateway_dies,
    a_gateway_stops,
    a_gateway_joins,
    the_backend_is_away,
    with_certificates,
]


def main(shop: Path, otelcol: str, jaeger: str, hosts: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with Tiers(shop, otelcol, jaeger, hosts, folder) as tiers:
        nodes = Nodes()
        for scenario in SCENARIOS:
            start, wrong = time.monotonic(), Mistakes()
            scenario(tiers, nodes, wrong)
            print(f"{scenario.__name__}: {time.monotonic() - start:.0f} s", flush=True)
            if wrong:
                shown = "\n  ".join(text[:1000] for text in wrong[:20])
                raise SystemExit(f"{scenario.__name__}: {len(wrong)} failures:\n  {shown}")


if __name__ == "__main__":
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], *map(Path, sys.argv[4:]))
