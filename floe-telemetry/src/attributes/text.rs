//! Text that stays in place while it is short.

use std::fmt;
use std::ops::Deref;

use opentelemetry::Key;

use super::schema::AttributeType;
use super::{AttributeList, AttributeValue, ToAttributeValue};

/// How many bytes fit in place: as many as make a [`Text`] no larger than a vector.
const SHORT: usize = 22;

/// Text of an attribute. Up to 22 bytes it needs no memory of its own, so nothing is freed on
/// another thread than the one that made it.
///
/// ```
/// use floe_telemetry::attributes::Text;
///
/// assert_eq!(&*Text::from("orders"), "orders");
/// ```
#[derive(Clone)]
pub struct Text(Repr);

#[derive(Clone)]
enum Repr {
    Short { length: u8, bytes: [u8; SHORT] },
    Long(Box<str>),
}

impl Text {
    /// No text, to be written to.
    #[inline]
    pub(super) const fn empty() -> Self {
        Self(Repr::Short {
            length: 0,
            bytes: [0; SHORT],
        })
    }

    /// What a value says of itself. Short text needs no memory while it is made, either.
    #[cfg(feature = "tracing")]
    pub(super) fn of_debug(value: &dyn fmt::Debug) -> Self {
        use fmt::Write as _;

        struct Writer {
            short: Text,
            /// All of it, once it is too long.
            long: String,
        }

        impl fmt::Write for Writer {
            fn write_str(&mut self, more: &str) -> fmt::Result {
                if let Repr::Short { length, bytes } = &mut self.short.0
                    && self.long.is_empty()
                {
                    let start = usize::from(*length);
                    if let Some(room) = bytes.get_mut(start..start + more.len()) {
                        room.copy_from_slice(more.as_bytes());
                        *length += u8::try_from(more.len()).unwrap_or_default();
                        return Ok(());
                    }
                    self.long.push_str(&self.short);
                }
                self.long.push_str(more);
                Ok(())
            }
        }

        let mut writer = Writer {
            short: Self::empty(),
            long: String::new(),
        };
        // What came before a failure stays.
        let _ = write!(writer, "{value:?}");
        if writer.long.is_empty() {
            writer.short
        } else {
            writer.long.into()
        }
    }

    /// Its bytes, without a look whether they are text.
    #[inline]
    pub(crate) fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Short { length, bytes } => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Repr::Long(text) => text.as_bytes(),
        }
    }

    /// Takes over the text in place of what was there.
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

    /// The same of text that is not needed any more. Long text is not copied.
    pub(super) fn take(&mut self, text: String) {
        if text.len() <= SHORT {
            self.copy(&text);
        } else {
            self.0 = Repr::Long(text.into());
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        let mut own = Self::empty();
        own.copy(text);
        own
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        let mut own = Self::empty();
        own.take(text);
        own
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        match text.0 {
            Repr::Short { .. } => (*text).to_owned(),
            Repr::Long(text) => text.into(),
        }
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            // It was text when it was copied, so it is now.
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

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl ToAttributeValue for str {
    const TYPE: AttributeType = AttributeType::Text;

    #[inline]
    fn to_attribute_value(&self) -> Option<AttributeValue> {
        Some(AttributeValue::Text(self.into()))
    }

    #[inline]
    fn set_in(&self, list: &mut AttributeList, key: impl Into<Key>) {
        list.push_text(key, |text| text.copy(self));
    }
}

impl ToAttributeValue for String {
    const TYPE: AttributeType = AttributeType::Text;

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
        // Short text is not moved: that would read in one piece what was just written in two.
        if self.len() <= SHORT {
            list.push_text(key, |text| text.copy(&self));
        } else {
            list.push_text(key, |text| text.take(self));
        }
    }
}

impl ToAttributeValue for char {
    const TYPE: AttributeType = AttributeType::Text;

    fn to_attribute_value(&self) -> Option<AttributeValue> {
        self.encode_utf8(&mut [0; 4]).to_attribute_value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_any_length_is_what_it_was() {
        for length in 0..50 {
            let text: String = "aäöü€ß".chars().cycle().take(length).collect();
            for own in [Text::from(text.as_str()), Text::from(text.clone())] {
                assert_eq!(&*own, text);
                assert_eq!(own.clone(), own);
                assert_eq!(String::from(own), text);
            }
        }
    }

    #[test]
    fn later_text_replaces_earlier() {
        let long = "x".repeat(SHORT + 1);
        let mut text = Text::from("first");
        for next in ["", "ab", &long, "c"] {
            text.copy(next);
            assert_eq!(&*text, next);
            text.take(next.to_owned());
            assert_eq!(&*text, next);
        }
    }

    /// A value whose `Debug` writes its text piece by piece.
    #[cfg(feature = "tracing")]
    struct Pieces<'a>(&'a [String]);

    #[cfg(feature = "tracing")]
    impl fmt::Debug for Pieces<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.iter().try_for_each(|piece| f.write_str(piece))
        }
    }

    #[cfg(feature = "tracing")]
    #[test]
    fn a_text_is_complete_however_it_is_split_into_pieces() {
        for length in 0..50 {
            for piece in [1, 7, 22, 23] {
                let text: String = "aäöü€ß".chars().cycle().take(length).collect();
                let chars: Vec<char> = text.chars().collect();
                let pieces: Vec<String> = chars.chunks(piece).map(String::from_iter).collect();
                assert_eq!(&*Text::of_debug(&Pieces(&pieces)), text);
            }
        }
    }

    #[test]
    fn a_value_is_no_larger_than_a_text() {
        assert_eq!(size_of::<Text>(), 24);
        assert_eq!(size_of::<AttributeValue>(), 24);
    }
}
