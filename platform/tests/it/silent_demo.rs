//! The products of the demo contain no telemetry, because the platform is instrumented instead.

use std::fs;
use std::path::{Path, PathBuf};

const WORDS: [&str; 6] = ["otel", "otlp", "telemetry", "trace", "tracing", "span"];

/// Returns the committed files of a folder.
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
    // The manifest belongs to the platform, not to a product.
    files.retain(|file| *file != demo.join("manifest.yaml"));
    assert!(files.len() > 20, "{files:?}");
    for file in files {
        let text = fs::read_to_string(&file).unwrap().to_lowercase();
        // In the name of this product, telemetry means measurements of devices.
        let text = text.replace("name: iot-telemetry", "");
        for word in WORDS {
            assert!(!text.contains(word), "`{word}` in {}", file.display());
        }
    }
}
