"""Checks the files of deploy/ as far as that is possible without a cluster.

Usage: validate.py DEPLOY OTELCOL for the configurations, with the Collector as a program, or validate.py DEPLOY
--manifests RENDERED, with the output of `kubectl kustomize`.
"""

import os
import subprocess
import sys
from pathlib import Path

import kubernetes_validate
import yaml

ENVIRONMENT = {
    "BACKEND": "backend.example:4317",
    "BACKEND_AUTHORIZATION": "Bearer none",
    "TLS_CERTIFICATE": "tls.crt",
    "TLS_KEY": "tls.key",
}
KUBERNETES = "1.32"


def unused(config: dict) -> list[str]:
    """Finds components that are configured but in no pipeline, or in a pipeline but not configured."""
    pipelines = config["service"]["pipelines"].values()
    used = {
        section: {name for pipeline in pipelines for name in pipeline[section]}
        for section in ("receivers", "processors", "exporters")
    } | {"extensions": set(config["service"].get("extensions", []))}
    return [
        f"{section}: {name}"
        for section, names in used.items()
        for name in names ^ set(config.get(section, {}))
    ]


def check_collector(path: Path, otelcol: str) -> list[str]:
    whole = yaml.safe_load(path.read_text())
    if "service" not in whole:
        # The file changes another one.
        others = (each for each in path.parent.glob("*.yaml") if each != path)
        return [wrong for other in sorted(others) for wrong in validate(otelcol, other, path)]
    wrong = [f"{path}: {each} is not both configured and used" for each in unused(whole)]
    for name, pipeline in whole["service"]["pipelines"].items():
        order = pipeline["processors"]
        queues = [whole["exporters"][exporter]["sending_queue"] for exporter in pipeline["exporters"]]
        if order[0] != "memory_limiter" or not (order[-1] == "batch" or all("batch" in queue for queue in queues)):
            wrong.append(f"{path}: {name} does not begin with memory_limiter and end with batch, of processor or queue: {order}")
    return wrong + validate(otelcol, path)


def validate(otelcol: str, *configs: Path) -> list[str]:
    ran = subprocess.run(
        [otelcol, "validate", *(f"--config={config}" for config in configs)],
        env=os.environ | ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    names = " with ".join(config.name for config in configs)
    # A warning is about a setting that a later version removes.
    if ran.returncode != 0 or ran.stderr:
        return [f"{names}: {ran.stderr}"]
    print(f"{names}: valid")
    return []


def check_manifests(rendered: Path, configs: dict[str, str]) -> list[str]:
    wrong = []
    documents = list(yaml.safe_load_all(rendered.read_text()))
    for document in documents:
        name = f"{document['kind']} {document['metadata']['name']}"
        try:
            kubernetes_validate.validate(document, KUBERNETES, strict=True)
        except kubernetes_validate.ValidationError as error:
            wrong.append(f"{name}: {error.message} at {list(error.path)}")
            continue
        if document["kind"] in ("Deployment", "DaemonSet"):
            wrong += check_pod(name, document["spec"], documents, configs)
    print(f"{rendered.name}: Kubernetes {KUBERNETES}: {len(documents)} manifests")
    return wrong


def check_pod(name: str, spec: dict, documents: list[dict], configs: dict[str, str]) -> list[str]:
    """Checks the references of manifests to each other and to the collector's configuration."""
    wrong = []
    pod = spec["template"]["spec"]
    labels = spec["template"]["metadata"]["labels"]
    (container,) = pod["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    mounted = pod["volumes"][0]["configMap"]["name"]
    maps = {it["metadata"]["name"]: it["data"] for it in documents if it["kind"] == "ConfigMap"}
    if mounted not in maps:
        return [f"{name}: no ConfigMap {mounted}"]
    text = maps[mounted]["config.yaml"]
    if text not in configs.values():
        wrong.append(f"{name}: {mounted} is not one of deploy/collector")
    variables = {part.split("}")[0] for part in text.split("${env:")[1:]}
    needed = {it for it in variables if ":-" not in it}
    given = {variable["name"] for variable in container["env"]}
    if not needed <= given:
        wrong.append(f"{name}: variables without a value: {sorted(needed - given)}")
    for port in ports.values():
        if f":{port}" not in text and f"port: {port}" not in text:
            wrong.append(f"{name}: no process listens on port {port}")
    services = [
        it for it in documents
        if it["kind"] == "Service" and it["spec"]["selector"].items() <= labels.items()
    ]  # fmt: skip
    targets = {port["targetPort"] for service in services for port in service["spec"]["ports"]}
    if not services or not targets <= ports.keys():
        wrong.append(f"{name}: no service leads to it, or to a port that it has not: {targets}")
    return wrong


def main(deploy: Path, what: str, rendered: Path | None = None) -> None:
    paths = sorted((deploy / "collector").glob("*.yaml"))
    if rendered is None:
        wrong = [each for path in paths for each in check_collector(path, what)]
    else:
        configs = {path.name: path.read_text() for path in paths}
        wrong = check_manifests(rendered, configs)
        wrong += check_manifests(deploy / "kubernetes" / "run.yaml", configs)
    if wrong:
        raise SystemExit("\n".join(wrong))


if __name__ == "__main__":
    if len(sys.argv) != (4 if "--manifests" in sys.argv else 3):
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2], *map(Path, sys.argv[3:]))
