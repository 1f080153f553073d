#!/usr/bin/env python3
"""What a library costs the first build of a crate, and its program: `sizes.py [--profile PROFILE] [NAME…]`.

A package with one annotated function that starts the export of its spans is built from nothing with each library whose
name contains one of the arguments. The packages called `service` have the dependencies of the service of docs/service.md.
It prints seconds, CPU seconds, compiled crates and the size of the stripped binary, as Markdown; `release`, the default
profile, has thin LTO. Versions are those of Cargo.lock. Compare seconds of one run only."""

import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def ours(options, package="floe-telemetry", folder="floe-telemetry"):
    return f"{package} = {{ path = '{ROOT / folder}', {options} }}\n"


SERVICE = """axum = "0.8"
tokio = { version = "1", features = ["full"] }
tracing = "0.1"
"""
# The dependencies of examples/comparison for the three signals with tracing-opentelemetry.
TRACING_OPENTELEMETRY = """opentelemetry = { version = "0.33", features = ["logs"] }
opentelemetry-appender-tracing = "0.33"
opentelemetry-otlp = { version = "0.33", default-features = false, features = ["grpc-tonic", "logs", "metrics", "trace"] }
opentelemetry_sdk = { version = "0.33", features = ["logs"] }
tracing-opentelemetry = { version = "0.34", default-features = false }
tracing-subscriber = { version = "0.3", features = ["env-filter", "json"] }
"""
# The crates that set tracing-opentelemetry up and record the requests of axum (examples/comparison/helpers).
HELPERS = """axum-tracing-opentelemetry = { version = "0.42", default-features = false }
init-tracing-opentelemetry = { version = "0.44", default-features = false, features = ["logs", "metrics", "tracing_subscriber_ext"] }
"""
SDK = """opentelemetry = "0.33"
opentelemetry_sdk = "0.33"
"""
TRACING = """tracing = "0.1"
tracing-opentelemetry = { version = "0.34", default-features = false }
tracing-subscriber = "0.3"
"""
GRPC = """opentelemetry-otlp = { version = "0.33", default-features = false, features = ["grpc-tonic", "trace"] }
tokio = { version = "1", features = ["rt-multi-thread"] }
"""
HTTP = """opentelemetry-otlp = { version = "0.33", default-features = false, features = ["http-proto", "reqwest-blocking-client", "trace"] }
"""
FASTRACE = """fastrace = { version = "0.7", features = ["enable"] }
"""
LOGFIRE = """logfire = { version = "0.13", default-features = false, features = ["export-http-protobuf"] }
tracing = "0.1"
"""

INIT = "let _telemetry = floe_telemetry::init().unwrap();"
LAYER = """use opentelemetry::trace::TracerProvider as _;
    use tracing_subscriber::{layer::SubscriberExt as _, util::SubscriberInitExt as _};
    let provider = opentelemetry_sdk::trace::SdkTracerProvider::builder().with_batch_exporter(exporter).build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("size"));
    tracing_subscriber::registry().with(layer).init();"""
BY_HTTP = """let exporter = opentelemetry_otlp::SpanExporter::builder().with_http().build().unwrap();
    """
BY_GRPC = """let runtime = tokio::runtime::Runtime::new().unwrap();
    let _entered = runtime.enter();
    let exporter = opentelemetry_otlp::SpanExporter::builder().with_tonic().build().unwrap();
    """
REPORTER = """let resource = std::borrow::Cow::Owned(opentelemetry_sdk::Resource::builder().build());
    let scope = opentelemetry::InstrumentationScope::builder("size").build();
    let reporter = fastrace_opentelemetry::OpenTelemetryReporter::new(exporter, resource, scope);
    fastrace::set_reporter(reporter, fastrace::collector::Config::default());"""
START_LOGFIRE = """let send = logfire::config::SendToLogfire::IfTokenPresent;
    let _guard = logfire::configure().send_to_logfire(send).finish().unwrap().shutdown_guard();"""

TRACED, INSTRUMENT, TRACE = "#[floe_telemetry::traced]", "#[tracing::instrument]", "#[fastrace::trace]"
LAYERS = ours("features = ['axum']", "floe-telemetry-http", "integrations/floe-telemetry-http")

# Each contestant: its name, its dependencies, its attribute, and how `main` begins.
CONTESTANTS = [
    ("nothing", "", "", ""),
    ("floe-telemetry, light", ours("default-features = false"), TRACED, ""),
    ("floe-telemetry, default", ours("features = []"), TRACED, INIT),
    ("floe-telemetry, otlp-http", ours("features = ['otlp-http']"), TRACED, INIT),
    ("floe-telemetry, otlp-http without default features", ours("default-features = false, features = ['otlp-http']"), TRACED, INIT),
    ("floe-telemetry, otlp-grpc", ours("features = ['otlp-grpc']"), TRACED, INIT),
    ("fastrace 0.7", FASTRACE, TRACE, ""),
    ("tracing 0.1", 'tracing = "0.1"', INSTRUMENT, ""),
    ("tracing-opentelemetry, otlp-http, traces alone", SDK + TRACING + HTTP, INSTRUMENT, BY_HTTP + LAYER),
    ("tracing-opentelemetry, otlp-grpc, traces alone", SDK + TRACING + GRPC, INSTRUMENT, BY_GRPC + LAYER),
    ("fastrace-opentelemetry, otlp-http", SDK + FASTRACE + HTTP + 'fastrace-opentelemetry = "0.19"', TRACE, BY_HTTP + REPORTER),
    ("logfire, otlp-http", LOGFIRE, INSTRUMENT, START_LOGFIRE),
    ("service, no telemetry", SERVICE, "", ""),
    ("service, floe-telemetry", SERVICE + ours("features = ['logs', 'otlp-grpc', 'tracing']") + LAYERS, TRACED, INIT),
    ("service, tracing-opentelemetry", SERVICE + TRACING_OPENTELEMETRY, INSTRUMENT, ""),
    ("service, tracing-opentelemetry and helpers", SERVICE + HELPERS, INSTRUMENT, ""),
]

MANIFEST = """[package]
name = "size"
version = "0.0.0"
edition = "2024"

[dependencies]
{}

[profile.dev]
strip = true

[profile.release]
lto = "thin"
strip = true

[workspace]
"""
MAIN = """{}
fn call(id: u64) -> Result<u64, std::io::Error> {{
    Ok(id + 1)
}}

fn main() {{
    {}
    std::hint::black_box(call(1).unwrap());
}}
"""


def build(folder, profile, dependencies, attribute, start):
    (folder / "src").mkdir()
    (folder / "Cargo.toml").write_text(MANIFEST.format(dependencies))
    (folder / "src/main.rs").write_text(MAIN.format(attribute, start))
    shutil.copy(ROOT / "Cargo.lock", folder)
    environment = {**os.environ, "CARGO_TARGET_DIR": str(folder / "target")}

    def cargo(*arguments):
        subprocess.run(["cargo", *arguments, "--quiet"], cwd=folder, env=environment, check=True)

    def processor():
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    cargo("fetch")
    begin, before = time.monotonic(), processor()
    cargo("build", "--offline", "--profile", profile)
    seconds, cpu = time.monotonic() - begin, processor() - before
    output = folder / "target" / ("debug" if profile == "dev" else profile)
    # A macro is a shared object.
    crates = sum(path.suffix in (".rlib", ".so", ".dylib") for path in (output / "deps").iterdir())
    return f"{seconds:.1f} | {cpu:.1f} | {crates} | {(output / 'size').stat().st_size // 1024}"


def main():
    names = sys.argv[1:]
    profile = "release"
    if names[:1] == ["--profile"]:
        profile, names = names[1], names[2:]
    print(f"| {profile} | seconds | CPU seconds | crates | KiB |\n|---|---|---|---|---|")
    for name, *contestant in CONTESTANTS:
        if not names or any(part in name for part in names):
            with tempfile.TemporaryDirectory() as folder:
                print(f"| {name} | {build(pathlib.Path(folder), profile, *contestant)} |", flush=True)


main()
