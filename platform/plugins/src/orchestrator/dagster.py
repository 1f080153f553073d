"""The assets of a data product of floe. This file is generated; product.json describes the product."""

import importlib.util
import json
import os
import subprocess
from pathlib import Path

import dagster as dg

HERE = Path(__file__).resolve().parent
PRODUCT = json.loads((HERE / "product.json").read_text(encoding="utf-8"))


def product_folder() -> str:
    """Returns the folder of the product: FLOE_PRODUCT, or the nearest parent folder with a floe.yaml."""
    configured = os.environ.get("FLOE_PRODUCT")
    if configured:
        return configured
    for folder in HERE.parents:
        if (folder / "floe.yaml").is_file():
            return str(folder)
    raise dg.Failure("expected a floe.yaml above the definitions, or the product's folder in FLOE_PRODUCT, found neither")


def upstream(context: dg.AssetExecutionContext, keys: list) -> dict:
    """Returns for each of these assets the traceparent of the span that built it last."""
    spans = {}
    for key in keys:
        event = context.instance.get_latest_materialization_event(dg.AssetKey(key))
        materialization = event.asset_materialization if event else None
        if materialization and "floe/traceparent" in materialization.metadata:
            spans[key] = materialization.metadata["floe/traceparent"].value
    return spans


def floe(*arguments: str) -> list:
    """Returns the command that runs floe for this product."""
    command, *options = arguments
    return [os.environ.get("FLOE_PROGRAM", "floe"), command, product_folder(), *options]


def trace(tags: dict) -> dict:
    """Returns the trace of the sensor that requested the run, as variables; without a sensor, none."""
    if "floe/traceparent" not in tags:
        return {}
    return {"TRACEPARENT": tags["floe/traceparent"], "TRACESTATE": tags.get("floe/tracestate", "")}


def asset(definition: dict) -> dg.AssetsDefinition:
    key = definition["name"]
    spec = dg.AssetSpec(
        key=key,
        deps=definition["depends_on"],
        group_name=definition["group"],
        description=definition["description"],
        code_version=PRODUCT["version"],
        kinds={"sql"} if definition["query"] else {"csv"},
        metadata=definition["metadata"],
    )
    checks = [dg.AssetCheckSpec(name=name, asset=key, blocking=True) for name in definition["checks"]]
    retries = dg.RetryPolicy(max_retries=PRODUCT["retries"], delay=PRODUCT["retry_delay_seconds"])

    @dg.multi_asset(name=key, specs=[spec], check_specs=checks, retry_policy=retries)
    def build(context: dg.AssetExecutionContext, pipes: dg.PipesSubprocessClient):
        step = context.op_execution_context.get_step_execution_context().step
        extras = {"step_key": step.key, "upstream": upstream(context, definition["depends_on"])}
        command, env = floe("build-asset"), trace(context.run.tags)
        return pipes.run(command=command, context=context, extras=extras, env=env).get_results()

    return build


SOURCES = {".csv", ".md", ".py", ".sql", ".yaml", ".yml"}


def manifest() -> Path | None:
    """Returns the manifest of the dbt project, which floe writes again after a change of the project. Without a manifest,
    or without dagster-dbt, the project is one asset."""
    folder = Path(product_folder())
    path = folder / "target" / "manifest.json"
    generated = {folder / name for name in ("target", "logs", ".floe")}
    files = [file for file in folder.rglob("*.*") if file.suffix in SOURCES and not generated & set(file.parents)]
    newest = max(file.lstat().st_mtime for file in files)
    if path.exists() and path.stat().st_mtime > newest:
        return path
    parsed = subprocess.run(floe("parse-project"), check=False)
    return path if parsed.returncode == 0 else None


def dbt_project(definition: dict) -> dg.AssetsDefinition:
    """Returns the assets of a dbt project: by dagster-dbt, one for each node, all built by one process of floe."""
    path = manifest() if importlib.util.find_spec("dagster_dbt") else None
    if path is None:
        return asset(definition)
    from dagster_dbt import dbt_assets

    fqns = {id: node["fqn"] for id, node in json.loads(path.read_text(encoding="utf-8"))["nodes"].items()}
    retries = dg.RetryPolicy(max_retries=PRODUCT["retries"], delay=PRODUCT["retry_delay_seconds"])

    @dbt_assets(manifest=path, name=definition["name"], retry_policy=retries)
    def build(context: dg.AssetExecutionContext, pipes: dg.PipesSubprocessClient):
        of = "dagster_dbt/unique_id"
        nodes = {build.get_asset_spec(key).metadata[of]: key.to_user_string() for key in context.selected_asset_keys}
        selected = [build.get_spec_for_check_key(key) for key in context.selected_asset_check_keys]
        checks = {spec.metadata[of]: (spec.asset_key.to_user_string(), spec.name) for spec in selected}
        select = [f"fqn:{'.'.join(fqns[id])}" for id in [*nodes, *checks]] if context.is_subset else []
        step = context.op_execution_context.get_step_execution_context().step
        extras = {"step_key": step.key, "nodes": nodes, "checks": checks, "select": select}
        built = pipes.run(command=floe("build-asset"), context=context, extras=extras, env=trace(context.run.tags))
        yield from built.get_results(implicit_materializations=False)
        for reason in built.get_custom_messages():
            raise dg.Failure(reason)

    return build


assets = [
    dbt_project(definition) if definition["group"] == "dbt" else asset(definition) for definition in PRODUCT["assets"]
]
job = dg.define_asset_job(PRODUCT["job"], selection=assets)


@dg.sensor(name=PRODUCT["sensor"], job=job, minimum_interval_seconds=60)
def sensor(context: dg.SensorEvaluationContext):
    """Requests a run if the files of the sources have changed."""
    cursor = ["--cursor", context.cursor] if context.cursor else []
    command = floe("evaluate-sensor", "--name", PRODUCT["sensor"], "--job", PRODUCT["job"], *cursor)
    # Dagster stops a sensor after 60 seconds.
    result = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    if result.returncode != 0:
        raise dg.Failure(f"floe ended with the exit code {result.returncode}: {result.stderr.strip()}")
    evaluation = json.loads(result.stdout)
    if evaluation["skip_reason"]:
        return dg.SkipReason(evaluation["skip_reason"])
    context.update_cursor(evaluation["cursor"])
    return dg.RunRequest(run_key=evaluation["cursor"], tags=evaluation["tags"])


defs = dg.Definitions(
    assets=assets,
    jobs=[job],
    sensors=[sensor],
    # A database has one writer, so processes that build assets at the same time would only wait for each other.
    executor=dg.in_process_executor,
    resources={"pipes": dg.PipesSubprocessClient()},
)
