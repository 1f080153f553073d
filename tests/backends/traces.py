"""Checks of the traces that the backend received."""

from collections import Counter

import yaml

STAGES = 6
Edge = tuple[str, str | None]


class Mistakes(list):
    """The failed checks, reported together."""

    def equal(self, what: str, found, expected) -> None:
        if found != expected:
            self.append(f"{what}: found {found!r}, expected {expected!r}")

    def true(self, what: str, holds: bool) -> None:
        if not holds:
            self.append(what)


def expected_edges(product: str, generated: bool) -> Counter[Edge]:
    """Each span's name and its parent's, derived from `floe.yaml` and from whether the run generated the data."""
    spec = yaml.safe_load(product)
    root = "floe.pipeline.run"
    edges: list[Edge] = [(root, None), ("floe.compile", root)]
    edges += [(f"floe.compile.stage{n}", "floe.compile") for n in range(1, STAGES + 1)]
    for source in spec["sources"]:
        asset = f"dagster.asset.{source['name']}"
        edges += [(asset, root), ("dagster.io.read", asset)]
        edges += [("dagster.io.write", asset)] if generated else []
    for model in spec["models"]:
        asset = f"dagster.asset.{model['name']}"
        edges += [(asset, root), ("dagster.io.write", asset)]
    return Counter(edges)


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


def check_shape(spans: list[dict], expected: Counter[Edge]) -> Mistakes:
    wrong = Mistakes()
    found = edges(spans)
    wrong.equal("spans", len(spans), expected.total())
    wrong.equal("unexpected spans with their parents", found - expected, Counter())
    wrong.equal("missing spans with their parents", expected - found, Counter())
    return wrong


def check_healthy(spans: list[dict], expected: Counter[Edge]) -> Mistakes:
    """Checks a run in which every asset is built."""
    wrong = check_shape(spans, expected)
    statuses = Counter(span["status_code"] for span in spans)
    wrong.equal("status", statuses, Counter(OK=len(spans)))
    return wrong


def check_failing(spans: list[dict], product: str, model: str, skipped: str) -> Mistakes:
    """A run in which one model fails, so that another cannot be built: the message of the database is
    on the branch that failed, without its secret."""
    unwritten = ("dagster.io.write", f"dagster.asset.{skipped}")
    wrong = check_shape(spans, expected_edges(product, generated=False) - Counter([unwritten]))
    failed = {span["name"]: span for span in spans if span["status_code"] == "ERROR"}
    asset = f"dagster.asset.{model}"
    wrong.equal("failed", sorted(failed), [asset, "dagster.io.write", "floe.pipeline.run"])
    for name in (asset, "dagster.io.write"):
        span = failed.get(name, {"status_message": "", "events": [], "attributes": {}})
        safe = "no such table: postgresql://<REDACTED>@warehouse.internal/orders"
        wrong.true(f"{name}: {span['status_message']!r} is not {safe!r}", safe in span["status_message"])
        exceptions = [event["name"] for event in span["events"]]
        wrong.equal(f"{name}: events", exceptions, ["exception"])
        wrong.true(f"{name} has no `error.type`", bool(span["attributes"].get("error.type")))
    return wrong
