//! Attributes on their way into a span.

use std::borrow::Cow;
#[cfg(feature = "tracing")]
use std::fmt::Debug;
use std::iter;

use opentelemetry::{Key, KeyValue, Value};

use super::{AttributeValue, Text, ToAttributeValue};

/// How many attributes a span may have
/// ([`AttributeCountLimit`](https://opentelemetry.io/docs/specs/otel/trace/sdk/#span-limits)).
pub(crate) const MAX_ATTRIBUTES: usize = 128;

/// A key and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// The key.
    pub key: Key,
    /// The value.
    pub value: AttributeValue,
}

impl From<Attribute> for KeyValue {
    fn from(Attribute { key, value }: Attribute) -> Self {
        Self::new(key, Value::from(value))
    }
}

/// Attributes in the order in which they were set. When a key is set twice, the later value wins.
///
/// At most 128 are kept; the rest is counted as dropped on the span.
#[derive(Clone, Debug, Default)]
pub struct AttributeList {
    items: Vec<Attribute>,
    dropped: u32,
}

impl AttributeList {
    /// Sets `key` to `value`, unless there is no value (`None`).
    #[inline]
    pub fn set(&mut self, key: impl Into<Key>, value: &(impl ToAttributeValue + ?Sized)) {
        value.set_in(self, key);
    }

    /// Sets `key` to a value that is already one.
    #[inline]
    pub fn push(&mut self, key: Key, value: AttributeValue) {
        if self.items.len() < MAX_ATTRIBUTES {
            self.items.push(Attribute { key, value });
        } else {
            self.replace(key, value);
        }
    }

    /// Sets `key` to what `value` makes. An iterator is told to write to where the attribute stays;
    /// [`Vec::push`] would make it elsewhere and copy it in wider pieces than it was made of, which
    /// waits for all memory that was written before.
    #[inline]
    pub(super) fn push_with(
        &mut self,
        key: impl Into<Key>,
        value: impl FnOnce() -> AttributeValue,
    ) {
        if self.items.len() < MAX_ATTRIBUTES {
            self.items.extend(iter::once_with(|| Attribute {
                key: key.into(),
                value: value(),
            }));
        } else {
            self.replace(key.into(), value());
        }
    }

    /// Sets `key` to text that `write` puts to where it stays.
    #[inline]
    pub(super) fn push_text(&mut self, key: impl Into<Key>, write: impl FnOnce(&mut Text)) {
        if self.items.len() >= MAX_ATTRIBUTES {
            let mut text = Text::empty();
            write(&mut text);
            return self.replace(key.into(), AttributeValue::Text(text));
        }
        self.push_with(key, || AttributeValue::Text(Text::empty()));
        if let Some(AttributeValue::Text(text)) = self.items.last_mut().map(|last| &mut last.value)
        {
            write(text);
        }
    }

    /// Sets `key` to the `Debug` text of a value.
    #[cfg(feature = "tracing")]
    pub(crate) fn push_debug(&mut self, key: impl Into<Key>, value: &dyn Debug) {
        self.push(key.into(), AttributeValue::Text(Text::of_debug(value)));
    }

    /// Sets `key` to text that is known at compile time.
    #[inline]
    pub(crate) fn push_static(&mut self, key: impl Into<Key>, text: &'static str) {
        self.push_with(key, || AttributeValue::Static(text));
    }

    /// The attributes, in the order in which they were set; a key may occur twice.
    #[must_use]
    pub fn as_slice(&self) -> &[Attribute] {
        &self.items
    }

    /// Takes what another list has.
    pub(crate) fn append(&mut self, other: &mut Self) {
        for item in other.items.drain(..) {
            self.push(item.key, item.value);
        }
        self.dropped += std::mem::take(&mut other.dropped);
    }

    /// The attributes themselves, to be moved elsewhere.
    #[inline]
    pub(crate) const fn items_mut(&mut self) -> &mut Vec<Attribute> {
        &mut self.items
    }

    /// How many were dropped because the list was full.
    pub(crate) const fn dropped_mut(&mut self) -> &mut u32 {
        &mut self.dropped
    }

    /// Adds what another list has, under other keys.
    pub(super) fn append_renamed(&mut self, other: Self, key: impl Fn(&str) -> Cow<'static, str>) {
        for item in other.items {
            self.push(key(item.key.as_str()).into(), item.value);
        }
        self.dropped += other.dropped;
    }

    /// When the list is full, only a key that is there already can be set.
    #[cold]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a reference would cost the way on which nothing is replaced 3 ns an attribute"
    )]
    fn replace(&mut self, key: Key, value: AttributeValue) {
        match self.items.iter_mut().find(|item| item.key == key) {
            Some(item) => item.value = value,
            None => self.dropped += 1,
        }
    }

    /// Leaves the last value of each key, at the place of its first.
    #[cfg(feature = "provider")]
    pub(crate) fn make_distinct(&mut self) {
        let mut at = 1;
        while at < self.items.len() {
            let (before, rest) = self.items.split_at_mut(at);
            match before.iter_mut().find(|seen| seen.key == rest[0].key) {
                Some(seen) => {
                    std::mem::swap(&mut seen.value, &mut rest[0].value);
                    self.items.remove(at);
                }
                None => at += 1,
            }
        }
    }

    /// Leaves the first ones, and counts the others as dropped.
    #[cfg(feature = "provider")]
    pub(crate) fn truncate(&mut self, most: usize) {
        let over = self.items.len().saturating_sub(most);
        self.dropped += u32::try_from(over).unwrap_or(u32::MAX);
        self.items.truncate(most);
    }

    #[cfg(feature = "provider")]
    pub(crate) fn as_mut_slice(&mut self) -> &mut [Attribute] {
        &mut self.items
    }

    /// How many were dropped because the list was full.
    pub(crate) const fn dropped(&self) -> u32 {
        self.dropped
    }

    /// Leaves nothing but the memory.
    pub(crate) fn clear(&mut self) {
        self.items.clear();
        self.dropped = 0;
    }
}

impl Extend<KeyValue> for AttributeList {
    fn extend<I: IntoIterator<Item = KeyValue>>(&mut self, iter: I) {
        for KeyValue { key, value, .. } in iter {
            if let Some(value) = value.to_attribute_value() {
                self.push(key, value);
            }
        }
    }
}
