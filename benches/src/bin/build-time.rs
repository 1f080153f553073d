//! The cost of a library for the first build of a crate, and for its program: a package with one annotated function is
//! built from scratch with each of several libraries, and starts the export of its spans. The packages called `service`
//! have the dependencies of the service of docs/service.md: axum, tokio and `tracing`, alone, with this library, with
//! the same exports by tracing-opentelemetry (`examples/comparison`), and with crates that set it up.
//!
//! `cargo run --profile bench -p benches --bin build-time` writes the packages, fetches their dependencies, and builds
//! them in turn in empty target folders. It prints elapsed seconds and CPU seconds (medians of three), the number of
//! compiled crates, and the size of the stripped binary, as Markdown. Arguments select the packages whose names contain
//! one of them; `--sizes` builds each once, optimized with thin LTO. Versions are those of this repository's `Cargo.lock`. Seconds
//! depend on the machine and its load; compare those of one run only.
//!
//! It uses the standard library only, so it can also be compiled without the other benchmarks: `CARGO=cargo
//! CARGO_MANIFEST_DIR=benches rustc --edition 2024 benches/src/bin/build-time.rs`.

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a benchmark")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use std::{env, fs};

/// The number of builds of each package in each profile.
const ROUNDS: usize = 3;

/// The dependencies of the service of docs/service.md without telemetry.
const SERVICE: &str = r#"axum = "0.8"
tokio = { version = "1", features = ["full"] }
tracing = "0.1"
"#;

/// The dependencies of `examples/comparison` for the three signals with tracing-opentelemetry.
const TRACING_OPENTELEMETRY: &str = r#"opentelemetry = { version = "0.33", features = ["logs"] }
opentelemetry-appender-tracing = "0.33"
opentelemetry-otlp = { version = "0.33", default-features = false, features = ["grpc-tonic", "logs", "metrics", "trace"] }
opentelemetry_sdk = { version = "0.33", features = ["logs"] }
tracing-opentelemetry = { version = "0.34", default-features = false }
tracing-subscriber = { version = "0.3", features = ["env-filter", "json"] }
"#;

/// The crates that set tracing-opentelemetry up and record the requests of axum (`examples/comparison/helpers`).
const HELPERS: &str = r#"axum-tracing-opentelemetry = { version = "0.42", default-features = false }
init-tracing-opentelemetry = { version = "0.44", default-features = false, features = ["logs", "metrics", "tracing_subscriber_ext"] }
"#;

/// The spans of tracing-opentelemetry over gRPC, as its documentation and that of `opentelemetry-otlp` set it up.
const TRACES: &str = r#"opentelemetry = "0.33"
opentelemetry-otlp = { version = "0.33", default-features = false, features = ["grpc-tonic", "trace"] }
opentelemetry_sdk = "0.33"
tokio = { version = "1", features = ["rt-multi-thread"] }
tracing = "0.1"
tracing-opentelemetry = { version = "0.34", default-features = false }
tracing-subscriber = "0.3"
"#;

/// The same export over HTTP, with the default client of `opentelemetry-otlp`.
const TRACES_HTTP: &str = r#"opentelemetry = "0.33"
opentelemetry-otlp = { version = "0.33", default-features = false, features = ["http-proto", "reqwest-blocking-client", "trace"] }
opentelemetry_sdk = "0.33"
tracing = "0.1"
tracing-opentelemetry = { version = "0.34", default-features = false }
tracing-subscriber = "0.3"
"#;

/// The same export by fastrace.
const FASTRACE: &str = r#"fastrace = { version = "0.7", features = ["enable"] }
fastrace-opentelemetry = "0.19"
opentelemetry = "0.33"
opentelemetry-otlp = { version = "0.33", default-features = false, features = ["http-proto", "reqwest-blocking-client", "trace"] }
opentelemetry_sdk = "0.33"
"#;

/// The export over HTTP by logfire, without its default TLS.
const LOGFIRE: &str = r#"logfire = { version = "0.13", default-features = false, features = ["export-http-protobuf"] }
tracing = "0.1"
"#;

const INIT: &str = "let _telemetry = floe_telemetry::init().unwrap();";

/// Starts the export of [`TRACES`].
const START_TRACES: &str = r#"use opentelemetry::trace::TracerProvider as _;
    use tracing_subscriber::{layer::SubscriberExt as _, util::SubscriberInitExt as _};
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _entered = runtime.enter();
    let exporter = opentelemetry_otlp::SpanExporter::builder().with_tonic().build().unwrap();
    let provider = opentelemetry_sdk::trace::SdkTracerProvider::builder().with_batch_exporter(exporter).build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("size"));
    tracing_subscriber::registry().with(layer).init();"#;

/// Starts the export of [`TRACES_HTTP`].
const START_TRACES_HTTP: &str = r#"use opentelemetry::trace::TracerProvider as _;
    use tracing_subscriber::{layer::SubscriberExt as _, util::SubscriberInitExt as _};
    let exporter = opentelemetry_otlp::SpanExporter::builder().with_http().build().unwrap();
    let provider = opentelemetry_sdk::trace::SdkTracerProvider::builder().with_batch_exporter(exporter).build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("size"));
    tracing_subscriber::registry().with(layer).init();"#;

/// Starts the export of [`FASTRACE`].
const START_FASTRACE: &str = r#"let exporter = opentelemetry_otlp::SpanExporter::builder().with_http().build().unwrap();
    let resource = std::borrow::Cow::Owned(opentelemetry_sdk::Resource::builder().build());
    let scope = opentelemetry::InstrumentationScope::builder("size").build();
    let reporter = fastrace_opentelemetry::OpenTelemetryReporter::new(exporter, resource, scope);
    fastrace::set_reporter(reporter, fastrace::collector::Config::default());"#;

/// Starts the export of [`LOGFIRE`].
const START_LOGFIRE: &str = r"let send = logfire::config::SendToLogfire::IfTokenPresent;
    let _guard = logfire::configure().send_to_logfire(send).finish().unwrap().shutdown_guard();";

struct Contestant {
    name: &'static str,
    dependency: String,
    attribute: &'static str,
    /// The statements at the beginning of `main`.
    start: &'static str,
}

#[derive(Default)]
struct Measured {
    wall: Vec<f64>,
    processors: Vec<f64>,
    crates: usize,
    binary: u64,
}

fn contestants() -> Vec<Contestant> {
    let package = |name: &str, folder: &str, features: &str| {
        let path = fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
            .expect("the library is beside the benchmarks");
        format!("{name} = {{ path = '{}', {features} }}\n", path.display())
    };
    let ours = |features: &str| package("floe-telemetry", "../floe-telemetry", features);
    let layers = package(
        "floe-telemetry-http",
        "../integrations/floe-telemetry-http",
        "features = ['axum']",
    );
    let floe = "#[floe_telemetry::traced]";
    let tracing = "#[tracing::instrument]";
    [
        ("nothing", String::new(), "", ""),
        ("floe-telemetry, light", ours("default-features = false"), floe, ""),
        (
            "floe-telemetry, redact",
            ours("default-features = false, features = ['redact']"),
            floe,
            "",
        ),
        ("floe-telemetry, default", ours("features = []"), floe, INIT),
        ("floe-telemetry, otlp-http", ours("features = ['otlp-http']"), floe, INIT),
        (
            "floe-telemetry, otlp-http without default features",
            ours("default-features = false, features = ['otlp-http']"),
            floe,
            INIT,
        ),
        ("floe-telemetry, otlp-grpc", ours("features = ['otlp-grpc']"), floe, INIT),
        (
            "fastrace 0.7",
            r#"fastrace = { version = "0.7", features = ["enable"] }"#.to_owned(),
            "#[fastrace::trace]",
            "",
        ),
        ("tracing 0.1", r#"tracing = "0.1""#.to_owned(), tracing, ""),
        (
            "tracing-opentelemetry, otlp-http, traces alone",
            TRACES_HTTP.to_owned(),
            tracing,
            START_TRACES_HTTP,
        ),
        (
            "tracing-opentelemetry, otlp-grpc, traces alone",
            TRACES.to_owned(),
            tracing,
            START_TRACES,
        ),
        (
            "fastrace-opentelemetry, otlp-http",
            FASTRACE.to_owned(),
            "#[fastrace::trace]",
            START_FASTRACE,
        ),
        ("logfire, otlp-http", LOGFIRE.to_owned(), tracing, START_LOGFIRE),
        ("service, no telemetry", SERVICE.to_owned(), "", ""),
        (
            "service, floe-telemetry",
            SERVICE.to_owned() + &ours("features = ['logs', 'otlp-grpc', 'tracing']") + &layers,
            floe,
            INIT,
        ),
        ("service, tracing-opentelemetry", SERVICE.to_owned() + TRACING_OPENTELEMETRY, tracing, ""),
        ("service, tracing-opentelemetry and helpers", SERVICE.to_owned() + HELPERS, tracing, ""),
    ]
    .map(|(name, dependency, attribute, start)| Contestant { name, dependency, attribute, start })
    .into()
}

fn main() {
    let directory = env::temp_dir().join("floe-telemetry-build-time");
    let (options, selected): (Vec<_>, Vec<_>) =
        env::args().skip(1).partition(|argument| argument == "--sizes");
    let (profiles, rounds) =
        if options.is_empty() { (&["dev", "release"][..], ROUNDS) } else { (&["release"][..], 1) };
    let mut contestants = contestants();
    contestants.retain(|contestant| {
        let is_selected = |name: &String| contestant.name.contains(name.as_str());
        selected.is_empty() || selected.iter().any(is_selected)
    });
    for (number, contestant) in contestants.iter().enumerate() {
        let package = directory.join(number.to_string());
        write_package(&package, contestant);
        cargo(&package, &["fetch"]);
    }
    for profile in profiles {
        let mut all: Vec<Measured> = contestants.iter().map(|_| Measured::default()).collect();
        for _ in 0..rounds {
            for (number, measured) in all.iter_mut().enumerate() {
                build(&directory.join(number.to_string()), profile, measured);
            }
        }
        print(profile, &contestants, &mut all);
    }
}

fn build(package: &Path, profile: &str, measured: &mut Measured) {
    let target = package.join("target");
    if target.exists() {
        fs::remove_dir_all(&target).expect("the target folder can be removed");
    }
    let (start, before) = (Instant::now(), children());
    cargo(package, &["build", "--offline", "--profile", profile]);
    measured.wall.push(start.elapsed().as_secs_f64());
    measured.processors.push(children() - before);
    let folder = target.join(if profile == "dev" { "debug" } else { profile });
    let binary = fs::metadata(folder.join("build-time")).expect("there is a binary");
    measured.binary = binary.len();
    measured.crates = fs::read_dir(folder.join("deps"))
        .expect("there are dependencies")
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| {
            // A proc macro is a shared object, and its name has no more underscores before the hash
            // than that of a library.
            let extension = path.extension().and_then(|extension| extension.to_str());
            matches!(extension, Some("rlib" | "so" | "dylib" | "dll"))
        })
        .count();
}

fn print(profile: &str, contestants: &[Contestant], all: &mut [Measured]) {
    println!("\n| {profile} | seconds | CPU seconds | crates | KiB |\n|---|---|---|---|---|");
    for (contestant, measured) in contestants.iter().zip(all) {
        println!(
            "| {} | {:.1} | {:.1} | {} | {} |",
            contestant.name,
            median(&mut measured.wall),
            median(&mut measured.processors),
            measured.crates,
            measured.binary / 1024,
        );
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn write_package(package: &Path, contestant: &Contestant) {
    let manifest = format!(
        "[package]\nname = \"build-time\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\n{}\n\n[profile.dev]\nstrip = true\n\n[profile.release]\nlto = \"thin\"\nstrip = true\n\n\
         [workspace]\n",
        contestant.dependency,
    );
    let source = format!(
        "{}\nfn call(id: u64) -> Result<u64, std::io::Error> {{\n    Ok(id + 1)\n}}\n\n\
         fn main() {{\n    {}\n    std::hint::black_box(call(1).unwrap());\n}}\n",
        contestant.attribute, contestant.start,
    );
    fs::create_dir_all(package.join("src")).expect("the temporary folder can be written");
    fs::write(package.join("Cargo.toml"), manifest).expect("a manifest is written");
    fs::write(package.join("src/main.rs"), source).expect("a file is written");
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
    fs::copy(lock, package.join("Cargo.lock")).expect("the versions of the repository");
}

fn cargo(package: &Path, arguments: &[&str]) {
    let target: PathBuf = package.join("target");
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .arg("--quiet")
        .current_dir(package)
        .env("CARGO_TARGET_DIR", target)
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "`cargo {}` in {}: {}",
        arguments.join(" "),
        package.display(),
        String::from_utf8_lossy(&output.stderr),
    );
}

/// CPU seconds of all child processes so far, in user and system mode, which Linux counts in
/// hundredths. Zero on other systems.
fn children() -> f64 {
    let Ok(stat) = fs::read_to_string("/proc/self/stat") else {
        return 0.0;
    };
    let fields = stat.rsplit_once(')').expect("the name is in parentheses").1;
    let ticks: Vec<f64> =
        fields.split_whitespace().skip(13).take(2).filter_map(|field| field.parse().ok()).collect();
    ticks.iter().sum::<f64>() / 100.0
}
