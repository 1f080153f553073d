"""The assets of a data product of floe. Generated; product.json has the product."""

import json
import os
from pathlib import Path

import dagster as dg

HERE = Path(__file__).resolve().parent
PRODUCT = json.loads((HERE / "product.json").read_text(encoding="utf-8"))


def product_folder() -> str:
    """The folder of the product: FLOE_PRODUCT, or the next one above with a floe.yaml."""
    configured = os.environ.get("FLOE_PRODUCT")
    if configured:
        return configured
    for folder in HERE.parents:
        if (folder / "floe.yaml").is_file():
            return str(folder)
    raise dg.Failure("found no floe.yaml above the definitions, accepted: FLOE_PRODUCT, the product's folder")


def upstream(context: dg.AssetExecutionContext, keys: list) -> dict:
    """The traceparent of the span that built each of these assets last."""
    spans = {}
    for key in keys:
        event = context.instance.get_latest_materialization_event(dg.AssetKey(key))
        materialization = event.asset_materialization if event else None
        if materialization and "floe/traceparent" in materialization.metadata:
            spans[key] = materialization.metadata["floe/traceparent"].value
    return spans


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
        command = [os.environ.get("FLOE_PROGRAM", "floe"), "build-asset", product_folder()]
        return pipes.run(command=command, context=context, extras=extras).get_results()

    return build


assets = [asset(definition) for definition in PRODUCT["assets"]]

# One asset at a time: a database has one writer.
defs = dg.Definitions(
    assets=assets,
    jobs=[dg.define_asset_job(PRODUCT["job"], selection=assets)],
    executor=dg.in_process_executor,
    resources={"pipes": dg.PipesSubprocessClient()},
)
