//! Reads the fields of a message in protobuf's encoding
//! ([encoding](https://protobuf.dev/programming-guides/encoding/)).

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use bytes::Buf as _;
use prost::encoding::{WireType, decode_varint};

use crate::schema::Kind;

/// The reason why a request has no JSON encoding.
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

#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'b> {
    /// A number of one to eight bytes.
    Number(u64),
    Bytes(&'b [u8]),
}

impl<'b> Value<'b> {
    /// Returns the elements of a packed list of numbers, or the value itself.
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

/// Decodes protobuf's zigzag encoding of a signed number.
pub(crate) const fn zigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -((number & 1).cast_signed())
}

/// Appends the fields of a message, each with its number, in order.
pub(crate) fn fields<'b>(
    mut message: &'b [u8],
    into: &mut Vec<(u32, Value<'b>)>,
) -> Result<(), Malformed> {
    while !message.is_empty() {
        into.push(read_field(&mut message)?);
    }
    Ok(())
}

/// Reads a number. Most numbers have one byte.
#[inline]
fn varint(rest: &mut &[u8]) -> Result<u64, Malformed> {
    match rest.split_first() {
        Some((byte, after)) if *byte < 0x80 => {
            *rest = after;
            Ok((*byte).into())
        }
        _ => decode_varint(rest).map_err(Malformed::from),
    }
}

fn read_field<'b>(rest: &mut &'b [u8]) -> Result<(u32, Value<'b>), Malformed> {
    let key = varint(rest)?;
    let number = u32::try_from(key >> 3).unwrap_or_default();
    if number == 0 {
        return Err(Malformed("it has a field without a number".into()));
    }
    let value = match WireType::try_from(key & 7).map_err(Malformed::from)? {
        WireType::Varint => Value::Number(varint(rest)?),
        WireType::SixtyFourBit => Value::Number(rest.try_get_u64_le().map_err(Malformed::from)?),
        WireType::ThirtyTwoBit => {
            Value::Number(rest.try_get_u32_le().map_err(Malformed::from)?.into())
        }
        WireType::LengthDelimited => {
            let length = usize::try_from(varint(rest)?).unwrap_or(usize::MAX);
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
