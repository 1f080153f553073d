"""Checks the metrics that the backend received."""

from collections import Counter
from pathlib import Path

import traces
import yaml
from victoria import VictoriaMetrics

NAMES = [line for line in (Path(__file__).parent / "metrics.txt").read_text().split("\n") if line[:1] not in ("", "#")]


def check(backend: VictoriaMetrics, run: str, product: str, namespace: str, failed: str | None = None) -> traces.Mistakes:
    """Checks the metrics of the run `run`. `failed` is the model that could not be built."""
    wrong = traces.Mistakes()
    spec = yaml.safe_load(product)
    name = spec["name"]

    def values(metric: str, label: str) -> dict[str, float]:
        found: Counter[str] = Counter()
        for each in backend.series(f'{metric}{{ci_run="{run}"}}'):
            found[each["labels"].get(label, "")] += each["value"]
        return dict(found)

    for metric in NAMES:
        series = backend.series(f'{metric}{{ci_run="{run}"}}')
        wrong.true(f"`{metric}` is not there", bool(series))
        for each in series:
            found = {key: each["labels"].get(key) for key in ("service_name", "floe_namespace", "floe_mode")}
            wrong.equal(metric, found, {"service_name": name, "floe_namespace": namespace, "floe_mode": "dev"})

    status = "failed" if failed else "success"
    wrong.equal("runs", values("floe_pipeline_runs_total", "floe_pipeline_status"), {status: 1})
    wrong.equal("durations", values("floe_pipeline_duration_seconds_count", "floe_pipeline_status"), {status: 1})
    wrong.equal("failures", values("floe_pipeline_failures_total", "floe_pipeline_name"), {name: int(bool(failed))})
    errors = values("floe_errors_total", "component")
    wrong.equal("errors", {of for of, count in errors.items() if count}, {"compute"} if failed else set())
    wrong.true("each component has a count", {"compile", "compute", "ingestion", "transform"} <= set(errors))
    tests = {model["name"]: len(model["checks"]) for model in spec["models"] if "checks" in model}
    wrong.equal("tests", values("floe_quality_tests_total", "floe_quality_model"), tests)
    wrong.equal("tests passed", values("floe_quality_tests_passed_total", "floe_quality_model"), tests)
    wrong.equal("tests failed", values("floe_quality_tests_failed_total", "floe_quality_model"), dict.fromkeys(tests, 0))
    validated = values("floe_compute_validation_duration_milliseconds_count", "validation_status")
    wrong.equal("validations", validated, {"healthy": 1})
    assets = values("floe_asset_materializations_total", "floe_asset_key")
    wrong.equal("assets", sorted(assets), sorted(each["name"] for each in spec["sources"] + spec["models"]))
    if failed is None:
        rows = values("floe_transform_rows_affected", "floe_transform_model")
        wrong.equal("models", sorted(rows), sorted(each["name"] for each in spec["models"]))
        wrong.true(f"a model without rows: {rows}", all(rows.values()))
    lost = f'otel_sdk_processor_span_processed_total{{ci_run="{run}",error_type!=""}}'
    wrong.equal("spans that were lost", sum(each["value"] for each in backend.series(lost)), 0)
    return wrong
