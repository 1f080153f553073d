"""Runs both tiers of Collectors, as deploy/collector configures them, between programs on three nodes and a real Jaeger.

Usage: tiers.py PROGRAMS TARGET FOLDER, with the folder of the programs of this repository, that in which .ci/lib installs
others, and one for what this writes. The network and the mounts are of this program alone. With the variable TIERS_AWAY,
the backend is away for at least this number of seconds.
"""

import contextlib
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from functools import partial
from pathlib import Path

import yaml
from collectors import (
    ADDRESSES, COLLECTOR, DECISION_WAIT, DOMAIN, GATEWAYS, NODES, RESOLVED, SPANS, Collector, Nodes, Tiers, changes,
    exporting, report, waves,
)  # fmt: skip
from in_jaeger import Shop
from processes import Server, answers, finish, listens
from traces import Mistakes

# As in deploy/kubernetes: a gateway that is no longer ready stops when all that it has is decided and delivered. What it
# has not delivered stays on its disk.
DECIDED = DECISION_WAIT + 4
ACCEPTED = "otelcol_receiver_accepted_spans"
ALERTS = COLLECTOR.parent / "prometheus"


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
    "=>": "password=CANARY0123456789",
    "--[": "deploy --token CANARY0123456789",
    "://": "postgresql://ada:CANARY@db.example/orders",
    "bearer|basic": "refused: Bearer CANARY0123456789",
    "xox": "xoxb-CANARY" + "0123456789" * 2,
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
    "code.attribute": "skip_serializing_if_option_is_none and npm_config_registry_fallback_url",
    "parser.error": "unexpected token `;` in line 3, the secretary: none, a design: sk-learn",
}
# As programs with other SDKs write them. The sign divides what a scanner of repositories would take for a living token.
CREDENTIALS = (Path(__file__).parent / "credentials.txt").read_text().replace("‖", "").splitlines()


def second_line_of_redaction(tiers: Tiers, nodes: Nodes, wrong: Mistakes) -> None:
    config = yaml.safe_load((COLLECTOR / "gateway.yaml").read_text())["processors"]
    blocked = config["redaction"]["blocked_values"]
    hits = Counter(next((it for it in blocked if mark in it), mark) for mark in VALUES)
    wrong.equal("patterns with one case", hits, Counter(blocked))
    statements = config["transform/status"]["trace_statements"][0]["statements"]
    of_status = [json.loads(it.partition(", ")[2].rpartition(", ")[0]) for it in statements]
    wrong.equal("patterns of the status", of_status, blocked)
    patterns = config["redaction"]["blocked_key_patterns"]
    words = [word for it in patterns for word in re.search(r"\((\w.*)\)", it)[1].split("|")]
    missed = [word for word in words if not any(re.search(word, key) for key in KEYS + DELETED)]
    wrong.equal("words of keys without a case", missed, [])

    own = {f"value.{n}": value for n, value in enumerate(VALUES.values())}
    own |= {f"credential.{n}": text for n, text in enumerate(CREDENTIALS)}
    own |= {key: "CANARY" for key in (*KEYS, *DELETED)}
    texts = (*VALUES.values(), *CREDENTIALS)
    sent = {nodes.trace("redaction", attributes=own | INNOCENT, message=text, event=own) for text in texts}
    nodes.flush()
    in_logs(tiers, texts, wrong)
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


def in_logs(tiers: Tiers, texts: tuple[str, ...], wrong: Mistakes) -> None:
    """Sends each text as the body of a log record, and a last one without a credential."""
    records = [{"body": {"stringValue": text}} for text in (*texts, "the last record")]
    logs = {"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"http://{NODES[0]}:4318/v1/logs", json.dumps(logs).encode(), headers)
    urllib.request.urlopen(request, timeout=10).close()
    tiers.rest.wait_until(lambda: "Body: Str(the last record)" in tiers.rest.output(), 30)
    wrong.equal("credentials in bodies", re.findall(r".{0,60}CANARY.{0,10}", tiers.rest.output()), [])
    wrong.true("fewer records", tiers.rest.output().count("Body: Str(") > len(texts))


def a_gateway_dies(tiers: Tiers, nodes: Nodes, wrong: Mistakes) -> None:
    died = 2 * DECISION_WAIT
    victim = tiers.gateways.pop()

    def die():
        victim.kill()
        tiers.resolve([it.address for it in tiers.gateways])

    sent = waves(nodes, "killed", died + RESOLVED + 3, {died: die})
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
    at = {5: lambda: tiers.resolve([it.address for it in tiers.gateways]), 5 + DECIDED: victim.terminate}
    sent = waves(nodes, "stopped", 7 + DECIDED, at)
    lost, split = report(tiers, "stopped", sent)
    wrong.equal("lost", lost, [])
    # While some agents know and others do not, a trace may come to two gateways.
    away = [when for when in split if not 4 < when < 5 + RESOLVED]
    wrong.equal("split at other times", away, [])
    tiers.return_gateway(victim.address)


def a_gateway_joins(tiers: Tiers, nodes: Nodes, wrong: Mistakes) -> None:
    tiers.gateways.append(tiers.gateway("127.0.2.4"))
    at = {3: lambda: tiers.resolve([it.address for it in tiers.gateways])}
    sent = waves(nodes, "joined", 8 + RESOLVED, at)
    lost, split = report(tiers, "joined", sent)
    wrong.equal("lost", lost, [])
    wrong.equal("split at other times", [when for when in split if not 2 < when < 3 + RESOLVED], [])
    received = tiers.gateways[-1].metric(ACCEPTED)
    wrong.true(f"the gateway received {received} spans", received > 0)


def gateways_are_rolled(tiers: Tiers, nodes: Nodes, wrong: Mistakes) -> None:
    """As a Deployment does with `maxSurge: 1` and `maxUnavailable: 0`: a gateway joins, and then one leaves, and stops."""
    old, arrived = list(tiers.gateways), -tiers.total(ACCEPTED)
    tiers.gateways = [tiers.gateway(f"127.0.2.{10 + n}") for n in range(len(old))]

    def stop(gateway: Collector):
        nonlocal arrived
        arrived += gateway.metric(ACCEPTED)
        gateway.terminate()

    at = {}
    for n, leaves in enumerate(old):
        for second, left in ((0, n), (RESOLVED, n + 1)):
            known = [it.address for it in tiers.gateways[: n + 1] + old[left:]]
            at[2 + 2 * RESOLVED * n + second] = partial(tiers.resolve, known)
        at[2.5 + 2 * RESOLVED * n + RESOLVED + DECIDED] = partial(stop, leaves)
    sent = waves(nodes, "rolled", max(at) + 1, at)
    lost, split = report(tiers, "rolled", sent)
    wrong.equal("lost", lost, [])
    arrived += tiers.total(ACCEPTED)
    print(f"rolled: {arrived} of {len(sent) * SPANS} spans came to a gateway", flush=True)
    # A busy agent may send a batch twice.
    wrong.true("spans were lost between the tiers", arrived >= len(sent) * SPANS)
    # Each of these changes moves at most half of the traces, for the second in which agents resolve the name.
    changed = 2 * len(old)
    wrong.true(f"{len(split)} traces are not whole", len(split) < changed * 100)


class Prometheus(Server):
    """Reads the metrics of Collectors each second, and evaluates the rules of deploy/ as often."""

    def __init__(self, tiers: Tiers, addresses: list[str]):
        targets = [f"{address}:8888" for address in addresses]
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(ALERTS / name) for name in ("recording.yaml", "alerts.yaml")],
            "scrape_configs": [{"job_name": "collectors", "static_configs": [{"targets": targets}]}],
        }
        file, self._url = tiers.folder / "prometheus.json", "127.0.5.1:9090"
        file.write_text(json.dumps(config))
        program = str(tiers.target / "prometheus/root/usr/bin/prometheus")
        options = [f"--config.file={file}", f"--storage.tsdb.path={tiers.folder}/metrics", f"--web.listen-address={self._url}"]
        super().__init__("Prometheus", [program, *options], tiers.folder / "prometheus.log", tiers.variables)

    def __enter__(self):
        super().__enter__()
        self.wait_until(lambda: answers(f"http://{self._url}/-/ready"), 60)
        return self

    def firing(self) -> Counter:
        with urllib.request.urlopen(f"http://{self._url}/api/v1/alerts", timeout=10) as response:
            alerts = json.load(response)["data"]["alerts"]
        return Counter((it["labels"]["alertname"], it["labels"].get("reason")) for it in alerts if it["state"] == "firing")


def the_backend_is_away(tiers: Tiers, nodes: Nodes, wrong: Mistakes) -> None:
    """Meanwhile, all gateways are killed, and return with queues of 20 kB, which fill."""
    addresses = [it.address for it in tiers.gateways]
    away = max(DECISION_WAIT, int(os.environ.get("TIERS_AWAY", "0")) - 3 * DECISION_WAIT)
    batched, refused = "otelcol_processor_batch_batch_send_size_sum", "otelcol_exporter_enqueue_failed_spans"
    before = tiers.total(batched)
    with Prometheus(tiers, addresses + NODES) as prometheus:
        tiers.jaeger.kill()
        start = time.monotonic()
        sent = waves(nodes, "away", away, pause=max(0.1, away / 900))
        prometheus.wait_until(lambda: tiers.total(batched) - before >= len(sent) * SPANS, 60)
        held = tiers.total(batched) - before
        size = sum(it.stat().st_size for it in tiers.folder.glob("storage-127.0.2.*/exporter_otlp_grpc__traces"))
        wrong.equal("alerts", prometheus.firing(), Counter())
        queue = "exporters::otlp_grpc::sending_queue"
        tiers.restart_gateways(f"{queue}::queue_size: 20000", f"{queue}::num_consumers: 1")
        full = waves(nodes, "full", 4)
        prometheus.wait_until(lambda: tiers.total(refused) > 0, 60)
        rules = {("FloeCollectorSpansLost", "queue full"), ("FloeCollectorQueueFills", None), ("FloeCollectorDied", None)}
        prometheus.wait_until(lambda: rules <= prometheus.firing().keys(), 30)
        print(f"away: {dict(prometheus.firing())}", flush=True)
        wrong.equal("other alerts", prometheus.firing().keys(), rules)
        tiers.jaeger = tiers.start(tiers.new_jaeger())
        seconds = time.monotonic() - start
        found = tiers.settle("away", len(sent), 120)
    wrong.equal("traces", found.keys(), sent.keys())
    wrong.equal("spans", set(found.values()), {SPANS})
    # An agent that had lost its connection sends a batch again, so more came than was sent. What was not delivered is in
    # the counter of the losses, exactly.
    came, delivered = tiers.total(ACCEPTED), "otelcol_exporter_sent_spans"
    tiers.jaeger.wait_until(lambda: tiers.total(delivered) + tiers.total(refused) == held + came, 60)
    wrong.true(f"{came} of {len(full) * SPANS} spans came to a gateway", came >= len(full) * SPANS)
    lost = tiers.total(refused)
    print(
        f"away for {seconds:.0f} s: of {len(sent)} traces {len(sent) - len(found)} lost, {size / 2**20:.1f} MiB on the disk; "
        f"{lost} of {came} spans lost with full queues",
        flush=True,
    )
    tiers.restart_gateways()


def agents_die(tiers: Tiers, nodes: Nodes, wrong: Mistakes) -> None:
    """No gateway can be reached, and all agents are killed with what they have not delivered. Later, one is replaced."""
    tiers.resolve(["127.0.2.99"])
    for agent in tiers.agents:
        agent.wait_until(lambda: agent.metric("otelcol_loadbalancer_num_backends") == 1, 30)
    sent = waves(nodes, "agents", 3)
    for agent in tiers.agents:
        agent.kill()
    tiers.resolve([it.address for it in tiers.gateways])
    tiers.agents = [tiers.agent(agent.address) for agent in tiers.agents]
    found = tiers.settle("agents", len(sent), 60)
    print(f"agents killed: of {len(sent)} traces {len(sent) - len(found)} lost", flush=True)
    wrong.equal("traces", found.keys(), sent.keys())
    wrong.equal("spans", set(found.values()), {SPANS})

    def replace():
        """As the pod of a node: the next agent gets another volume."""
        agent = tiers.agents[-1]
        agent.__exit__()
        shutil.rmtree(tiers.folder / f"storage-{agent.address}")
        tiers.agents[-1] = tiers.agent(agent.address)

    lost, split = report(tiers, "replaced", waves(nodes, "replaced", 4, {2: replace}))
    away = [when for when in lost + split if not 1 < when < 2.5]
    wrong.equal("lost at other times", away, [])


def a_gateway_refuses(tiers: Tiers, nodes: Nodes, wrong: Mistakes) -> None:
    """A gateway has no memory for anything, the queue of one agent is small, and another agent has no memory, too."""
    refusing = ("processors::memory_limiter::limit_mib: 2", "processors::memory_limiter::spike_limit_mib: 1")
    gateway = tiers.gateway("127.0.2.8", *refusing)
    tiers.resolve([gateway.address])
    small = ("sending_queue::queue_size: 600000", "retry_on_failure::max_interval: 1s", "retry_on_failure::max_elapsed_time: 2s")
    small = tuple(f"exporters::load_balancing::{it}" for it in small)
    agents = [tiers.agent("127.0.1.7", *small), tiers.agent("127.0.1.8", *small, *refusing)]
    spans, per_second = 10_000, 2000
    programs = [load(tiers, agent, spans, per_second, timeout) for agent, timeout in zip(agents, (10, 1))]
    for agent, program in zip(agents, programs):
        output, _, memory = finish(program)
        agent.wait_until(lambda: agent.metric("otelcol_exporter_queue_size", data_type="traces") == 0, 60)
        result = json.loads(output)
        failed = agent.metric("otelcol_exporter_send_failed_spans")
        print(
            f"refused: {output.strip()}; of the agent: {agent.metric(ACCEPTED)} accepted, "
            f"{failed} failed; program {memory} MiB, agent {agent.peak()} MiB",
            flush=True,
        )
        lost = result["failed"] + result["dropped"] + failed
        wrong.equal(f"{agent.name}: lost", lost, spans)
        wrong.equal(f"{agent.name}: accepted", agent.metric(ACCEPTED), result["exported"])
        wrong.true(f"the program took {result['seconds']:.1f} s", result["seconds"] < spans / per_second + 5)
        wrong.true("the program has no bound", memory < 100)
        wrong.true("the agent has no bound", agent.peak() < 300)
    print(f"refused: the gateway took {gateway.metric(ACCEPTED)}, {gateway.peak()} MiB", flush=True)
    wrong.equal("the gateway took", gateway.metric(ACCEPTED), 0)
    wrong.true("the gateway has no bound", gateway.peak() < 300)

    # Now the gateway refuses beside others that do not, until it has memory again.
    tiers.gateways.append(gateway)
    tiers.resolve([it.address for it in tiers.gateways])
    tiers.all_known()
    before = tiers.total(ACCEPTED)
    sent = waves(nodes, "beside", 5)
    gateway.kill()
    tiers.gateways[-1] = tiers.gateway(gateway.address)
    lost, _ = report(tiers, "beside", sent)
    print(f"beside: {tiers.total(ACCEPTED) - before} spans came to the gateways", flush=True)
    wrong.equal("lost", lost, [])


def load(tiers: Tiers, agent: Collector, spans: int, per_second: int, timeout=10) -> subprocess.Popen:
    """A program of this library that records spans at this rate, and has a queue for one second."""
    environment = exporting(agent.address) | {
        "OTEL_SERVICE_NAME": "load",
        "OTEL_EXPORTER_OTLP_TIMEOUT": str(1000 * timeout),
        "OTEL_BSP_MAX_QUEUE_SIZE": str(per_second),
    }
    command = [tiers.programs / "load", str(spans), str(per_second)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def each_signal(tiers: Tiers, nodes: Nodes, wrong: Mistakes) -> None:
    """A program of this library. Its order 13 fails."""
    environment = exporting(NODES[0]) | {"OTEL_SERVICE_NAME": "shop"}
    with Shop(tiers.programs / "shop", tiers.folder / "shop", 8080, environment) as shop:
        wrong.equal("answer", shop.ask(13), 500)
    (trace_id,) = shop.traces().values()
    wrong.equal("spans", len(tiers.jaeger.trace(trace_id, SPANS, 30)), SPANS)
    expected = [f"Trace ID: {trace_id}", "Body: Str(an order was placed)", "Name: http.server.request.duration"]
    tiers.rest.wait_until(lambda: all(text in tiers.rest.output() for text in expected), 30)


def without_kubernetes(tiers: Tiers, nodes: Nodes, wrong: Mistakes) -> None:
    """The commands of deploy/README.md as they are, with a shorter decision, and no TLS to Jaeger."""
    section = (COLLECTOR.parent / "README.md").read_text().partition("\n## Several machines\n")[2]
    section = section.partition("```sh\n")[2].partition("```")[0]
    gateway, agent, _ = (line for line in section.splitlines() if not line.startswith("#"))
    settings = dict(re.findall(r"\b([A-Z_]+)=(\S+)", section))
    address, endpoint = settings["HOST"], settings["OTEL_EXPORTER_OTLP_ENDPOINT"]
    subprocess.run(["ip", "address", "add", f"{address}/32", "dev", "lo"], check=True)
    tiers.resolve([address], settings["GATEWAYS"])
    path = f"{Path(tiers.otelcol).parent}:{os.environ['PATH']}"
    gateway += f" --config 'yaml:processors::tail_sampling::decision_wait: {DECISION_WAIT}s'"
    with contextlib.ExitStack() as started:
        for name, command, host in (("gateway", gateway, address), ("agent", agent, "localhost")):
            variables = {"PATH": path, "TOKEN": "none", "BACKEND_INSECURE": "true", "STORAGE": f"{tiers.folder}/of-{name}"}
            server = Server(name, ["bash", "-c", command], tiers.folder / f"{name}.log", variables)
            started.enter_context(server).wait_until(lambda: listens(4317, host), 60)
        environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_SERVICE_NAME": "machines"}
        with Shop(tiers.programs / "shop", tiers.folder / "machines", 8080, environment) as shop:
            wrong.equal("answer", shop.ask(13), 500)
        (trace_id,) = shop.traces().values()
        wrong.equal("spans", len(tiers.jaeger.trace(trace_id, SPANS, 30)), SPANS)
    tiers.resolve([it.address for it in tiers.gateways])


def with_certificates(tiers: Tiers, nodes: Nodes, wrong: Mistakes) -> None:
    """Each tier has tls.yaml, too, and accepts only senders with a certificate of its own authority."""
    agent, gateway, tier = "127.0.1.9", "127.0.2.9", {}
    for name in ("agent", "gateway"):
        folder = tiers.folder / name
        certificates(folder, f"subjectAltName=IP:{agent},DNS:{GATEWAYS}")
        tier[name] = {"TLS_CERTIFICATE": "server.crt", "TLS_KEY": "server.key", "TLS_CLIENT_CA": "ca.crt"}
        tier[name] = {key: f"{folder}/{file}" for key, file in tier[name].items()}
    own = ", ".join(
        f"{key}_file: {tiers.folder}/gateway/{file}"
        for key, file in {"ca": "ca.crt", "cert": "client.crt", "key": "client.key"}.items()
    )
    tiers.resolve([gateway])
    tiers.gateway(gateway, f"{COLLECTOR}/tls.yaml", variables=tier["gateway"])
    # The exporter connects to addresses, and the certificate has the name that they belong to.
    tiers.agent(
        agent, f"{COLLECTOR}/tls.yaml",
        f"exporters::load_balancing::protocol::otlp::tls: {{{own}, insecure: false, server_name_override: {GATEWAYS}}}",
        f"exporters::otlp_grpc::tls: {{{own}, insecure: false}}",
        variables=tier["agent"],
    )  # fmt: skip
    environment = exporting(agent) | {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"https://{agent}:4317",
        "OTEL_EXPORTER_OTLP_CERTIFICATE": f"{tiers.folder}/agent/ca.crt",
        "OTEL_EXPORTER_OTLP_TIMEOUT": "3000",
    }
    for name, pair, spans in (("known", "agent", SPANS), ("unknown", None, 0), ("of-gateways", "gateway", 0)):
        client = {"CERTIFICATE": "client.crt", "KEY": "client.key"} if pair else {}
        pair = {f"OTEL_EXPORTER_OTLP_CLIENT_{key}": f"{tiers.folder}/{pair}/{file}" for key, file in client.items()}
        own = environment | pair | {"OTEL_SERVICE_NAME": f"shop-{name}"}
        with Shop(tiers.programs / "shop", tiers.folder / f"shop-{name}", 8080, own) as shop:
            wrong.equal(f"{name}: answer", shop.ask(13), 500)
        (trace_id,) = shop.traces().values()
        wrong.equal(f"{name}: spans", len(tiers.jaeger.trace(trace_id, spans or 1, 30 if spans else 3)), spans)
        error = shop.records()[-1]["error"]
        wrong.true(f"{name}: {error}", (error is None) == bool(spans))
        print(f"certificate {name}: {error}", flush=True)
    tiers.resolve([it.address for it in tiers.gateways])


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


class Busy(http.server.BaseHTTPRequestHandler):
    """A backend that answers 429 at first, and then takes everything."""

    times: list[float] = []

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.times.append(time.monotonic())
        self.send_response(200 if len(self.times) > 1 else 429)
        self.send_header("Retry-After", "3")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def bad_input(tiers: Tiers, nodes: Nodes, wrong: Mistakes) -> None:
    """What deploy/README.md says that a Collector answers."""

    def says(collector: Server, *words: str):
        line = re.compile(".*".join(map(re.escape, words)))
        collector.wait_until(lambda: line.search(collector.output()), 30)
        print(f"{collector.name}: {line.search(collector.output())[0][:400]}", flush=True)

    def one(address: str, *options: str) -> Collector:
        return Collector(tiers.otelcol, "one.yaml", address, tiers.folder, tiers.variables, *changes(*options))

    resolver = f"exporters::load_balancing::resolver::dns::hostname: nowhere.{DOMAIN}"
    says(tiers.agent("127.0.1.10", resolver), "failed to resolve", f"lookup nowhere.{DOMAIN}", "no such host")

    for name, collector, words in (
        ("two on one port", one(NODES[0]), (f"listen tcp {NODES[0]}:4317: bind: address already in use",)),
        ("unknown", one("127.0.1.11", "exporters::zipkin::endpoint: none"), ("'exporters' unknown type: \"zipkin\"",)),
    ):
        Server.__enter__(collector)
        wrong.true(f"{name}: it did not fail", collector.ended() != 0)
        wrong.true(f"{name}: {collector.output()}", all(word in collector.output() for word in words))

    with http.server.ThreadingHTTPServer(("127.0.3.3", 4318), Busy) as backend:
        threading.Thread(target=backend.serve_forever, daemon=True).start()
        collector = one("127.0.1.12", "exporters::otlp_http::endpoint: http://127.0.3.3:4318",
            "service::pipelines::traces::exporters: [otlp_http]")  # fmt: skip
        tiers.start(collector)
        program = load(tiers, collector, 2, 100)
        program.wait()
        says(collector, "Exporting failed. Will retry", "429")
        collector.wait_until(lambda: len(Busy.times) == 2, 30)
        wrong.true(f"too early: {Busy.times}", Busy.times[1] - Busy.times[0] >= 3)
        backend.shutdown()

    # Together, but not alone, larger than the 4 MiB that Jaeger accepts of a message.
    collector = tiers.start(one("127.0.1.13", "exporters::otlp_grpc::sending_queue::batch::flush_timeout: 2s"))
    direct = Nodes([collector.address] * SPANS)
    for _ in range(4):
        for _ in range(5):
            direct.trace("together", attributes={"large": "x" * 400_000})
        direct.flush()
    wrong.equal("spans together", sum(tiers.settle("together", 20, 30).values()), 20 * SPANS)

    # Larger than the 4 MiB that Jaeger accepts of a message.
    gateway = tiers.gateway(
        "127.0.2.20", "receivers::otlp::protocols::grpc::max_recv_msg_size_mib: 16",
        "exporters::otlp_grpc::sending_queue::batch::max_size: 16000000",
    )  # fmt: skip
    direct = Nodes([gateway.address] * SPANS)
    direct.trace("large", failed=True, attributes={"large": "x" * 5_000_000})
    direct.flush()
    says(gateway, "Dropping data.", "larger than max")
    failed = gateway.metric("otelcol_exporter_send_failed_spans")
    wrong.equal("spans in the counter of the losses, and in Jaeger", failed + sum(tiers.spans("large").values()), SPANS)
    wrong.true("no span was lost", failed > 0)


SCENARIOS = [
    each_signal,
    sampled_whole,
    second_line_of_redaction,
    a_gateway_dies,
    a_gateway_stops,
    a_gateway_joins,
    gateways_are_rolled,
    agents_die,
    the_backend_is_away,
    a_gateway_refuses,
    without_kubernetes,
    with_certificates,
    bad_input,
]


def main(programs: Path, target: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    only = os.environ.get("TIERS_ONLY", "").split()
    with Tiers(programs, target, folder) as tiers:
        nodes = Nodes(NODES)
        for scenario in SCENARIOS:
            if only and scenario.__name__ not in only:
                continue
            start, wrong = time.monotonic(), Mistakes()
            scenario(tiers, nodes, wrong)
            print(f"{scenario.__name__}: {time.monotonic() - start:.0f} s", flush=True)
            if wrong:
                shown = "\n  ".join(text[:1000] for text in wrong[:20])
                raise SystemExit(f"{scenario.__name__}: {len(wrong)} failures:\n  {shown}")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*map(Path, sys.argv[1:]))
