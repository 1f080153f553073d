//! Attributes that are the same on many spans: redacted and encoded once.

use opentelemetry::{Key, KeyValue};

use super::redact::Redactor;
use crate::attributes::Attribute;

/// Attributes of many spans. A span that sets one of the keys itself keeps its own value.
#[derive(Debug, Default)]
pub(crate) struct Stamps {
    each: Vec<Stamp>,
    /// The lengths of the keys, one bit for each.
    #[cfg(feature = "_otlp")]
    lengths: u64,
    /// All of them as fields of an OTLP span.
    #[cfg(feature = "_otlp")]
    otlp: Vec<u8>,
}

#[derive(Debug)]
struct Stamp {
    attribute: KeyValue,
    #[cfg(feature = "_otlp")]
    otlp: Box<[u8]>,
}

/// The attributes that a span sets itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Own<'a> {
    attributes: &'a [Attribute],
    lengths: u64,
}

impl<'a> Own<'a> {
    pub(super) fn of(attributes: &'a [Attribute]) -> Self {
        let lengths = (attributes.iter()).fold(0, |bits, own| bits | length_bit(&own.key));
        Self {
            attributes,
            lengths,
        }
    }

    /// Compares only if a key has the same length, which is rare.
    fn sets(self, key: &Key) -> bool {
        self.lengths & length_bit(key) != 0 && self.attributes.iter().any(|own| own.key == *key)
    }
}

/// Keys with different bits are different.
fn length_bit(key: &Key) -> u64 {
    1 << (key.as_str().len() % 64)
}

impl Stamps {
    pub(crate) fn new(
        attributes: impl IntoIterator<Item = KeyValue>,
        redactor: &mut Redactor,
    ) -> Self {
        let mut stamps = Self::default();
        for mut attribute in attributes {
            redactor.attribute(&mut attribute);
            #[cfg(feature = "_otlp")]
            let otlp = crate::otlp_encoding::encode_attribute(&attribute);
            #[cfg(feature = "_otlp")]
            {
                stamps.otlp.extend_from_slice(&otlp);
                stamps.lengths |= length_bit(&attribute.key);
            }
            stamps.each.push(Stamp {
                attribute,
                #[cfg(feature = "_otlp")]
                otlp,
            });
        }
        stamps
    }

    /// The attributes that the span does not set itself.
    pub(super) fn besides<'a>(&'a self, own: Own<'a>) -> impl Iterator<Item = &'a KeyValue> {
        let attributes = self.each.iter().map(|stamp| &stamp.attribute);
        attributes.filter(move |attribute| !own.sets(&attribute.key))
    }

    /// The same as fields of an OTLP span.
    #[cfg(feature = "_otlp")]
    pub(super) fn write_besides(&self, own: Own<'_>, out: &mut Vec<u8>) {
        if self.lengths & own.lengths == 0 {
            return out.extend_from_slice(&self.otlp);
        }
        for stamp in &self.each {
            if !own.sets(&stamp.attribute.key) {
                out.extend_from_slice(&stamp.otlp);
            }
        }
    }
}
