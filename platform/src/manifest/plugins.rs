//! The section `plugins` of the manifest: a key for each type of plugin, with one selection or a list of
//! them.

use std::fmt;
use std::path::Path;

use floe_plugin::{PluginType, Plugins as Configured, SelectionError};
use floe_plugins::error::Error;
use floe_plugins::files::place::Place;
use floe_telemetry::sanitize_credentials;
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Number, Value};
use serde_saphyr::{Location, Spanned};

use super::{BackendName, Selection};
use crate::manifest::selection::{OnFailure, Selected};

/// The plugins of the platform.
#[derive(Debug, Default)]
pub struct Plugins {
    /// The telemetry backend.
    pub telemetry_backend: Option<Selection<BackendName>>,
    /// The other plugins, as they are written.
    selections: Vec<(PluginType, Spanned<Node>)>,
}

/// A selection, and where it is written.
struct Found<'a> {
    selected: Selected,
    node: &'a Spanned<Node>,
    name: Location,
}

impl Plugins {
    /// The selected plugins.
    ///
    /// # Errors
    /// A selection is not a mapping with a `type`; the error names the place.
    pub fn selected(&self, file: &Path) -> Result<Vec<Selected>, Error> {
        let found = self.found(file)?;
        Ok(found.into_iter().map(|found| found.selected).collect())
    }

    /// Checks that the selected plugins are linked into the program and accept their configuration. Returns
    /// them, with those that the platform adds: `defaults`.
    ///
    /// # Errors
    /// One cannot be used; the error names the place.
    pub(super) fn check(
        &self,
        file: &Path,
        folder: &Path,
        defaults: impl FnOnce(Vec<Selected>) -> Vec<Selected>,
    ) -> Result<Vec<Selected>, Error> {
        let found = self.found(file)?;
        let written = found.iter().map(|found| found.selected.clone()).collect();
        let all = defaults(written);
        let selections: Vec<_> = all.iter().map(|it| it.selection(folder)).collect();
        Configured::configure(&selections).map_err(|error| {
            // Of two that are equal, the second is too much. One that the platform adds is nowhere.
            let wrong = all.get(error.index());
            let found = found.iter().rfind(|it| Some(&it.selected) == wrong);
            let place = match found {
                Some(found) => Place::yaml(file, found.place(&error)),
                None => Place::file(file),
            };
            let message = match error.path() {
                [] => error.message().to_owned(),
                path => format!("`{}`: {}", path.join("."), error.message()),
            };
            Error::input(place, message)
        })?;
        Ok(all)
    }

    fn found(&self, file: &Path) -> Result<Vec<Found<'_>>, Error> {
        let mut found = Vec::new();
        for (kind, node) in &self.selections {
            match &node.value {
                Node::List(list) => {
                    for node in list {
                        found.push(Found::read(*kind, node, file)?);
                    }
                }
                _ => found.push(Found::read(*kind, node, file)?),
            }
        }
        Ok(found)
    }
}

impl<'a> Found<'a> {
    fn read(kind: PluginType, node: &'a Spanned<Node>, file: &Path) -> Result<Self, Error> {
        let refused =
            |location, message: String| Err(Error::input(Place::yaml(file, location), message));
        let Node::Map(entries) = &node.value else {
            let message = format!(
                "found {}, accepted: a mapping with `type`, the name of a {kind} plugin",
                node.value
            );
            return refused(node.referenced, message);
        };
        let mut name = None;
        let mut on_failure = OnFailure::of(kind);
        let mut config = Map::new();
        for (key, value) in entries {
            match (key.value.as_str(), &value.value) {
                ("type", Node::Text(text)) => name = Some((text.clone(), value.referenced)),
                ("on_failure", Node::Text(text)) if text == "fail" => on_failure = OnFailure::Fail,
                ("on_failure", Node::Text(text)) if text == "continue" => {
                    on_failure = OnFailure::Continue;
                }
                ("type", found) => {
                    let message = format!("found {found}, accepted: the name of a {kind} plugin");
                    return refused(value.referenced, message);
                }
                ("on_failure", found) => {
                    return refused(
                        value.referenced,
                        format!("found {found}, accepted: fail, continue"),
                    );
                }
                (key, found) => {
                    if let Some(location) = credential(value) {
                        let message = format!(
                            "`{key}` contains a credential, which would be written into the artifacts, accepted: a reference where the plugin takes one, such as `${{env:NAME}}`"
                        );
                        return refused(location, message);
                    }
                    config.insert(key.to_owned(), found.to_json());
                }
            }
        }
        let Some((name, location)) = name else {
            let message = "the field `type` is missing in this mapping".to_owned();
            return refused(node.referenced, message);
        };
        Ok(Self {
            selected: Selected {
                kind,
                name,
                on_failure,
                config: Value::Object(config),
            },
            node,
            name: location,
        })
    }

    /// The place of an error in this selection.
    fn place(&self, error: &SelectionError) -> Location {
        if error.path().is_empty() && !error.message().starts_with("missing field") {
            return self.name;
        }
        let mut node = self.node;
        let mut location = self.node.referenced;
        for segment in error.path() {
            let next = match &node.value {
                Node::Map(entries) => entries
                    .iter()
                    .find(|(key, _)| key.value == *segment)
                    .map(|(key, value)| (key.referenced, value)),
                Node::List(list) => segment
                    .parse()
                    .ok()
                    .and_then(|index: usize| list.get(index))
                    .map(|value| (value.referenced, value)),
                _ => None,
            };
            let Some((key, value)) = next else {
                break;
            };
            let is_unknown = error.message().starts_with("unknown field");
            location = if is_unknown { key } else { value.referenced };
            node = value;
        }
        location
    }
}

/// The place of a text that contains a credential, such as a URL with a password.
fn credential(node: &Spanned<Node>) -> Option<Location> {
    match &node.value {
        Node::Text(text) => (sanitize_credentials(text) != *text).then_some(node.referenced),
        Node::List(list) => list.iter().find_map(credential),
        Node::Map(entries) => entries.iter().find_map(|(_, value)| credential(value)),
        _ => None,
    }
}

impl<'de> Deserialize<'de> for Plugins {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PluginsVisitor)
    }
}

struct PluginsVisitor;

impl<'de> Visitor<'de> for PluginsVisitor {
    type Value = Plugins;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Plugins, A::Error> {
        let mut plugins = Plugins::default();
        while let Some(key) = map.next_key::<String>()? {
            let kind = PluginType::ALL
                .into_iter()
                .find(|kind| kind.as_str() == key);
            match kind {
                Some(PluginType::TelemetryBackend) => {
                    plugins.telemetry_backend = map.next_value()?;
                }
                Some(kind) => plugins.selections.push((kind, map.next_value()?)),
                None => {
                    const KINDS: [&str; PluginType::ALL.len()] = kinds();
                    return Err(A::Error::unknown_field(&key, &KINDS));
                }
            }
        }
        Ok(plugins)
    }
}

const fn kinds() -> [&'static str; PluginType::ALL.len()] {
    let mut kinds = [""; PluginType::ALL.len()];
    let mut index = 0;
    while index < kinds.len() {
        kinds[index] = PluginType::ALL[index].as_str();
        index += 1;
    }
    kinds
}

/// A YAML value with the places of all its parts: the plugin that reads it is known later.
#[derive(Debug)]
enum Node {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Spanned<Node>>),
    Map(Vec<(Spanned<String>, Spanned<Node>)>),
}

impl Node {
    fn to_json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(value) => Value::Number(value.clone()),
            Self::Text(text) => Value::String(text.clone()),
            Self::List(list) => list.iter().map(|node| node.value.to_json()).collect(),
            Self::Map(entries) => entries
                .iter()
                .map(|(key, node)| (key.value.clone(), node.value.to_json()))
                .collect(),
        }
    }
}

/// As an error names it. A text may be a credential, so it is not repeated.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
        })
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Node, E> {
        let number = Number::from_f64(value);
        let not_finite =
            || E::custom("found a number that is not finite, accepted: a finite number");
        number.map(Node::Number).ok_or_else(not_finite)
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(node) = seq.next_element()? {
            list.push(node);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            entries.push((key, map.next_value()?));
        }
        Ok(Node::Map(entries))
    }
}
