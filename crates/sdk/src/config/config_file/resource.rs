//! The resource and the propagators.

use opentelemetry::{Array, StringValue, Value};
use serde::de::DeserializeOwned;

use super::part::Part;
use crate::config::detection::ResourceDetector;
use crate::config::env::parse::{entries, pairs, word};
use crate::config::env::{
    OTEL_SERVICE_NAME, is_set, parse_resource_attributes, service_name, unique, whole,
};
use crate::config::mistake::Mistake;
use crate::config::propagator::Propagator;
use crate::config::resource::{ResourceAttributes, SERVICE_NAME, check_key};
use crate::config::telemetry::TelemetryConfig;

/// A function that reads an attribute value of a type other than text.
type Read = fn(&Part<'_>) -> Result<Value, Mistake>;

const TYPES: [(&str, Option<Read>); 8] = [
    ("string", None),
    ("bool", Some(|part| part.read().map(Value::Bool))),
    ("int", Some(|part| part.read().map(Value::I64))),
    ("double", Some(|part| part.read().map(Value::F64))),
    (
        "string_array",
        Some(|part| {
            let texts: Vec<String> = part.read()?;
            Ok(Value::Array(texts.into_iter().map(StringValue::from).collect::<Vec<_>>().into()))
        }),
    ),
    ("bool_array", Some(list::<bool>)),
    ("int_array", Some(list::<i64>)),
    ("double_array", Some(list::<f64>)),
];

fn list<T: DeserializeOwned>(part: &Part<'_>) -> Result<Value, Mistake>
where
    Array: From<Vec<T>>,
{
    part.read::<Vec<T>>().map(|values| Value::Array(values.into()))
}

/// Applies the resource. Attributes of `attributes` replace those of `attributes_list`, which replace detected ones.
pub(super) fn resource(part: &Part<'_>, config: &mut TelemetryConfig) -> Result<(), Mistake> {
    if let Some(part) = part.get("detection")? {
        detection(&part, config)?;
    }
    let resource = &mut config.resource_attributes;
    part.parsed("attributes_list", |text: String| {
        pairs(&text)?.iter().for_each(|(key, _)| part.sets(ResourceAttributes::path(key)));
        whole(parse_resource_attributes(&text, resource))
    })?;
    part.items("attributes")?.iter().try_for_each(|attribute| set_attribute(attribute, resource))
}

/// Applies the resource detectors. `service` is the variable `OTEL_SERVICE_NAME`.
fn detection(part: &Part<'_>, config: &mut TelemetryConfig) -> Result<(), Mistake> {
    const SERVICE: &str = "service";
    if let Some(attributes) = part.get("attributes")? {
        config.resource_attributes.detected = attributes.selection()?;
    }
    let every = ResourceDetector::every();
    let names: Vec<_> = every.iter().map(|(name, _)| *name).chain([SERVICE]).collect();
    let mut detectors = Vec::new();
    for detector in part.items("detectors")? {
        let Some((name, own)) = detector.component(&names)? else {
            continue;
        };
        let Some((_, detector)) = every.iter().find(|(known, _)| *known == name) else {
            if is_set(OTEL_SERVICE_NAME) {
                service_name(config);
                own.takes(&ResourceAttributes::path(SERVICE_NAME), OTEL_SERVICE_NAME);
            }
            continue;
        };
        match detector.registered() {
            Ok(_) => detectors.push(*detector),
            Err(reason) => own.ignore(reason),
        }
    }
    config.detectors = unique(detectors);
    part.sets("detectors");
    Ok(())
}

fn set_attribute(attribute: &Part<'_>, resource: &mut ResourceAttributes) -> Result<(), Mistake> {
    let name = attribute.required("name")?;
    let key: String = name.read()?;
    attribute.sets(ResourceAttributes::path(&key));
    let value = attribute.get("value")?;
    let read = attribute.word("type", &TYPES)?.flatten();
    // An attribute without a value is ignored.
    let Some(value) = value else {
        return Ok(());
    };
    if let Some(read) = read {
        check_key(&key).map_err(|message| name.mistake(message))?;
        resource.additional.remove(&key);
        let value = read(&value)?;
        resource.typed.retain(|(typed, _)| *typed != key);
        resource.typed.push((key, value));
        return Ok(());
    }
    let text: String = value.read()?;
    if text.is_empty() && key == SERVICE_NAME {
        // An empty name, usually from a variable that is not set, is ignored like an empty `OTEL_SERVICE_NAME`.
        value.ignore("the name is empty, so the default is used");
        return Ok(());
    }
    resource.set(key, text).map_err(|message| value.mistake(message))
}

/// Applies the formats of context propagation. The formats of `composite_list` come after those of `composite`.
pub(super) fn propagators(part: &Part<'_>, config: &mut TelemetryConfig) -> Result<(), Mistake> {
    let words = Propagator::words();
    let names: Vec<_> = words.iter().map(|(name, _)| *name).collect();
    let mut formats = Vec::new();
    for format in part.items("composite")? {
        if let Some((name, _)) = format.component(&names)? {
            formats.extend(word(&words)(name).ok().flatten());
        }
    }
    if let Some(list) = part.get("composite_list")? {
        let text: String = list.read()?;
        for name in entries(&text) {
            match word(&words)(name) {
                Ok(format) => formats.extend(format),
                Err(message) => list.ignore(message),
            }
        }
    }
    config.propagators = unique(formats);
    Ok(())
}
