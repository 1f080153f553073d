//! Copies nested values without their secrets.

use std::fmt::Display;

use crate::record::FieldRoles;
use crate::redactor::Redactor;
use crate::text::REDACTED;

/// A value, as [`Walk`] finds it.
#[expect(missing_debug_implementations, reason = "neither numbers nor entries have one")]
pub enum Node<'v, V> {
    /// A text.
    Text(&'v str),
    /// Bytes, which may be a text.
    Bytes(&'v [u8]),
    /// A number or a boolean.
    Number(&'v dyn Display),
    /// A list.
    List(&'v [V]),
    /// A map.
    Map(Box<dyn Iterator<Item = (&'v str, &'v V)> + 'v>),
    /// No value, or one of an unknown kind.
    Other,
}

/// Copies values of one signal without their secrets. A signal has types and rules of its own, and the same way through
/// them as the others:
///
/// - A text is redacted under the key that is nearest above it, bytes as the text that they are, also if they are not
///   UTF-8, and the texts of a list also [together](Redactor::redact_list).
/// - A value is redacted under the name that is the value of [another key](Redactor::named) in its map.
/// - If a key names a secret, its whole value is one.
pub trait Walk {
    /// A value before the redaction.
    type Value;
    /// A redacted value.
    type Safe;
    /// A redacted key.
    type Key;

    /// Lists and maps inside of this number of others are not copied, but [`kept`](Self::kept).
    const DEEPEST: usize;
    /// The maximum number of items of a list, or entries of a map, that are also redacted together.
    const TOGETHER: usize = usize::MAX;
    /// The maximum length of an item that is also redacted together with others, in bytes.
    const LONGEST: usize = usize::MAX;

    /// Returns the kind and the content of a value.
    fn node<'v>(&self, value: &'v Self::Value) -> Node<'v, Self::Value>;

    /// Whether a key hides a value that is not a text; `…` stands for a list or a map.
    fn hides(&mut self, key: &str, value: &dyn Display) -> bool;

    /// Whether redaction changes a text under its key.
    fn has_secret(&mut self, key: Option<&str>, text: &str) -> bool;

    /// Returns the rules for keys and values.
    fn redactor(&self) -> &Redactor;

    /// Redacts a key.
    fn safe_key(&mut self, key: &str) -> Self::Key;

    /// Redacts a text under its key.
    fn text(&mut self, key: Option<&str>, text: &str) -> Self::Safe;

    /// Copies a value without a secret, or leaves it out.
    fn kept(&mut self, value: &Self::Value) -> Self::Safe;

    /// Makes a list.
    fn list(&mut self, items: Vec<Self::Safe>) -> Self::Safe;

    /// Makes a map.
    fn map(&mut self, entries: Vec<(Self::Key, Self::Safe)>) -> Self::Safe;

    /// Whether there is room for another item, or for an entry with this key. Otherwise the rest is left out.
    fn has_room(&mut self, _key: &str) -> bool {
        true
    }

    /// Copies a value that is inside of `depth` others, without its secrets.
    fn walk(&mut self, depth: usize, key: Option<&str>, value: &Self::Value) -> Self::Safe {
        let node = self.node(value);
        let is_hidden = key.is_some_and(|key| match &node {
            Node::Text(_) | Node::Other => false,
            Node::Number(number) => self.hides(key, number),
            _ => self.hides(key, &"…"),
        });
        match node {
            _ if is_hidden => self.text(None, REDACTED),
            Node::Text(text) => self.text(key, text),
            Node::Bytes(bytes) => {
                let text = String::from_utf8_lossy(bytes);
                if self.has_secret(key, &text) { self.text(key, &text) } else { self.kept(value) }
            }
            Node::List(items) if depth < Self::DEEPEST => {
                let items = self.items(depth + 1, key, items);
                self.list(items)
            }
            Node::Map(entries) if depth < Self::DEEPEST => {
                let entries = self.entries(depth + 1, entries);
                self.map(entries)
            }
            _ => self.kept(value),
        }
    }

    /// Copies the items of a list, of which one may be the name or the option of the next.
    fn items(&mut self, depth: usize, key: Option<&str>, all: &[Self::Value]) -> Vec<Self::Safe> {
        let text = |item| match self.node(item) {
            Node::Text(text) if text.len() <= Self::LONGEST => text,
            _ => "",
        };
        let texts: Vec<&str> = all.iter().take(Self::TOGETHER).map(text).collect();
        let mut safe = self.redactor().redact_list(&texts).into_iter().peekable();
        let mut items = Vec::new();
        for (index, item) in all.iter().enumerate() {
            if !self.has_room("") {
                break;
            }
            items.push(match safe.next_if(|(at, _)| *at == index) {
                Some((_, text)) => self.text(key, &text),
                None => self.walk(depth, key, item),
            });
        }
        items
    }

    /// Copies attributes, or the entries of a map.
    fn entries<'v>(
        &mut self,
        depth: usize,
        mut all: impl Iterator<Item = (&'v str, &'v Self::Value)>,
    ) -> Vec<(Self::Key, Self::Safe)>
    where
        Self::Value: 'v,
    {
        let first: Vec<_> = all.by_ref().take(Self::TOGETHER).collect();
        let mut names = self.names(&first).into_iter().peekable();
        let mut entries = Vec::new();
        for (index, (key, value)) in first.into_iter().chain(all).enumerate() {
            if !self.has_room(key) {
                break;
            }
            // Each value is walked once, because two walks in each of many nested maps would take too long.
            let name = names.next_if(|(at, _)| *at == index).map_or(key, |(_, name)| name);
            entries.push((self.safe_key(key), self.walk(depth, Some(name), value)));
        }
        entries
    }

    /// Returns the names that other entries have as their values, each with the index of the entry that it names.
    fn names<'v>(&self, entries: &[(&'v str, &'v Self::Value)]) -> Vec<(usize, &'v str)> {
        let mut roles = FieldRoles::default();
        for (key, _) in entries {
            roles.add(FieldRoles::of(key));
        }
        if !roles.are_both() {
            return Vec::new();
        }

        let text = |value| match self.node(value) {
            Node::Text(text) => text,
            _ => "",
        };
        let fields: Vec<_> = entries.iter().map(|(key, value)| (*key, text(*value))).collect();
        self.redactor().named(&fields)
    }
}
