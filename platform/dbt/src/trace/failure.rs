//! Spans that end with an error.

use std::time::SystemTime;

use anstream::adapter::strip_str;
use floe_telemetry::opentelemetry::KeyValue;
use floe_telemetry::opentelemetry::trace::{Span as _, Status};
use floe_telemetry::{sanitize_error_message, trace::RecordedSpan};

use crate::outcome::Outcome;

pub(crate) fn fail(span: &mut RecordedSpan, message: &str, outcome: Outcome) {
    let message = strip_str(message).to_string();
    let message = sanitize_error_message(&message);
    let error_type = match outcome {
        Outcome::Failed => "test_failed",
        _ => error_type(&message),
    };
    for key in ["error.type", "exception.type"] {
        span.set_attribute(KeyValue::new(key, error_type.to_owned()));
    }
    span.set_attribute(KeyValue::new("exception.message", message.clone().into_owned()));
    span.set_status(Status::error(message.into_owned()));
}

/// Returns the kind of error at the start of dbt's message, for example `Compilation Error`, or else `error`.
fn error_type(message: &str) -> &str {
    let kind = message.find(" Error").and_then(|at| message.get(..at + " Error".len()));
    let is_kind = |kind: &&str| {
        kind.len() <= 40 && kind.chars().all(|sign| sign.is_ascii_alphabetic() || sign == ' ')
    };
    kind.filter(is_kind).unwrap_or("error")
}

pub(crate) fn cancel(mut span: RecordedSpan, end: SystemTime, message: &'static str) {
    span.set_attribute(KeyValue::new("error.type", "canceled"));
    span.set_status(Status::error(message));
    span.end_with_timestamp(end);
}
