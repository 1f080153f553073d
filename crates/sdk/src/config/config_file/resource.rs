//! The resource.

use floe_yaml::Node;
use opentelemetry::{Array, StringValue, Value};
use serde::Deserialize;

use super::findings::{Choice, Findings, Nothing, Word, below};
use crate::config::detection::ResourceDetector;
use crate::config::env::parse_resource_attributes;
use crate::config::resource::{ResourceAttributes, SERVICE_NAME, check_key};
use crate::config::telemetry::TelemetryConfig;
use crate::environment;

/// The resource. Attributes of `attributes` replace those of `attributes_list`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Resource {
    attributes: Option<Vec<Attribute>>,
    attributes_list: Option<String>,
    detection: Option<Detection>,
    schema_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attribute {
    name: String,
    value: Option<Node>,
    r#type: Option<Word<Type>>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Type {
    #[default]
    String,
    Bool,
    Int,
    Double,
    StringArray,
    BoolArray,
    IntArray,
    DoubleArray,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Detection {
    detectors: Option<Vec<Choice<Option<Nothing>>>>,
}

impl Resource {
    pub(super) fn apply(self, config: &mut TelemetryConfig, found: &mut Findings<'_>) {
        if let Some(detection) = self.detection {
            detection.apply(config, found);
        }
        let resource = &mut config.resource_attributes;
        resource.schema_url = self.schema_url;
        if let Some(text) = self.attributes_list {
            match parse_resource_attributes(&text, resource) {
                Ok(None) => {}
                Ok(Some(message)) | Err(message) => {
                    found.refuse("resource.attributes_list", message);
                }
            }
        }
        for (path, attribute) in found.items(self.attributes, "resource.attributes") {
            attribute.apply(&path, resource, found);
        }
    }
}

impl Detection {
    /// Adds the detectors. The detector `host` of the format also detects the operating system.
    fn apply(self, config: &mut TelemetryConfig, found: &mut Findings<'_>) {
        let mut chosen = Vec::new();
        let detectors = ResourceDetector::every();
        let mut known: Vec<_> = detectors.iter().map(|detector| detector.as_str()).collect();
        known.push("service");
        for (path, detector) in found.items(self.detectors, "resource.detection.detectors") {
            let Some((name, _, path)) = found.choice(&detector, &path, &known) else {
                continue;
            };
            match detectors.iter().find(|detector| detector.as_str() == name) {
                Some(detector) => match detector.registered() {
                    Ok(_) => chosen.push(*detector),
                    // A file is for programs that link others, too.
                    Err(reason) => found.ignore(&path, &reason),
                },
                None if name == "service" => {
                    if let Ok(service) = environment::variable("OTEL_SERVICE_NAME") {
                        let resource = &mut config.resource_attributes;
                        found.check(&path, resource.set("service.name".to_owned(), service));
                    }
                }
                None => found.unknown_component(&path, name, &known),
            }
            if name == "host" {
                chosen.push(ResourceDetector::Os);
            }
        }
        config.detectors = chosen;
    }
}

impl Attribute {
    fn apply(self, path: &str, resource: &mut ResourceAttributes, found: &mut Findings<'_>) {
        // An attribute whose value is null is ignored.
        let Some(value) = self.value else {
            return;
        };
        let at = below(path, "value");
        let key = self.name;
        let typed = match self.r#type.map(|Word(of)| of).unwrap_or_default() {
            Type::String => {
                match found.read::<String>(&value, &at) {
                    // As that of `OTEL_SERVICE_NAME`: it is the value of a variable that is not set.
                    Some(text) if text.is_empty() && key == SERVICE_NAME => {
                        found.ignore(&at, "the name is empty, and the default is used");
                    }
                    Some(text) => found.check(&at, resource.set(key, text)),
                    None => {}
                }
                return;
            }
            Type::Bool => found.read(&value, &at).map(Value::Bool),
            Type::Int => found.read(&value, &at).map(Value::I64),
            Type::Double => found.read(&value, &at).map(Value::F64),
            Type::StringArray => {
                let texts = found.read::<Vec<String>>(&value, &at);
                texts
                    .map(|texts| texts.into_iter().map(StringValue::from).collect::<Vec<_>>())
                    .map(list)
            }
            Type::BoolArray => found.read::<Vec<bool>>(&value, &at).map(list),
            Type::IntArray => found.read::<Vec<i64>>(&value, &at).map(list),
            Type::DoubleArray => found.read::<Vec<f64>>(&value, &at).map(list),
        };
        found.check(&below(path, "name"), check_key(&key));
        resource.additional.remove(&key);
        resource.typed.extend(typed.map(|typed| (key, typed)));
    }
}

fn list<T>(values: Vec<T>) -> Value
where
    Array: From<Vec<T>>,
{
    Value::Array(values.into())
}
