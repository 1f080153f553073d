//! Exceptions of spans as log records.

use opentelemetry::TraceFlags;
use opentelemetry::logs::{AnyValue, LogRecord as _, Severity};

use super::limited::LimitedRecord;
use crate::clock::wall_now;
use crate::collector::ExceptionLog;
use crate::keys;

/// Fills an empty record with an exception, which is redacted.
pub(super) fn fill(limited: &mut LimitedRecord, exception: ExceptionLog) {
    let record = limited.record_mut();
    record.set_event_name(keys::EXCEPTION);
    record.set_timestamp(exception.time);
    record.set_observed_timestamp(wall_now());
    record.set_severity_number(Severity::Error);
    record.set_severity_text("ERROR");
    record.set_trace_context(
        exception.trace_id,
        exception.span_id,
        Some(TraceFlags::SAMPLED),
    );
    for attribute in exception.attributes {
        if attribute.key.as_str() == keys::EXCEPTION_MESSAGE {
            limited.record_mut().set_body(AnyValue::String(
                attribute.value.as_str().into_owned().into(),
            ));
        }
        let value = AnyValue::String(attribute.value.as_str().into_owned().into());
        limited.add(attribute.key, value);
    }
}
