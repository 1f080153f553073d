"""Checks the log records that the backend received."""

from collections import Counter

import traces
import yaml
from elastic import Elastic


def check(backend: Elastic, spans: list[dict], product: str, namespace: str, failed: str | None = None) -> traces.Mistakes:
    """Checks the log records of the run with these spans. `failed` is the model that could not be built."""
    wrong = traces.Mistakes()
    spec = yaml.safe_load(product)
    trace_id = spans[0]["context"]["trace_id"]
    names = {span["context"]["span_id"]: span["name"] for span in spans}
    assets = [each["name"] for each in spec["sources"] + spec["models"]]
    # One record for each asset, whatever its outcome, and one at each end of the run.
    records = backend.logs(trace_id, len(assets) + 2)

    found = Counter((each["body"], names.get(each["span_id"], "no span of the trace")) for each in records)
    root = "floe.pipeline.run"
    for end in ("run begins", "run ended"):
        wrong.equal(end, found[end, root], 1)
    about = Counter(each["attributes"].get("asset") for each in records)
    wrong.equal("assets", {asset: about[asset] for asset in assets}, dict.fromkeys(assets, 1))
    identity = traces.identity(product, namespace)
    for each in records:
        body = each["body"]
        wrong.true(f"{body}: in no span of the trace: {each['span_id']}", each["span_id"] in names)
        asset = each["attributes"].get("asset")
        if asset:
            wrong.equal(f"{body}: span", names.get(each["span_id"]), f"floe.asset.{asset}")
        wrong.equal(f"{body}: identity", {key: each["attributes"].get(key) for key in identity}, identity)
        wrong.equal(f"{body}: service", each["resource"].get("service.name"), spec["name"])
        severity = "INFO"
        if body == "not built":
            severity = "ERROR"
        elif body == "skipped":
            severity = "WARN"
        if asset or body in ("run begins", "run ended"):
            wrong.equal(f"{body}: severity", each["severity_text"], severity)
    bodies = Counter(each["body"] for each in records)
    wrong.equal("not built", bodies["not built"], int(bool(failed)))
    for each in records:
        if each["body"] == "not built":
            wrong.equal("what was not built", each["attributes"].get("asset"), failed)
            safe = "no such table: postgresql://<REDACTED>@warehouse.internal/orders"
            wrong.true(f"{each['attributes']} has no {safe!r}", safe in each["attributes"].get("error", ""))
    return wrong
