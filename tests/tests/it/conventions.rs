//! The attribute keys of the library, against OpenTelemetry's semantic conventions.

use std::fs;
use std::path::Path;

/// Keys that the conventions do not have, and why the library has them.
const OTHERS: [(&str, &str); 4] = [
    ("code.module.name", "as tracing-opentelemetry records it"),
    ("error.message", "the platform's specification wants it"),
    ("otel.metric.overflow", "of the specification of metrics"),
    (
        "otel.dropped_attributes_count",
        "of the specification of other formats",
    ),
];

#[test]
fn the_keys_of_the_library_are_those_of_the_conventions() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    let mut count = 0;
    for file in [
        "floe-telemetry/src/keys.rs",
        "integrations/floe-telemetry-http/src/keys.rs",
    ] {
        let text = fs::read_to_string(root.join(file)).unwrap();
        let keys = text
            .lines()
            .filter_map(|line| line.split_once("str = \"")?.1.split_once('"'));
        for (key, _) in keys.filter(|(key, _)| key.contains('.')) {
            count += 1;
            found.extend(floe_semconv::check(key).map(|_| key.to_owned()));
        }
    }
    assert!(count > 40, "{count}");
    assert_eq!(found, OTHERS.map(|(key, _)| key));
}
