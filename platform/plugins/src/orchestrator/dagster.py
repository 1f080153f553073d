"""The assets of a data product of floe. This file is generated; product.json describes the product."""

import contextlib
import fcntl
import hashlib
import importlib.util
import itertools
import json
import os
import re
import subprocess
import time
from collections import Counter
from pathlib import Path

import dagster as dg
import yaml

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


# The settings of dbt_project.yml that name folders, with dbt's defaults.
FOLDERS = {
    "analysis-paths": ["analyses"],
    "docs-paths": [],
    "function-paths": ["functions"],
    "macro-paths": ["macros"],
    "model-paths": ["models"],
    "seed-paths": ["seeds"],
    "snapshot-paths": ["snapshots"],
    "test-paths": ["tests"],
}
# The parts of the manifest whose nodes `dbt build` builds.
BUILT = ["nodes", "unit_tests", "saved_queries", "functions"]
# The names of dbt's setting for the tests of selected nodes. dbt prefers the first.
INDIRECT = ["DBT_ENGINE_INDIRECT_SELECTION", "DBT_INDIRECT_SELECTION"]
# floe ends `dbt parse` after 600 seconds.
LOCK_SECONDS = 660
FILES = ["dbt_project.yml", "dependencies.yml", "packages.yml", "package-lock.yml", "selectors.yml", ".dbtignore"]


def settings(project: Path) -> dict:
    """Returns the settings of dbt_project.yml. Mistakes in the file are ignored, because dbt itself reports them."""
    found = None
    with contextlib.suppress(OSError, ValueError, yaml.YAMLError):
        found = yaml.safe_load((project / "dbt_project.yml").read_text(encoding="utf-8"))
    return found if isinstance(found, dict) else {}


def sources(project: Path) -> set:
    """Returns the paths of the files from which dbt makes the manifest."""
    given = settings(project)
    texts = lambda values: [value for value in values if isinstance(value, str)]
    places = [given.get("target-path"), given.get("packages-install-path", "dbt_packages")]
    generated = {"logs", "target", *texts(places)}
    folders = [given[key] if isinstance(given.get(key), list) else default for key, default in FOLDERS.items()]
    found = {project / name for name in FILES}
    for folder in texts(itertools.chain(*folders)):
        # Only dbt can evaluate a template, so the whole project is read. Like dbt, this follows no links to folders.
        for parent, inner, files in os.walk(project / ("." if "{{" in folder else folder)):
            found.update(Path(parent, name) for name in files)
            is_source = lambda name: not name.startswith(".") and not os.path.exists(f"{parent}/{name}/pyvenv.cfg")
            inner[:] = [name for name in inner if name not in generated and is_source(name)]
    return found


def fingerprint(project: Path) -> str:
    """Returns a hash of the paths, sizes and times of the files from which dbt makes the manifest."""
    lines = [json.dumps(PRODUCT)]
    for path in sorted(sources(project)):
        with contextlib.suppress(OSError):
            found = path.stat()
            lines.append(f"{path} {found.st_size} {found.st_mtime_ns}")
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


@contextlib.contextmanager
def locked(path: Path):
    """Locks this file. Returns it, and whether another process had locked it."""
    deadline, has_waited = time.monotonic() + LOCK_SECONDS, False
    with open(path, "w", encoding="utf-8") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    reason = f"expected that the parsing of the project ends within {LOCK_SECONDS} seconds"
                    raise dg.Failure(f"{reason}, found that another process still locks {path}") from None
            has_waited = True
            time.sleep(0.1)
        yield lock, has_waited


def manifest() -> dict | None:
    """Returns the manifest of the dbt project, which floe writes again after a change of the project; None if dbt cannot
    write it."""
    project = Path(product_folder())
    folder = project / ".floe" / "dbt"
    current = fingerprint(project)
    path, stamp, failed = (folder / name for name in ["manifest.json", "manifest.sha256", "failed.sha256"])
    is_of_now = lambda file: file.is_file() and file.read_text(encoding="utf-8") == current
    is_current = lambda: path.is_file() and is_of_now(stamp)

    if not is_current():
        folder.mkdir(parents=True, exist_ok=True)
        # One of the processes that load the definitions parses; the others wait. If it ends, floe keeps the lock.
        with locked(folder / "lock") as (lock, has_waited):
            if not is_current():
                if has_waited and is_of_now(failed):
                    return None
                failed.unlink(missing_ok=True)
                parsed = subprocess.run(floe("parse-project"), check=False, pass_fds=[lock.fileno()])
                if parsed.returncode != 0:
                    failed.write_text(current, encoding="utf-8")
                    return None
                stamp.write_text(current, encoding="utf-8")
    return json.loads(path.read_text(encoding="utf-8"))


def pattern(fqn: list) -> str:
    """Returns the pattern of a node's name. dbt splits selectors at blanks and commas, and takes a name without a pattern
    for a prefix."""
    return re.sub(r"([^]])$", r"[\1]", re.sub(r"[^\w.-]", "[!0-9A-Za-z_-]", ".".join(fqn)))


def selectors(parsed: dict) -> dict:
    """Returns for each node the selector of exactly this node."""
    nodes = {id: node for kind in BUILT for id, node in parsed.get(kind, {}).items()}
    patterns = {id: pattern(node["fqn"]) for id, node in nodes.items()}
    # dbt also compares the name without its package.
    count = Counter([*patterns.values(), *(pattern(node["fqn"][1:]) for node in nodes.values())])
    # dbt evaluates each part of a selector for all nodes.
    more = lambda node: f",package:{node['package_name']},resource_type:{node['resource_type']}"
    return {id: f"fqn:{name}{more(nodes[id]) if count[name] > 1 else ''}" for id, name in patterns.items()}


def adds_tests() -> bool:
    """Whether dbt certainly selects the tests of selected nodes, which is its default."""
    flags = settings(Path(product_folder())).get("flags")
    return "indirect_selection" not in str(flags) and not any(map(os.environ.get, INDIRECT))


def dbt_project(definition: dict) -> dg.AssetsDefinition:
    """Returns the assets of a dbt project: by dagster-dbt, one for each node, all built by one process of floe. Without
    dagster-dbt, or without a manifest, the project is one asset."""
    parsed = manifest() if importlib.util.find_spec("dagster_dbt") else None
    if parsed is None:
        return asset(definition)
    from dagster_dbt import dbt_assets

    selector = selectors(parsed)
    retries = dg.RetryPolicy(max_retries=PRODUCT["retries"], delay=PRODUCT["retry_delay_seconds"])

    @dbt_assets(manifest=parsed, name=definition["name"], retry_policy=retries)
    def build(context: dg.AssetExecutionContext, pipes: dg.PipesSubprocessClient):
        of = "dagster_dbt/unique_id"
        nodes = {build.get_asset_spec(key).metadata[of]: key.to_user_string() for key in context.selected_asset_keys}
        selected = [build.get_spec_for_check_key(key) for key in context.selected_asset_check_keys]
        checks = {spec.metadata[of]: (spec.asset_key.to_user_string(), spec.name) for spec in selected}
        left_out = build.check_keys - context.selected_asset_check_keys
        is_of_selected = lambda key: key.asset_key in context.selected_asset_keys
        is_partial = any(map(is_of_selected, left_out))
        adds_checks = adds_tests() and not is_partial
        named = [spec.metadata[of] for spec in selected if not (adds_checks and is_of_selected(spec))]
        select = [selector[id] for id in [*nodes, *named]] if context.is_subset else None
        env = trace(context.run.tags)
        if is_partial:
            # Otherwise, dbt adds all tests of the selected nodes.
            env.update(dict.fromkeys(INDIRECT, "empty"))
        step = context.op_execution_context.get_step_execution_context().step
        extras = {"step_key": step.key, "nodes": nodes, "checks": checks, "select": select}
        built = pipes.run(command=floe("build-asset"), context=context, extras=extras, env=env)
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
