//! The attributes of the platform's spans as a registry of semantic conventions, in the YAML format of
//! OpenTelemetry Weaver
//! ([syntax](https://github.com/open-telemetry/weaver/blob/main/schemas/semconv-syntax.md)).

use std::collections::HashSet;

use floe_plugin::{DOMAINS, Domain, registry};
use floe_plugins::error::Error;
use floe_plugins::files::yaml;
use floe_telemetry::attributes::{AttributeGroup, AttributeSchema, AttributeType, Requirement};
use floe_telemetry::{FloeAttributes, FloeSpanAttributes, TelemetryConfig};
use serde::Serialize;

use super::output::print;

/// Prints the registry of the spans, or the schema of the configuration or of the plugins.
pub(super) fn schema(config: bool, plugins: bool) -> Result<(), Error> {
    if plugins {
        let schemas = self::plugins().map_err(|error| Error::Setting(error.to_string()))?;
        return print(&format_args!("{schemas:#}\n"));
    }
    if config {
        return print(&TelemetryConfig::json_schema());
    }
    print(&registry().map_err(Error::Setting)?)
}

/// The attributes of the platform's spans that OpenTelemetry's own conventions define.
pub const OPENTELEMETRY_KEYS: &[&str] = &[
    "code.file.path",
    "code.function.name",
    "code.line.number",
    "db.collection.name",
    "db.query.text",
    "db.system.name",
    "error.type",
    "exception.message",
    "exception.type",
    "file.path",
];

#[derive(Serialize)]
struct Registry {
    groups: Vec<Group>,
}

#[derive(Serialize)]
struct Group {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    brief: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    note: &'static str,
    attributes: Vec<Attribute>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Attribute {
    /// Defined in this group.
    New(Definition),
    /// Defined in an earlier group, or by OpenTelemetry.
    Known {
        #[serde(rename = "ref")]
        key: &'static str,
    },
}

#[derive(Serialize)]
struct Definition {
    id: &'static str,
    #[serde(rename = "type")]
    value_type: ValueType,
    stability: &'static str,
    brief: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    note: &'static str,
    requirement_level: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    examples: Vec<serde_json::Value>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum ValueType {
    Simple(&'static str),
    Members { members: Vec<Member> },
}

#[derive(Serialize)]
struct Member {
    id: &'static str,
    value: &'static str,
    brief: &'static str,
    stability: &'static str,
}

/// None of the attributes is stable yet.
const STABILITY: &str = "development";

/// The registry: the identity of a product, and one group for each domain of `floe-plugin`.
///
/// # Errors
/// The registry cannot be written as YAML, which would be a bug.
pub fn registry() -> Result<String, String> {
    let mut known: HashSet<_> = OPENTELEMETRY_KEYS.iter().copied().collect();
    let mut groups = vec![identity(&mut known)];
    groups.extend(DOMAINS.iter().map(|domain| self::domain(domain, &mut known)));
    groups.push(opentelemetry());
    yaml::write(&Registry { groups })
}

/// The JSON Schema of the configuration of each plugin, by its type and its name.
///
/// # Errors
/// Two plugins have the same name, or a plugin is incompatible with this platform.
pub fn plugins() -> Result<serde_json::Value, registry::Error> {
    let mut schemas = serde_json::Map::new();
    for linked in registry::discover()? {
        let plugin = linked.plugin();
        if let Some(schema) = linked.configuration_schema() {
            let kind = schemas
                .entry(plugin.plugin_type().as_str())
                .or_insert_with(|| serde_json::json!({}));
            kind[plugin.name()] = schema;
        }
    }
    Ok(schemas.into())
}

/// References to OpenTelemetry's registry, which Weaver resolves as a dependency.
fn opentelemetry() -> Group {
    let keys = OPENTELEMETRY_KEYS.iter();
    Group {
        id: "floe.opentelemetry".to_owned(),
        kind: "attribute_group",
        brief: "Attributes that OpenTelemetry's own conventions define.",
        note: "List OpenTelemetry's registry under `dependencies` in `manifest.yaml`.",
        attributes: keys.map(|key| Attribute::Known { key }).collect(),
    }
}

fn identity(known: &mut HashSet<&'static str>) -> Group {
    let group = FloeSpanAttributes::GROUP;
    Group {
        id: format!("registry.{}", group.id),
        kind: "attribute_group",
        brief: group.brief,
        note: "",
        attributes: attributes(&[group], known),
    }
}

/// The attributes of all types of a domain.
fn domain(domain: &Domain, known: &mut HashSet<&'static str>) -> Group {
    Group {
        id: format!("registry.floe.{}", domain.name()),
        kind: "attribute_group",
        brief: domain.brief(),
        note: "",
        attributes: attributes(domain.groups(), known),
    }
}

/// The attributes of several types, each once.
fn attributes(groups: &[AttributeGroup], known: &mut HashSet<&'static str>) -> Vec<Attribute> {
    let mut here = HashSet::new();
    let all = groups.iter().flat_map(|group| group.attributes);
    all.filter(|attribute| here.insert(attribute.key))
        .map(|attribute| {
            if known.insert(attribute.key) {
                Attribute::New(definition(attribute))
            } else {
                Attribute::Known { key: attribute.key }
            }
        })
        .collect()
}

fn definition(attribute: &AttributeSchema) -> Definition {
    let examples = attribute.examples.iter();
    Definition {
        id: attribute.key,
        value_type: match attribute.value_type {
            AttributeType::Enum(members) => ValueType::Members {
                members: members
                    .iter()
                    .map(|member| Member {
                        id: member.id,
                        value: member.value,
                        brief: member.brief,
                        stability: STABILITY,
                    })
                    .collect(),
            },
            simple => ValueType::Simple(simple.as_str()),
        },
        stability: STABILITY,
        brief: attribute.brief,
        note: attribute.note,
        requirement_level: match attribute.requirement {
            Requirement::Required => "required",
            _ => "recommended",
        },
        examples: examples.map(|text| example(attribute.value_type, text)).collect(),
    }
}

/// An example, which is text in the schema, as a value of the attribute's type.
fn example(value_type: AttributeType, text: &str) -> serde_json::Value {
    match value_type {
        AttributeType::Int | AttributeType::Double | AttributeType::Boolean => {
            serde_json::from_str(text).unwrap_or_else(|_| text.into())
        }
        _ => text.into(),
    }
}
