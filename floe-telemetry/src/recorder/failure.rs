//! Records that a call has failed.

use std::any::{Any, type_name};
use std::error::Error;

use opentelemetry::trace::{SpanRef, Status};

use super::exception::{Exception, panic_message};
use super::outcome::Outcome;
use super::record::SpanRecord;
use super::recording;
use crate::keys;

/// Records the outcome of an annotated function that returned.
#[cold]
pub(super) fn record_outcome(span: &mut SpanRecord, outcome: &Outcome<'_>) {
    if span.is_measured() {
        if !matches!(outcome, Outcome::Expected(_)) {
            span.set_status(Status::error(""));
        }
        return;
    }
    match *outcome {
        Outcome::Failure(ref failure) => span.set_exception(Exception::of_failure(failure)),
        Outcome::Expected(name) => span.attributes.push_static(keys::ERROR_TYPE, name),
        Outcome::Refused(name) => {
            span.attributes.push_static(keys::ERROR_TYPE, name);
            span.set_status(Status::error("refused by `error_if`"));
        }
    }
}

/// Records the panic of an annotated function.
#[cold]
pub(super) fn record_panic(span: &mut SpanRecord, payload: &(dyn Any + Send)) {
    if span.is_measured() {
        return span.set_status(Status::error(""));
    }
    span.set_exception(Exception::new(keys::PANIC, panic_message(payload)));
}

/// Records an error on a span of any library.
///
/// OpenTelemetry's `SpanRef` does not reveal whose span it is. So the exception waits in the thread's storage, and
/// a span of this crate takes it when its status is set to unset. On others this has no effect, as nothing goes
/// back to unset.
pub(super) fn record_error<E: Error + ?Sized>(span: &SpanRef<'_>, error: &E) {
    if !span.is_recording() {
        return;
    }
    let exception = Exception::of_error(type_name::<E>(), error);
    recording::with(|local| local.exception = Some(exception));
    span.set_status(Status::Unset);
    if let Some(exception) = recording::with(|local| local.exception.take()).flatten() {
        exception.write_to(span);
    }
}
