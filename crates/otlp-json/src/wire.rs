//! Reads the fields of a message in protobuf's encoding
//! ([encoding](https://protobuf.dev/programming-guides/encoding/)).

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use bytes::Buf as _;
use prost::encoding::{WireType, decode_key, decode_varint};

use crate::schema::Kind;

/// Why a request has no JSON encoding.
#[derive(Debug)]
pub struct Malformed(pub(crate) Cow<'static, str>);

impl Malformed {
    fn from(error: impl Error) -> Self {
        Self(error.to_string().into())
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a request has no JSON encoding: {}", self.0)
    }
}

impl Error for Malformed {}

/// The value of a field.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'b> {
    /// Of one to eight bytes.
    Number(u64),
    Bytes(&'b [u8]),
}

/// The values of one field of a message, in their order.
pub(crate) struct Values<'b> {
    rest: &'b [u8],
    number: u32,
}

impl<'b> Values<'b> {
    pub(crate) const fn of(message: &'b [u8], number: u32) -> Self {
        Self {
            rest: message,
            number,
        }
    }
}

impl<'b> Iterator for Values<'b> {
    type Item = Result<Value<'b>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            match read_field(&mut self.rest) {
                Ok((number, value)) if number == self.number => return Some(Ok(value)),
                Ok(_) => {}
                Err(error) => {
                    self.rest = &[];
                    return Some(Err(error));
                }
            }
        }
        None
    }
}

impl<'b> Value<'b> {
    /// Returns the elements of a list of numbers, or the value itself if it is one element.
    pub(crate) fn unpacked(
        self,
        kind: &Kind,
    ) -> impl Iterator<Item = Result<Value<'b>, Malformed>> + use<'b> {
        let (mut rest, single) = match (kind, self) {
            (Kind::Double | Kind::Fixed64 | Kind::Uint64, Value::Bytes(bytes)) => (bytes, None),
            (_, value) => (&[][..], Some(value)),
        };
        let is_varint = matches!(kind, Kind::Uint64);
        let elements = std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let number = if is_varint {
                decode_varint(&mut rest).map_err(Malformed::from)
            } else {
                rest.try_get_u64_le().map_err(Malformed::from)
            };
            if number.is_err() {
                rest = &[];
            }
            Some(number.map(Value::Number))
        });
        single.map(Ok).into_iter().chain(elements)
    }
}

/// Reads a number that alternates between positive and negative values.
pub(crate) const fn zigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -((number & 1).cast_signed())
}

fn read_field<'b>(rest: &mut &'b [u8]) -> Result<(u32, Value<'b>), Malformed> {
    let (number, wire_type) = decode_key(rest).map_err(Malformed::from)?;
    let value = match wire_type {
        WireType::Varint => Value::Number(decode_varint(rest).map_err(Malformed::from)?),
        WireType::SixtyFourBit => Value::Number(rest.try_get_u64_le().map_err(Malformed::from)?),
        WireType::ThirtyTwoBit => {
            Value::Number(rest.try_get_u32_le().map_err(Malformed::from)?.into())
        }
        WireType::LengthDelimited => {
            let length = usize::try_from(decode_varint(rest).map_err(Malformed::from)?)
                .unwrap_or(usize::MAX);
            let split = rest.split_at_checked(length);
            let (bytes, after) = split.ok_or_else(|| Malformed("it is truncated".into()))?;
            *rest = after;
            Value::Bytes(bytes)
        }
        WireType::StartGroup | WireType::EndGroup => {
            return Err(Malformed("it has a field of an unknown type".into()));
        }
    };
    Ok((number, value))
}
