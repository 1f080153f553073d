//! Adds the redacted fields of an event to a record, and the key-values of a record of `log`.

use std::cell::RefCell;
use std::error::Error as StdError;
use std::fmt::{self, Debug, Display, Write as _};

use floe_telemetry_core::__sdk::bounded_text::Bounded;
use log::kv::{self, VisitSource};
use opentelemetry::Key;
use opentelemetry::logs::AnyValue;
use tracing::field::{Field, Visit};
use tracing_log::LogTracer;

use super::draft::{Draft, MAX_RAW};
use crate::caught::caught;

/// The maximum number of an error's sources that are written.
const MAX_SOURCES: usize = 16;

pub(super) struct Fields<'a> {
    pub(super) draft: &'a mut Draft,
    /// Whether the event is a record of `log`, whose origin is in fields named `log.*`.
    pub(super) is_log: bool,
}

impl Fields<'_> {
    fn text(&mut self, field: &Field, write: impl FnOnce(&mut Bounded<'_>) -> fmt::Result) {
        let name = field.name();
        if name == "message" {
            self.draft.record.has_message = true;
            return self.draft.set_message(write);
        }
        if let Some(key) = self.key(name) {
            self.draft.add_text(name, key, write);
        }
    }

    /// Returns the redacted key; `None` for a field with the origin of a `log` record, and for a field over the limits.
    fn key(&mut self, name: &'static str) -> Option<Key> {
        let is_origin = self.is_log && name.starts_with("log.");
        let is_kept = !is_origin && self.draft.take_room();
        is_kept.then(|| self.draft.key(&Key::from_static_str(name)))
    }

    fn typed<T: Copy + Display + Into<AnyValue>>(&mut self, field: &Field, value: T) {
        if let Some(key) = self.key(field.name()) {
            self.draft.add_typed(field.name(), key, value);
        }
    }
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text(field, |text| write!(text, "{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if self.is_log && field.name() == "log.target" {
            return self.draft.set_target(value);
        }
        self.text(field, |text| text.write_str(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.typed(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.typed(field, value);
    }

    /// Adds an integer. OpenTelemetry's integers are `i64`, so larger numbers become text.
    fn record_u64(&mut self, field: &Field, value: u64) {
        match i64::try_from(value) {
            Ok(value) => self.record_i64(field, value),
            Err(_) => self.text(field, |text| write!(text, "{value}")),
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.typed(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn StdError + 'static)) {
        self.text(field, |text| {
            write!(text, "{value}")?;
            let mut source = value.source();
            for _ in 0..MAX_SOURCES {
                let Some(error) = source else { break };
                write!(text, ": {error}")?;
                source = error.source();
            }
            Ok(())
        });
    }
}

thread_local! {
    /// The key-values of the record of `log` that the thread forwards. They are passed here, because an event of
    /// `tracing` has no fields for keys that are unknown at compile time.
    static KEY_VALUES: RefCell<Vec<(Key, AnyValue)>> = const { RefCell::new(Vec::new()) };
}

pub(super) fn take_key_values() -> Vec<(Key, AnyValue)> {
    KEY_VALUES.try_with(RefCell::take).unwrap_or_default()
}

pub(super) struct Forwarder(pub(super) LogTracer);

impl log::Log for Forwarder {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        self.0.enabled(metadata)
    }

    fn log(&self, record: &log::Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let mut copied = Copied(Vec::new());
        // After a value that fails or panics, the remaining values are left out, too.
        let _ = caught(|| record.key_values().visit(&mut copied));
        // The outer key-values are restored below, because formatting a record may log another record.
        let outer = KEY_VALUES.try_with(|it| it.replace(copied.0)).unwrap_or_default();
        self.0.log(record);
        let _ = KEY_VALUES.try_with(|it| it.replace(outer));
    }

    fn flush(&self) {}
}

struct Copied(Vec<(Key, AnyValue)>);

impl<'kvs> VisitSource<'kvs> for Copied {
    fn visit_pair(&mut self, key: kv::Key<'kvs>, value: kv::Value<'kvs>) -> Result<(), kv::Error> {
        let integer = value.to_i64().map(AnyValue::Int);
        let typed = value.to_bool().map(AnyValue::Boolean).or(integer);
        let float = || value.to_f64().filter(|_| value.to_u64().is_none()).map(AnyValue::Double);
        let typed = typed.or_else(float).unwrap_or_else(|| {
            let mut text = String::new();
            let _ = caught(|| write!(Bounded::new(&mut text, MAX_RAW + 1), "{value}"));
            AnyValue::from(text)
        });
        self.0.push((Key::from(key.as_str().to_owned()), typed));
        Ok(())
    }
}
