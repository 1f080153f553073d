//! The section `plugins` of the manifest: a key for each type of plugin, whose value is one selection or a list of
//! selections.

use std::collections::HashMap;
use std::path::Path;
use std::slice;

use floe_plugin::{PluginType, Plugins as Configured, SelectionError};
use floe_plugins::error::Error;
use floe_plugins::files::yaml;
use floe_plugins::place::Place;
use floe_telemetry::config::yaml::{Content, Entry, Mistake, Node, Position, Spanned};
use floe_telemetry::sanitize_credentials;
use serde::de::{Error as _, IgnoredAny};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::{BackendName, Selection};
use crate::manifest::selection::{OnFailure, Selected};

/// The plugins of the platform.
#[derive(Debug, Default)]
pub struct Plugins {
    /// The telemetry backend.
    pub telemetry_backend: Option<Selection<BackendName>>,
    /// The selections of other plugins, unparsed.
    selections: Vec<(PluginType, Node)>,
}

/// The keys of a selection that every plugin has. The others are the configuration of the plugin.
#[derive(Deserialize)]
struct Head {
    #[serde(rename = "type")]
    name: Spanned<String>,
    on_failure: Option<OnFailure>,
}

struct Found<'a> {
    selected: Selected,
    node: &'a Node,
    name: Position,
}

impl Plugins {
    /// Reads the selections from their section of the manifest, as a tree, in which each has its place.
    pub(super) fn take(&mut self, section: &Node, file: &Path) -> Result<(), Error> {
        for Entry { key, value, .. } in section.entries() {
            match kind(key) {
                Some(kind @ PluginType::TelemetryBackend) => {
                    self.telemetry_backend = value.read().map_err(refused(kind, file))?;
                }
                kind => self.selections.extend(kind.map(|kind| (kind, value.clone()))),
            }
        }
        Ok(())
    }

    /// Returns the selected plugins.
    ///
    /// # Errors
    /// A selection is not valid; the error names the place.
    pub fn selected(&self, file: &Path) -> Result<Vec<Selected>, Error> {
        Ok(self.read_selections(file)?.into_iter().map(|found| found.selected).collect())
    }

    /// Changes the selected plugins with `defaults`, checks that each plugin is linked into the program and accepts its
    /// configuration, and returns all of them.
    pub(super) fn check(
        &self,
        file: &Path,
        folder: &Path,
        defaults: impl FnOnce(Vec<Selected>) -> Vec<Selected>,
    ) -> Result<Vec<Selected>, Error> {
        let found = self.read_selections(file)?;
        let written = found.iter().map(|found| found.selected.clone()).collect();
        let all = defaults(written);
        let selections: Vec<_> = all.iter().map(|it| it.selection(folder)).collect();
        match Configured::configure(&selections) {
            Ok(_) => Ok(all),
            Err(error) => Err(explain(file, &found, all.get(error.index()), &error)),
        }
    }

    fn read_selections(&self, file: &Path) -> Result<Vec<Found<'_>>, Error> {
        let mut found = Vec::new();
        for (kind, node) in &self.selections {
            let nodes = match &node.content {
                Content::List(list) => &**list,
                _ => slice::from_ref(node),
            };
            for node in nodes {
                found.push(Found::read(*kind, node, file)?);
            }
        }
        Ok(found)
    }
}

fn explain(
    file: &Path,
    found: &[Found<'_>],
    wrong: Option<&Selected>,
    error: &SelectionError,
) -> Error {
    // Of two equal selections, the second one is wrong. A plugin that the platform adds has no place in the file.
    let found = found.iter().rfind(|it| Some(&it.selected) == wrong);
    let place = Place::yaml(file, found.map(|found| found.place(error)));
    let message = match error.path() {
        [] => error.message().to_owned(),
        path => format!("`{}`: {}", path.join("."), error.message()),
    };
    Error::input(place, message)
}

impl<'a> Found<'a> {
    fn read(kind: PluginType, node: &'a Node, file: &Path) -> Result<Self, Error> {
        let Head { name, on_failure } = node.read().map_err(refused(kind, file))?;
        let mut config: Map<String, Value> = node.read().map_err(refused(kind, file))?;
        config.retain(|key, _| !matches!(&**key, "type" | "on_failure"));
        let of_entry = |it: &'a Entry| Some((&it.key, credential(&it.value)?));
        if let Content::Map(entries) = &node.content
            && let Some((key, position)) = entries.iter().find_map(of_entry)
        {
            let message = format!(
                "`{key}` contains a credential, which would be written into the artifacts: expected a reference such as `${{env:NAME}}`, if the plugin takes one"
            );
            return Err(Error::input(Place::yaml(file, position), message));
        }
        let selected = Selected {
            kind,
            name: name.value,
            on_failure: on_failure.unwrap_or(OnFailure::of(kind)),
            config: Value::Object(config),
        };
        Ok(Self { selected, node, name: name.position })
    }

    fn place(&self, error: &SelectionError) -> Position {
        if error.path().is_empty() && !error.message().starts_with("missing field") {
            return self.name;
        }
        let is_key = error.message().starts_with("unknown field");
        self.node.locate(error.path().iter().map(|key| &**key), is_key)
    }
}

/// Returns the place of a text that contains a credential, such as a URL with a password.
fn credential(node: &Node) -> Option<Position> {
    match &node.content {
        Content::Scalar { text, .. } => {
            (sanitize_credentials(text) != *text).then_some(node.position)
        }
        Content::List(list) => list.iter().find_map(credential),
        Content::Map(entries) => entries.iter().find_map(|entry| credential(&entry.value)),
    }
}

fn kind(key: &str) -> Option<PluginType> {
    PluginType::ALL.into_iter().find(|kind| kind.as_str() == key)
}

/// Returns the error for a mistake below the key of a type.
fn refused(kind: PluginType, file: &Path) -> impl Fn(Mistake) -> Error {
    move |mut mistake| {
        mistake.path = format!("plugins.{kind}.{}", mistake.path);
        mistake.path.truncate(mistake.path.trim_end_matches('.').len());
        yaml::refused(file, &mistake)
    }
}

/// Reads the keys alone, because `Plugins::take` needs the places of the values.
impl<'de> Deserialize<'de> for Plugins {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        HashMap::<Kind, IgnoredAny>::deserialize(deserializer).map(|_| Self::default())
    }
}

/// A key of the section. It has a type of its own so that an error about a key names the place of that key.
#[derive(Eq, Hash, PartialEq)]
struct Kind(PluginType);

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let key = String::deserialize(deserializer)?;
        kind(&key).map(Self).ok_or_else(|| D::Error::unknown_field(&key, &PluginType::NAMES))
    }
}
