//! Redacts and limits values that may be nested, such as those of OpenTelemetry's logs API.

use std::fmt::Write as _;

use floe_telemetry_sdk::__parts::logs::LogRecord;
use opentelemetry::Key;
use opentelemetry::logs::AnyValue;

use crate::collector::Redactor;

/// Lists and maps that are nested in this number of others are replaced by [`OMITTED`].
const MAX_DEPTH: usize = 8;

/// The maximum number of items of a list that are also redacted together.
const MAX_ITEMS: usize = 1024;

const OMITTED: &str = "…";

/// Returns the text of an item that is redacted with the other items of its list; empty for other items.
fn text_of(item: &AnyValue) -> &str {
    match item {
        AnyValue::String(text) if text.as_str().len() <= LogRecord::MAX_TEXT => text.as_str(),
        _ => "",
    }
}

/// Adds a value, unless the record already has a field with the key, or has no room.
pub(super) fn add_new(
    record: &mut LogRecord,
    redactor: &mut Redactor,
    key: &Key,
    value: &AnyValue,
) {
    let safe = redactor.log_name(key.as_str()).cloned().unwrap_or_else(|| key.clone());
    if !record.has_field(&safe) && record.take_room() {
        add(record, redactor, key.as_str(), safe, value);
    }
}

/// Adds a value under the redacted key `safe`. The value itself is redacted like a value of the original key `name`.
pub(super) fn add(
    record: &mut LogRecord,
    redactor: &mut Redactor,
    name: &str,
    safe: Key,
    value: &AnyValue,
) {
    if let AnyValue::String(text) = value {
        let text = text.as_str();
        record.add_text(safe, |out| out.write_str(text), |text| redactor.log_text(name, text));
        return;
    }
    let value = redacted(value, Some(name), record, redactor);
    record.add_value(safe, value);
}

/// Returns the redacted value of a field, or of a body, which has no key. The value is truncated to the limits of the
/// record.
pub(super) fn redacted(
    value: &AnyValue,
    key: Option<&str>,
    record: &mut LogRecord,
    redactor: &mut Redactor,
) -> AnyValue {
    redacted_at(0, value, key, record, redactor)
}

fn redacted_at(
    depth: usize,
    value: &AnyValue,
    key: Option<&str>,
    record: &mut LogRecord,
    redactor: &mut Redactor,
) -> AnyValue {
    let redact = |text: &str, redactor: &mut Redactor| match key {
        Some(key) => redactor.log_text(key, text),
        None => redactor.log_message(text),
    };
    let hidden = key.and_then(|key| match value {
        AnyValue::String(_) => None,
        AnyValue::Int(number) => redactor.log_typed(key, number),
        AnyValue::Double(number) => redactor.log_typed(key, number),
        AnyValue::Boolean(flag) => redactor.log_typed(key, flag),
        // If the key names a secret, the whole value is one.
        _ => redactor.log_typed(key, OMITTED),
    });
    if let Some(hidden) = hidden {
        return AnyValue::from(hidden);
    }
    match value {
        AnyValue::String(text) => {
            let text = record.nested_text(text.as_str(), |text| redact(text, redactor));
            AnyValue::from(text)
        }
        AnyValue::Bytes(bytes) => {
            // Twice the limit is read, so that a secret is recognized even if it crosses the limit.
            let first = |limit| bytes.get(..limit).unwrap_or(bytes);
            let text = String::from_utf8_lossy(first(2 * LogRecord::MAX_TEXT));
            if let Some(safe) = redact(&text, redactor) {
                return AnyValue::from(record.nested_text(&safe, |_| None));
            }
            let bytes = first(LogRecord::MAX_TEXT).to_vec();
            record.take_nested(bytes.len());
            AnyValue::Bytes(Box::new(bytes))
        }
        AnyValue::ListAny(_) | AnyValue::Map(_) if depth >= MAX_DEPTH => AnyValue::from(OMITTED),
        AnyValue::ListAny(items) => {
            let mut kept = Vec::new();
            let texts: Vec<_> = items.iter().take(MAX_ITEMS).map(text_of).collect();
            let mut safe = redactor.log_list(&texts).into_iter().peekable();
            for (index, item) in items.iter().enumerate() {
                if !record.take_nested(size_of::<AnyValue>()) {
                    break;
                }
                let safe = safe.next_if(|(at, _)| *at == index);
                let safe = safe.map(|(_, text)| AnyValue::from(text));
                let item = safe.as_ref().unwrap_or(item);
                kept.push(redacted_at(depth + 1, item, key, record, redactor));
            }
            AnyValue::ListAny(Box::new(kept))
        }
        AnyValue::Map(items) => {
            let mut kept = std::collections::HashMap::new();
            for (key, item) in &**items {
                if !record.take_nested(size_of::<AnyValue>() + key.as_str().len()) {
                    break;
                }
                let item = redacted_at(depth + 1, item, Some(key.as_str()), record, redactor);
                let safe = redactor.log_name(key.as_str()).cloned();
                kept.insert(safe.unwrap_or_else(|| key.clone()), item);
            }
            AnyValue::Map(Box::new(kept))
        }
        AnyValue::Int(_) | AnyValue::Double(_) | AnyValue::Boolean(_) => value.clone(),
        _ => AnyValue::from(OMITTED),
    }
}
