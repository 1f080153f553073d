"""Builds what the argument, a selection of Dagster such as `assets("totals").without_checks()`, selects. Without an
argument, loads the definitions in several processes, and prints the keys of the assets that each process sees."""

import concurrent.futures
import importlib.util
import subprocess
import sys

import dagster as dg


def load():
    spec = importlib.util.spec_from_file_location("definitions", "definitions.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


match sys.argv[1:]:
    case ["--keys"]:
        keys = [key.to_user_string() for asset in load().assets for key in asset.keys]
        print(" ".join(sorted(keys)))
    case []:
        with concurrent.futures.ThreadPoolExecutor() as pool:
            seen = [pool.submit(subprocess.check_output, [sys.executable, __file__, "--keys"]) for _ in range(3)]
        for keys in seen:
            print(keys.result().decode().splitlines()[-1])
    case [selection]:
        module = load()
        check = lambda asset, name: dg.AssetSelection.checks(dg.AssetCheckKey(dg.AssetKey(asset), name))
        names = {"assets": dg.AssetSelection.assets, "check": check}
        job = dg.define_asset_job("selected", selection=eval(selection, names))
        resources = {"pipes": dg.PipesSubprocessClient()}
        definitions = dg.Definitions(assets=module.assets, jobs=[job], resources=resources)
        with dg.DagsterInstance.ephemeral() as instance:
            definitions.resolve_job_def("selected").execute_in_process(instance=instance)
