//! The effect of each path of OpenTelemetry's declarative configuration. It is found by loading a document with the
//! path and one without it. The official examples load without errors. `BLESS=1` writes the table.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use floe_telemetry::{Error, TelemetryConfig, init, traced};
use floe_telemetry_detectors as _;
use floe_telemetry_otlp_file as _;
use floe_telemetry_prometheus as _;
use floe_tests::{Receiver, program};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/declarative");

/// The minimum number of paths with an effect.
const LEAST: usize = 265;

fn rows() -> Vec<[String; 3]> {
    let text = fs::read_to_string(Path::new(FOLDER).join("paths.tsv")).unwrap();
    let row = |line: &str| {
        let mut parts = line.split('\t').map(str::to_owned);
        [(); 3].map(|()| parts.next().unwrap())
    };
    text.lines().map(row).collect()
}

fn examples() -> BTreeMap<String, PathBuf> {
    let folder = fs::read_dir(Path::new(FOLDER).join("examples")).unwrap();
    let files = folder.map(|entry| entry.unwrap().path());
    files.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), path)).collect()
}

/// Loads a document from a file. A document needs its own `name`, because a warning is written only once for a path.
fn load(folder: &Path, name: &str, text: &str) -> Result<TelemetryConfig, Error> {
    let path = folder.join(format!("{name}.yaml"));
    fs::write(&path, text).unwrap();
    TelemetryConfig::from_config_file(path)
}

fn child() {
    let folder = tempfile::tempdir().unwrap();
    for (at, [_, with, without]) in rows().iter().enumerate() {
        let without = load(folder.path(), "without", without);
        eprintln!("row {at}");
        let with = load(folder.path(), &format!("row{at}"), with);
        eprintln!("end of row {at}");
        let found = match (with, without) {
            (Err(error), _) => error.to_string(),
            (Ok(with), Ok(without)) if with == without => "same".to_owned(),
            (Ok(_), _) => "effect".to_owned(),
        };

        println!("row {at} {}", found.replace('\n', " "));
    }

    for (name, path) in examples() {
        eprintln!("example {name}");
        if let Err(error) = TelemetryConfig::from_config_file(path) {
            println!("example {name} {error}");
        }
    }

    eprintln!("end");
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = text.split_once(&format!("{from}\n")).unwrap();
    rest.split_once(&format!("{to}\n")).unwrap().0
}

/// Returns the messages about a path, without the name of the file and the path itself.
fn message(text: &str, path: &str) -> String {
    let keys = path.replace('*', "0");
    let lines = text.lines().filter(|line| line.contains(&keys));
    let reason: Vec<_> = lines
        .map(|line| line.split_once(&*keys).unwrap().1.trim_start_matches([':', ' ']))
        .filter(|reason| !reason.is_empty())
        .collect();
    reason.join("; ").replace('|', "\\|")
}

/// Returns the result for a path, such as `effect` or `refusal`, and its message.
fn kind(path: &str, found: &str, warnings: &str) -> (&'static str, String) {
    match found {
        "effect" if warnings.is_empty() => ("effect", String::new()),
        "same" if warnings.is_empty() => ("none", String::new()),
        "effect" | "same" => ("warning", message(warnings, path)),
        error => ("refusal", message(error, path)),
    }
}

fn example(name: &str) -> String {
    fs::read_to_string(Path::new(FOLDER).join("examples").join(name)).unwrap()
}

#[traced]
fn work() {}

/// The official file to start with, as it is published.
#[test]
fn a_service_is_named_and_its_machine_described() {
    let program = program!({
        let telemetry = init().unwrap();
        work();
        drop(telemetry);
    });
    let receiver = Receiver::http();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("otel.yaml");
    let file = path.to_str().unwrap();
    let run = |text: &str| {
        fs::write(&path, text).unwrap();
        program.run(&[
            ("OTEL_CONFIG_FILE", file),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.endpoint()),
            ("OTEL_SERVICE_NAME", "orders"),
            ("OTEL_RESOURCE_ATTRIBUTES", "team=checkout"),
        ])
    };

    let started = example("otel-getting-started.yaml");
    let (_, stderr) = run(&started);
    assert!(!stderr.contains("warning"), "{stderr}");
    let filter = "    attributes: {included: [host.*], excluded: [host.id]}\n    detectors:";
    let (_, stderr) = run(&started.replacen("    detectors:", filter, 1));
    assert!(!stderr.contains("warning"), "{stderr}");
    let spans = receiver.spans();
    let keys = ["service.name", "team", "host.name", "host.id", "process.pid"];
    let found = |at: usize| keys.map(|key| spans[at].resource.contains_key(key));
    assert_eq!(spans.len(), 2);
    assert!(spans.iter().all(|span| span.resource["service.name"] == "orders"));
    let has_id = Path::new("/etc/machine-id").exists();
    assert_eq!(found(0), [true, true, true, has_id, true]);
    assert_eq!(found(1), [true, true, true, false, false]);
    let all = TelemetryConfig::from_config_file(examples()["otel-sdk-config.yaml"].clone());
    assert_eq!(all.unwrap().resource_attributes.service_name, "unknown_service");
}

#[test]
fn each_path_has_an_effect_or_a_message() {
    let program = program!({ child() });
    let (stdout, stderr) = program.run(&[]);
    let refused: Vec<_> = stdout.lines().filter(|line| line.starts_with("example")).collect();
    assert_eq!(refused, <[&str; 0]>::default());

    let rows = rows();
    let mut counts = BTreeMap::<_, usize>::new();
    let mut table = String::new();
    for (at, [path, ..]) in rows.iter().enumerate() {
        let marker = format!("row {at} ");
        let mut lines = stdout.lines();
        let found = lines.find_map(|line| line.strip_prefix(&marker)).unwrap();
        let warnings = between(&stderr, &format!("row {at}"), &format!("end of row {at}"));
        let (kind, reason) = kind(path, found, warnings);
        *counts.entry(kind).or_default() += 1;
        writeln!(table, "| `{path}` | {kind} | {reason} |").unwrap();
    }

    let counted: Vec<_> = counts.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    let head = "# What each path of the schema does\n\nWritten by the test `declarative`. Paths without an effect and without a message are for other languages or for their own subkeys, or the document says what holds anyway.\n";
    let table = format!(
        "{head}\n{}\n\n| path | result | message |\n|---|---|---|\n{table}",
        counted.join(", ")
    );

    let file = Path::new(FOLDER).join("table.md");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&file, &table).unwrap();
    }

    assert!(counts["effect"] >= LEAST, "{counted:?}");
    let known = fs::read_to_string(file).unwrap_or_default();
    assert_eq!(
        known, table,
        "`BLESS=1 cargo test -p floe-tests --test global declarative` writes it anew"
    );
}
