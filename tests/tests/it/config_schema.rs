//! The JSON Schema of the configuration: the committed file, and its content.

use std::path::Path;

use floe_telemetry::TelemetryConfig;
use serde_json::Value;

/// `BLESS=1` writes the file.
const FILE: &str = "../docs/telemetry-config.schema.json";

#[test]
fn the_committed_schema_is_that_of_the_library() {
    let schema = TelemetryConfig::__json_schema();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&file, &schema).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        schema,
        "`BLESS=1 cargo test -p floe-tests --test it schema` writes {FILE} anew"
    );
}

/// The definition that a `$ref` refers to, or the schema itself.
fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => root.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

#[test]
fn written_configurations_have_the_keys_and_defaults_of_the_schema() {
    let root: Value = serde_json::from_str(TelemetryConfig::json_schema()).unwrap();
    let mut config = TelemetryConfig::new("orders");
    config.limits.attribute_count = 1;
    config.metrics.export_interval_millis = 1;
    let written = serde_json::to_value(config).unwrap();
    let mut seen = 0;
    for (key, value) in written.as_object().unwrap() {
        let schema = resolve(&root, &root["properties"][key]);
        let Some(section) = value.as_object() else {
            continue;
        };
        let properties =
            schema["properties"].as_object().unwrap_or_else(|| panic!("{key}: {schema}"));
        assert_eq!(schema["additionalProperties"], Value::Bool(false), "{key}");
        for key in section.keys() {
            assert!(properties.contains_key(key), "{key}");
            seen += 1;
        }
    }
    assert!(seen > 15, "{seen}");
    assert_eq!(root["required"], serde_json::json!(["resource_attributes"]));
    assert_eq!(root["additionalProperties"], Value::Bool(false));
    assert_eq!(root["properties"]["otlp_endpoint"]["default"], Value::Null);
    assert_eq!(
        resolve(&root, &serde_json::json!({"$ref": "#/$defs/BatchProcessorConfig"}))["properties"]
            ["max_queue_size"]["maximum"],
        1_000_000
    );
}
