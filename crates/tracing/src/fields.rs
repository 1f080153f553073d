//! Records the fields of a span as attributes, or the `otel.*` fields as name, kind and status.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::Debug;

use opentelemetry::trace::{SpanKind, Status};
use tracing::field::{Field, Visit};

use crate::recorder::{SpanRecord, describe_error};

/// The handling of errors in fields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ErrorFields {
    /// Whether the field `error` of an event without a message becomes an exception.
    pub(crate) are_exceptions: bool,
    pub(crate) set_status: bool,
    pub(crate) typed: TypedErrors,
}

/// The spans and events that get `exception.…` from a field of the type `dyn Error`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TypedErrors {
    /// The span or the event with the field.
    pub(crate) on_own: bool,
    /// The span of the event with the field.
    pub(crate) on_span: bool,
}

/// The field that sets the name of the span.
pub(super) const NAME: &str = "otel.name";
pub(super) const KIND: &str = "otel.kind";
const STATUS_CODE: &str = "otel.status_code";
const STATUS_DESCRIPTION: &str = "otel.status_description";

#[derive(Debug)]
pub(super) struct SpanFields<'a> {
    record: &'a mut SpanRecord,
    describes_errors: bool,
}

impl<'a> SpanFields<'a> {
    pub(super) const fn new(record: &'a mut SpanRecord, errors: ErrorFields) -> Self {
        Self { record, describes_errors: errors.typed.on_own }
    }
}

impl SpanFields<'_> {
    /// Returns whether the field has set the name, the kind or the status.
    fn is_special<'a>(&mut self, field: &Field, text: impl FnOnce() -> Cow<'a, str>) -> bool {
        if !field.name().starts_with("otel.") {
            return false;
        }
        match field.name() {
            NAME => self.record.set_name(text().into_owned().into()),
            KIND => {
                if let Some(kind) = parse_kind(&text()) {
                    self.record.more_mut().kind = Some(kind);
                }
            }
            STATUS_CODE => self.record.set_status(status(&text())),
            STATUS_DESCRIPTION => self.record.set_status(Status::error(text().into_owned())),
            _ => return false,
        }
        true
    }
}

impl Visit for SpanFields<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.record.attributes.set(field.name(), &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.record.attributes.set(field.name(), &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.record.attributes.set(field.name(), &value);
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.record.attributes.set(field.name(), &value);
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.record.attributes.set(field.name(), &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.record.attributes.set(field.name(), &value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if !self.is_special(field, || value.into()) {
            self.record.attributes.set(field.name(), value);
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let (text, details) = describe_error(value);
        self.record.attributes.set(field.name(), &text);
        if self.describes_errors {
            self.record.attributes.extend(details);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if !self.is_special(field, || format!("{value:?}").into()) {
            self.record.attributes.push_debug(field.name(), value);
        }
    }
}

fn parse_kind(text: &str) -> Option<SpanKind> {
    [
        ("internal", SpanKind::Internal),
        ("server", SpanKind::Server),
        ("client", SpanKind::Client),
        ("producer", SpanKind::Producer),
        ("consumer", SpanKind::Consumer),
    ]
    .into_iter()
    .find_map(|(name, kind)| text.eq_ignore_ascii_case(name).then_some(kind))
}

fn status(text: &str) -> Status {
    if text.eq_ignore_ascii_case("ok") {
        Status::Ok
    } else if text.eq_ignore_ascii_case("error") {
        Status::error("")
    } else {
        Status::Unset
    }
}
