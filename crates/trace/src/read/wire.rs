//! Protobuf's wire format, as far as a message is looked at before it is decoded.
//!
//! An empty span takes two bytes of a request and some hundred bytes of memory, so the memory is counted first.

use std::mem::size_of;

use opentelemetry_proto::tonic::common::v1::{AnyValue, EntityRef, KeyValue};
use opentelemetry_proto::tonic::trace::v1::span;

use crate::span::{Event, Link, Text, Value};

/// How deep messages may be in each other; `prost` decodes no more.
const DEEPEST: usize = 100;
/// What an allocation takes beside its content.
const ALLOCATION: usize = 16;

/// A message that is damaged.
#[derive(Debug)]
pub(super) struct Damaged;

/// The content of a field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Content<'a> {
    Varint,
    Fixed,
    Bytes(&'a [u8]),
}

/// The fields of a message, each with its number. They end at the first one that is damaged.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Content<'a>), Damaged>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.0 = &[];
        }
        Some(field.ok_or(Damaged))
    }
}

impl<'a> Fields<'a> {
    fn field(&mut self) -> Option<(u64, Content<'a>)> {
        let tag = self.varint()?;
        let content = match tag & 7 {
            0 => self.varint().map(|_| Content::Varint)?,
            1 => self.take(8).map(|_| Content::Fixed)?,
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                Content::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Content::Fixed)?,
            // OTLP has no groups.
            _ => return None,
        };
        Some((tag >> 3, content))
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if *byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// The contents of the fields with a number, which are messages.
    pub(super) fn messages(
        self,
        number: u64,
    ) -> impl Iterator<Item = Result<&'a [u8], Damaged>> + Clone {
        self.filter_map(move |field| match field {
            Ok((found, Content::Bytes(content))) if found == number => Some(Ok(content)),
            Ok((found, _)) if found == number => Some(Err(Damaged)),
            Ok(_) => None,
            Err(damaged) => Some(Err(damaged)),
        })
    }

    /// The content of a message that occurs once. Protobuf merges those that occur more often, which is what the bytes
    /// of all of them decode to.
    pub(super) fn message(self, number: u64) -> Result<Vec<u8>, Damaged> {
        let mut whole = Vec::new();
        for part in self.messages(number) {
            whole.extend_from_slice(part?);
        }
        Ok(whole)
    }
}

/// A message of OTLP.
#[derive(Clone, Copy, Debug)]
pub(super) enum Message {
    Resource,
    Scope,
    Span,
    Log,
    Event,
    Link,
    Attribute,
    Value,
    List,
    Map,
    Entity,
    Text,
}

/// A field with messages: its number, what they are, and the bytes of an element of its `Vec`, when it is decoded and
/// when it is kept. Nothing is allocated for one that is a part of the message itself.
type Field = (u64, Message, usize, usize);

const fn attributes(number: u64) -> Field {
    let kept = size_of::<(Text, Value)>();
    (number, Message::Attribute, size_of::<KeyValue>(), kept)
}

impl Message {
    const fn fields(self) -> &'static [Field] {
        const EVENT: usize = size_of::<span::Event>();
        const LINK: usize = size_of::<span::Link>();
        const VALUE: usize = size_of::<AnyValue>();
        const ENTITY: usize = size_of::<EntityRef>();
        const TEXT: usize = size_of::<String>();
        match self {
            Self::Resource => const { &[attributes(1), (3, Self::Entity, ENTITY, 0)] },
            Self::Scope | Self::Event => const { &[attributes(3)] },
            Self::Span => {
                const {
                    &[
                        attributes(9),
                        (11, Self::Event, EVENT, size_of::<Event>()),
                        (13, Self::Link, LINK, size_of::<Link>()),
                    ]
                }
            }
            Self::Log => const { &[(5, Self::Value, 0, 0), attributes(6)] },
            Self::Link => const { &[attributes(4)] },
            Self::Attribute => &[(2, Self::Value, 0, 0)],
            Self::Value => &[(5, Self::List, 0, 0), (6, Self::Map, 0, 0)],
            Self::List => &[(1, Self::Value, VALUE, size_of::<Value>())],
            Self::Map => const { &[attributes(1)] },
            Self::Entity => &[(3, Self::Text, TEXT, 0), (4, Self::Text, TEXT, 0)],
            Self::Text => &[],
        }
    }

    /// The most bytes of memory for a byte of a message: those of a first link, which takes two.
    pub(super) const MOST: usize = (4 * size_of::<span::Link>() + size_of::<Link>()).div_ceil(2);

    /// How much memory a message takes when it is decoded and kept, in bytes, beside its own struct.
    pub(super) fn memory(self, message: &[u8]) -> Result<usize, Damaged> {
        self.memory_at(message, 0)
    }

    fn memory_at(self, message: &[u8], depth: usize) -> Result<usize, Damaged> {
        if depth > DEEPEST {
            return Err(Damaged);
        }
        let mut memory = 0_usize;
        let mut elements = [0; 16];
        for field in Fields(message) {
            let (number, Content::Bytes(content)) = field? else {
                continue;
            };
            let known = self.fields().iter().find(|field| field.0 == number);
            let added = match known {
                Some(&(_, message, decoded, kept)) => {
                    let at = usize::try_from(number).unwrap_or_default();
                    let count = elements.get_mut(at).ok_or(Damaged)?;
                    *count += 1;
                    let grown = grown_by(*count).saturating_mul(decoded);
                    let inside = message.memory_at(content, depth + 1)?;
                    grown.saturating_add(kept).saturating_add(inside)
                }
                None if content.is_empty() => 0,
                // What is decoded, and what is kept of it.
                None => 2 * (content.len() + ALLOCATION),
            };
            memory = memory.saturating_add(added);
        }
        Ok(memory)
    }
}

/// By how many elements a `Vec` grows for the element with this number: the first makes room for four, and then it
/// doubles.
const fn grown_by(count: usize) -> usize {
    match count {
        1 => 4,
        _ if count > 4 && (count - 1).is_power_of_two() => count - 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::trace::v1::Span;
    use prost::Message as _;

    use super::*;

    /// Messages in each other, the innermost one empty.
    fn nested(depth: usize) -> Vec<u8> {
        let mut value = Vec::new();
        for _ in 0..depth {
            for field in [1_u8, 5] {
                let mut outer = vec![field << 3 | 2];
                prost::encoding::encode_varint(value.len() as u64, &mut outer);
                outer.extend(value);
                value = outer;
            }
        }
        value
    }

    #[test]
    fn memory_is_what_the_elements_of_vectors_take() {
        let span = Span { events: vec![span::Event::default(); 5], ..Span::default() };
        let memory = Message::Span.memory(&span.encode_to_vec()).ok();
        let expected = 8 * size_of::<span::Event>() + 5 * size_of::<Event>();
        assert_eq!(memory, Some(expected));
        let span = Span { name: "four".to_owned(), ..Span::default() };
        let memory = Message::Span.memory(&span.encode_to_vec()).ok();
        assert_eq!(memory, Some(2 * (4 + ALLOCATION)));
    }

    #[test]
    fn damage_of_each_kind_is_found() {
        for message in [
            &b"\x4a"[..],
            b"\x4a\x05\x0a",
            b"\x4a\x02\x0a\x01",
            b"\x0b\x0c",
            b"\x0f",
            b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            b"\x39\x01\x02",
        ] {
            assert!(Message::Span.memory(message).is_err(), "{message:?}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        assert!(Message::Value.memory(&nested(50)).is_ok());
        assert!(Message::Value.memory(&nested(51)).is_err());
        assert!(Message::Value.memory(&nested(2000)).is_err());
    }

    /// Whatever the bytes are, the walk ends, and finds no less than `prost` decodes.
    #[test]
    fn any_bytes_are_walked() {
        let mut state = 1_u64;
        for length in 0..4000 {
            let bytes: Vec<u8> = (0..length % 97)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    // Mostly small numbers: tags and lengths.
                    let byte = state.to_be_bytes()[0];
                    if byte < 200 { byte % 0x6b } else { byte }
                })
                .collect();
            if let (Ok(memory), Ok(span)) = (Message::Span.memory(&bytes), Span::decode(&bytes[..]))
            {
                let least = span.attributes.len() * size_of::<KeyValue>()
                    + span.events.len() * size_of::<span::Event>()
                    + span.links.len() * size_of::<span::Link>();
                assert!(memory >= least, "{bytes:?}");
                assert!(memory <= bytes.len() * Message::MOST, "{bytes:?}");
            }
        }
    }
}
