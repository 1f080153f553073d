#!/usr/bin/env python3
"""What a library costs the first build of a program, and the program: `sizes.py [--profile PROFILE] [NAME…]`.

Builds from nothing each program whose name contains one of the arguments: a function that starts the export of its
spans, and the service of docs/service.md (examples/service.rs) with the three signals over OTLP/gRPC. The peers' service
uses the setup of examples/comparison, or the crates that do that setup. Prints seconds, CPU seconds, compiled crates and
the size of the stripped binary, as Markdown; `release`, the default profile, has thin LTO and one codegen unit. Versions
are those of Cargo.lock. Compare seconds of one run only. With `--keep FOLDER`, the programs are built in FOLDER and
share their dependencies: only the sizes are then right."""

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
BY_HAND = """opentelemetry = {{ version = "0.33", features = ["logs"] }}
opentelemetry-appender-tracing = "0.33"
opentelemetry-http = {{ version = "0.33", default-features = false }}
opentelemetry-otlp = {{ version = "0.33", default-features = false, features = ["grpc-tonic", "logs", "metrics", "trace"{}] }}
opentelemetry_sdk = {{ version = "0.33", features = ["logs"] }}
tracing-opentelemetry = {{ version = "0.34", default-features = false }}
tracing-subscriber = {{ version = "0.3", features = ["env-filter", "json"] }}
"""
# The crates that set tracing-opentelemetry up and record the requests of axum.
HELPERS = """axum-tracing-opentelemetry = {{ version = "0.42", default-features = false }}
init-tracing-opentelemetry = {{ version = "0.44", default-features = false, features = ["logs", "metrics", "tracing_subscriber_ext"{}] }}
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


def example(path):
    return (ROOT / "examples" / path).read_text()


def service(start, layer, traced, items=""):
    """The service of docs/service.md with other telemetry."""
    text = example("service.rs").partition("use axum")
    lines = ("use axum" + text[2]).splitlines()
    lines = [line for line in lines if not line.startswith("use floe_telemetry")]
    lines = [traced if line.startswith("#[traced") else line for line in lines]
    text = "\n".join(lines).replace(".layer(HttpServerLayer::new())", layer)
    return items + text.replace("floe_telemetry::init()?", start)


# A span for each request, below the caller's.
REQUEST_SPAN = """
async fn traced(request: axum::extract::Request, next: axum::middleware::Next) -> axum::response::Response {
    use tracing::Instrument as _;
    use tracing_opentelemetry::OpenTelemetrySpanExt as _;
    let span = tracing::info_span!(
        "request", otel.name = %request.uri().path(), otel.kind = "server", http.request.method = %request.method(),
        http.response.status_code = tracing::field::Empty
    );
    let headers = opentelemetry_http::HeaderExtractor(request.headers());
    let _ = span.set_parent(opentelemetry::global::get_text_map_propagator(|it| it.extract(&headers)));
    let response = next.run(request).instrument(span.clone()).await;
    span.record("http.response.status_code", response.status().as_u16());
    response
}
"""
def between(start, end):
    text = example("comparison/tracing-opentelemetry.rs")
    return start + text.partition(start)[2].partition(end)[0]


# The setup alone: the service has a `load` of its own.
SETUP = between("use std", "#[tracing::instrument]") + between("struct Telemetry", "#[tokio::main]")
FLOE_SERVICE = example("service.rs")
HAND_SERVICE = service(
    "Telemetry::start()?", ".layer(axum::middleware::from_fn(traced))", INSTRUMENT, SETUP + REQUEST_SPAN
)
HELPED_SERVICE = service(
    "init_tracing_opentelemetry::TracingConfig::production().init_subscriber()?",
    ".layer(axum_tracing_opentelemetry::middleware::OtelAxumLayer::default())", INSTRUMENT
)

MAIN = """{}
fn call(id: u64) -> Result<u64, std::io::Error> {{
    Ok(id + 1)
}}

fn main() {{
    {}
    std::hint::black_box(call(1)).unwrap();
}}
"""


def floe_service(tls):
    return SERVICE + ours(f"features = ['logs', 'otlp-grpc', 'tracing'{tls}]") + LAYERS


# Each contestant: its name, its dependencies, and its program.
CONTESTANTS = [
    ("nothing", "", MAIN.format("", "")),
    ("floe-telemetry, light", ours("default-features = false"), MAIN.format(TRACED, "")),
    ("floe-telemetry, default", ours("features = []"), MAIN.format(TRACED, INIT)),
    ("floe-telemetry, otlp-http", ours("features = ['otlp-http']"), MAIN.format(TRACED, INIT)),
    ("floe-telemetry, otlp-http without default features", ours("default-features = false, features = ['otlp-http']"), MAIN.format(TRACED, INIT)),
    ("floe-telemetry, otlp-grpc", ours("features = ['otlp-grpc']"), MAIN.format(TRACED, INIT)),
    ("fastrace 0.7", FASTRACE, MAIN.format(TRACE, "")),
    ("tracing 0.1", 'tracing = "0.1"', MAIN.format(INSTRUMENT, "")),
    ("tracing-opentelemetry, otlp-http, traces alone", SDK + TRACING + HTTP, MAIN.format(INSTRUMENT, BY_HTTP + LAYER)),
    ("tracing-opentelemetry, otlp-grpc, traces alone", SDK + TRACING + GRPC, MAIN.format(INSTRUMENT, BY_GRPC + LAYER)),
    ("fastrace-opentelemetry, otlp-http", SDK + FASTRACE + HTTP + 'fastrace-opentelemetry = "0.19"', MAIN.format(TRACE, BY_HTTP + REPORTER)),
    ("logfire, otlp-http", LOGFIRE, MAIN.format(INSTRUMENT, START_LOGFIRE)),
    ("service, no telemetry", SERVICE, service("()", "", "").replace("let _telemetry = ();", "")),
    ("service, floe-telemetry", floe_service(""), FLOE_SERVICE),
    ("service, floe-telemetry, TLS", floe_service(", 'otlp-tls'"), FLOE_SERVICE),
    ("service, tracing-opentelemetry by hand", SERVICE + BY_HAND.format(""), HAND_SERVICE),
    ("service, tracing-opentelemetry by hand, TLS", SERVICE + BY_HAND.format(', "tls-ring", "tls-roots"'), HAND_SERVICE),
    ("service, tracing-opentelemetry by helpers", SERVICE + HELPERS.format(""), HELPED_SERVICE),
    ("service, tracing-opentelemetry by helpers, TLS", SERVICE + HELPERS.format(', "tls", "tls-ring", "tls-roots"'), HELPED_SERVICE),
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
codegen-units = 1
lto = "thin"
strip = true

[workspace]
"""


def build(folder, target, profile, dependencies, program):
    (folder / "src").mkdir(parents=True, exist_ok=True)
    (folder / "Cargo.toml").write_text(MANIFEST.format(dependencies))
    (folder / "src/main.rs").write_text(program)
    shutil.copy(ROOT / "Cargo.lock", folder)
    environment = {**os.environ, "CARGO_TARGET_DIR": str(target)}

    def cargo(*arguments):
        subprocess.run(["cargo", *arguments, "--quiet"], cwd=folder, env=environment, check=True)

    def processor():
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    cargo("fetch")
    begin, before = time.monotonic(), processor()
    cargo("build", "--offline", "--profile", profile)
    seconds, cpu = time.monotonic() - begin, processor() - before
    output = target / ("debug" if profile == "dev" else profile)
    # A macro is a shared object.
    crates = sum(path.suffix in (".rlib", ".so", ".dylib") for path in (output / "deps").iterdir())
    return f"{seconds:.1f} | {cpu:.1f} | {crates} | {(output / 'size').stat().st_size // 1024}"


def main():
    names = sys.argv[1:]
    profile, kept = "release", None
    if names[:1] == ["--profile"]:
        profile, names = names[1], names[2:]
    if names[:1] == ["--keep"]:
        kept, names = pathlib.Path(names[1]).resolve(), names[2:]
    print(f"| {profile} | seconds | CPU seconds | crates | KiB |\n|---|---|---|---|---|")
    for name, *contestant in CONTESTANTS:
        if not names or any(part in name for part in names):
            with tempfile.TemporaryDirectory() as folder:
                folder = pathlib.Path(folder)
                target = kept or folder / "target"
                print(f"| {name} | {build(folder, target, profile, *contestant)} |", flush=True)


main()
