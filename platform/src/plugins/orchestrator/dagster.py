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


def spec(asset: dict) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=asset["name"],
        deps=asset["depends_on"],
        group_name=asset["group"],
        description=asset["description"],
        code_version=PRODUCT["version"],
        kinds={"sql"} if asset["query"] else {"csv"},
        metadata=asset["metadata"],
    )


@dg.multi_asset(name=PRODUCT["op"], specs=[spec(asset) for asset in PRODUCT["assets"]])
def build(context: dg.AssetExecutionContext, pipes: dg.PipesSubprocessClient):
    """Builds all assets in one step: floe replaces a product's tables together."""
    command = [os.environ.get("FLOE_PROGRAM", "floe"), "run", product_folder()]
    pipes.run(command=command, context=context).get_results(implicit_materializations=False)
    # Dagster accepts an asset only behind those that it depends on, which is the order of the product.
    for asset in PRODUCT["assets"]:
        yield dg.MaterializeResult(asset_key=asset["name"])


defs = dg.Definitions(
    assets=[build],
    jobs=[dg.define_asset_job(PRODUCT["job"], selection=[build])],
    resources={"pipes": dg.PipesSubprocessClient()},
)
