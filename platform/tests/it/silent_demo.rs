//! The products of the demo contain no telemetry: the platform is instrumented, and they are not.

use std::fs;
use std::path::{Path, PathBuf};

const WORDS: [&str; 6] = ["otel", "otlp", "telemetry", "trace", "tracing", "span"];

/// Every file that is committed.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut all = Vec::new();
    for path in entries {
        match path.file_name().unwrap().to_str().unwrap() {
            "data" | ".floe" => {}
            _ if path.is_dir() => all.extend(files(&path)),
            _ => all.push(path),
        }
    }
    all
}

#[test]
fn no_product_mentions_telemetry() {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo");
    let mut files = files(&demo);
    // This is the platform's file, not part of a product.
    files.retain(|file| *file != demo.join("manifest.yaml"));
    assert!(files.len() > 20, "{files:?}");
    for file in files {
        let text = fs::read_to_string(&file).unwrap().to_lowercase();
        // The name of this product is about telemetry of another kind.
        let text = text.replace("name: iot-telemetry", "");
        for word in WORDS {
            assert!(!text.contains(word), "`{word}` in {}", file.display());
        }
    }
}
