//! Exceptions of spans as log records.

use floe_telemetry_sdk::__parts::logs::{ExportRecord, SpanIds};
use opentelemetry::TraceFlags;
use opentelemetry::logs::{AnyValue, Severity};

use super::limited::LimitedRecord;
use crate::clock::wall_now;
use crate::collector::ExceptionLog;
use crate::config::LogRecordLimits;
use crate::keys;

/// The record of an exception, which is redacted.
pub(super) fn record(exception: ExceptionLog, limits: LogRecordLimits) -> ExportRecord {
    let mut record = ExportRecord::new(exception.scope, wall_now());
    record.event_name = Some(keys::EXCEPTION);
    record.timestamp = Some(exception.time);
    record.severity_number = Some(Severity::Error);
    record.severity_text = Some("ERROR");
    record.span = Some(SpanIds {
        trace_id: exception.trace_id,
        span_id: exception.span_id,
        flags: TraceFlags::SAMPLED,
    });
    let mut limited = LimitedRecord::new(record, limits, 0);
    for attribute in exception.attributes {
        let value = AnyValue::String(attribute.value.as_str().into_owned().into());
        if attribute.key.as_str() == keys::EXCEPTION_MESSAGE {
            limited.record_mut().body = Some(value.clone());
        }
        limited.add(attribute.key, value);
    }
    limited.finish()
}
