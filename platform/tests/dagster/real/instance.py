"""Reads the settings of Dagster's instance in the manifests that are the argument, as Dagster does, and prints the
class that accepts them."""

import importlib
import os
import sys
import tempfile
from pathlib import Path

import yaml
from dagster._config import process_config, resolve_to_config_type
from dagster._core.instance.ref import InstanceRef

os.environ["DAGSTER_PG_URL"] = "postgresql://database.example/dagster"
documents = yaml.safe_load_all(Path(sys.argv[1]).read_text())
(settings,) = (it["data"]["dagster.yaml"] for it in documents if it["kind"] == "ConfigMap")
with tempfile.TemporaryDirectory() as folder:
    (Path(folder) / "dagster.yaml").write_text(settings)
    instance = InstanceRef.from_dir(folder)
part = instance.storage_data
of_settings = getattr(importlib.import_module(part.module_name), part.class_name)
result = process_config(resolve_to_config_type(of_settings.config_type()), yaml.safe_load(part.config_yaml))
if not result.success:
    sys.exit("\n".join(error.message for error in result.errors))
print(part.class_name)
