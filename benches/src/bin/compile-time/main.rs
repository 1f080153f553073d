//! The cost of an attribute for the compiler: 300 synchronous and 300 `async` functions, without
//! and with the attributes of several crates.
//!
//! `cargo run --profile bench -p benches --bin compile-time` writes a small package for each
//! contestant, builds its dependencies, and then checks and builds the package repeatedly, in turn
//! with the others. It prints user seconds (medians), the size of the stripped binary, and the size
//! of a future in bytes.

#![expect(clippy::print_stdout, clippy::expect_used, clippy::panic, reason = "a benchmark")]

mod program;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use self::program::FUNCTIONS;

/// The baseline: the plain attribute.
const OURS: &str = "floe-telemetry";

/// Measurements of each contestant.
const ROUNDS: usize = 5;

struct Contestant {
    name: &'static str,
    dependency: String,
    attribute: &'static str,
}

struct Measured {
    check: Vec<f64>,
    build: Vec<f64>,
    binary: u64,
    futures: String,
}

fn contestants() -> Vec<Contestant> {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../floe-telemetry");
    let ours =
        format!("floe-telemetry = {{ path = '{}', default-features = false }}", ours.display());
    let fastrace = r#"fastrace = { version = "0.7", features = ["enable"] }"#;
    let minitrace = r#"minitrace = { version = "0.6", features = ["enable"] }"#;
    let tracing = r#"tracing = "0.1""#;
    let autometrics = r#"autometrics = "3""#;
    // Its expansion refers to OpenTelemetry's crate directly.
    let otel_instrument = r#"
        otel-instrument = "0.1"
        opentelemetry = { version = "0.33", default-features = false, features = ["trace", "futures"] }
    "#;
    [
        ("no attribute", "", ""),
        (OURS, &*ours, "#[floe_telemetry::traced]"),
        ("floe-telemetry, 2 attributes", &*ours, "#[floe_telemetry::traced(attributes(id, name))]"),
        ("fastrace", fastrace, "#[fastrace::trace]"),
        ("tracing, skip_all", tracing, "#[tracing::instrument(skip_all)]"),
        ("tracing, skip_all, err", tracing, "#[tracing::instrument(skip_all, err)]"),
        (
            "tracing, 2 fields, err",
            tracing,
            "#[tracing::instrument(skip_all, fields(id, name), err)]",
        ),
        ("minitrace", minitrace, "#[minitrace::trace]"),
        ("autometrics", autometrics, "#[autometrics::autometrics]"),
        (
            "otel-instrument, skip_all, err",
            otel_instrument,
            "#[otel_instrument::instrument(skip_all, err)]",
        ),
    ]
    .map(|(name, dependency, attribute)| Contestant {
        name,
        dependency: dependency.to_owned(),
        attribute,
    })
    .into()
}

fn main() {
    let directory = env::temp_dir().join("floe-telemetry-compile-time");
    let contestants = contestants();
    let mut all = Vec::new();
    for (number, contestant) in contestants.iter().enumerate() {
        let package = directory.join(number.to_string());
        write_package(&package, number, contestant);
        // Builds the shared dependencies and the package once.
        cargo(&package, "check");
        cargo(&package, "build");
        let binary = directory.join(format!("target/debug/compile-time-{number}"));
        let futures = Command::new(&binary).output().expect("the package runs").stdout;
        all.push(Measured {
            check: Vec::new(),
            build: Vec::new(),
            binary: fs::metadata(&binary).expect("there is a binary").len(),
            futures: String::from_utf8_lossy(&futures).trim().to_owned(),
        });
    }
    for _ in 0..ROUNDS {
        for (number, measured) in all.iter_mut().enumerate() {
            let package = directory.join(number.to_string());
            measured.check.push(seconds(&package, "check"));
            measured.build.push(seconds(&package, "build"));
        }
    }
    print(&contestants, &mut all);
}

fn print(contestants: &[Contestant], all: &mut [Measured]) {
    println!(
        "{FUNCTIONS} functions and {FUNCTIONS} async ones; seconds are of the user's time, the median of {ROUNDS}"
    );
    println!(
        "{:<30} {:>6} {:>6} {:>7} {:>6} {:>6} {:>7} {:>8}  futures: 1 argument, 1 KiB, 3 levels",
        "", "check", "added", "to ours", "build", "added", "to ours", "KiB"
    );
    let mut bare = None;
    let mut ours = None;
    for (contestant, measured) in contestants.iter().zip(all) {
        let (check, build) = (median(&mut measured.check), median(&mut measured.build));
        let (bare_check, bare_build) = *bare.get_or_insert((check, build));
        let added = (check - bare_check, build - bare_build);
        if contestant.name == OURS {
            ours = Some(added);
        }
        let ratio = |added: f64, ours: Option<f64>| {
            ours.map_or_else(String::new, |ours| format!("{:.1}", added / ours))
        };
        println!(
            "{:<30} {check:>6.2} {:>6.2} {:>7} {build:>6.2} {:>6.2} {:>7} {:>8}  {}",
            contestant.name,
            added.0,
            ratio(added.0, ours.map(|(check, _)| check)),
            added.1,
            ratio(added.1, ours.map(|(_, build)| build)),
            measured.binary / 1024,
            measured.futures,
        );
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn write_package(package: &Path, number: usize, contestant: &Contestant) {
    let manifest = format!(
        "[package]\nname = \"compile-time-{number}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\n{}\n\n[profile.dev]\ndebug = false\nstrip = true\nincremental = false\n\n[workspace]\n",
        contestant.dependency,
    );
    fs::create_dir_all(package.join("src")).expect("the temporary directory can be written");
    fs::write(package.join("Cargo.toml"), manifest).expect("a manifest is written");
    fs::write(package.join("src/main.rs"), program::source(contestant.attribute))
        .expect("a file is written");
}

/// On the package alone. Returns the user time of cargo and the compiler.
fn seconds(package: &Path, command: &str) -> f64 {
    let main = package.join("src/main.rs");
    let source = fs::read(&main).expect("the file is there");
    fs::write(main, source).expect("the file is written again");
    let before = children();
    cargo(package, command);
    children() - before
}

fn cargo(package: &Path, command: &str) {
    let target: PathBuf = package.join("../target");
    let status = Command::new(env!("CARGO"))
        .args([command, "--quiet"])
        .current_dir(package)
        .env("CARGO_TARGET_DIR", target)
        .env("RUSTFLAGS", "-Awarnings")
        .status()
        .expect("cargo runs");
    assert!(status.success(), "the package {} does not build", package.display());
}

/// User time of all child processes so far in seconds, which Linux counts in hundredths.
fn children() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("this is Linux");
    let fields = stat.rsplit_once(')').expect("the name is in parentheses").1;
    let ticks = fields.split_whitespace().nth(13).and_then(|field| field.parse::<f64>().ok());
    ticks.unwrap_or_else(|| panic!("no times in {stat}")) / 100.0
}
