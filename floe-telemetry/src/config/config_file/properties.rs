//! Reads the values of a file: mappings with known keys, choices, lists and scalars. Mistakes are collected with
//! their place, and so is what is not supported.

use serde::Deserialize;

use super::substitution::below;
use crate::config::document::{Content, Entry, Node};
use crate::config::problems::{Position, Problems};
use crate::config::suggest::{accepted, nearest};

/// The suffix of keys that are not stable. It disappears when they are.
const EXPERIMENTAL: &str = "/development";

/// What was found while a file is read.
pub(super) struct Findings<'a> {
    pub(super) problems: &'a mut Problems,
    /// What is not supported.
    pub(super) unsupported: Problems,
    /// Whether the file has a later version than this library knows, so that unknown keys may be right.
    pub(super) is_later: bool,
}

/// A value and the keys that lead to it.
#[derive(Clone)]
pub(super) struct Value<'a> {
    node: &'a Node,
    path: String,
}

/// A mapping. A key whose value is null is present.
pub(super) struct Properties<'a> {
    entries: &'a [Entry],
    path: String,
}

impl<'a> Value<'a> {
    pub(super) fn root(node: &'a Node) -> Self {
        Self {
            node,
            path: String::new(),
        }
    }

    /// Returns the mapping. Keys that are not in `known` are mistakes, or not supported if the file has a later
    /// version; null is an empty mapping.
    pub(super) fn properties(&self, known: &[&str], found: &mut Findings<'_>) -> Properties<'a> {
        let properties = self.open_properties(found);
        for entry in properties.entries {
            if !known.contains(&stable(&entry.key)) {
                let message = match nearest(stable(&entry.key), known) {
                    Some(near) => format!("unknown key: did you mean `{near}`?"),
                    None if known.is_empty() => "unknown key, accepted is none".to_owned(),
                    None => format!("unknown key, {}", accepted(&entry.key, known)),
                };
                let path = below(&properties.path, &entry.key);
                let list = if found.is_later {
                    &mut found.unsupported
                } else {
                    &mut *found.problems
                };
                list.add_at(entry.position, path, message);
            }
        }
        properties
    }

    /// Returns the mapping, which may have any keys.
    pub(super) fn open_properties(&self, found: &mut Findings<'_>) -> Properties<'a> {
        let entries = match &self.node.content {
            Content::Map(entries) => &**entries,
            _ if self.is_null() => &[],
            _ => {
                self.refuse(found, "found a value, accepted is a mapping");
                &[]
            }
        };
        Properties {
            entries,
            path: self.path.clone(),
        }
    }

    /// Returns the only key of a mapping, without the suffix of experimental keys, and its value. Another key than
    /// those in `known` is a mistake.
    pub(super) fn choice<'k>(
        &self,
        known: &[&'k str],
        found: &mut Findings<'_>,
    ) -> Option<(&'k str, Self)> {
        let (key, value) = self.any_choice(known, found)?;
        let known_key = known.iter().find(|known| **known == key);
        if known_key.is_none() {
            let message = format!("found `{key}`, {}", accepted(&key, known));
            value.refuse(found, message);
        }
        known_key.map(|known| (*known, value))
    }

    /// Returns the only key of a mapping, without the suffix of experimental keys, and its value. `known` are for
    /// the mistake that there is none or more.
    pub(super) fn any_choice(
        &self,
        known: &[&str],
        found: &mut Findings<'_>,
    ) -> Option<(String, Self)> {
        match &self.node.content {
            Content::Map(entries) if entries.len() == 1 => entries.first().map(|entry| {
                let value = Self::of(entry, &self.path);
                (stable(&entry.key).to_owned(), value)
            }),
            content => {
                let count = match content {
                    Content::Map(entries) => entries.len().to_string(),
                    _ => "no".to_owned(),
                };
                let accepted = accepted("", known);
                self.refuse(
                    found,
                    format!("found {count} keys, accepted is one: {accepted}"),
                );
                None
            }
        }
    }

    fn of(entry: &'a Entry, path: &str) -> Self {
        Self {
            node: &entry.value,
            path: below(path, &entry.key),
        }
    }

    /// Returns the values of a list, which has at least one. Null is a mistake.
    pub(super) fn items(&self, found: &mut Findings<'_>) -> Vec<Self> {
        let items = match &self.node.content {
            Content::List(items) if !items.is_empty() => items.iter().enumerate(),
            _ => {
                self.refuse(found, "accepted is a list with at least one value");
                return Vec::new();
            }
        };
        let value = |(at, node): (usize, &'a Node)| Self {
            node,
            path: below(&self.path, &at.to_string()),
        };
        items.map(value).collect()
    }

    /// Returns the value in its type. `None` for null, and after a mistake.
    pub(super) fn read<T: Deserialize<'a>>(&self, found: &mut Findings<'_>) -> Option<T> {
        match Option::<T>::deserialize(self.node) {
            Ok(value) => value,
            Err(failure) => {
                let position = failure.position.unwrap_or(self.node.position);
                let path = failure
                    .path
                    .iter()
                    .fold(self.path.clone(), |path, key| below(&path, key));
                found.problems.add_at(position, path, failure.message);
                None
            }
        }
    }

    /// Returns a number of at least `least`.
    pub(super) fn number(&self, least: u64, found: &mut Findings<'_>) -> Option<u64> {
        let number = self.read(found)?;
        if number < least {
            self.refuse(
                found,
                format!("found {number}, accepted is {least} or more"),
            );
            return None;
        }
        Some(number)
    }

    /// Returns the value of one of several words.
    pub(super) fn word<T: Copy>(&self, words: &[(&str, T)], found: &mut Findings<'_>) -> Option<T> {
        let text: String = self.read(found)?;
        let known = words
            .iter()
            .find(|(word, _)| word.eq_ignore_ascii_case(&text));
        if known.is_none() {
            let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            self.refuse(
                found,
                format!("found `{text}`, {}", accepted(&text, &words)),
            );
        }
        known.map(|(_, value)| *value)
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(
            Option::<serde::de::IgnoredAny>::deserialize(self.node),
            Ok(None)
        )
    }

    pub(super) const fn position(&self) -> Position {
        self.node.position
    }

    /// Adds a mistake.
    pub(super) fn refuse(&self, found: &mut Findings<'_>, message: impl Into<String>) {
        found
            .problems
            .add_at(self.position(), self.path.clone(), message.into());
    }

    /// Adds the mistake of a check, if it failed.
    pub(super) fn check(&self, result: Result<(), String>, found: &mut Findings<'_>) {
        if let Err(message) = result {
            self.refuse(found, message);
        }
    }

    /// Adds a part that has no effect.
    pub(super) fn not_supported(&self, found: &mut Findings<'_>, reason: &str) {
        found
            .unsupported
            .add_at(self.position(), self.path.clone(), reason.to_owned());
    }
}

impl<'a> Properties<'a> {
    /// Returns the value of a key, given without the suffix of experimental keys. It may be null.
    pub(super) fn get(&self, key: &str) -> Option<Value<'a>> {
        let entry = self
            .entries
            .iter()
            .find(|entry| stable(&entry.key) == key)?;
        Some(Value::of(entry, &self.path))
    }

    /// Returns the value of a key, unless it is null.
    pub(super) fn set(&self, key: &str) -> Option<Value<'a>> {
        self.get(key).filter(|value| !value.is_null())
    }

    /// Returns the value of a key that must be present. `of` is the mapping.
    pub(super) fn required(
        &self,
        key: &str,
        of: &Value<'a>,
        found: &mut Findings<'_>,
    ) -> Option<Value<'a>> {
        let value = self.set(key);
        if value.is_none() {
            let message = "is missing".to_owned();
            found
                .problems
                .add_at(of.position(), below(&self.path, key), message);
        }
        value
    }

    /// Returns the values of a list, if it is present.
    pub(super) fn items(&self, key: &str, found: &mut Findings<'_>) -> Vec<Value<'a>> {
        items(self.set(key), found)
    }

    /// Returns the value of a key in its type, if it is present and not null.
    pub(super) fn read<T: Deserialize<'a>>(
        &self,
        key: &str,
        found: &mut Findings<'_>,
    ) -> Option<T> {
        self.get(key)?.read(found)
    }

    /// Adds a mistake for each key that is not known, but similar to one that is. Others belong to extensions.
    pub(super) fn near_misses(&self, known: &[&str], found: &mut Findings<'_>) {
        for entry in self.entries {
            let key = stable(&entry.key);
            if known.contains(&key) {
                continue;
            }
            if let Some(near) = nearest(key, known) {
                let message = format!("unknown key: did you mean `{near}`?");
                found
                    .problems
                    .add_at(entry.position, entry.key.clone(), message);
            }
        }
    }

    /// Adds the keys that are present to what is not supported.
    pub(super) fn not_supported(&self, keys: &[&str], found: &mut Findings<'_>) {
        for value in keys.iter().filter_map(|key| self.set(key)) {
            value.not_supported(found, "");
        }
    }
}

/// Returns the values of a list, if there is one.
pub(super) fn items<'a>(list: Option<Value<'a>>, found: &mut Findings<'_>) -> Vec<Value<'a>> {
    list.map_or_else(Vec::new, |list| list.items(found))
}

fn stable(key: &str) -> &str {
    key.strip_suffix(EXPERIMENTAL).unwrap_or(key)
}
