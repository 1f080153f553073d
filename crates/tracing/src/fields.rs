//! Records the fields of a span as attributes, and the `otel.*` fields as name, kind and status.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::Debug;

use opentelemetry::trace::{SpanKind, Status};
use tracing::field::{Field, Visit};

use crate::attributes::ToAttributeValue;
use crate::recorder::{Exception, SpanRecord};

pub(super) const NAME: &str = "otel.name";
pub(super) const KIND: &str = "otel.kind";
const STATUS_CODE: &str = "otel.status_code";
const STATUS_DESCRIPTION: &str = "otel.status_description";

#[derive(Debug)]
pub(super) struct SpanFields<'a>(pub(super) &'a mut SpanRecord);

/// Generates the methods of a visitor for numbers and booleans.
macro_rules! numbers {
    () => {
        numbers! {
            record_f64 f64, record_i64 i64, record_u64 u64, record_i128 i128, record_u128 u128, record_bool bool
        }
    };
    ($($method:ident $ty:ty),*) => {$(
        fn $method(&mut self, field: &Field, value: $ty) {
            self.value(field, &value);
        }
    )*};
}

pub(super) use numbers;

impl SpanFields<'_> {
    fn value(&mut self, field: &Field, value: &(impl ToAttributeValue + ?Sized)) {
        self.0.attributes.set(field.name(), value);
    }

    /// Sets the name, the kind or the status if the field is one of these, and returns whether it is.
    fn is_special<'a>(&mut self, field: &Field, text: impl FnOnce() -> Cow<'a, str>) -> bool {
        if !field.name().starts_with("otel.") {
            return false;
        }

        match field.name() {
            NAME => self.0.set_name(text().into_owned().into()),
            KIND => {
                if let Some(kind) = parse_kind(&text()) {
                    self.0.more_mut().kind = Some(kind);
                }
            }
            STATUS_CODE => self.0.set_status(status(&text())),
            STATUS_DESCRIPTION => self.0.set_status(Status::error(text().into_owned())),
            _ => return false,
        }
        true
    }
}

impl Visit for SpanFields<'_> {
    numbers!();

    fn record_str(&mut self, field: &Field, value: &str) {
        if !self.is_special(field, || value.into()) {
            self.value(field, value);
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let (text, details) = Exception::describe(value);
        self.value(field, &text);
        self.0.attributes.extend(details);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if !self.is_special(field, || format!("{value:?}").into()) {
            self.0.attributes.push_debug(field.name(), value);
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
