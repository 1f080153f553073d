//! The list that collects the attributes of a span.

use std::fmt::{Debug, Write as _};
use std::iter;
use std::sync::atomic::{AtomicUsize, Ordering};

use opentelemetry::{Key, KeyValue, Value};

use super::{AttributeValue, Text, ToAttributeValue};

/// The default maximum number of attributes of a span
/// ([`AttributeCountLimit`](https://opentelemetry.io/docs/specs/otel/trace/sdk/#span-limits)).
pub(crate) const MAX_ATTRIBUTES: usize = 128;

/// The maximum number of attributes of a list: the provider's limit, but at least [`MAX_ATTRIBUTES`]. It is read only
/// if a list has that many.
static LIMIT: AtomicUsize = AtomicUsize::new(MAX_ATTRIBUTES);

pub(crate) fn limit_attributes(limit: usize) {
    LIMIT.store(limit.max(MAX_ATTRIBUTES), Ordering::Relaxed);
}

/// A key of more bytes counts as memory that its span owns, because it was probably made at run time.
const MAX_SHORT_KEY: usize = 64;

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

/// Attributes in the order in which they were set. If a key is set twice, the later value wins.
///
/// A list contains at most 128 attributes, or more if the limits of the provider allow it. Further attributes are
/// dropped and counted on the span.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AttributeList {
    items: Vec<Attribute>,
    dropped: u32,
    /// Whether an attribute may own memory: a long text, an array, or a key made at run time.
    owns_memory: bool,
    /// Whether the keys of a full list are known to be distinct.
    is_distinct: bool,
}

impl AttributeList {
    /// Sets `key` to `value`, unless the value is `None`.
    #[inline]
    pub fn set(&mut self, key: impl Into<Key>, value: &(impl ToAttributeValue + ?Sized)) {
        value.set_in(self, key);
    }

    /// Sets `key` to an [`AttributeValue`].
    #[inline]
    pub fn push(&mut self, key: Key, value: AttributeValue) {
        if self.items.len() < MAX_ATTRIBUTES {
            self.owns_memory |= value.owns_memory() || key.as_str().len() > MAX_SHORT_KEY;
            self.items.push(Attribute { key, value });
        } else {
            self.replace(key, value);
        }
    }

    /// Sets `key` to the value that `value` returns. The attribute is constructed in its final location.
    ///
    /// [`Vec::push`] would construct the attribute on the stack and copy it with wider loads than the
    /// stores that wrote it. Such a copy stalls until the stores have retired.
    #[inline]
    pub(super) fn push_with<K: Into<Key>>(
        &mut self,
        key: K,
        value: impl FnOnce() -> AttributeValue,
    ) {
        // Most keys are `&'static str`, which needs no drop. For them, this branch is not compiled.
        if const { std::mem::needs_drop::<K>() } {
            self.owns_memory = true;
        }

        if self.items.len() < MAX_ATTRIBUTES {
            self.items.extend(iter::once_with(|| Attribute { key: key.into(), value: value() }));
        } else {
            self.replace(key.into(), value());
        }
    }

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
            self.owns_memory |= text.is_long();
        }
    }

    /// Sets `key` to a value formatted with `Debug`. If formatting fails, the text that was written before is kept.
    #[doc(hidden)]
    pub fn push_debug(&mut self, key: impl Into<Key>, value: &dyn Debug) {
        let mut text = String::new();
        let _ = write!(text, "{value:?}");
        self.push(key.into(), AttributeValue::Text(text.into()));
    }

    /// Sets `key` to text that is known at compile time.
    #[inline]
    #[doc(hidden)]
    pub fn push_static(&mut self, key: impl Into<Key>, text: &'static str) {
        self.push_with(key, || AttributeValue::Static(text));
    }

    /// Sets `key` like [`push_static`](Self::push_static), in code that rarely runs and is to be small.
    #[cold]
    #[inline(never)]
    pub(crate) fn push_rare(&mut self, key: &'static str, text: &'static str) {
        self.push_static(key, text);
    }

    /// Returns the attributes in the order in which they were set. A key may occur twice.
    pub fn as_slice(&self) -> &[Attribute] {
        &self.items
    }

    pub(crate) fn append(&mut self, other: &mut Self) {
        for item in other.items.drain(..) {
            self.push(item.key, item.value);
        }

        self.dropped += std::mem::take(&mut other.dropped);
        self.owns_memory |= std::mem::take(&mut other.owns_memory);
    }

    /// Returns the underlying vector.
    #[inline]
    #[doc(hidden)]
    pub const fn items_mut(&mut self) -> &mut Vec<Attribute> {
        &mut self.items
    }

    pub(crate) const fn dropped_mut(&mut self) -> &mut u32 {
        &mut self.dropped
    }

    /// Sets a key of a list that has [`MAX_ATTRIBUTES`] or more. In a full list, an existing key gets the new value; a
    /// new key takes the place of a duplicate, or is dropped.
    #[cold]
    fn replace(&mut self, key: Key, value: AttributeValue) {
        self.owns_memory = true;
        let limit = LIMIT.load(Ordering::Relaxed);
        if self.items.len() < limit {
            self.items.push(Attribute { key, value });
            return;
        }

        if let Some(item) = self.items.iter_mut().rfind(|item| item.key == key) {
            item.value = value;
            return;
        }

        // Without redaction there is no provider, and OpenTelemetry's global provider gets distinct keys.
        if cfg!(feature = "redact") && !self.is_distinct {
            self.is_distinct = true;
            self.keep_distinct(limit);
        }

        if self.items.len() < limit {
            self.items.push(Attribute { key, value });
            self.is_distinct = self.items.len() == limit;
        } else {
            self.dropped += 1;
        }
    }

    /// Keeps the first `limit` keys, each with its last value, and counts the others as dropped.
    #[doc(hidden)]
    pub fn keep_distinct(&mut self, limit: usize) {
        self.dropped += super::keep_distinct(&mut self.items, limit, |item| &item.key);
    }

    /// Returns the number of dropped attributes: those beyond the limit, and those with an empty key.
    #[doc(hidden)]
    pub const fn dropped(&self) -> u32 {
        self.dropped
    }

    #[inline]
    pub(crate) const fn owns_memory(&self) -> bool {
        self.owns_memory
    }

    /// Forgets that attributes own memory, because they were moved out of the list.
    #[inline]
    pub(crate) const fn moved_out(&mut self) {
        self.owns_memory = false;
        self.is_distinct = false;
    }

    /// Removes all attributes and keeps the allocated capacity.
    #[inline]
    #[doc(hidden)]
    pub fn clear(&mut self) {
        self.items.clear();
        self.dropped = 0;
        self.owns_memory = false;
        self.is_distinct = false;
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
