//! The protobuf encoding of OTLP, as far as spans and log records need it: the primitives of the wire format, and
//! attributes as `KeyValue` and `AnyValue`
//! ([`common.proto`](https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/common/v1/common.proto)).
//!
//! With it, the collector encodes the attributes that spans share, and the exporters encode spans and log records.

use floe_telemetry_sdk::__parts::logs::LogValue;
use opentelemetry::logs::AnyValue;
use opentelemetry::{Array, KeyValue, Value};
use prost::encoding::{encode_varint, encoded_len_varint};

use floe_telemetry_core::attributes::AttributeValue;

pub(crate) const SPAN_ATTRIBUTES: u32 = 9;

/// Encodes an attribute as a complete field of `Span`.
pub(crate) fn encode_attribute(attribute: &KeyValue) -> Box<[u8]> {
    let mut out = Vec::new();
    key_value(&mut out, SPAN_ATTRIBUTES, attribute);
    out.into()
}

pub(crate) const VARINT: u32 = 0;
pub(crate) const FIXED64: u32 = 1;
const BYTES: u32 = 2;
const FIXED32: u32 = 5;

/// Appends a varint. Nearly all tags and lengths fit in one byte, which is written inline.
#[inline]
pub(crate) fn append_varint(out: &mut Vec<u8>, value: u64) {
    match u8::try_from(value) {
        Ok(byte @ ..0x80) => out.push(byte),
        _ => encode_varint(value, out),
    }
}

#[inline]
pub(crate) fn tag(out: &mut Vec<u8>, field: u32, wire_type: u32) {
    append_varint(out, u64::from(field << 3 | wire_type));
}

#[inline]
pub(crate) fn bytes_always(out: &mut Vec<u8>, field: u32, content: &[u8]) {
    head(out, field, content.len());
    out.extend_from_slice(content);
}

#[inline]
pub(crate) fn bytes(out: &mut Vec<u8>, field: u32, content: &[u8]) {
    if !content.is_empty() {
        bytes_always(out, field, content);
    }
}

pub(crate) fn varint(out: &mut Vec<u8>, field: u32, value: u64) {
    tag(out, field, VARINT);
    append_varint(out, value);
}

pub(crate) fn put_count(out: &mut Vec<u8>, field: u32, value: u32) {
    if value != 0 {
        varint(out, field, u64::from(value));
    }
}

pub(crate) fn fixed64(out: &mut Vec<u8>, field: u32, value: u64) {
    if value != 0 {
        tag(out, field, FIXED64);
        out.extend_from_slice(&value.to_le_bytes());
    }
}

pub(crate) fn fixed32(out: &mut Vec<u8>, field: u32, value: u32) {
    tag(out, field, FIXED32);
    out.extend_from_slice(&value.to_le_bytes());
}

/// Appends a message field. Messages shorter than 128 bytes are written without being moved.
pub(crate) fn message(out: &mut Vec<u8>, field: u32, write: impl FnOnce(&mut Vec<u8>)) {
    message_of::<1>(out, field, write);
}

/// Appends a message field, and reserves `DIGITS` bytes for the varint of its length. If the varint has another size,
/// the message is moved; two bytes suffice for messages of 128 bytes to 16 KiB.
pub(crate) fn message_of<const DIGITS: usize>(
    out: &mut Vec<u8>,
    field: u32,
    write: impl FnOnce(&mut Vec<u8>),
) {
    tag(out, field, BYTES);
    let at = out.len();
    out.extend_from_slice(&[0; DIGITS]);
    write(out);
    let length = (out.len() - at - DIGITS) as u64;
    if encoded_len_varint(length) == DIGITS {
        encode_varint(length, &mut &mut out[at..at + DIGITS]);
    } else {
        let mut digits = [0; 10];
        let count = encoded_len_varint(length);
        encode_varint(length, &mut &mut digits[..]);
        let end = out.len();
        out.resize(end + count, 0);
        out.copy_within(at + DIGITS..end, at + count);
        out.truncate(end + count - DIGITS);
        out[at..at + count].copy_from_slice(&digits[..count]);
    }
}

/// Appends the tag and the length of a field with `length` bytes of content, with one write if both fit in one
/// byte each.
#[inline]
pub(crate) fn head(out: &mut Vec<u8>, field: u32, length: usize) {
    match u8::try_from(length) {
        Ok(length @ ..0x80) if field < 16 => out.extend_from_slice(&[short_tag(field), length]),
        _ => {
            tag(out, field, BYTES);
            append_varint(out, length as u64);
        }
    }
}

/// Appends the heads of a field and of its first subfield, both with numbers below 16. Writes once if each length fits
/// in one byte.
#[inline]
pub(crate) fn heads(out: &mut Vec<u8>, [outer, inner]: [(u32, usize); 2]) {
    if let (Ok(outer_length @ ..0x80), Ok(inner_length @ ..0x80)) =
        (u8::try_from(outer.1), u8::try_from(inner.1))
    {
        let tags = [outer.0, inner.0].map(short_tag);
        out.extend_from_slice(&[tags[0], outer_length, tags[1], inner_length]);
    } else {
        head(out, outer.0, outer.1);
        head(out, inner.0, inner.1);
    }
}

/// Returns the tag of a length-delimited field with a number below 16.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the tag fits in seven bits")]
const fn short_tag(field: u32) -> u8 {
    (field << 3 | BYTES) as u8
}

/// Returns the size of the head of a field with a number below 16 and `length` bytes of content.
pub(crate) fn head_length(length: usize) -> usize {
    1 + encoded_len_varint(length as u64)
}

/// A borrowed value of an attribute or of a log record, in a type of the recorder or of the OpenTelemetry API.
#[derive(Clone, Copy)]
pub(crate) enum Borrowed<'a> {
    Bool(bool),
    I64(i64),
    F64(f64),
    Text(&'a [u8]),
    Array(&'a Array),
    /// Bytes or a nested value of a log record. The depth of the nesting is already limited.
    Nested(&'a AnyValue),
}

impl<'a> From<&'a AttributeValue> for Borrowed<'a> {
    #[inline]
    fn from(value: &'a AttributeValue) -> Self {
        match value {
            AttributeValue::Bool(value) => Self::Bool(*value),
            AttributeValue::I64(value) => Self::I64(*value),
            AttributeValue::F64(value) => Self::F64(*value),
            AttributeValue::Static(value) => Self::Text(value.as_bytes()),
            AttributeValue::Text(value) => Self::Text(value.as_bytes()),
            AttributeValue::Array(value) => Self::Array(value),
            // The enum is non-exhaustive, but has no other variant today.
            _ => Self::Text(b""),
        }
    }
}

impl<'a> From<&'a Value> for Borrowed<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Bool(value) => Self::Bool(*value),
            Value::I64(value) => Self::I64(*value),
            Value::F64(value) => Self::F64(*value),
            Value::String(value) => Self::Text(value.as_str().as_bytes()),
            Value::Array(value) => Self::Array(value),
            // The enum is non-exhaustive, but has no other variant today.
            _ => Self::Text(b""),
        }
    }
}

impl<'a> From<LogValue<'a>> for Borrowed<'a> {
    fn from(value: LogValue<'a>) -> Self {
        match value {
            LogValue::Bool(value) => Self::Bool(value),
            LogValue::I64(value) => Self::I64(value),
            LogValue::F64(value) => Self::F64(value),
            LogValue::Text(value) => Self::Text(value.as_bytes()),
            LogValue::Other(value) => Self::Nested(value),
        }
    }
}

pub(crate) fn key_value(out: &mut Vec<u8>, field: u32, attribute: &KeyValue) {
    pair(out, field, attribute.key.as_str(), Borrowed::from(&attribute.value));
}

/// The maximum length of a key and of a text for which each length in a `KeyValue` fits in one byte.
const SHORT: usize = 56;

/// Appends a field of type `KeyValue`.
#[inline]
pub(crate) fn pair(out: &mut Vec<u8>, field: u32, key: &str, value: Borrowed<'_>) {
    if key.len() > SHORT || !short_pair(out, field, key.as_bytes(), value) {
        long_pair(out, field, key, value);
    }
}

/// Appends a field of type `KeyValue`. Its length is computed in advance, except for arrays and nested values.
#[inline(never)]
fn long_pair(out: &mut Vec<u8>, field: u32, key: &str, value: Borrowed<'_>) {
    let length = match value {
        Borrowed::Bool(_) => 2,
        Borrowed::I64(value) => 1 + encoded_len_varint(value.cast_unsigned()),
        Borrowed::F64(_) => 9,
        Borrowed::Text(text) => 1 + encoded_len_varint(text.len() as u64) + text.len(),
        Borrowed::Array(_) | Borrowed::Nested(_) => {
            let mut encoded = Vec::new();
            any_value(&mut encoded, value);
            head(out, field, field_length(key.len()) + field_length(encoded.len()));
            bytes_always(out, 1, key.as_bytes());
            return bytes_always(out, 2, &encoded);
        }
    };
    heads(out, [(field, field_length(key.len()) + field_length(length)), (1, key.len())]);
    out.extend_from_slice(key.as_bytes());
    match value {
        Borrowed::Text(text) => {
            heads(out, [(2, length), (1, text.len())]);
            out.extend_from_slice(text);
        }
        value => {
            head(out, 2, length);
            any_value(out, value);
        }
    }
}

/// Appends a field of type `KeyValue` with a short key, if the value is short, too. Returns whether the value is short.
#[inline]
fn short_pair(out: &mut Vec<u8>, field: u32, key: &[u8], value: Borrowed<'_>) -> bool {
    // Writes the head of the field and the key, before a value whose field has `value` bytes.
    let mut start = |value: usize| {
        let inner = 2 + key.len() + value;
        out.reserve(2 + inner);
        out.extend_from_slice(&[short_tag(field), byte(inner), short_tag(1), byte(key.len())]);
        out.extend_from_slice(key);
    };
    match value {
        Borrowed::Text(text) if text.len() <= SHORT => {
            let length = byte(text.len());
            start(4 + text.len());
            out.extend_from_slice(&[short_tag(2), 2 + length, short_tag(1), length]);
            out.extend_from_slice(text);
        }
        Borrowed::I64(value @ 0..0x80) => {
            start(4);
            out.extend_from_slice(&[short_tag(2), 2, 3 << 3, value.to_le_bytes()[0]]);
        }
        Borrowed::Bool(value) => {
            start(4);
            out.extend_from_slice(&[short_tag(2), 2, 2 << 3, u8::from(value)]);
        }
        _ => return false,
    }
    true
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "a short length is at most 127")]
const fn byte(length: usize) -> u8 {
    length as u8
}

/// Returns the size of a field with a number below 16 and `content` bytes of content.
fn field_length(content: usize) -> usize {
    1 + encoded_len_varint(content as u64) + content
}

/// Appends the fields of `AnyValue`. Unlike plain fields, members of a `oneof` are written even if they are zero.
pub(crate) fn any_value(out: &mut Vec<u8>, value: Borrowed<'_>) {
    match value {
        Borrowed::Text(text) => bytes_always(out, 1, text),
        Borrowed::Bool(value) => {
            tag(out, 2, VARINT);
            out.push(u8::from(value));
        }
        Borrowed::I64(value) => {
            tag(out, 3, VARINT);
            append_varint(out, value.cast_unsigned());
        }
        Borrowed::F64(value) => {
            tag(out, 4, FIXED64);
            out.extend_from_slice(&value.to_le_bytes());
        }
        Borrowed::Array(array) => message(out, 5, |out| self::array(out, array)),
        Borrowed::Nested(value) => nested(out, value),
    }
}

fn nested(out: &mut Vec<u8>, value: &AnyValue) {
    let item = |out: &mut Vec<u8>, item| any_value(out, Borrowed::from(LogValue::from(item)));
    match value {
        AnyValue::Bytes(value) => bytes_always(out, 7, value),
        AnyValue::ListAny(items) => message(out, 5, |out| {
            items.iter().for_each(|value| message(out, 1, |out| item(out, value)));
        }),
        AnyValue::Map(items) => message(out, 6, |out| {
            for (key, value) in items.iter() {
                pair(out, 1, key.as_str(), LogValue::from(value).into());
            }
        }),
        // `LogValue` has variants of its own for all other values.
        _ => {}
    }
}

fn array(out: &mut Vec<u8>, array: &Array) {
    let mut item = |value| message(out, 1, |out| any_value(out, value));
    match array {
        Array::Bool(items) => items.iter().for_each(|value| item(Borrowed::Bool(*value))),
        Array::I64(items) => items.iter().for_each(|value| item(Borrowed::I64(*value))),
        Array::F64(items) => items.iter().for_each(|value| item(Borrowed::F64(*value))),
        Array::String(items) => {
            for value in items {
                item(Borrowed::Text(value.as_str().as_bytes()));
            }
        }
        _ => {}
    }
}
