//! Reads the fields of a message in protobuf's encoding
//! ([encoding](https://protobuf.dev/programming-guides/encoding/)).

use super::schema::Kind;

/// Why bytes cannot be read.
#[derive(Debug)]
pub(super) struct Malformed(pub(super) &'static str);

const TRUNCATED: Malformed = Malformed("it is truncated");

/// The value of a field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'b> {
    /// Of one to eight bytes.
    Number(u64),
    Bytes(&'b [u8]),
}

/// The values of one field of a message, in their order.
pub(super) struct Values<'b> {
    rest: &'b [u8],
    number: u32,
}

impl<'b> Values<'b> {
    pub(super) const fn of(message: &'b [u8], number: u32) -> Self {
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
                Ok((number, value)) if number == u64::from(self.number) => return Some(Ok(value)),
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
    pub(super) fn unpacked(
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
                read_varint(&mut rest)
            } else {
                read_fixed::<8>(&mut rest)
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
pub(super) const fn zigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -((number & 1).cast_signed())
}

fn read_field<'b>(rest: &mut &'b [u8]) -> Result<(u64, Value<'b>), Malformed> {
    let tag = read_varint(rest)?;
    let value = match tag & 0b111 {
        0 => Value::Number(read_varint(rest)?),
        1 => Value::Number(read_fixed::<8>(rest)?),
        2 => {
            let length = usize::try_from(read_varint(rest)?).map_err(|_| TRUNCATED)?;
            let (bytes, after) = rest.split_at_checked(length).ok_or(TRUNCATED)?;
            *rest = after;
            Value::Bytes(bytes)
        }
        5 => Value::Number(read_fixed::<4>(rest)?),
        _ => return Err(Malformed("it has a field of an unknown type")),
    };
    Ok((tag >> 3, value))
}

fn read_varint(rest: &mut &[u8]) -> Result<u64, Malformed> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first().ok_or(TRUNCATED)?;
        *rest = after;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(Malformed("it has a number of more than 64 bits"))
}

/// Reads a number of `N` bytes, the least significant one first.
fn read_fixed<const N: usize>(rest: &mut &[u8]) -> Result<u64, Malformed> {
    let (bytes, after) = rest.split_at_checked(N).ok_or(TRUNCATED)?;
    *rest = after;
    let bytes = bytes.iter().rev();
    Ok(bytes.fold(0, |number, byte| number << 8 | u64::from(*byte)))
}
