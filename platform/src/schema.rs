//! The platform's attributes as a registry of semantic conventions, in the YAML of OpenTelemetry's
//! Weaver ([format](https://github.com/open-telemetry/weaver/blob/main/schemas/semconv-syntax.md)).

use std::collections::HashSet;

use floe_telemetry::attributes::{AttributeGroup, AttributeSchema, AttributeType, Requirement};
use serde::Serialize;

use crate::conventions;

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
    /// Defined in an earlier one, or by OpenTelemetry.
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

/// Nothing here is promised to stay yet.
const STABILITY: &str = "development";

/// The registry of everything that the platform's spans say.
///
/// # Errors
/// When the text cannot be written, which would be a defect.
pub fn registry() -> Result<String, serde_saphyr::ser::Error> {
    let mut known = HashSet::new();
    let groups = conventions::groups();
    let groups = groups.iter().map(|group| self::group(group, &mut known));
    serde_saphyr::to_string(&Registry {
        groups: groups.chain([of_opentelemetry()]).collect(),
    })
}

/// What is defined in OpenTelemetry's registry, which Weaver finds where a manifest says.
fn of_opentelemetry() -> Group {
    let keys = conventions::OF_OPENTELEMETRY.iter();
    Group {
        id: "floe.opentelemetry".to_owned(),
        kind: "attribute_group",
        brief: "What the spans say in the words of OpenTelemetry's own conventions.",
        note: "Defined in OpenTelemetry's registry: name it under `dependencies` in \
               `registry_manifest.yaml`.",
        attributes: keys.map(|key| Attribute::Known { key }).collect(),
    }
}

fn group(group: &AttributeGroup, known: &mut HashSet<&'static str>) -> Group {
    let attributes = group.attributes.iter();
    Group {
        id: format!("registry.{}", group.id),
        kind: "attribute_group",
        brief: group.brief,
        note: "",
        attributes: attributes
            .map(|attribute| {
                if known.insert(attribute.key) {
                    Attribute::New(definition(attribute))
                } else {
                    Attribute::Known { key: attribute.key }
                }
            })
            .collect(),
    }
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
        examples: examples
            .map(|text| example(attribute.value_type, text))
            .collect(),
    }
}

/// Examples are text; those of numbers are numbers in the registry.
fn example(value_type: AttributeType, text: &str) -> serde_json::Value {
    match value_type {
        AttributeType::Int | AttributeType::Double | AttributeType::Boolean => {
            serde_json::from_str(text).unwrap_or_else(|_| text.into())
        }
        _ => text.into(),
    }
}
