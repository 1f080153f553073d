//! The [mapping of protobuf](https://protobuf.dev/programming-guides/json/), with two exceptions: ids are
//! hexadecimal, and enumerations are numbers. The fields are read from the bytes by a table, so that all signals
//! have one encoder of protobuf and no message is built in between. The serde implementations of
//! `opentelemetry-proto` lose numbers that are not finite.

use std::io::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::schema::{self, Field, Kind, Message};
use crate::wire::{self, Malformed, Value, Values};

/// The most levels of values inside values, which attributes of log records may have.
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
/// The bytes are not such a request, or values are nested too deeply.
pub fn traces(request: &[u8]) -> Result<Vec<u8>, Malformed> {
    encode(&schema::TRACES, request)
}

/// Converts a request of metrics, as [`traces`] does.
///
/// # Errors
///
/// The bytes are not such a request, or values are nested too deeply.
pub fn metrics(request: &[u8]) -> Result<Vec<u8>, Malformed> {
    encode(&schema::METRICS, request)
}

/// Converts a request of log records, as [`traces`] does.
///
/// # Errors
///
/// The bytes are not such a request, or values are nested too deeply.
pub fn logs(request: &[u8]) -> Result<Vec<u8>, Malformed> {
    encode(&schema::LOGS, request)
}

fn encode(message: &Message, request: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut out = Vec::with_capacity(request.len() * 2);
    write_message(message, request, 0, &mut out)?;
    Ok(out)
}

fn write_message(
    message: &Message,
    bytes: &[u8],
    depth: usize,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    if depth > MAX_DEPTH {
        return Err(Malformed("values are nested too deeply".into()));
    }
    let start = out.len();
    out.push(b'{');
    for field in message.fields {
        write_field(field, bytes, depth, start, out)?;
    }
    out.push(b'}');
    Ok(())
}

/// Writes a field of the message that begins at `start`, if it is set.
fn write_field(
    field: &Field,
    bytes: &[u8],
    depth: usize,
    start: usize,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    let before = out.len();
    if before > start + "{".len() {
        out.push(b',');
    }
    write_text(field.name, out);
    out.extend_from_slice(if field.is_repeated { b":[" } else { b":" });
    let first = out.len();
    for value in Values::of(bytes, field.number) {
        let value = value?;
        if !field.is_repeated {
            // The last one applies.
            out.truncate(first);
            write_value(&field.kind, &value, depth, out)?;
            continue;
        }
        for value in value.unpacked(&field.kind) {
            if out.len() > first {
                out.push(b',');
            }
            write_value(&field.kind, &value?, depth, out)?;
        }
    }
    if out.len() == first {
        out.truncate(before);
    } else if field.is_repeated {
        out.push(b']');
    }
    Ok(())
}

fn write_value(
    kind: &Kind,
    value: &Value<'_>,
    depth: usize,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    // Writing to memory cannot fail.
    let _ = match (kind, *value) {
        (Kind::Message(message), Value::Bytes(bytes)) => {
            return write_message(message, bytes, depth + 1, out);
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
                let _ = write!(out, "{byte:02x}");
            }
            out.push(b'"');
            return Ok(());
        }
        (Kind::Bytes, Value::Bytes(bytes)) => {
            write!(out, "\"{}\"", BASE64_STANDARD.encode(bytes))
        }
        (Kind::Bool, Value::Number(number)) => write!(out, "{}", number != 0),
        (Kind::Uint32, Value::Number(number)) => write!(out, "{number}"),
        (Kind::Sint32, Value::Number(number)) => {
            write!(out, "{}", wire::zigzag(number))
        }
        (Kind::Uint64 | Kind::Fixed64, Value::Number(number)) => write!(out, "\"{number}\""),
        (Kind::Int64 | Kind::Sfixed64, Value::Number(number)) => {
            write!(out, "\"{}\"", number.cast_signed())
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

fn write_text(text: &str, out: &mut Vec<u8>) {
    // Text can always be encoded, and writing to memory cannot fail.
    let _ = serde_json::to_writer(out, text);
}

#[cfg(test)]
mod tests;
