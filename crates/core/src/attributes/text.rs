//! The text of an attribute, which is stored inline if it is short.

use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};

use opentelemetry::Key;

use super::{AttributeList, AttributeValue, ToAttributeValue};
use crate::char_boundary;

/// The maximum length of an inline text, in bytes. With 22, a [`Text`] is as large as a vector.
const SHORT: usize = 22;

/// The text of an attribute. Up to 22 bytes are stored inline, which saves the allocation and its
/// release on the collector thread.
///
/// ```
/// use floe_telemetry::attributes::Text;
///
/// assert_eq!(&*Text::from("orders"), "orders");
/// assert_eq!(Text::default().to_string(), "");
/// ```
#[derive(Clone)]
pub struct Text(Repr);

#[derive(Clone)]
enum Repr {
    Short { length: u8, bytes: [u8; SHORT] },
    Long(Box<str>),
}

impl Text {
    #[inline]
    pub(super) const fn empty() -> Self {
        Self(Repr::Short { length: 0, bytes: [0; SHORT] })
    }

    /// Returns the bytes of the text, without the check for valid UTF-8 that [`Deref`] does.
    #[inline]
    #[doc(hidden)]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Short { length, bytes } => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Repr::Long(text) => text.as_bytes(),
        }
    }

    #[inline]
    pub(super) const fn is_long(&self) -> bool {
        matches!(self.0, Repr::Long(_))
    }

    pub(super) fn copy(&mut self, text: &str) {
        if let Repr::Short { length, bytes } = &mut self.0
            && let Some(room) = bytes.get_mut(..text.len())
        {
            room.copy_from_slice(text.as_bytes());
            *length = u8::try_from(text.len()).unwrap_or_default();
        } else {
            self.0 = Repr::Long(text.into());
        }
    }

    /// Replaces the content with `text`. Long text is moved instead of copied.
    pub(super) fn take(&mut self, text: String) {
        if text.len() <= SHORT {
            self.copy(&text);
        } else {
            self.0 = Repr::Long(text.into());
        }
    }
}

impl From<&str> for Text {
    #[inline]
    fn from(text: &str) -> Self {
        let mut copy = Self::empty();
        copy.copy(text);
        copy
    }
}

impl From<String> for Text {
    #[inline]
    fn from(text: String) -> Self {
        let mut inline = Self::empty();
        inline.take(text);
        inline
    }
}

impl From<Text> for String {
    #[inline]
    fn from(text: Text) -> Self {
        match text.0 {
            Repr::Short { .. } => (*text).to_owned(),
            Repr::Long(text) => text.into(),
        }
    }
}

impl Deref for Text {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        match &self.0 {
            // The bytes were copied from a `str`, so they are valid UTF-8.
            Repr::Short { .. } => str::from_utf8(self.as_bytes()).unwrap_or_default(),
            Repr::Long(text) => text,
        }
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl Default for Text {
    fn default() -> Self {
        Self::empty()
    }
}

impl AsRef<str> for Text {
    #[inline]
    fn as_ref(&self) -> &str {
        self
    }
}

impl PartialEq for Text {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

/// The maximum number of bytes of a text that are copied into a span, or twice the provider's limit of a value if that
/// is more. The provider's limit applies later, after redaction, which may shorten a text.
const COPIED: usize = 1024 * 1024;

static MOST: AtomicUsize = AtomicUsize::new(COPIED);

#[inline]
pub(crate) fn limit_text(limit: usize) {
    MOST.store(limit.saturating_mul(2).max(COPIED), Ordering::Relaxed);
}

#[inline]
fn copied(text: &str) -> &str {
    if text.len() <= COPIED {
        return text;
    }

    &text[..char_boundary::floor(text, MOST.load(Ordering::Relaxed))]
}

impl ToAttributeValue for str {
    #[inline]
    fn to_attribute_value(&self) -> Option<AttributeValue> {
        Some(AttributeValue::Text(copied(self).into()))
    }

    #[inline]
    fn set_in(&self, list: &mut AttributeList, key: impl Into<Key>) {
        list.push_text(key, |text| text.copy(copied(self)));
    }
}

impl ToAttributeValue for String {
    #[inline]
    fn to_attribute_value(&self) -> Option<AttributeValue> {
        self.as_str().to_attribute_value()
    }

    #[inline]
    fn set_in(&self, list: &mut AttributeList, key: impl Into<Key>) {
        self.as_str().set_in(list, key);
    }

    #[inline]
    fn move_into(self, list: &mut AttributeList, key: impl Into<Key>) {
        // Short text is copied into place: moving a `Text` would load it with wider loads than the
        // stores that just wrote it, see `AttributeList::push_with`.
        if self.len() <= SHORT {
            list.push_text(key, |text| text.copy(&self));
        } else {
            let mut long = self;
            let most = copied(&long).len();
            if most < long.len() {
                long.truncate(most);
            }

            list.push_text(key, |text| text.take(long));
        }
    }
}

impl ToAttributeValue for char {
    fn to_attribute_value(&self) -> Option<AttributeValue> {
        self.encode_utf8(&mut [0; 4]).to_attribute_value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_any_length_is_stored_unchanged() {
        for length in 0..50 {
            let text: String = "aäöü€ß".chars().cycle().take(length).collect();
            for stored in [Text::from(text.as_str()), Text::from(text.clone())] {
                assert_eq!(&*stored, text);
                assert_eq!(stored.clone(), stored);
                assert_eq!(String::from(stored), text);
            }
        }
    }

    #[test]
    fn new_text_replaces_the_old_one() {
        let long = "x".repeat(SHORT + 1);
        let mut text = Text::from("first");
        for next in ["", "ab", &long, "c"] {
            text.copy(next);
            assert_eq!(&*text, next);
            text.take(next.to_owned());
            assert_eq!(&*text, next);
        }
    }

    #[test]
    fn text_and_values_have_the_size_of_a_vector() {
        assert_eq!(size_of::<Text>(), 24);
        assert_eq!(size_of::<AttributeValue>(), 24);
    }
}
