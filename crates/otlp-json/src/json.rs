//! The [mapping of protobuf](https://protobuf.dev/programming-guides/json/), with two exceptions: ids are hexadecimal,
//! and enumerations are numbers. A table of fields drives the reading of the bytes, so that all signals share one
//! encoder, and no message is built in between. The serde implementations of `opentelemetry-proto` lose non-finite
//! numbers.

use std::io::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::to_writer;

use crate::schema::{self, Field, Kind, Message};
use crate::wire::{self, Malformed, Value};

const HEX: &[u8; 16] = b"0123456789abcdef";

/// The maximum depth of nested values, which attributes of log records may contain.
const MAX_DEPTH: usize = 100;

/// Converts a request of spans.
///
/// ```
/// assert_eq!(floe_otlp_json::traces(b"")?, b"{}");
/// # Ok::<(), floe_otlp_json::Malformed>(())
/// ```
///
/// # Errors
///
/// The bytes are no request of spans, or values are nested too deeply.
pub fn traces(request: &[u8]) -> Result<Vec<u8>, Malformed> {
    encode(&schema::TRACES, request)
}

/// Converts a request of metrics like [`traces`].
///
/// # Errors
///
/// The bytes are no request of metrics, or values are nested too deeply.
pub fn metrics(request: &[u8]) -> Result<Vec<u8>, Malformed> {
    encode(&schema::METRICS, request)
}

/// Converts a request of log records like [`traces`].
///
/// # Errors
///
/// The bytes are no request of log records, or values are nested too deeply.
pub fn logs(request: &[u8]) -> Result<Vec<u8>, Malformed> {
    encode(&schema::LOGS, request)
}

fn encode(message: &Message, request: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut encoder = Encoder { out: Vec::with_capacity(request.len() * 2), fields: Vec::new() };
    encoder.message(message, request, 0)?;
    Ok(encoder.out)
}

struct Encoder<'b> {
    out: Vec<u8>,
    /// The fields of the messages being written, the innermost last.
    fields: Vec<(u32, Value<'b>)>,
}

impl<'b> Encoder<'b> {
    fn message(
        &mut self,
        message: &Message,
        bytes: &'b [u8],
        depth: usize,
    ) -> Result<(), Malformed> {
        if depth > MAX_DEPTH {
            return Err(Malformed("values are nested too deeply".into()));
        }
        let start = self.out.len();
        self.out.push(b'{');
        let own = self.fields.len();
        wire::fields(bytes, &mut self.fields)?;
        for field in message.fields {
            self.field(field, own, depth, start)?;
        }
        self.fields.truncate(own);
        self.out.push(b'}');
        Ok(())
    }

    /// Writes a field of the message that begins at `start`, if the field is at or after `own`.
    fn field(
        &mut self,
        field: &Field,
        own: usize,
        depth: usize,
        start: usize,
    ) -> Result<(), Malformed> {
        let before = self.out.len();
        let mut first = None;
        for at in own..self.fields.len() {
            let (number, value) = self.fields[at];
            if number != field.number {
                continue;
            }
            let first = *first.get_or_insert_with(|| {
                if before > start + "{".len() {
                    self.out.push(b',');
                }
                self.out.push(b'"');
                // No name has a character that is escaped.
                self.out.extend_from_slice(field.name.as_bytes());
                let end: &[u8] = if field.is_repeated { b"\":[" } else { b"\":" };
                self.out.extend_from_slice(end);
                self.out.len()
            });
            if !field.is_repeated {
                // The last one applies.
                self.out.truncate(first);
                self.value(&field.kind, value, depth)?;
                continue;
            }
            for value in value.unpacked(&field.kind) {
                if self.out.len() > first {
                    self.out.push(b',');
                }
                self.value(&field.kind, value?, depth)?;
            }
        }
        match first {
            // An empty list.
            Some(first) if self.out.len() == first => self.out.truncate(before),
            Some(_) if field.is_repeated => self.out.push(b']'),
            _ => {}
        }
        Ok(())
    }

    fn value(&mut self, kind: &Kind, value: Value<'b>, depth: usize) -> Result<(), Malformed> {
        let out = &mut self.out;
        // Writing to memory cannot fail.
        let _ = match (kind, value) {
            (Kind::Message(message), Value::Bytes(bytes)) => {
                return self.message(message, bytes, depth + 1);
            }
            (Kind::Text, Value::Bytes(bytes)) => {
                let text =
                    str::from_utf8(bytes).map_err(|_| Malformed("a text is not UTF-8".into()))?;
                write_text(text, out);
                return Ok(());
            }
            (Kind::Id, Value::Bytes(bytes)) => {
                out.push(b'"');
                for byte in bytes {
                    out.extend([byte >> 4, byte & 15].map(|digit| HEX[usize::from(digit)]));
                }
                out.push(b'"');
                return Ok(());
            }
            (Kind::Bytes, Value::Bytes(bytes)) => {
                write!(out, "\"{}\"", BASE64_STANDARD.encode(bytes))
            }
            (Kind::Bool, Value::Number(number)) => write!(out, "{}", number != 0),
            (Kind::Uint32, Value::Number(number)) => to_writer(out, &number).map_err(Into::into),
            (Kind::Sint32, Value::Number(number)) => {
                write!(out, "{}", wire::zigzag(number))
            }
            (Kind::Uint64 | Kind::Fixed64, Value::Number(number)) => {
                out.push(b'"');
                let _ = to_writer(&mut *out, &number);
                out.push(b'"');
                return Ok(());
            }
            (Kind::Int64 | Kind::Sfixed64, Value::Number(number)) => {
                out.push(b'"');
                let _ = to_writer(&mut *out, &number.cast_signed());
                out.push(b'"');
                return Ok(());
            }
            (Kind::Double, Value::Number(bits)) => match f64::from_bits(bits) {
                number if number.is_nan() => write!(out, "\"NaN\""),
                f64::INFINITY => write!(out, "\"Infinity\""),
                f64::NEG_INFINITY => write!(out, "\"-Infinity\""),
                number => write!(out, "{number:?}"),
            },
            _ => return Err(Malformed("a field has another type than its schema".into())),
        };
        Ok(())
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    // Text can always be encoded, and writing to memory cannot fail.
    let _ = to_writer(out, text);
}

#[cfg(test)]
mod tests;
