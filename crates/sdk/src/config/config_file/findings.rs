//! What is found while a file is read: mistakes, and what is not supported, with their places.

use std::borrow::Cow;
use std::collections::BTreeMap;

use floe_suggest::{expected, one_of};
use floe_yaml::{Node, Position};
use serde::de::{Deserialize, DeserializeOwned, Deserializer, IntoDeserializer};

use crate::config::metrics::check_cardinality;
use crate::config::problems::Problems;
pub(super) use crate::config::problems::below;
use crate::config::removed;

/// The prefix of keys of the file itself that are the author's, for example for anchors.
const OWN: &str = "x-";

/// The most keys of a part of the document that are not known.
const MAX_UNKNOWN: usize = 100;

/// A choice between names that are not known beforehand: a mapping with one key.
pub(super) type Choice<T> = BTreeMap<String, T>;

/// A value without settings: null, or an empty mapping.
#[derive(Clone, Copy, Debug, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// A word that may be written in capital letters.
pub(super) struct Word<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?.to_ascii_lowercase();
        let word = IntoDeserializer::<D::Error>::into_deserializer(text);
        T::deserialize(word).map(Self)
    }
}

/// A whole number, 1 or more.
#[derive(Clone, Copy, PartialEq, serde::Deserialize)]
#[serde(try_from = "u64")]
pub(super) struct Positive(pub(super) u64);

impl Positive {
    pub(super) fn to_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl TryFrom<u64> for Positive {
    type Error = &'static str;

    fn try_from(number: u64) -> Result<Self, Self::Error> {
        match number {
            0 => Err("expected 1 or more, found 0"),
            _ => Ok(Self(number)),
        }
    }
}

/// A maximum number of attribute sets.
#[derive(Clone, Copy, serde::Deserialize)]
#[serde(try_from = "u64")]
pub(super) struct Cardinality(pub(super) usize);

impl TryFrom<u64> for Cardinality {
    type Error = String;

    fn try_from(number: u64) -> Result<Self, Self::Error> {
        let limit = usize::try_from(number).unwrap_or(usize::MAX);
        check_cardinality(limit).map(|()| Self(limit))
    }
}

/// What was found while a file is read. Paths are those of values, without the suffix of experimental keys.
pub(super) struct Findings<'a> {
    pub(super) problems: &'a mut Problems,
    /// What is not supported.
    pub(super) unsupported: Problems,
    document: &'a Node,
}

impl<'a> Findings<'a> {
    pub(super) const fn new(
        document: &'a Node,
        problems: &'a mut Problems,
        unsupported: Problems,
    ) -> Self {
        Self { problems, unsupported, document }
    }

    /// Deserializes a part of the document with its path. A key that is not known is reported, and has no effect.
    pub(super) fn read<T: DeserializeOwned>(&mut self, node: &Node, path: &str) -> Option<T> {
        // Copied only to remove a key.
        let mut node = Cow::Borrowed(node);
        for unknown in 1.. {
            let mistake = match node.read() {
                Ok(value) => return Some(value),
                Err(mistake) => mistake,
            };
            let path = below(path, &mistake.path);
            let is_ignored = mistake.is_unknown_key && unknown < MAX_UNKNOWN;
            if !is_ignored || !node.to_mut().remove_keys(mistake.position) {
                self.problems.add_at(mistake.position, path, mistake.message);
                break;
            }
            // The schema allows any keys of the file itself, for extensions.
            if path.contains('.') || !path.starts_with(OWN) {
                self.unsupported.add_at(mistake.position, path, mistake.message);
            }
        }
        None
    }

    /// Adds a mistake, unless the value or one that contains it already has one.
    pub(super) fn refuse(&mut self, path: &str, message: impl Into<String>) {
        if let Some((above, _)) = path.rsplit_once('.')
            && find(self.document, above).is_none()
        {
            return;
        }
        let (position, path) = self.place(path);
        if !self.problems.cover(&path) {
            self.problems.add_at(position, path, message.into());
        }
    }

    /// Adds the mistake of a check, if it failed.
    pub(super) fn check(&mut self, path: &str, result: Result<(), impl Into<String>>) {
        if let Err(message) = result {
            self.refuse(path, message);
        }
    }

    /// Adds the keys of the mapping with this path that only others have. They have no effect.
    pub(super) fn ignore_keys(&mut self, path: &str, keys: &[&str], reason: &str) {
        let node = find(self.document, path);
        for key in keys {
            if let Some(entry) = node.and_then(|node| node.entry(key)) {
                let path = self.place(&below(path, key)).1;
                self.unsupported.add_at(entry.position, path, format!("unknown key, {reason}"));
            }
        }
    }

    /// Adds a part that has no effect.
    pub(super) fn ignore(&mut self, path: &str, reason: &str) {
        let (position, path) = self.place(path);
        self.unsupported.add_at(position, path, reason.to_owned());
    }

    /// Returns the only key of a choice, its value and the path of that. `known` are for the mistake that there is none
    /// or more.
    pub(super) fn choice<'c, T>(
        &mut self,
        choice: &'c Choice<T>,
        path: &str,
        known: &[&str],
    ) -> Option<(&'c str, &'c T, String)> {
        let mut entries = choice.iter();
        let (Some((key, value)), None) = (entries.next(), entries.next()) else {
            let (count, keys) = (choice.len(), one_of(known));
            let message = format!("expected one key, {keys}, found {count}");
            self.refuse(path, message);
            return None;
        };
        Some((key, value, below(path, key)))
    }

    /// Adds a component with a name that is not known, which has no effect: the file may be for other programs, too.
    pub(super) fn unknown_component(&mut self, path: &str, found: &str, known: &[&str]) {
        self.ignore(path, &expected(known, found));
    }

    /// Returns the items of a list with their paths. A list without items is a mistake.
    pub(super) fn items<T>(&mut self, list: Option<Vec<T>>, path: &str) -> Vec<(String, T)> {
        if list.as_ref().is_some_and(Vec::is_empty) {
            self.refuse(path, "expected a list with at least one value");
        }
        let items = list.unwrap_or_default().into_iter().enumerate();
        items.map(|(at, item)| (below(path, &at.to_string()), item)).collect()
    }

    /// Returns the position of a value, or of its nearest ancestor, and the path as it is written.
    fn place(&self, path: &str) -> (Position, String) {
        let (mut node, mut written) = (Some(self.document), String::new());
        let mut position = self.document.position;
        for key in path.split('.') {
            let entry = node.and_then(|node| node.entry(key));
            written = below(&written, entry.map_or(key, |entry| &entry.key));
            node = node.and_then(|node| node.child(key));
            position = node.map_or(position, |node| node.position);
        }
        (position, written)
    }
}

fn find<'a>(root: &'a Node, path: &str) -> Option<&'a Node> {
    path.split('.').try_fold(root, |node, key| node.child(key))
}

/// The parts of the format that this library has nothing for. `*` is any key or index.
const NOT_SUPPORTED: [(&str, &str); 12] = [
    ("attribute_limits.attribute_value_depth_limit", ""),
    ("instrumentation.general", ""),
    // The sections of other languages are for other programs.
    ("instrumentation.rust", ""),
    ("resource.detection.attributes", "the detectors choose the attributes"),
    ("resource.detection.entities_enabled", ""),
    ("tracer_provider.id_generator", "ids are random"),
    ("tracer_provider.tracer_configurator", "use `sampling.rules`"),
    ("tracer_provider.limits.attribute_value_depth_limit", ""),
    ("logger_provider.limits.attribute_value_depth_limit", ""),
    ("logger_provider.logger_configurator", "use `RUST_LOG`, or the Collector"),
    ("meter_provider.meter_configurator", "use a view that drops metrics"),
    ("meter_provider.readers.*.*.producers", ""),
];

/// Removes the parts that are not supported from the document.
pub(super) fn take_unsupported(root: &mut Node, unsupported: &mut Problems) {
    removed::take(root, NOT_SUPPORTED.into_iter(), &mut |reason, _, value, path| {
        if !value.is_null() {
            unsupported.add_at(value.position, path, reason.to_owned());
        }
        true
    });
}
