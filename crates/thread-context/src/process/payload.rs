//! The process context as protobuf: a message `ProcessContext`
//! ([payload format](https://github.com/open-telemetry/opentelemetry-specification/blob/main/oteps/profiles/4719-process-ctx.md#payload-format)),
//! which consists of a `Resource` and of attributes.

use opentelemetry::{Array, Key, Value};

use crate::{KEYS, SCHEMA_VERSION, stacks, table};

/// Encodes the context. If readers find the program's thread-local variable (`has_threads`), the context contains the
/// attributes that describe thread contexts.
pub(super) fn encode<'a>(
    resource: impl IntoIterator<Item = (&'a Key, &'a Value)>,
    has_threads: bool,
) -> Vec<u8> {
    let mut attributes = Vec::new();
    let mut context = Vec::new();
    for (key, value) in resource {
        message(&mut attributes, 1, &key_value(key.as_str(), &any(value)));
    }

    message(&mut context, 1, &attributes);
    if has_threads {
        for (key, value) in [
            ("threadlocal.schema_version", text(SCHEMA_VERSION)),
            ("threadlocal.attribute_key_map", array(KEYS.into_iter().map(text))),
            // The addresses of the table of open spans and of the stacks are not in the specifications.
            ("floe.open_spans", address(table())),
            ("floe.stacks", address(stacks())),
        ] {
            message(&mut context, 2, &key_value(key, &value));
        }
    }
    context
}

fn key_value(key: &str, value: &[u8]) -> Vec<u8> {
    let mut pair = Vec::new();
    message(&mut pair, 1, key.as_bytes());
    message(&mut pair, 2, value);
    pair
}

fn any(value: &Value) -> Vec<u8> {
    match value {
        Value::String(value) => text(value.as_str()),
        Value::Bool(value) => boolean(*value),
        Value::I64(value) => integer(*value),
        Value::F64(value) => double(*value),
        Value::Array(Array::String(values)) => {
            array(values.iter().map(|value| text(value.as_str())))
        }
        Value::Array(Array::Bool(values)) => array(values.iter().map(|value| boolean(*value))),
        Value::Array(Array::I64(values)) => array(values.iter().map(|value| integer(*value))),
        Value::Array(Array::F64(values)) => array(values.iter().map(|value| double(*value))),
        _ => Vec::new(),
    }
}

fn text(value: &str) -> Vec<u8> {
    let mut any = Vec::new();
    message(&mut any, 1, value.as_bytes());
    any
}

fn boolean(value: bool) -> Vec<u8> {
    vec![2 << 3, value.into()]
}

fn integer(value: i64) -> Vec<u8> {
    let mut any = vec![3 << 3];
    varint(&mut any, value.cast_unsigned());
    any
}

fn double(value: f64) -> Vec<u8> {
    let mut any = vec![4 << 3 | 1];
    any.extend(value.to_le_bytes());
    any
}

fn array(values: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut items = Vec::new();
    let mut any = Vec::new();
    for value in values {
        message(&mut items, 1, &value);
    }

    message(&mut any, 5, &items);
    any
}

fn address(of: *const ()) -> Vec<u8> {
    integer((of.addr() as u64).cast_signed())
}

fn message(out: &mut Vec<u8>, field: u8, content: &[u8]) {
    out.push(field << 3 | 2);
    varint(out, content.len() as u64);
    out.extend(content);
}

fn varint(out: &mut Vec<u8>, mut number: u64) {
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            return out.push(low & 0x7f);
        }

        out.push(low | 0x80);
    }
}
