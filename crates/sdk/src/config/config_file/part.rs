//! The parts of a file. A part without an effect is recorded with its position; a mistake makes the file invalid.
//!
//! A key becomes known when the code reads it, and messages list the known keys in the order in which they were read.
//! When a `Part` is dropped, its unknown keys are recorded as ignored.

use std::cell::RefCell;

use serde::de::{DeserializeOwned, IgnoredAny};

use crate::config::env::parse::{in_millis, word};
use crate::config::mistake::{Mistake, Position, below};
use crate::config::selection::Selection;
use crate::config::yaml::{Content, Entry, Node};
use crate::suggest::{edits, expected, one_of, unknown_key};

/// The prefix of the file author's own keys at the root, for example for anchors.
const OWN: &str = "x-";

/// The suffix of unstable keys, which disappears when they become stable.
const EXPERIMENTAL: &str = "/development";

/// A mapping with any keys, or null.
#[derive(serde::Deserialize)]
struct Mapping {}

/// The part or the variable that determines a setting.
pub(super) enum Setter {
    Part(Position),
    Variable(&'static str),
}

/// The results of reading a file.
#[derive(Default)]
pub(super) struct Found {
    /// The parts without an effect.
    pub(super) ignored: RefCell<Vec<Mistake>>,
    /// The settings of this crate that parts determine, in the order in which they were read.
    pub(super) settings: RefCell<Vec<(String, Setter)>>,
}

pub(super) struct Part<'a> {
    found: &'a Found,
    node: &'a Node,
    position: Position,
    /// The keys from the root to the value, as they are written.
    path: String,
    /// The known keys; `None` if the value is not read as a mapping.
    known: RefCell<Option<Vec<&'a str>>>,
}

impl<'a> Part<'a> {
    pub(super) fn root(node: &'a Node, found: &'a Found) -> Self {
        let position = node.position;
        let path = String::new();
        Self { found, node, position, path, known: RefCell::new(None) }
    }

    fn child(&self, key: &str, node: &'a Node, position: Position) -> Self {
        let found = self.found;
        let path = below(&self.path, key);
        Self { found, node, position, path, known: RefCell::new(None) }
    }

    pub(super) fn mistake(&self, message: impl Into<String>) -> Mistake {
        let position = Some(self.position);
        let path = self.path.clone();
        Mistake { position, path, message: message.into() }
    }

    pub(super) fn ignore(&self, reason: impl Into<String>) {
        self.found.ignored.borrow_mut().push(self.mistake(reason));
    }

    /// Notes that this part determines a setting, and all settings below it.
    pub(super) fn sets(&self, path: impl Into<String>) {
        let setter = Setter::Part(self.position);
        self.found.settings.borrow_mut().push((path.into(), setter));
    }

    /// Notes that the value below these keys determines a setting, if there is one. The keys do not become known.
    pub(super) fn sets_below(&self, keys: &[&str], path: String) {
        let mut node = self.node;
        for key in keys {
            let set = node.entries().iter().find(|it| it.key == *key && !it.value.is_null());
            let Some(entry) = set else {
                return;
            };
            node = &entry.value;
        }
        self.found.settings.borrow_mut().push((path, Setter::Part(node.position)));
    }

    /// Notes that this part takes a setting from a variable.
    pub(super) fn takes(&self, path: &str, variable: &'static str) {
        let setter = Setter::Variable(variable);
        self.found.settings.borrow_mut().push((path.to_owned(), setter));
    }

    fn entries(&self) -> Result<&'a [Entry], Mistake> {
        self.read::<Mapping>()?;
        self.known.borrow_mut().get_or_insert_default();
        Ok(self.node.entries())
    }

    /// Returns the value below a key; `None` if it is missing or null.
    pub(super) fn get(&self, key: &'a str) -> Result<Option<Self>, Mistake> {
        let entries = self.entries()?;
        let mut borrowed = self.known.borrow_mut();
        let known = borrowed.get_or_insert_default();
        if !known.contains(&key) {
            known.push(key);
        }
        let set = entries.iter().find(|entry| name(entry) == key && !entry.value.is_null());
        Ok(set.map(|entry| self.child(&entry.key, &entry.value, entry.value.position)))
    }

    pub(super) fn required(&self, key: &'a str) -> Result<Self, Mistake> {
        self.get(key)?.ok_or_else(|| {
            let is_near = |entry: &&Entry| edits(name(entry), key).is_some_and(|edits| edits > 0);
            match self.node.entries().iter().find(is_near) {
                Some(entry) => self
                    .child(&entry.key, &entry.value, entry.position)
                    .mistake(unknown_key(name(entry), &[key])),
                None => self.child(key, self.node, self.position).mistake("is missing"),
            }
        })
    }

    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, Mistake> {
        self.node
            .read()
            .map_err(|mistake| Mistake { path: below(&self.path, &mistake.path), ..mistake })
    }

    pub(super) fn value<T: DeserializeOwned>(&self, key: &'a str) -> Result<Option<T>, Mistake> {
        self.get(key)?.map(|part| part.read()).transpose()
    }

    /// Reads a number of milliseconds.
    pub(super) fn millis(&self, key: &'a str) -> Result<Option<u64>, Mistake> {
        self.value(key).map_err(|mut mistake| {
            mistake.message = in_millis(&mistake.message);
            mistake
        })
    }

    pub(super) fn checked<T: DeserializeOwned, E: Into<String>>(
        &self,
        key: &'a str,
        check: impl FnOnce(&T) -> Result<(), E>,
    ) -> Result<Option<T>, Mistake> {
        self.parsed(key, |value| check(&value).map(|()| value))
    }

    pub(super) fn parsed<T: DeserializeOwned, R, E: Into<String>>(
        &self,
        key: &'a str,
        parse: impl FnOnce(T) -> Result<R, E>,
    ) -> Result<Option<R>, Mistake> {
        let parse = |part: Self| parse(part.read()?).map_err(|message| part.mistake(message));
        self.get(key)?.map(parse).transpose()
    }

    /// Reads one of several words below a key, in upper or lower case. Returns `None` if the key is missing or null.
    pub(super) fn word<T: Clone>(
        &self,
        key: &'a str,
        words: &[(&str, T)],
    ) -> Result<Option<T>, Mistake> {
        self.parsed(key, |text: String| word(words)(&text))
    }

    /// Reads a list of words below a key. Returns an empty list if the key is missing or null.
    pub(super) fn words<T: Clone>(
        &self,
        key: &'a str,
        words: &[(&str, T)],
    ) -> Result<Vec<T>, Mistake> {
        let read = |item: Self| {
            let text: String = item.read()?;
            word(words)(&text).map_err(|message| item.mistake(message))
        };
        self.items(key)?.into_iter().map(read).collect()
    }

    /// Reads `included` and `excluded`, two lists of patterns.
    pub(super) fn selection(&self) -> Result<Selection, Mistake> {
        let included = self.value("included")?;
        let excluded = self.value("excluded")?.unwrap_or_default();
        Ok(Selection { included, excluded })
    }

    pub(super) fn items(&self, key: &'a str) -> Result<Vec<Self>, Mistake> {
        let Some(list) = self.get(key)? else {
            return Ok(Vec::new());
        };
        match &list.node.content {
            Content::List(items) if !items.is_empty() => {
                let items = items.iter().enumerate();
                Ok(items.map(|(at, it)| list.child(&at.to_string(), it, it.position)).collect())
            }
            Content::List(_) => Err(list.mistake("expected a list with at least one value")),
            _ => list.read::<Vec<IgnoredAny>>().map(|_| Vec::new()),
        }
    }

    /// Returns the only key of a mapping, which is the name of a component, and its value. A component that the program
    /// does not have is ignored, because the file may be for other programs, too.
    pub(super) fn component(&self, known: &[&str]) -> Result<Option<(&'a str, Self)>, Mistake> {
        let entries = self.entries()?;
        let [entry] = entries else {
            let count = entries.len();
            let keys = one_of(known);
            return Err(self.mistake(format!("expected one key ({keys}), found {count}")));
        };
        let name = name(entry);
        let part = self.child(&entry.key, &entry.value, entry.position);
        self.known.take();
        if known.contains(&name) {
            part.entries()?;
            return Ok(Some((name, part)));
        }
        part.ignore(expected(known, name));
        Ok(None)
    }
}

/// Records the unknown keys of a mapping as ignored.
impl Drop for Part<'_> {
    fn drop(&mut self) {
        let Some(known) = self.known.take() else {
            return;
        };
        for entry in self.node.entries() {
            let is_own = self.path.is_empty() && entry.key.starts_with(OWN);
            if !known.contains(&name(entry)) && !is_own {
                let part = self.child(&entry.key, &entry.value, entry.position);
                part.ignore(unknown_key(name(entry), &known));
            }
        }
    }
}

fn name(entry: &Entry) -> &str {
    entry.key.strip_suffix(EXPERIMENTAL).unwrap_or(&entry.key)
}
