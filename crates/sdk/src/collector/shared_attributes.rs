//! Attributes that many spans share, so that they are redacted and encoded only once.

use opentelemetry::{Key, KeyValue};

use super::redact::Redactor;
use crate::attributes::Attribute;
use crate::parts;

/// Attributes that many spans share. If a span sets one of the keys itself, the span's value takes precedence.
#[derive(Debug, Default)]
pub struct SharedAttributes {
    /// Each attribute, with its encoding as a field of an OTLP span.
    attributes: Vec<(KeyValue, Box<[u8]>)>,
    /// The lengths of the keys, one bit for each length (see `length_bit`).
    lengths: u64,
    /// All attributes, encoded as fields of an OTLP span.
    otlp: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct OwnAttributes<'a> {
    attributes: &'a [Attribute],
    lengths: u64,
}

impl<'a> OwnAttributes<'a> {
    #[inline]
    pub(super) fn of(attributes: &'a [Attribute]) -> Self {
        let lengths = (attributes.iter()).fold(0, |bits, own| bits | length_bit(&own.key));
        Self { attributes, lengths }
    }

    /// Whether the span sets this key. Keys are compared only if one of them has the same length bit, which is rare.
    fn sets(self, key: &Key) -> bool {
        self.lengths & length_bit(key) != 0 && self.attributes.iter().any(|own| own.key == *key)
    }
}

/// Returns the bit for the length of a key. Keys with different bits differ.
#[inline]
fn length_bit(key: &Key) -> u64 {
    1 << (key.as_str().len() % 64)
}

impl SharedAttributes {
    /// Redacts and encodes the attributes.
    pub fn new(attributes: impl IntoIterator<Item = KeyValue>, redactor: &mut Redactor) -> Self {
        let mut shared = Self::default();
        let mut attributes: Vec<_> = attributes.into_iter().collect();
        redactor.attributes(&mut attributes);
        let encode = parts::encode_attribute();
        for attribute in attributes {
            let otlp = encode.map_or_else(Box::default, |encode| encode(&attribute));
            shared.otlp.extend_from_slice(&otlp);
            shared.lengths |= length_bit(&attribute.key);
            shared.attributes.push((attribute, otlp));
        }
        shared
    }

    pub(super) const fn len(&self) -> usize {
        self.attributes.len()
    }

    pub(super) fn sets(&self, key: &Key) -> bool {
        let mut attributes = self.attributes.iter();
        attributes.any(|(shared, _)| shared.key == *key)
    }

    pub(super) fn not_set_by<'a>(
        &'a self,
        own: OwnAttributes<'a>,
    ) -> impl Iterator<Item = &'a KeyValue> {
        let attributes = self.attributes.iter().map(|(attribute, _)| attribute);
        attributes.filter(move |attribute| !own.sets(&attribute.key))
    }

    /// Appends at most `room` of the attributes that the span does not set itself, as fields of an OTLP span.
    #[inline]
    pub(super) fn write_not_set_by(&self, own: OwnAttributes<'_>, room: usize, out: &mut Vec<u8>) {
        if self.lengths & own.lengths == 0 && self.attributes.len() <= room {
            out.extend_from_slice(&self.otlp);
        } else {
            self.write_each_not_set_by(own, room, out);
        }
    }

    #[cold]
    fn write_each_not_set_by(&self, own: OwnAttributes<'_>, room: usize, out: &mut Vec<u8>) {
        let not_set = self.attributes.iter().filter(|(shared, _)| !own.sets(&shared.key));
        not_set.take(room).for_each(|(_, otlp)| out.extend_from_slice(otlp));
    }
}
