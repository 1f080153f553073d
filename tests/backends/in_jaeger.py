"""Exports the products of the demo and services to a real Jaeger, and reads every span back.

Usage: in_jaeger.py PROGRAMS JAEGER FOLDER, with the folder of the programs of this repository, and one for what this
writes. Another exporter of each program writes the same spans to a file. The network is of this program alone, and
has the name `jaeger-collector` for 127.0.0.1.
"""

import json
import os
import shutil
import sys
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path

import floe
import traces
import yaml
from jaeger import Jaeger, sent
from processes import Server, listens, reserve_ports

DEMO = Path(__file__).parent.parent.parent / "platform" / "demo"
CONSOLE = "  telemetry_backend: { type: console }\n"
JAEGER = "  telemetry_backend: { type: jaeger }\n"
PROTOCOLS = {"grpc": "grpc", "http/protobuf": "http"}
REQUEST = Counter({"GET /orders/{id}": 1, "order": 1, "shop.pack": 1})


def main(programs: Path, program: str, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    # No setting of the caller applies: neither an endpoint nor a proxy.
    environment = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    environment["OTEL_TRACES_EXPORTER"] = "otlp,otlp_file"
    with Jaeger(program, folder / "jaeger", environment) as jaeger:
        demo(programs / "floe", folder, jaeger, environment)
        for protocol in PROTOCOLS:
            shop(programs / "shop", folder, jaeger, environment, protocol)
        example(programs / "service", folder, jaeger, environment)
    with Jaeger(program, folder / "badger", environment, storage="badger") as jaeger:
        shop(programs / "shop", folder, jaeger, environment, "grpc")
    restart(programs / "shop", folder, lambda: Jaeger(program, folder / "restart", environment), environment)


def exporting(jaeger: Jaeger, protocol: str) -> dict[str, str]:
    endpoint = jaeger.grpc if protocol == "grpc" else jaeger.http
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL": protocol}


def demo(program: Path, folder: Path, jaeger: Jaeger, environment: dict[str, str]) -> None:
    """Only the manifests change. The backend has the endpoint."""
    place = folder / "demo"
    shutil.copytree(DEMO, place, ignore=shutil.ignore_patterns("data", ".floe"))
    for manifest in place.rglob("manifest.yaml"):
        text = manifest.read_text()
        text = text.replace(CONSOLE, JAEGER) if CONSOLE in text else text.replace("plugins:\n", "plugins:\n" + JAEGER)
        manifest.write_text(text)
    products = sorted(path.parent for path in place.glob("*/floe.yaml"))
    for product in products:
        for protocol, short in PROTOCOLS.items():
            print(f"{product.name}: {protocol}", flush=True)
            cwd = folder / f"{product.name}-{short}"
            cwd.mkdir()
            ran = floe.run(program, product, environment | {"OTEL_EXPORTER_OTLP_PROTOCOL": protocol}, cwd)
            wrong, spans = compare(cwd, jaeger)
            wrong.equal("exit code", ran.code, 0)
            wrong.equal("traces", {span["trace"] for span in spans.values()}, {ran.trace_id})
            wrong.equal("spans", len(spans), traces.printed_edges(ran.output).total())
            manifest = next(it / "manifest.yaml" for it in (product, place) if (it / "manifest.yaml").exists())
            namespace = yaml.safe_load(manifest.read_text())["namespace"]
            identity = traces.identity((product / "floe.yaml").read_text(), namespace)
            for span in spans.values():
                for part in ("tags", "process"):
                    found = {key: span[part].get(key) for key in identity}
                    expected = {key: ("string", value) for key, value in identity.items()}
                    wrong.equal(f"{span['name']}: identity in {part}", found, expected)
            end_if(wrong, ran.output)
    wrong = traces.Mistakes()
    wrong.equal("products without a service", {it.name for it in products} - set(jaeger.services()), set())
    end_if(wrong)


def compare(cwd: Path, jaeger: Jaeger) -> tuple[traces.Mistakes, dict[str, dict]]:
    """Compares everything that Jaeger has of the traces in a file, and returns it."""
    expected = sent((cwd / "telemetry/traces.jsonl").read_text().splitlines())
    wrong, found = traces.Mistakes(), {}
    for trace, spans in Counter(span["trace"] for span in expected.values()).items():
        found |= jaeger.trace(trace, spans)
    wrong.equal("spans", found.keys(), expected.keys())
    for span_id in found.keys() & expected.keys():
        for part, value in expected[span_id].items():
            wrong.equal(f"{expected[span_id]['name']}: {part}", found[span_id][part], value)
    for service in {span["service"] for span in expected.values()}:
        names = {span["name"] for span in expected.values() if span["service"] == service}
        wrong.equal(f"operations that {service} lacks", names - set(jaeger.operations(service)), set())
    return wrong, found


class Shop(Server):
    """A service of axum with `tracing`, whose log lines and last words are its output."""

    def __init__(self, program: Path, folder: Path, port: int, environment: dict[str, str]):
        folder.mkdir()
        # The files of its other exporter.
        command = ["env", f"--chdir={folder}", str(program), f"127.0.0.1:{port}"]
        super().__init__(folder.name, command, folder / "output", environment)
        self._port = port

    def __enter__(self):
        super().__enter__()
        self.wait_until(lambda: listens(self._port), 30)
        return self

    def ask(self, order: int) -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/orders/{order}", timeout=30) as response:
                return response.status
        except urllib.error.HTTPError as error:
            return error.code

    def records(self) -> list[dict]:
        return [json.loads(line) for line in self.output().splitlines() if line.startswith("{")]

    def traces(self) -> dict[int, str]:
        """The trace of each order, as the log has it."""
        return {it["shop.order"]: it["trace_id"] for it in self.records() if "shop.order" in it}


def shop(program: Path, folder: Path, jaeger: Jaeger, environment: dict[str, str], protocol: str) -> None:
    name = f"shop-{PROTOCOLS[protocol]}-{jaeger.storage}"
    print(f"{name}: {protocol}", flush=True)
    environment = environment | exporting(jaeger, protocol) | {"OTEL_SERVICE_NAME": name}
    environment |= {"OTEL_METRICS_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none"}
    wrong = traces.Mistakes()
    with Shop(program, folder / name, *reserve_ports(1), environment) as server:
        answers = [server.ask(order) for order in (42, 7, 13)]
    wrong.equal("answers", answers, [200, 200, 500])
    wrong.equal("result", server.records()[-1], {"exported": 18, "failed": 0, "dropped": 0, "error": None})

    compared, spans = compare(folder / name, jaeger)
    wrong += compared
    orders = server.traces()
    for record in server.records():
        if "shop.order" in record:
            found = spans.get(record["span_id"], {"trace": None, "name": None})
            wrong.equal("span of a line", (found["trace"], found["name"]), (record["trace_id"], "order"))
    links = Counter(kind for span in spans.values() for kind, *_ in span["references"])
    wrong.equal("references", links, Counter(CHILD_OF=6, FOLLOWS_FROM=2))
    wrong.equal("secrets", [span for span in spans.values() if "hunter2" in str(span)], [])

    searches = [
        ({"tags": '{"shop.order.id":"42"}'}, 42),
        ({"tags": '{"shop.parcel.express":"true"}'}, 7),
        ({"tags": '{"error.type":"500"}'}, 13),
        ({"minDuration": "250ms"}, 7),
    ]
    # The storage in memory takes `"true"` for false, and finds the traces without an error.
    if jaeger.storage != "memory":
        searches.append(({"tags": '{"error":"true"}'}, 13))
    for parameters, order in searches:
        found = jaeger.search(name, **parameters)
        wrong.equal(f"found by {parameters}", sorted(found), [orders[order]])
    end_if(wrong, server.output())


def example(program: Path, folder: Path, jaeger: Jaeger, environment: dict[str, str]) -> None:
    """The service of `examples`, which exports over gRPC alone."""
    print("service: grpc", flush=True)
    environment = environment | exporting(jaeger, "grpc") | {"OTEL_SERVICE_NAME": "orders"}
    del environment["OTEL_TRACES_EXPORTER"]
    environment |= {"OTEL_METRICS_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none"}
    wrong = traces.Mistakes()
    with Shop(program, folder / "service", *reserve_ports(1), environment) as server:
        wrong.equal("answers", [server.ask(order) for order in (42, 1)], [200, 404])
    found = jaeger.search("orders")
    edges = Counter()
    for trace_id in found:
        spans = jaeger.trace(trace_id, 3)
        for span in spans.values():
            parent = next((spans[it]["name"] for kind, _, it in span["references"] if kind == "CHILD_OF"), None)
            edges[span["name"], parent] += 1
    expected = Counter({("GET /orders/{id}", None): 2, ("order", "GET /orders/{id}"): 2, ("load", "order"): 2})
    wrong.equal("spans and their parents", edges, expected)
    end_if(wrong, server.output())


def restart(program: Path, folder: Path, start, environment: dict[str, str]) -> None:
    """Jaeger dies and forgets everything while a service runs, and returns later than spans are retried."""
    print("restart: grpc", flush=True)
    orders = {"before": range(100, 120), "without": range(200, 220), "after": range(300, 320)}
    wrong = traces.Mistakes()
    with start() as jaeger:
        environment = environment | exporting(jaeger, "grpc") | {"OTEL_SERVICE_NAME": "shop-restart"}
        environment |= {
            "OTEL_METRICS_EXPORTER": "none",
            "OTEL_LOGS_EXPORTER": "none",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "1000",
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        }
        server = Shop(program, folder / "shop-restart", *reserve_ports(1), environment)
        server.__enter__()
        try:
            for order in orders["before"]:
                server.ask(order)
            wait(server, lambda: len(jaeger.search("shop-restart")) == len(orders["before"]))
            jaeger.kill()
            for order in orders["without"]:
                server.ask(order)
            wait(server, lambda: "not delivered" in server.output())
        except BaseException:
            server.__exit__()
            raise
    with start() as jaeger:
        try:
            for order in orders["after"]:
                server.ask(order)
        finally:
            server.__exit__()
        result, ids = server.records()[-1], server.traces()
        arrived = {
            when: sum(len(jaeger.trace(ids[order], 3, patience=2 if when == "without" else 30)) for order in orders[when])
            for when in ("without", "after")
        }
    # `otlp_file` exports the same spans, so each counts twice.
    print(f"restart: {arrived}, {result}", flush=True)
    spans = {when: 3 * len(them) for when, them in orders.items()}
    wrong.equal("spans after the restart", arrived["after"], spans["after"])
    wrong.equal("spans lost without Jaeger", spans["without"] - arrived["without"], result["failed"])
    wrong.true("no span was lost", result["failed"] > 0)
    said = f"exporter `otlp`: {result['failed']} spans failed: `{jaeger.grpc}`: not delivered within 1s"
    wrong.true(f"the error is not about {result['failed']} spans: {result['error']}", said in str(result["error"]))
    wrong.equal("accounted for", result["exported"] + result["failed"] + result["dropped"], 2 * sum(spans.values()))
    wrong.equal("dropped", result["dropped"], 0)
    end_if(wrong, server.output())


def wait(server: Server, condition) -> None:
    server.wait_until(condition, 30)


def end_if(wrong: list[str], output: str = "") -> None:
    if wrong:
        shown = "\n  ".join(wrong[:20])
        raise SystemExit(f"{len(wrong)} failures:\n  {shown}\n\nthe output of the program:\n{output}")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
