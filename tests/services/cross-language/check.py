"""One trace through Rust, Go, Java, Python, Node and Rust again, in a real Jaeger.

Usage: check.py PROGRAMS FOLDER JAEGER, with the folder of the programs of this repository, and that of the services, which
the caller has installed. Each service listens for HTTP and for gRPC, and responds with the headers of context that it and
all that it called received. The network is of this program alone.
"""

import http.client
import json
import os
import subprocess
import sys
import urllib.parse
from contextlib import ExitStack
from pathlib import Path

import grpc
from google.protobuf.wrappers_pb2 import StringValue

sys.path.append(str(Path(__file__).parents[2] / "backends"))
sys.dont_write_bytecode = True
from jaeger import Jaeger  # noqa: E402
from traces import Mistakes  # noqa: E402

LANGUAGES = ["go", "java", "python", "node", "rust"]
PARENT = "00-4bf92f3577b34da6a3ce929d0e0e47{:02x}-00f067aa0ba902b7-01"
STATE = "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE,fw529a3039@dt=FfAAA:1;x~y"
TENANT = "100%25,acme+söhne;a=b"
IDENTITY = {
    "floe.namespace": "sales",
    "floe.product.name": "customer-360",
    "floe.product.version": "3.1.4",
    "floe.mode": "prod",
}


# Headers that the service in Rust refuses, and what the services after it receive: whether it is the same trace, its
# `tracestate`, and the members of baggage. Over gRPC, the client in Python sends one of two headers.
SENT = {"traceparent": PARENT.format(9), "tracestate": STATE, "baggage": "tenant=acme,region=eu"}
BOTH = {"tenant": "acme", "region": "eu"}
MALFORMED = [
    *(
        ([("traceparent", it)], False, None, BOTH)
        for it in (
            PARENT.format(9).upper(),
            PARENT.format(9)[:-1],
            PARENT.format(9) + "-x",
            "ff" + PARENT.format(9)[2:],
            "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
            PARENT.format(9)[:36] + "0" * 16 + "-01",
        )
    ),
    *(
        ([("tracestate", it)], True, None, BOTH)
        for it in ("rojo=1,congo", "ROJO=1", "rojo=1=2", "rojo=" + "x" * 257, ",".join(f"v{it}=1" for it in range(33)))
    ),
    ([("baggage", "tenant,region=eu")], True, STATE, {"region": "eu"}),
    ([("baggage", "ten ant=acme,region=eu")], True, STATE, {"region": "eu"}),
    ([("baggage", "tenant=acme;not one=1,region=eu")], True, STATE, BOTH),
    ([("baggage", "tenant=" + "x" * 8200 + ",region=eu")], True, STATE, {}),
]
TWICE = ([("traceparent", SENT["traceparent"])] * 2, False, None, BOTH)


class Service:
    """A process that prints its addresses, and exports its spans and exits at the end of its standard input."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str]):
        self._name = name
        self._process = subprocess.Popen(
            command,
            env=environment | {"OTEL_SERVICE_NAME": name},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def addresses(self) -> tuple[str, str]:
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self._name} ended before it printed its addresses")
        over_http, over_grpc = line.split()
        return f"http://{over_http}/test", f"grpc://{over_grpc}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        if self._process.wait(60) != 0:
            raise SystemExit(f"{self._name} exited with {self._process.returncode}")


def calls(addresses: dict[str, tuple[str, str]], protocol: int) -> list[dict]:
    """One service after another, alternately over the two protocols."""
    chain = []
    for hop, language in reversed(list(enumerate(LANGUAGES))):
        chain = [{"url": addresses[language][(hop + protocol) % 2], "arguments": chain}]
    return chain


def members(baggage: str | None) -> dict[str, str]:
    """The members of a header `baggage`, decoded, without their properties."""
    pairs = (member.split(";")[0].split("=", 1) for member in filter(None, (baggage or "").split(",")))
    return {key.strip(): urllib.parse.unquote(value.strip()) for key, value in pairs}


def post(url: str, headers: list[tuple[str, str]], arguments: list[dict]) -> list[dict]:
    """Sends the headers as they are, each as a line of its own."""
    body, target = json.dumps(arguments), urllib.parse.urlsplit(url)
    if target.scheme == "grpc":
        with grpc.insecure_channel(target.netloc) as channel:
            make = channel.unary_unary("/calls.Calls/Make", StringValue.SerializeToString, StringValue.FromString)
            return json.loads(make(StringValue(value=body), metadata=headers, timeout=60).value)
    connection = http.client.HTTPConnection(target.netloc, timeout=60)
    connection.putrequest("POST", target.path)
    for name, value in headers:
        connection.putheader(name, value)
    connection.putheader("content-length", str(len(body)))
    connection.endheaders(body.encode())
    response = connection.getresponse()
    if response.status != 200:
        raise SystemExit(f"{url}: {response.status}")
    return json.load(response)


def order(programs: Path, folder: Path, chain: list[dict], environment: dict[str, str]) -> list[dict]:
    """Runs the first program, and returns what each service received."""
    command = [str(programs / "cross-language"), sys.executable, str(folder / "child.py")]
    environment = environment | {"OTEL_SERVICE_NAME": "first"}
    ran = subprocess.run(command, env=environment, input=json.dumps(chain), stdout=subprocess.PIPE, text=True, timeout=90)
    if ran.returncode != 0:
        raise SystemExit(f"cross-language exited with {ran.returncode}")
    return json.loads(ran.stdout)


def check_received(what: str, received: list[dict], trace_id: str, flags: str, state: str | None) -> Mistakes:
    """Every service received the same context, whose parent is another span."""
    wrong = Mistakes()
    wrong.equal(f"{what}: services", [it["service"] for it in received], LANGUAGES)
    parents = set()
    for it in received:
        version, trace, parent, flag = it["traceparent"].split("-")
        wrong.equal(f"{what}: {it['service']}: trace", (version, trace, flag), ("00", trace_id, flags))
        wrong.equal(f"{what}: {it['service']}: tracestate", it.get("tracestate"), state)
        wrong.equal(f"{what}: {it['service']}: baggage", members(it["baggage"]), IDENTITY | {"tenant": TENANT})
        parents.add(parent)
    return wrong


def check_trace(what: str, spans: dict[str, dict], trace_id: str, parent: str) -> Mistakes:
    """Each span is the parent of the next, from the parent of another process to the last service."""
    wrong = Mistakes()
    children: dict[str, list[dict]] = {}
    for span_id, span in spans.items():
        ((kind, trace, above),) = span["references"] or [(None, None, None)]
        wrong.equal(f"{what}: {span['name']}: reference", (kind, trace), ("CHILD_OF", trace_id))
        children.setdefault(above, []).append(span | {"id": span_id})
        wrong.equal(f"{what}: {span['name']}: tracestate", span["tags"].get("w3c.tracestate"), ("string", STATE))
    build, found = None, []
    while below := children.pop(parent, []):
        # The last of the first program's two roots is that of the child process.
        if len(below) == 2:
            below.sort(key=lambda span: span["start"])
            build = below.pop()
        found += [(below[0]["service"], below[0]["tags"]["span.kind"][1])]
        wrong.equal(f"{what}: children of {parent}", len(below), 1)
        parent = below[0]["id"]
    expected = [("first", "internal"), ("first", "internal"), ("first", "client")]
    for language in LANGUAGES:
        expected += [(language, "server"), (language, "internal" if language == "rust" else "client")]
    wrong.equal(f"{what}: spans, each below the one before it", found, expected)
    wrong.true(f"{what}: no child process", build is not None)
    if build is not None:
        names = [build["name"]]
        while below := children.pop(build["id"], []):
            build = below[0]
            names += [build["name"]]
        wrong.equal(f"{what}: child process", names, ["dbt.build", "python.child", "python.work"])
    wrong.equal(f"{what}: other spans", children, {})
    # Go and Java have their processors of baggage in other packages.
    for span in spans.values():
        if span["service"] not in ("go", "java"):
            identity = {key: span["tags"].get(key) for key in IDENTITY}
            wrong.equal(f"{what}: {span['name']}", identity, {key: ("string", it) for key, it in IDENTITY.items()})
        if span["name"] in ("make_calls", "python.serve", "node.serve", "python.child"):
            wrong.equal(f"{what}: {span['name']}: tenant", span["tags"].get("tenant"), ("string", TENANT))
    return wrong


def main(programs: Path, folder: Path, jaeger: Path) -> None:
    environment = {key: os.environ[key] for key in ("PATH", "HOME", "JAVA_HOME") if key in os.environ}
    wrong, checks = Mistakes(), []
    with Jaeger(str(jaeger), folder / "jaeger", environment) as backend:
        environment |= {
            "OTEL_EXPORTER_OTLP_ENDPOINT": backend.http,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_METRICS_EXPORTER": "none",
            "OTEL_LOGS_EXPORTER": "none",
            "GRPC_ENABLE_FORK_SUPPORT": "0",
        }
        commands = {
            "go": [str(folder / "go")],
            "java": ["java", "-cp", f"{folder}/java:{folder}/java/lib/*", "Service"],
            "python": [sys.executable, str(folder / "service.py")],
            "node": ["node", str(folder / "service.mjs")],
            "rust": [str(programs / "validation-service"), "0"],
        }
        with ExitStack() as running:
            services = {}
            for name, command in commands.items():
                own = environment
                if name == "go":
                    own = environment | {"OTEL_EXPORTER_OTLP_ENDPOINT": backend.grpc}
                services[name] = running.enter_context(Service(name, command, own))
            addresses = {name: service.addresses() for name, service in services.items()}
            checks = [send(programs, folder, addresses, protocol, environment) for protocol in (0, 1)]
        for each in checks:
            wrong += each(backend)
    if wrong:
        raise SystemExit("\n".join(wrong))


def send(programs: Path, folder: Path, addresses: dict, protocol: int, environment: dict[str, str]):
    """Sends everything, and returns the check of what Jaeger has of it when all services have ended."""
    chain, what = calls(addresses, protocol), ("HTTP first", "gRPC first")[protocol]
    wrong = Mistakes()
    parents = [PARENT.format(4 * protocol + each) for each in range(2)]
    for parent, sampler in zip(parents, ("parentbased_always_on", "always_off")):
        own = environment | {"TRACEPARENT": parent, "TRACESTATE": STATE, "OTEL_TRACES_SAMPLER": sampler}
        received = order(programs, folder, chain, own)
        flags = "00" if sampler == "always_off" else "01"
        wrong += check_received(f"{what}, {sampler}", received, parent.split("-")[1], flags, STATE)

    for headers, same, state, baggage in MALFORMED + [TWICE] * (protocol == 0):
        ((name, value), *_) = headers
        headers = headers + [it for it in SENT.items() if it[0] != name]
        received = post(addresses["rust"][protocol], headers, chain)[1:]
        traces = {it["traceparent"].split("-")[1] for it in received}
        found = traces, {it.get("tracestate") for it in received}, [members(it.get("baggage")) for it in received]
        own = SENT["traceparent"].split("-")[1]
        expected = {own} if same else traces - {own}, {state}, [baggage] * len(LANGUAGES)
        wrong.equal(f"{what}: {name}: {value[:80]}", (len(traces), found), (1, expected))

    def check(backend: Jaeger) -> Mistakes:
        sampled, unsampled = (parent.split("-")[1] for parent in parents)
        wrong.equal(f"{what}: spans of an unsampled trace", backend.trace(unsampled, patience=0), {})
        wrong.extend(check_trace(what, backend.trace(sampled, 16), sampled, parents[0].split("-")[2]))
        print(f"{what}: {len(backend.trace(sampled, 16))} spans in Jaeger", flush=True)
        return wrong

    return check


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
