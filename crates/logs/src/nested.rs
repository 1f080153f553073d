//! Redacts and limits values that may be nested, such as those of OpenTelemetry's logs API.

use std::fmt::{Display, Write as _};

use floe_redact::{Node, Walk};
use floe_telemetry_sdk::__parts::logs::{Field, LogValue, Stored};
use opentelemetry::Key;
use opentelemetry::logs::AnyValue;

use super::draft::{self, Draft, MAX_RAW, MAX_TEXT};

const OMITTED: &str = "…";

impl Draft {
    /// Adds a value, unless the record already has a field with the key, or has no room.
    pub(super) fn add_new(&mut self, key: &Key, value: &AnyValue) {
        self.add_named(key, key.as_str(), value);
    }

    /// As [`add_new`](Self::add_new). The value is redacted like a value of the key `name`.
    pub(super) fn add_named(&mut self, key: &Key, name: &str, value: &AnyValue) {
        let safe = self.key(key);
        if !self.record.has_field(&safe) && self.take_room() {
            self.add(name, safe, value);
        }
    }

    /// Adds a value under the redacted key `safe`. The value itself is redacted like a value of the original key `name`.
    pub(super) fn add(&mut self, name: &str, safe: Key, value: &AnyValue) {
        if let AnyValue::String(text) = value {
            return self.add_text(name, safe, |out| out.write_str(text.as_str()));
        }
        let value = self.walk(0, Some(name), value);
        self.record.add(safe, Stored::Other(value));
    }

    /// Sets the body, which has no key.
    pub(super) fn set_body(&mut self, body: &AnyValue) {
        let body = self.walk(0, None, body);
        self.record.body = Some(Box::new(body));
    }
}

impl Draft {
    /// Redacts the fields whose name is the value of another field. It is called once the record has all fields.
    pub(super) fn end(&mut self) {
        if !self.redactor.has_names() {
            return;
        }
        let record = self.record.clone();
        let text = |value| match value {
            LogValue::Text(text) => text,
            _ => "",
        };
        let fields: Vec<_> =
            record.fields().map(|(key, value)| (key.as_str(), text(value))).collect();
        for (at, name) in Walk::redactor(self).named(&fields) {
            let Field { key, value } = &record.values[at];
            match value {
                Stored::Text(place) => {
                    self.add_text(name, key.clone(), |out| out.write_str(record.text(place)));
                }
                Stored::Other(value) => self.add(name, key.clone(), value),
            }
        }
    }
}

impl Walk for Draft {
    type Value = AnyValue;
    type Safe = AnyValue;
    type Key = Key;

    const DEEPEST: usize = 8;
    const TOGETHER: usize = 1024;
    const LONGEST: usize = MAX_TEXT;

    fn node<'v>(&self, value: &'v AnyValue) -> Node<'v, AnyValue> {
        match value {
            AnyValue::String(text) => Node::Text(text.as_str()),
            // More than the limit is read, so that a secret is recognized even if it crosses the limit.
            AnyValue::Bytes(bytes) => Node::Bytes(bytes.get(..MAX_RAW).unwrap_or(bytes)),
            AnyValue::Int(number) => Node::Number(number),
            AnyValue::Double(number) => Node::Number(number),
            AnyValue::Boolean(flag) => Node::Number(flag),
            AnyValue::ListAny(items) => Node::List(items),
            AnyValue::Map(entries) => {
                Node::Map(Box::new(entries.iter().map(|(key, value)| (key.as_str(), value))))
            }
            _ => Node::Other,
        }
    }

    fn hides(&mut self, key: &str, value: &dyn Display) -> bool {
        self.redactor.hidden(key, value).is_some()
    }

    fn has_secret(&mut self, key: Option<&str>, text: &str) -> bool {
        draft::redact(&mut self.redactor, key, text).is_some()
    }

    fn redactor(&self) -> &floe_redact::Redactor {
        self.redactor.rules().redactor()
    }

    fn safe_key(&mut self, key: &str) -> Key {
        self.redactor.key(key).cloned().unwrap_or_else(|| key.to_owned().into())
    }

    fn text(&mut self, key: Option<&str>, text: &str) -> AnyValue {
        let redact = |redactor: &mut _, text: &_| draft::redact(redactor, key, text);
        let place = self.write(|out| out.write_str(text), redact);
        let text = self.record.text(&place).to_owned();
        self.record.texts.truncate(place.start as usize);
        self.take_nested(text.len());
        text.into()
    }

    fn kept(&mut self, value: &AnyValue) -> AnyValue {
        match value {
            AnyValue::Bytes(bytes) => {
                let bytes = bytes.get(..MAX_TEXT).unwrap_or(bytes).to_vec();
                self.take_nested(bytes.len());
                AnyValue::Bytes(Box::new(bytes))
            }
            AnyValue::Int(_) | AnyValue::Double(_) | AnyValue::Boolean(_) => value.clone(),
            _ => OMITTED.into(),
        }
    }

    fn list(&mut self, items: Vec<AnyValue>) -> AnyValue {
        AnyValue::ListAny(Box::new(items))
    }

    fn map(&mut self, entries: Vec<(Key, AnyValue)>) -> AnyValue {
        AnyValue::Map(Box::new(entries.into_iter().collect()))
    }

    fn has_room(&mut self, key: &str) -> bool {
        self.take_nested(size_of::<AnyValue>() + key.len())
    }
}
