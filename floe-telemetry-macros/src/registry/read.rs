//! Reads a registry: groups with attributes, or attributes at the top as in the newer format.

use std::collections::HashMap;

use floe_yaml::Spanned;
use serde::Deserialize;

/// The attributes that a file defines, in its order.
#[derive(Clone, Debug)]
pub(super) struct Registry {
    pub(super) attributes: Vec<Attribute>,
}

/// An attribute.
#[derive(Clone, Debug)]
pub(super) struct Attribute {
    pub(super) key: String,
    pub(super) constant: String,
    pub(super) kind: &'static str,
    pub(super) is_template: bool,
    pub(super) members: Vec<String>,
    pub(super) brief: String,
    pub(super) note: String,
    pub(super) deprecation: Option<Deprecation>,
}

/// Why an attribute is not used any more.
#[derive(Clone, Debug)]
pub(super) enum Deprecation {
    RenamedTo(String),
    Because(String),
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    groups: Vec<Group>,
    #[serde(default)]
    attributes: Vec<Item>,
}

#[derive(Deserialize)]
struct Group {
    #[serde(default)]
    attributes: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(alias = "key")]
    id: Option<Spanned<String>>,
    r#ref: Option<Spanned<String>>,
    r#type: Option<Spanned<Type>>,
    #[serde(default)]
    brief: String,
    #[serde(default)]
    note: String,
    deprecated: Option<Deprecated>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Type {
    Name(String),
    Members { members: Vec<Member> },
}

#[derive(Deserialize)]
struct Member {
    value: Scalar,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Int(#[expect(dead_code, reason = "only texts are compared")] i64),
    Text(String),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Deprecated {
    Text(String),
    Reason {
        renamed_to: Option<String>,
        note: Option<String>,
    },
}

impl Registry {
    /// The attributes of a text. `name` is that of the file, for the error.
    pub(super) fn read(text: &str, name: &str) -> Result<Self, String> {
        let file: File = floe_yaml::read(text).map_err(|mistakes| {
            let mistakes = mistakes.iter().map(|mistake| format!("{name}: {mistake}"));
            mistakes.collect::<Vec<_>>().join("\n")
        })?;
        let groups = file.groups.into_iter().flat_map(|group| group.attributes);
        let mut attributes = Vec::new();
        let mut references = Vec::new();
        let mut mistakes = Vec::new();
        for item in file.attributes.into_iter().chain(groups) {
            match (item.id.clone(), item.r#ref.clone()) {
                (Some(_), _) => match Attribute::new(item) {
                    Ok(attribute) => attributes.push(attribute),
                    Err((at, message)) => mistakes.push(mistake(name, at, &message)),
                },
                (None, Some(reference)) => references.push(reference),
                (None, None) => {}
            }
        }
        let mut constants = HashMap::new();
        for Attribute { key, constant, .. } in &attributes {
            if let Some(other) = constants.insert(constant.as_str(), key) {
                let message = format!("`{other}` and `{key}` have one constant, `{constant}`");
                mistakes.push(format!("{name}: {message}"));
            }
        }
        for reference in references {
            let key = &reference.value;
            let is_own = attributes.iter().any(|attribute| attribute.key == *key);
            if !is_own && floe_semconv::attribute(key).is_none() {
                let near = floe_semconv::nearest(key);
                let near =
                    near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                let message = format!(
                    "expected a key of this file or of the semantic conventions, found `{key}`{near}"
                );
                mistakes.push(mistake(name, reference.position, &message));
            }
        }
        if mistakes.is_empty() {
            Ok(Self { attributes })
        } else {
            Err(mistakes.join("\n"))
        }
    }
}

fn mistake(name: &str, at: floe_yaml::Position, message: &str) -> String {
    format!("{name}: line {}, column {}: {message}", at.line, at.column)
}

impl Attribute {
    fn new(item: Item) -> Result<Self, (floe_yaml::Position, String)> {
        let Some(Spanned {
            value: key,
            position,
            ..
        }) = item.id
        else {
            unreachable!("it was matched")
        };
        if floe_semconv::check(&key)
            .is_some_and(|it| matches!(it, floe_semconv::Problem::NoKey { .. }))
        {
            return Err((
                position,
                format!("expected words in lower case with dots between them, found `{key}`"),
            ));
        }
        let declared = item.r#type.as_ref().map(|declared| &declared.value);
        let at = item
            .r#type
            .as_ref()
            .map_or(position, |declared| declared.position);
        let (name, is_template, members) = match declared {
            Some(Type::Name(name)) => match name.strip_prefix("template[") {
                Some(inner) => (inner.strip_suffix(']').unwrap_or(inner), true, Vec::new()),
                None => (name.as_str(), false, Vec::new()),
            },
            Some(Type::Members { members }) => {
                let texts = members.iter().filter_map(|member| match &member.value {
                    Scalar::Text(text) => Some(text.clone()),
                    Scalar::Int(_) => None,
                });
                let texts: Vec<_> = texts.collect();
                let name = if texts.is_empty() { "int" } else { "string" };
                (name, false, texts)
            }
            None => ("any", false, Vec::new()),
        };
        let kind = KINDS.iter().find(|(word, _)| *word == name);
        let Some((_, kind)) = kind else {
            let words: Vec<_> = KINDS.iter().map(|(word, _)| *word).collect();
            return Err((at, crate::words::unknown("type", name, words)));
        };
        Ok(Self {
            constant: constant(&key),
            key,
            kind,
            is_template,
            members,
            brief: item.brief,
            note: item.note,
            deprecation: item.deprecated.map(|deprecated| match deprecated {
                Deprecated::Reason {
                    renamed_to: Some(key),
                    ..
                } => Deprecation::RenamedTo(key),
                Deprecated::Text(note)
                | Deprecated::Reason {
                    note: Some(note), ..
                } => Deprecation::Because(note),
                Deprecated::Reason { .. } => {
                    Deprecation::Because("it has no replacement".to_owned())
                }
            }),
        })
    }
}

/// The types of a registry, and those of the runtime.
const KINDS: [(&str, &str); 9] = [
    ("string", "Text"),
    ("int", "Integer"),
    ("double", "Double"),
    ("boolean", "Boolean"),
    ("string[]", "ArrayOfTexts"),
    ("int[]", "ArrayOfIntegers"),
    ("double[]", "ArrayOfDoubles"),
    ("boolean[]", "ArrayOfBooleans"),
    ("any", "Anything"),
];

/// `acme.order.id` is `ACME_ORDER_ID`.
fn constant(key: &str) -> String {
    let letter = |letter: char| {
        if letter.is_ascii_alphanumeric() {
            letter.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    key.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_are_read() {
        let groups = "groups:\n- id: acme\n  attributes:\n  - id: acme.id\n    type: int\n    brief: The id.\n  - ref: http.route\n  - ref: acme.id\n";
        let top = "file_format: definition/2\nattributes:\n- key: acme.id\n  type: int\n  brief: The id.\n";
        for text in [groups, top] {
            let registry = Registry::read(text, "registry.yaml").unwrap();
            let [attribute] = &registry.attributes[..] else {
                panic!("{registry:?}");
            };
            assert_eq!(
                (attribute.constant.as_str(), attribute.kind),
                ("ACME_ID", "Integer")
            );
            assert_eq!(attribute.brief, "The id.");
        }
    }

    #[test]
    fn mistakes_have_their_place() {
        for (text, message) in [
            (
                "groups: 1",
                "registry.yaml: line 1, column 9: groups: expected a list, found a text",
            ),
            (
                "attributes:\n- key: acme.id\n  type: strings\n",
                "registry.yaml: line 3, column 9: unknown type `strings`, expected one of `string`, `int`, `double`, \
                 `boolean`, `string[]`, `int[]`, `double[]`, `boolean[]`, `any`; did you mean `string`?",
            ),
            (
                "groups:\n- attributes:\n  - ref: htp.route\n",
                "registry.yaml: line 3, column 10: expected a key of this file or of the semantic conventions, found \
                 `htp.route`; did you mean `http.route`?",
            ),
            (
                "attributes:\n- key: Acme Id\n",
                "registry.yaml: line 2, column 8: expected words in lower case with dots between them, found `Acme Id`",
            ),
            (
                "attributes:\n- key: acme.a_b\n- key: acme.a.b\n",
                "registry.yaml: `acme.a_b` and `acme.a.b` have one constant, `ACME_A_B`",
            ),
        ] {
            assert_eq!(Registry::read(text, "registry.yaml").unwrap_err(), message);
        }
    }
}
