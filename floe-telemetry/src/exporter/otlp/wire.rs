//! The few shapes that protobuf has on the wire.

use prost::encoding::{encode_varint, encoded_len_varint};

pub(super) const VARINT: u32 = 0;
pub(super) const FIXED64: u32 = 1;
const BYTES: u32 = 2;
const FIXED32: u32 = 5;

/// Nearly all tags and lengths are a byte, which is written without a call.
#[inline]
pub(super) fn number(out: &mut Vec<u8>, value: u64) {
    match u8::try_from(value) {
        Ok(byte @ ..0x80) => out.push(byte),
        _ => encode_varint(value, out),
    }
}

#[inline]
pub(super) fn tag(out: &mut Vec<u8>, field: u32, wire_type: u32) {
    number(out, u64::from(field << 3 | wire_type));
}

#[inline]
pub(super) fn bytes_always(out: &mut Vec<u8>, field: u32, content: &[u8]) {
    head(out, field, content.len());
    out.extend_from_slice(content);
}

#[inline]
pub(super) fn bytes(out: &mut Vec<u8>, field: u32, content: &[u8]) {
    if !content.is_empty() {
        bytes_always(out, field, content);
    }
}

pub(super) fn varint(out: &mut Vec<u8>, field: u32, value: u64) {
    tag(out, field, VARINT);
    number(out, value);
}

pub(super) fn count(out: &mut Vec<u8>, field: u32, value: u32) {
    if value != 0 {
        varint(out, field, u64::from(value));
    }
}

pub(super) fn fixed64(out: &mut Vec<u8>, field: u32, value: u64) {
    if value != 0 {
        tag(out, field, FIXED64);
        out.extend_from_slice(&value.to_le_bytes());
    }
}

pub(super) fn fixed32(out: &mut Vec<u8>, field: u32, value: u32) {
    tag(out, field, FIXED32);
    out.extend_from_slice(&value.to_le_bytes());
}

/// Appends a field that is a message, in its place if it is shorter than 128 bytes.
pub(super) fn message(out: &mut Vec<u8>, field: u32, write: impl FnOnce(&mut Vec<u8>)) {
    message_of::<1>(out, field, write);
}

/// The same, in its place if its length takes `DIGITS` bytes: with two, from 128 bytes to 16 KiB.
pub(super) fn message_of<const DIGITS: usize>(
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
        let mut digits = Vec::new();
        encode_varint(length, &mut digits);
        out.splice(at..at + DIGITS, digits);
    }
}

/// Appends the head of a field of `length` bytes.
#[inline]
pub(super) fn head(out: &mut Vec<u8>, field: u32, length: usize) {
    tag(out, field, BYTES);
    number(out, length as u64);
}

/// The heads of a field and of the first one in it, in one piece if both lengths take a byte.
#[inline]
pub(super) fn heads(out: &mut Vec<u8>, [outer, inner]: [(u32, usize); 2]) {
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

/// The tag of a field with a number below 16.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "it takes seven bits")]
const fn short_tag(field: u32) -> u8 {
    (field << 3 | BYTES) as u8
}

/// How long that is, for the first fields of a message.
pub(super) fn head_length(length: usize) -> usize {
    1 + encoded_len_varint(length as u64)
}
