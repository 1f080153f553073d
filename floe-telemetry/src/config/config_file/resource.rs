//! The resource.

use super::properties::{Findings, Value};
use crate::config::detection::{DetectionConfig, ResourceDetector};
use crate::config::env::parse_resource_attributes;
use crate::config::resource::{ResourceAttributes, ResourceValue, check_key};
use crate::config::telemetry::TelemetryConfig;
use crate::environment;

/// The types of attributes.
#[derive(Clone, Copy)]
enum Type {
    String,
    Bool,
    Int,
    Double,
    StringArray,
    BoolArray,
    IntArray,
    DoubleArray,
}

const TYPES: [(&str, Type); 8] = [
    ("string", Type::String),
    ("bool", Type::Bool),
    ("int", Type::Int),
    ("double", Type::Double),
    ("string_array", Type::StringArray),
    ("bool_array", Type::BoolArray),
    ("int_array", Type::IntArray),
    ("double_array", Type::DoubleArray),
];

/// Reads the attributes. Those of `attributes` replace those of `attributes_list`.
pub(super) fn read(value: &Value<'_>, config: &mut TelemetryConfig, found: &mut Findings<'_>) {
    let known = ["attributes", "attributes_list", "detection", "schema_url"];
    let properties = value.properties(&known, found);
    if let Some(value) = properties.set("detection") {
        detection(&value, config, found);
    }
    let resource = &mut config.resource_attributes;
    resource.schema_url = properties.read("schema_url", found);
    if let Some(list) = properties.set("attributes_list") {
        let text: String = list.read(found).unwrap_or_default();
        match parse_resource_attributes(&text, resource) {
            Ok(None) => {}
            Ok(Some(message)) | Err(message) => list.refuse(found, message),
        }
    }
    for item in properties.items("attributes", found) {
        attribute(&item, resource, found);
    }
}

/// Reads the detectors. The detector `host` of the format also detects the operating system.
fn detection(value: &Value<'_>, config: &mut TelemetryConfig, found: &mut Findings<'_>) {
    let properties = value.properties(&["attributes", "detectors", "entities_enabled"], found);
    properties.not_supported(&["entities_enabled"], found);
    let mut detection = DetectionConfig::default();
    let detectors = ResourceDetector::every();
    let mut known: Vec<_> = detectors.iter().map(|detector| detector.as_str()).collect();
    known.push("service");
    for item in properties.items("detectors", found) {
        let Some((name, value)) = item.choice(&known, found) else {
            continue;
        };
        value.properties(&[], found);
        if name == "service"
            && let Ok(service) = environment::variable("OTEL_SERVICE_NAME")
        {
            value.check(
                config
                    .resource_attributes
                    .set("service.name".to_owned(), service),
                found,
            );
        }
        if let Some(detector) = detectors.iter().find(|detector| detector.as_str() == name) {
            value.check(detector.registered().map(drop), found);
            detection.detectors.push(*detector);
        }
        if name == "host" {
            detection.detectors.push(ResourceDetector::Os);
        }
    }
    if let Some(attributes) = properties.set("attributes") {
        let patterns = attributes.properties(&["included", "excluded"], found);
        for (key, field) in [
            ("included", &mut detection.included),
            ("excluded", &mut detection.excluded),
        ] {
            for item in patterns.items(key, found) {
                let pattern: String = item.read(found).unwrap_or_default();
                if pattern.contains('?') {
                    item.not_supported(found, "accepted is `*` for any characters");
                }
                field.push(pattern);
            }
        }
    }
    // Arguments are recorded only if the file names them.
    detection.command_args = detection
        .included
        .iter()
        .any(|key| key == "process.command_args");
    config.detection = detection;
}

fn attribute(item: &Value<'_>, resource: &mut ResourceAttributes, found: &mut Findings<'_>) {
    let properties = item.properties(&["name", "value", "type"], found);
    let kind = properties
        .get("type")
        .and_then(|kind| kind.word(&TYPES, found));
    let name = properties.required("name", item, found);
    let (Some(name), Some(value)) = (name, properties.set("value")) else {
        // An attribute whose value is null is ignored.
        return;
    };
    let Some(key) = name.read::<String>(found) else {
        return;
    };
    let kind = kind.unwrap_or(Type::String);
    let typed = match kind {
        Type::String => {
            if let Some(text) = value.read(found) {
                value.check(resource.set(key, text), found);
            }
            return;
        }
        Type::Bool => value.read(found).map(ResourceValue::Bool),
        Type::Int => value.read(found).map(ResourceValue::Int),
        Type::Double => value.read(found).map(ResourceValue::Double),
        Type::StringArray => value.read(found).map(ResourceValue::Strings),
        Type::BoolArray => value.read(found).map(ResourceValue::Bools),
        Type::IntArray => value.read(found).map(ResourceValue::Ints),
        Type::DoubleArray => value.read(found).map(ResourceValue::Doubles),
    };
    name.check(check_key(&key), found);
    resource.additional.remove(&key);
    resource.typed.extend(typed.map(|typed| (key, typed)));
}
