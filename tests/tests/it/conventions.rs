//! The attribute keys of the library are those of OpenTelemetry's semantic conventions, with few exceptions.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Keys that the conventions do not have, and the reason for each.
const OTHERS: [(&str, &str); 4] = [
    ("code.module.name", "as tracing-opentelemetry records it"),
    ("error.message", "the platform's specification wants it"),
    ("otel.metric.overflow", "of the specification of metrics"),
    ("otel.dropped_attributes_count", "of the specification of other formats"),
];

#[test]
fn the_keys_of_the_library_are_those_of_the_conventions() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    let mut count = 0;
    for file in ["crates/core/src/keys.rs", "integrations/floe-telemetry-http/src/keys.rs"] {
        let text = fs::read_to_string(root.join(file)).unwrap();
        let keys = text.lines().filter_map(|line| line.split_once("str = \"")?.1.split_once('"'));
        for (key, _) in keys.filter(|(key, _)| key.contains('.')) {
            count += 1;
            let word = |key: &str| key.split('.').next().map(str::to_owned);
            let living = || floe_semconv::attributes().iter().filter(|it| it.deprecation.is_none());
            let is_theirs = living().any(|row| word(row.key) == word(key));
            let row = floe_semconv::attribute(key).filter(|row| row.deprecation.is_none());
            found.extend((is_theirs && row.is_none()).then(|| key.to_owned()));
        }
    }

    assert!(count > 40, "{count}");
    assert_eq!(found, OTHERS.map(|(key, _)| key));
}

/// Each key of OpenTelemetry's own crate, which is generated from an earlier version of the conventions, is in the
/// table. A key that is deprecated there is deprecated in the table, unless its definition has only moved to another
/// repository.
#[test]
fn the_table_has_the_keys_of_opentelemetry_s_constants() {
    let folder = folder_of("opentelemetry-semantic-conventions");
    let text = fs::read_to_string(folder.join("src/attribute.rs")).unwrap();
    let mut count = 0;
    let items = text.split("\n///");
    for (attributes, constant) in items.filter_map(|item| item.split_once("pub const ")) {
        let (_, rest) =
            constant.split_once("str = \"").unwrap_or_else(|| constant.split_once('"').unwrap());
        let (key, _) = rest.split_once('"').unwrap();
        let row =
            floe_semconv::attribute(key).unwrap_or_else(|| panic!("{key} is not in the table"));
        let is_deprecated =
            attributes.contains("#[deprecated") && !attributes.contains("Moved to the");
        assert!(row.deprecation.is_some() || !is_deprecated, "{key} is deprecated");
        count += 1;
    }

    assert!(count > 900, "{count}");
}

/// Returns the folder of a package that is compiled with this test. `cargo metadata` reads a program with no other
/// dependency, because this machine may lack the other packages of the lock file.
fn folder_of(package: &str) -> PathBuf {
    let folder = tempfile::tempdir().unwrap();
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
    fs::copy(lock, folder.path().join("Cargo.lock")).unwrap();
    let manifest = folder.path().join("Cargo.toml");
    let text = format!(
        "[package]\nname = \"program\"\nedition = \"2024\"\n[lib]\npath = \"lib.rs\"\n[dependencies]\n{package} = \"*\"\n"
    );

    fs::write(&manifest, text).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline"])
        .arg("--manifest-path")
        .arg(manifest)
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let found = packages.iter().find(|found| found["name"] == package);
    let manifest = Path::new(found.unwrap()["manifest_path"].as_str().unwrap());
    manifest.parent().unwrap().to_owned()
}
