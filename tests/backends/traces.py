"""Checks the traces that the backend received."""

import re
from collections import Counter

import yaml

# A row of the tree that `floe run` prints: the lines in front of it, its mark, the name of its span.
ROW = re.compile(r"^((?:│  |├─ |└─ |   )*)[✓✗↷◌·] (\S+) ")
Edge = tuple[str, str | None]


class Mistakes(list):
    """The failed checks, reported together."""

    def equal(self, what: str, found, expected) -> None:
        if found != expected:
            self.append(f"{what}: expected {expected!r}, found {found!r}")

    def true(self, what: str, holds: bool) -> None:
        if not holds:
            self.append(what)


def printed_edges(output: str) -> Counter[Edge]:
    """Returns the names of each span and its parent from the tree that the program printed. Another exporter of the
    same run received them."""
    found: Counter[Edge] = Counter()
    above: list[str] = []
    for row in filter(None, map(ROW.match, output.split("\n"))):
        depth = len(row[1]) // 3
        found[row[2], above[depth - 1] if depth else None] += 1
        above[depth:] = [row[2]]
    return found


def assets(product: str) -> Counter[Edge]:
    """Returns the expected spans of a product's assets, with their parents."""
    spec = yaml.safe_load(product)
    return Counter((f"floe.asset.{each['name']}", "orchestrator.run") for each in spec["sources"] + spec["models"])


def edges(spans: list[dict]) -> Counter[Edge]:
    names = {span["context"]["span_id"]: span["name"] for span in spans}
    return Counter(
        (span["name"], names.get(span["parent_id"], "a span that is not there"))
        if span["parent_id"]
        else (span["name"], None)
        for span in spans
    )


def identity(product: str, namespace: str) -> dict[str, str]:
    spec = yaml.safe_load(product)
    return {
        "floe.namespace": namespace,
        "floe.product.name": spec["name"],
        "floe.product.version": spec["version"],
        "floe.mode": "dev",
    }


def check_all(spans: list[dict], trace_id: str, identity: dict[str, str]) -> Mistakes:
    """Checks the spans of any run."""
    wrong = Mistakes()
    ids = [span["context"]["span_id"] for span in spans]
    wrong.equal("duplicate identifiers", len(ids) - len(set(ids)), 0)
    for span in spans:
        name = span["name"]
        wrong.equal(f"{name}: trace", span["context"]["trace_id"], trace_id)
        found = {key: span["attributes"].get(key) for key in identity}
        wrong.equal(f"{name}: identity", found, identity)
        wrong.true(f"{name}: ends before it begins", span["start_time"] <= span["end_time"])
    return wrong


def check_shape(spans: list[dict], product: str, output: str) -> Mistakes:
    wrong = Mistakes()
    found, expected = edges(spans), printed_edges(output)
    wrong.equal("spans", len(spans), expected.total())
    wrong.equal("unexpected spans with their parents", found - expected, Counter())
    wrong.equal("missing spans with their parents", expected - found, Counter())
    wrong.equal("missing assets", assets(product) - found, Counter())
    return wrong


def check_healthy(spans: list[dict], product: str, output: str) -> Mistakes:
    """Checks a run in which every asset is built."""
    wrong = check_shape(spans, product, output)
    statuses = Counter(span["status_code"] for span in spans)
    wrong.equal("status", statuses, Counter(OK=len(spans)))
    return wrong


def check_failing(spans: list[dict], product: str, output: str, model: str) -> Mistakes:
    """Checks a run in which one model fails: the failed branch has the message of the database, without its
    secret."""
    wrong = check_shape(spans, product, output)
    failed = {span["name"]: span for span in spans if span["status_code"] == "ERROR"}
    asset = f"floe.asset.{model}"
    wrong.equal("failed", sorted(failed), ["compute.materialize", asset, "floe.pipeline.run", "orchestrator.run"])
    for name in (asset, "compute.materialize"):
        span = failed.get(name, {"status_message": "", "events": [], "attributes": {}})
        safe = "no such table: postgresql://<REDACTED>@warehouse.internal/orders"
        wrong.true(f"{name}: {span['status_message']!r} is not {safe!r}", safe in span["status_message"])
        # The event of lineage reports the start of the asset.
        exceptions = [event["name"] for event in span["events"] if event["name"] != "lineage.emit_event"]
        wrong.equal(f"{name}: events", exceptions, ["exception"])
        wrong.true(f"{name} has no `error.type`", bool(span["attributes"].get("error.type")))
    return wrong
