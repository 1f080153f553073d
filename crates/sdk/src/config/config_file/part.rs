//! The parts of a file, and findings in them: mistakes and unsupported parts.

use std::cell::RefCell;

use floe_suggest::{expected, one_of, unknown_key};
use floe_yaml::{Content, Entry, Node, Position};
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::config::env::parse::word;
use crate::config::problems::{Problems, below};

/// The prefix of keys that the author adds, for example for anchors.
const OWN: &str = "x-";

/// The findings in a file, in the order in which they are found.
pub(super) struct Found {
    problems: RefCell<Problems>,
    unsupported: RefCell<Problems>,
}

impl Found {
    pub(super) fn new(problems: Problems) -> Self {
        Self { problems: problems.into(), unsupported: RefCell::default() }
    }

    /// Returns the mistakes and the unsupported parts.
    pub(super) fn into_parts(self) -> (Problems, Problems) {
        (self.problems.into_inner(), self.unsupported.into_inner())
    }
}

/// A mapping with any keys, or null.
#[derive(serde::Deserialize)]
struct Mapping {}

/// A value of the document.
#[derive(Clone)]
pub(super) struct Part<'a> {
    found: &'a Found,
    pub(super) node: &'a Node,
    position: Position,
    /// The keys from the root to the value, as they are written.
    path: String,
}

impl<'a> Part<'a> {
    pub(super) const fn root(node: &'a Node, found: &'a Found) -> Self {
        Self { found, node, position: node.position, path: String::new() }
    }

    fn child(&self, key: &str, node: &'a Node, position: Position) -> Self {
        Self { found: self.found, node, position, path: below(&self.path, key) }
    }

    /// Adds a mistake, unless the value or an enclosing value already has one.
    pub(super) fn refuse(&self, message: impl Into<String>) {
        let mut problems = self.found.problems.borrow_mut();
        if !problems.cover(&self.path) {
            problems.add_at(self.position, self.path.clone(), message.into());
        }
    }

    /// Adds the mistake of a check, if it failed.
    pub(super) fn check(&self, result: Result<(), impl Into<String>>) {
        if let Err(message) = result {
            self.refuse(message);
        }
    }

    /// Adds a part that has no effect.
    pub(super) fn ignore(&self, reason: impl Into<String>) {
        let mut unsupported = self.found.unsupported.borrow_mut();
        unsupported.add_at(self.position, self.path.clone(), reason.into());
    }

    /// Expects a mapping, and reports unknown keys, which have no effect.
    pub(super) fn expect(&self, known: &[&str]) {
        if self.read::<Mapping>().is_none() {
            return;
        }
        for entry in self.entries() {
            let is_own = self.path.is_empty() && entry.key.starts_with(OWN);
            if !known.contains(&entry.name()) && !is_own {
                let part = self.child(&entry.key, &entry.value, entry.position);
                part.ignore(unknown_key(entry.name(), known));
            }
        }
    }

    /// Returns the entries of a mapping.
    fn entries(&self) -> &'a [Entry] {
        match &self.node.content {
            Content::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Returns the value below a key; `None` if it is missing or null.
    pub(super) fn get(&self, key: &str) -> Option<Self> {
        let entry = self.node.entry(key).filter(|entry| !entry.value.is_null())?;
        Some(self.child(&entry.key, &entry.value, entry.value.position))
    }

    /// Returns the value below a required key.
    pub(super) fn required(&self, key: &str) -> Option<Self> {
        let value = self.get(key);
        if value.is_none() {
            self.child(key, self.node, self.position).refuse("is missing");
        }
        value
    }

    /// Reads the value.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Option<T> {
        let read = self.node.read();
        read.map_err(|mistake| {
            let at = self.child(&mistake.path, self.node, mistake.position);
            at.refuse(mistake.message);
        })
        .ok()
    }

    /// Reads the value below a key, if there is one.
    pub(super) fn value<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        self.get(key)?.read()
    }

    /// Reads the value below a key, if there is one, and adds the mistake of a check.
    pub(super) fn checked<T: DeserializeOwned, E: Into<String>>(
        &self,
        key: &str,
        check: impl FnOnce(&T) -> Result<(), E>,
    ) -> Option<T> {
        let part = self.get(key)?;
        let value = part.read()?;
        part.check(check(&value));
        Some(value)
    }

    /// Reads a text below a key, if there is one, with a parser that may refuse a part of it.
    pub(super) fn parsed<T>(
        &self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<(T, Option<String>), String>,
    ) -> Option<T> {
        let part = self.get(key)?;
        let (value, refused) = match parse(&part.read::<String>()?) {
            Ok((value, refused)) => (Some(value), refused),
            Err(message) => (None, Some(message)),
        };
        part.check(refused.map_or(Ok(()), Err));
        value
    }

    /// Sets a field to the value below a key, if there is one.
    pub(super) fn set<T: DeserializeOwned>(&self, key: &str, field: &mut T) {
        if let Some(value) = self.value(key) {
            *field = value;
        }
    }

    /// Reads one of several words below a key, in any case, if there is one.
    pub(super) fn word<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Option<T> {
        self.parsed(key, |text| word(words)(text).map(|value| (value, None)))
    }

    /// Returns the items of the list below a key. A list without items is a mistake.
    pub(super) fn items(&self, key: &str) -> Vec<Self> {
        let Some(list) = self.get(key) else {
            return Vec::new();
        };
        let Content::List(items) = &list.node.content else {
            let _ = list.read::<Vec<IgnoredAny>>();
            return Vec::new();
        };
        if items.is_empty() {
            list.refuse("expected a list with at least one value");
        }
        let items = items.iter().enumerate();
        items.map(|(at, item)| list.child(&at.to_string(), item, item.position)).collect()
    }

    /// Returns the only key of a mapping, which is the name of a component, and its value. A component that the program
    /// lacks is ignored, because the file may also be for other programs.
    pub(super) fn component(&self, known: &[&str]) -> Option<(&'a str, Self)> {
        self.read::<Mapping>()?;
        let [entry] = self.entries() else {
            let (count, keys) = (self.entries().len(), one_of(known));
            self.refuse(format!("expected one key, {keys}, found {count}"));
            return None;
        };
        let (name, part) = (entry.name(), self.child(&entry.key, &entry.value, entry.position));
        if known.contains(&name) {
            return Some((name, part));
        }
        part.ignore(expected(known, name));
        None
    }
}
