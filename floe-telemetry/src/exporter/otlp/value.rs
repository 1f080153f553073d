//! Attributes as OTLP's `KeyValue` and `AnyValue`
//! ([`common.proto`](https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/common/v1/common.proto)).

use opentelemetry::{Array, KeyValue, Value};
use prost::encoding::encoded_len_varint;

use super::wire::{FIXED64, VARINT, bytes_always, head, heads, message, number, tag};
use crate::attributes::AttributeValue;

/// `Span.attributes`.
pub(super) const SPAN_ATTRIBUTES: u32 = 9;

/// An attribute as a field of `Span`, to be appended as it is.
pub(crate) fn attribute(attribute: &KeyValue) -> Box<[u8]> {
    let mut out = Vec::new();
    key_value(&mut out, SPAN_ATTRIBUTES, attribute);
    out.into()
}

/// A value, wherever it comes from.
#[derive(Clone, Copy)]
pub(super) enum Borrowed<'a> {
    Bool(bool),
    I64(i64),
    F64(f64),
    Text(&'a [u8]),
    Array(&'a Array),
}

impl<'a> From<&'a AttributeValue> for Borrowed<'a> {
    fn from(value: &'a AttributeValue) -> Self {
        match value {
            AttributeValue::Bool(value) => Self::Bool(*value),
            AttributeValue::I64(value) => Self::I64(*value),
            AttributeValue::F64(value) => Self::F64(*value),
            AttributeValue::Static(value) => Self::Text(value.as_bytes()),
            AttributeValue::Text(value) => Self::Text(value.as_bytes()),
            AttributeValue::Array(value) => Self::Array(value),
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
            // The enum is open; there is no other kind today.
            _ => Self::Text(b""),
        }
    }
}

pub(super) fn key_value(out: &mut Vec<u8>, field: u32, attribute: &KeyValue) {
    pair(
        out,
        field,
        attribute.key.as_str(),
        Borrowed::from(&attribute.value),
    );
}

/// A field of type `KeyValue`. Its length is known beforehand, but for arrays.
pub(super) fn pair(out: &mut Vec<u8>, field: u32, key: &str, value: Borrowed<'_>) {
    let length = match value {
        Borrowed::Bool(_) => 2,
        Borrowed::I64(value) => 1 + encoded_len_varint(value.cast_unsigned()),
        Borrowed::F64(_) => 9,
        Borrowed::Text(text) => 1 + encoded_len_varint(text.len() as u64) + text.len(),
        Borrowed::Array(array) => {
            let mut encoded = Vec::new();
            message(&mut encoded, 5, |out| self::array(out, array));
            head(
                out,
                field,
                field_length(key.len()) + field_length(encoded.len()),
            );
            bytes_always(out, 1, key.as_bytes());
            return bytes_always(out, 2, &encoded);
        }
    };
    heads(
        out,
        [
            (field, field_length(key.len()) + field_length(length)),
            (1, key.len()),
        ],
    );
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

/// Bytes of a field with this many bytes of content and a number below 16.
fn field_length(content: usize) -> usize {
    1 + encoded_len_varint(content as u64) + content
}

/// `AnyValue`. Unlike plain fields, the members of a `oneof` are written also if they are zero.
fn any_value(out: &mut Vec<u8>, value: Borrowed<'_>) {
    match value {
        Borrowed::Text(text) => bytes_always(out, 1, text),
        Borrowed::Bool(value) => {
            tag(out, 2, VARINT);
            out.push(u8::from(value));
        }
        Borrowed::I64(value) => {
            tag(out, 3, VARINT);
            number(out, value.cast_unsigned());
        }
        Borrowed::F64(value) => {
            tag(out, 4, FIXED64);
            out.extend_from_slice(&value.to_le_bytes());
        }
        Borrowed::Array(array) => message(out, 5, |out| self::array(out, array)),
    }
}

fn array(out: &mut Vec<u8>, array: &Array) {
    let mut item = |value| message(out, 1, |out| any_value(out, value));
    match array {
        Array::Bool(items) => items.iter().for_each(|value| item(Borrowed::Bool(*value))),
        Array::I64(items) => items.iter().for_each(|value| item(Borrowed::I64(*value))),
        Array::F64(items) => items.iter().for_each(|value| item(Borrowed::F64(*value))),
        Array::String(items) => items
            .iter()
            .for_each(|value| item(Borrowed::Text(value.as_str().as_bytes()))),
        _ => {}
    }
}
