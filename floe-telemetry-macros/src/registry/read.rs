//! Reads a registry: groups with attributes, or attributes at the top as in the newer format.

use std::collections::HashMap;

use floe_suggest::did_you_mean;
use floe_yaml::Spanned;
use serde::Deserialize;

use super::sources::{Source, Sources};

/// The attributes that the files define, in their order.
#[derive(Clone, Debug)]
pub(super) struct Registry {
    pub(super) attributes: Vec<Attribute>,
    /// It may have others, of a registry that is not on this machine.
    pub(super) is_incomplete: bool,
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
    /// Whether it is none of a registry that this one depends on.
    pub(super) is_own: bool,
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
    Reason { renamed_to: Option<String>, note: Option<String> },
}

impl Registry {
    /// The attributes of the files, or all mistakes in them.
    pub(super) fn read(sources: &Sources) -> Result<Self, String> {
        let mut attributes: Vec<Attribute> = Vec::new();
        let mut constants = HashMap::new();
        let mut references = Vec::new();
        let mut mistakes = Vec::new();
        for source in sources.files.iter().filter(|source| !source.is_manifest) {
            let file: File = match floe_yaml::read(&source.text) {
                Ok(file) => file,
                Err(found) => {
                    let name = &source.name;
                    mistakes.extend(found.iter().map(|mistake| format!("{name}: {mistake}")));
                    continue;
                }
            };
            let groups = file.groups.into_iter().flat_map(|group| group.attributes);
            for item in file.attributes.into_iter().chain(groups) {
                if let Some(key) = item.id.clone() {
                    let found = Attribute::new(&key, item, source.is_own).and_then(|attribute| {
                        let Attribute { constant, key: own, .. } = &attribute;
                        if let Some(other) = constants.insert(constant.clone(), own.clone()) {
                            let message =
                                format!("`{other}` and `{own}` have one constant, `{constant}`");
                            return Err((key.position, message));
                        }
                        Ok(attribute)
                    });
                    match found {
                        Ok(attribute) => attributes.push(attribute),
                        Err((at, message)) => mistakes.push(mistake(source, at, &message)),
                    }
                } else if let Some(reference) = item.r#ref {
                    references.push((source, reference));
                }
            }
        }
        for (source, reference) in references {
            let key = &reference.value;
            let is_known = attributes.iter().any(|attribute| attribute.key == *key);
            if !is_known && !sources.is_incomplete && floe_semconv::attribute(key).is_none() {
                let near = did_you_mean(floe_semconv::nearest(key));
                let message = format!(
                    "expected a key of this registry or of the semantic conventions, found `{key}`{near}"
                );
                mistakes.push(mistake(source, reference.position, &message));
            }
        }
        if mistakes.is_empty() {
            Ok(Self { attributes, is_incomplete: sources.is_incomplete })
        } else {
            Err(mistakes.join("\n"))
        }
    }
}

fn mistake(source: &Source, at: floe_yaml::Position, message: &str) -> String {
    let name = &source.name;
    format!("{name}: line {}, column {}: {message}", at.line, at.column)
}

impl Attribute {
    fn new(
        key: &Spanned<String>,
        item: Item,
        is_own: bool,
    ) -> Result<Self, (floe_yaml::Position, String)> {
        let Spanned { value: key, position, .. } = key;
        let (key, position) = (key.clone(), *position);
        let constant = constant(&key);
        let is_key =
            !matches!(floe_semconv::check(&key), Some(floe_semconv::Problem::NoKey { .. }));
        if !is_key || syn::parse_str::<syn::Ident>(&constant).is_err() {
            return Err((
                position,
                format!(
                    "expected words in lower case with dots between them, the first of which begins with a letter, \
                     found `{key}`"
                ),
            ));
        }
        let declared = item.r#type.as_ref().map(|declared| &declared.value);
        let at = item.r#type.as_ref().map_or(position, |declared| declared.position);
        let (name, is_template, members) = match declared {
            Some(Type::Name(name)) => {
                let inner = name.strip_prefix("template[");
                match inner.and_then(|inner| inner.strip_suffix(']')) {
                    Some(inner) => (inner, true, Vec::new()),
                    None => (name.as_str(), false, Vec::new()),
                }
            }
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
            constant,
            key,
            kind,
            is_template,
            members,
            is_own,
            brief: item.brief,
            note: item.note,
            deprecation: item.deprecated.map(|deprecated| match deprecated {
                Deprecated::Reason { renamed_to: Some(key), .. } => Deprecation::RenamedTo(key),
                Deprecated::Text(note) | Deprecated::Reason { note: Some(note), .. } => {
                    Deprecation::Because(note)
                }
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
        if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' }
    };
    key.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn read(text: &str) -> Result<Registry, String> {
        Registry::read(&Sources {
            files: vec![Source {
                name: "registry.yaml".to_owned(),
                path: PathBuf::new(),
                text: text.to_owned(),
                is_own: true,
                is_manifest: false,
            }],
            is_incomplete: false,
        })
    }

    #[test]
    fn both_formats_are_read() {
        let groups = "groups:\n- id: acme\n  attributes:\n  - id: acme.id\n    type: int\n    brief: The id.\n  - ref: http.route\n  - ref: acme.id\n";
        let top = "file_format: definition/2\nattributes:\n- key: acme.id\n  type: int\n  brief: The id.\n";
        for text in [groups, top] {
            let registry = read(text).unwrap();
            let [attribute] = &registry.attributes[..] else {
                panic!("{registry:?}");
            };
            assert_eq!((attribute.constant.as_str(), attribute.kind), ("ACME_ID", "Integer"));
            assert_eq!(attribute.brief, "The id.");
        }
    }

    #[test]
    fn mistakes_have_their_place() {
        for (text, message) in [
            ("groups: 1", "registry.yaml: line 1, column 9: groups: expected a list, found a text"),
            (
                "attributes:\n- key: acme.id\n  type: strings\n",
                "registry.yaml: line 3, column 9: unknown type `strings`, expected one of `string`, `int`, `double`, \
                 `boolean`, `string[]`, `int[]`, `double[]`, `boolean[]`, `any`; did you mean `string`?",
            ),
            (
                "groups:\n- attributes:\n  - ref: htp.route\n",
                "registry.yaml: line 3, column 10: expected a key of this registry or of the semantic conventions, found \
                 `htp.route`; did you mean `http.route`?",
            ),
            (
                "attributes:\n- key: Acme Id\n",
                "registry.yaml: line 2, column 8: expected words in lower case with dots between them, the first of \
                 which begins with a letter, found `Acme Id`",
            ),
            (
                "attributes:\n- {key: acme.id, type: 'template[int'}\n",
                "registry.yaml: line 2, column 24: unknown type `template[int`, expected one of `string`, `int`, \
                 `double`, `boolean`, `string[]`, `int[]`, `double[]`, `boolean[]`, `any`",
            ),
            (
                "attributes:\n- key: 3d.x\n",
                "registry.yaml: line 2, column 8: expected words in lower case with dots between them, the first of \
                 which begins with a letter, found `3d.x`",
            ),
            (
                "attributes:\n- key: acme.a_b\n- key: acme.a.b\n",
                "registry.yaml: line 3, column 8: `acme.a_b` and `acme.a.b` have one constant, `ACME_A_B`",
            ),
        ] {
            assert_eq!(read(text).unwrap_err(), message);
        }
    }
}
