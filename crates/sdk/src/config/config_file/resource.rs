//! The resource and the propagators.

use floe_suggest::expected;
use opentelemetry::{Array, StringValue, Value};
use serde::de::DeserializeOwned;

use super::part::Part;
use crate::config::detection::ResourceDetector;
use crate::config::env::parse_resource_attributes;
use crate::config::propagator::Propagator;
use crate::config::resource::{ResourceAttributes, SERVICE_NAME, check_key};
use crate::config::telemetry::TelemetryConfig;
use crate::environment;

/// A function that reads an attribute value other than text, by its type.
type Read = fn(&Part<'_>) -> Option<Value>;

const TYPES: [(&str, Option<Read>); 8] = [
    ("string", None),
    ("bool", Some(|part| part.read().map(Value::Bool))),
    ("int", Some(|part| part.read().map(Value::I64))),
    ("double", Some(|part| part.read().map(Value::F64))),
    (
        "string_array",
        Some(|part| {
            let texts: Vec<String> = part.read()?;
            Some(Value::Array(texts.into_iter().map(StringValue::from).collect::<Vec<_>>().into()))
        }),
    ),
    ("bool_array", Some(list::<bool>)),
    ("int_array", Some(list::<i64>)),
    ("double_array", Some(list::<f64>)),
];

fn list<T: DeserializeOwned>(part: &Part<'_>) -> Option<Value>
where
    Array: From<Vec<T>>,
{
    part.read::<Vec<T>>().map(|values| Value::Array(values.into()))
}

/// Applies the resource. Attributes in `attributes` replace attributes in `attributes_list`.
pub(super) fn resource(part: &Part<'_>, config: &mut TelemetryConfig) {
    part.expect(&["attributes", "attributes_list", "detection", "schema_url"]);
    if let Some(detection) = part.get("detection") {
        detectors(&detection, config);
    }
    let resource = &mut config.resource_attributes;
    resource.schema_url = part.value("schema_url");
    part.parsed("attributes_list", |text| parse_resource_attributes(text, resource));
    for attribute in part.items("attributes") {
        attribute.expect(&["name", "value", "type"]);
        if let Some(name) = attribute.required("name") {
            set_attribute(&attribute, &name, resource);
        }
    }
}

fn set_attribute(attribute: &Part<'_>, name: &Part<'_>, resource: &mut ResourceAttributes) {
    // An attribute whose value is null is ignored.
    let (Some(key), Some(value)) = (name.read::<String>(), attribute.get("value")) else {
        return;
    };
    let Some(read) = attribute.word("type", &TYPES).flatten() else {
        match value.read::<String>() {
            // An empty name is the value of an unset variable, as with `OTEL_SERVICE_NAME`.
            Some(text) if text.is_empty() && key == SERVICE_NAME => {
                value.ignore("the name is empty, and the default is used");
            }
            Some(text) => value.check(resource.set(key, text)),
            None => {}
        }
        return;
    };
    name.check(check_key(&key));
    resource.additional.remove(&key);
    resource.typed.extend(read(&value).map(|value| (key, value)));
}

/// Adds the detectors. The detector `host` of the format also detects the operating system.
fn detectors(detection: &Part<'_>, config: &mut TelemetryConfig) {
    detection.expect(&["detectors"]);
    let all = ResourceDetector::every();
    let mut known: Vec<_> = all.iter().map(|detector| detector.as_str()).collect();
    known.push("service");
    let mut chosen = Vec::new();
    for detector in detection.items("detectors") {
        let Some((name, part)) = detector.component(&known) else {
            continue;
        };
        part.expect(&[]);
        match all.iter().find(|detector| detector.as_str() == name) {
            Some(detector) => match detector.registered() {
                Ok(_) => chosen.push(*detector),
                // The file may also be for programs that link other detectors.
                Err(reason) => part.ignore(reason),
            },
            None => {
                if let Ok(service) = environment::variable("OTEL_SERVICE_NAME") {
                    let resource = &mut config.resource_attributes;
                    part.check(resource.set(SERVICE_NAME.to_owned(), service));
                }
            }
        }
        if name == "host" {
            chosen.push(ResourceDetector::Os);
        }
    }
    config.detectors = chosen;
}

/// Applies the formats of context propagation: first the formats in `composite`, then in `composite_list`.
pub(super) fn propagators(part: &Part<'_>, config: &mut TelemetryConfig) {
    part.expect(&["composite", "composite_list"]);
    let names = [Propagator::names(), vec!["none"]].concat();
    let mut add = |name: &str| {
        if let Ok(format) = name.parse()
            && !config.propagators.contains(&format)
        {
            config.propagators.push(format);
        }
    };
    for format in part.items("composite") {
        if let Some((name, part)) = format.component(&names) {
            part.expect(&[]);
            add(name);
        }
    }
    let Some(list) = part.get("composite_list") else {
        return;
    };
    let text: String = list.read().unwrap_or_default();
    for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        if names.contains(&name) {
            add(name);
        } else {
            list.ignore(expected(&names, name));
        }
    }
}
