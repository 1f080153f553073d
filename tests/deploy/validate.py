"""Checks the files of deploy/ as far as that is possible without a cluster.

Usage: validate.py DEPLOY OTELCOL RENDERED FOLDER, with the core of the Collector as a program, what
`kubectl kustomize` made of DEPLOY, and a folder for what this writes.
"""

import os
import subprocess
import sys
from pathlib import Path

import kubernetes_validate
import yaml

# Components of the Collector's contrib distribution: the core cannot validate their configuration.
CONTRIB = {"health_check", "attributes", "redaction", "tail_sampling", "transform", "loadbalancing"}
ENVIRONMENT = {
    "BACKEND": "backend.example:4317",
    "BACKEND_AUTHORIZATION": "Bearer none",
    "POD_IP": "127.0.0.1",
    "TLS_CERTIFICATE": "tls.crt",
    "TLS_KEY": "tls.key",
}
KUBERNETES = "1.32"


def kind(component: str) -> str:
    return component.split("/")[0]


def core_of(config: dict) -> tuple[dict, list[str]]:
    """Removes the components of contrib from a configuration, and returns it with their names. A pipeline that loses
    all exporters gets the exporter `debug`."""
    lost = []
    for section in ("extensions", "receivers", "processors", "exporters"):
        for name in list(config.get(section, {})):
            if kind(name) in CONTRIB:
                lost.append(name)
                del config[section][name]
    config["exporters"]["debug"] = {}
    service = config["service"]
    service["extensions"] = [name for name in service.get("extensions", []) if kind(name) not in CONTRIB]
    for pipeline in service["pipelines"].values():
        for section in ("receivers", "processors", "exporters"):
            pipeline[section] = [name for name in pipeline[section] if kind(name) not in CONTRIB]
        pipeline["exporters"] = pipeline["exporters"] or ["debug"]
    return config, lost


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


def check_collector(path: Path, otelcol: str, folder: Path) -> list[str]:
    whole = yaml.safe_load(path.read_text())
    if "service" not in whole:
        # The file changes another one.
        return validate(path, otelcol, path.with_name("one.yaml"), path, lost=[])
    wrong = [f"{path}: {each} is not both configured and used" for each in unused(whole)]
    for name, pipeline in whole["service"]["pipelines"].items():
        order = pipeline["processors"]
        if order[0] != "memory_limiter" or order[-1] != "batch":
            wrong.append(f"{path}: {name} does not begin with memory_limiter and end with batch: {order}")
    core, lost = core_of(whole)
    checked = folder / path.name
    checked.write_text(yaml.safe_dump(core))
    return wrong + validate(path, otelcol, checked if lost else path, lost=lost)


def validate(path: Path, otelcol: str, *configs: Path, lost: list[str]) -> list[str]:
    ran = subprocess.run(
        [otelcol, "validate", *(f"--config={config}" for config in configs)],
        env=os.environ | ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if ran.returncode != 0:
        return [f"{path}: {ran.stderr}"]
    print(f"{path.name}: valid; not checked: {', '.join(lost) or 'nothing'}")
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
    needed = {part.split("}")[0].split(":")[0] for part in text.split("${env:")[1:]}
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


def main(deploy: Path, otelcol: str, rendered: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    paths = sorted((deploy / "collector").glob("*.yaml"))
    wrong = [each for path in paths for each in check_collector(path, otelcol, folder)]
    configs = {path.name: path.read_text() for path in paths}
    wrong += check_manifests(rendered, configs)
    wrong += check_manifests(deploy / "kubernetes" / "run.yaml", configs)
    if wrong:
        raise SystemExit("\n".join(wrong))


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
