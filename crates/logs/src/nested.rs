//! Redacts and limits values that may be nested, such as those of OpenTelemetry's logs API.

use std::fmt::Write as _;

use floe_telemetry_sdk::__parts::logs::Stored;
use opentelemetry::Key;
use opentelemetry::logs::AnyValue;

use super::draft::{self, Draft, MAX_TEXT};
use crate::collector::Redactor;

/// Lists and maps that are nested in this number of others are replaced by [`OMITTED`].
const MAX_DEPTH: usize = 8;

/// The maximum number of items of a list that are also redacted together.
const MAX_ITEMS: usize = 1024;

const OMITTED: &str = "…";

/// Returns the text of an item that is redacted with the other items of its list; empty for other items.
fn text_of(item: &AnyValue) -> &str {
    match item {
        AnyValue::String(text) if text.as_str().len() <= MAX_TEXT => text.as_str(),
        _ => "",
    }
}

impl Draft {
    /// Adds a value, unless the record already has a field with the key, or has no room.
    pub(super) fn add_new(&mut self, key: &Key, value: &AnyValue) {
        let safe = self.key(key);
        if !self.record.has_field(&safe) && self.take_room() {
            self.add(key.as_str(), safe, value);
        }
    }

    /// Adds a value under the redacted key `safe`. The value itself is redacted like a value of the original key `name`.
    pub(super) fn add(&mut self, name: &str, safe: Key, value: &AnyValue) {
        if let AnyValue::String(text) = value {
            return self.add_text(name, safe, |out| out.write_str(text.as_str()));
        }
        let value = self.redacted(0, Some(name), value);
        self.record.add(safe, Stored::Other(value));
    }

    /// Sets the body, which has no key.
    pub(super) fn set_body(&mut self, body: &AnyValue) {
        let body = self.redacted(0, None, body);
        self.record.body = Some(Box::new(body));
    }

    /// Returns a redacted value, truncated to the limits of the record.
    fn redacted(&mut self, depth: usize, key: Option<&str>, value: &AnyValue) -> AnyValue {
        let hidden = key.and_then(|key| match value {
            AnyValue::String(_) => None,
            AnyValue::Int(number) => self.redactor.hidden(key, number),
            AnyValue::Double(number) => self.redactor.hidden(key, number),
            AnyValue::Boolean(flag) => self.redactor.hidden(key, flag),
            // If the key names a secret, the whole value is one.
            _ => self.redactor.hidden(key, OMITTED),
        });
        if let Some(hidden) = hidden {
            return AnyValue::from(hidden);
        }
        match value {
            AnyValue::String(text) => {
                let redact = |redactor: &mut _, text: &_| draft::redact(redactor, key, text);
                AnyValue::from(self.nested_text(text.as_str(), redact))
            }
            AnyValue::Bytes(bytes) => {
                // Twice the limit is read, so that a secret is recognized even if it crosses the limit.
                let first = |limit| bytes.get(..limit).unwrap_or(bytes);
                let text = String::from_utf8_lossy(first(2 * MAX_TEXT));
                if let Some(safe) = draft::redact(&mut self.redactor, key, &text) {
                    return AnyValue::from(self.nested_text(&safe, |_, _| None));
                }
                let bytes = first(MAX_TEXT).to_vec();
                self.take_nested(bytes.len());
                AnyValue::Bytes(Box::new(bytes))
            }
            AnyValue::ListAny(_) | AnyValue::Map(_) if depth >= MAX_DEPTH => {
                AnyValue::from(OMITTED)
            }
            AnyValue::ListAny(items) => {
                let mut kept = Vec::new();
                let texts: Vec<_> = items.iter().take(MAX_ITEMS).map(text_of).collect();
                let mut safe = self.redactor.rules().list(&texts).into_iter().peekable();
                for (index, item) in items.iter().enumerate() {
                    if !self.take_nested(size_of::<AnyValue>()) {
                        break;
                    }
                    let safe =
                        safe.next_if(|(at, _)| *at == index).map(|(_, text)| AnyValue::from(text));
                    let item = safe.as_ref().unwrap_or(item);
                    kept.push(self.redacted(depth + 1, key, item));
                }
                AnyValue::ListAny(Box::new(kept))
            }
            AnyValue::Map(items) => {
                let mut kept = std::collections::HashMap::new();
                for (key, item) in &**items {
                    if !self.take_nested(size_of::<AnyValue>() + key.as_str().len()) {
                        break;
                    }
                    let item = self.redacted(depth + 1, Some(key.as_str()), item);
                    kept.insert(self.key(key), item);
                }
                AnyValue::Map(Box::new(kept))
            }
            AnyValue::Int(_) | AnyValue::Double(_) | AnyValue::Boolean(_) => value.clone(),
            _ => AnyValue::from(OMITTED),
        }
    }

    /// Returns a redacted and truncated text for a nested value.
    fn nested_text(
        &mut self,
        text: &str,
        redact: impl FnOnce(&mut Redactor, &str) -> Option<String>,
    ) -> String {
        let place = self.write(|out| out.write_str(text), redact);
        let text = self.record.text(&place).to_owned();
        self.record.texts.truncate(place.start as usize);
        self.take_nested(text.len());
        text
    }
}
