//! Records in the type of OpenTelemetry's SDK.

use opentelemetry::logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::{SdkLogRecord, SdkLoggerProvider};
use tracing::dispatcher::{Dispatch, has_been_set, with_default};

use super::log_record::{LogRecord, LogValue};
use crate::keys;

/// The name of the logger that creates empty records.
const SCOPE: &str = "floe.telemetry";

#[derive(Debug)]
pub(super) struct Blank(SdkLogRecord);

impl Blank {
    /// Creates a record with a temporary provider, because the SDK creates records only through a logger. The log
    /// messages of that provider are suppressed.
    pub(super) fn new() -> Self {
        let create = || {
            let factory = SdkLoggerProvider::builder()
                .with_resource(Resource::builder_empty().build())
                .build();
            let blank = factory.logger(SCOPE).create_log_record();
            let _ = factory.shutdown();
            blank
        };
        // Without a subscriber, no dispatcher is set, because it would count as the program's subscriber from then on.
        Self(if has_been_set() { with_default(&Dispatch::none(), create) } else { create() })
    }

    pub(super) fn fill(&self, of: &LogRecord) -> SdkLogRecord {
        let mut record = self.0.clone();
        record.set_observed_timestamp(of.observed_timestamp);
        if let Some(name) = of.event_name {
            record.set_event_name(name);
        }
        // An exporter uses the target as the name of the scope.
        if let Some(target) = of.target() {
            record.set_target(target.to_owned());
        }
        if let Some(time) = of.timestamp {
            record.set_timestamp(time);
        }
        if let Some(number) = of.severity_number {
            record.set_severity_number(number);
        }
        if let Some(text) = of.severity_text {
            record.set_severity_text(text);
        }
        if let Some(body) = of.body() {
            record.set_body(body.into());
        }
        if let Some(span) = of.span() {
            record.set_trace_context(span.trace_id, span.span_id, Some(span.flags));
        }
        record.add_attributes(of.attributes().map(|(key, value)| (key.clone(), value)));
        // The SDK's record has no field for this number, so the name for formats without a field is used:
        // https://opentelemetry.io/docs/specs/otel/common/mapping-to-non-otlp/#dropped-attributes-count
        if of.dropped_attributes > 0 {
            let dropped = AnyValue::Int(i64::from(of.dropped_attributes));
            record.add_attribute(keys::OTEL_DROPPED_ATTRIBUTES_COUNT, dropped);
        }
        record
    }
}

impl From<LogValue<'_>> for AnyValue {
    fn from(value: LogValue<'_>) -> Self {
        match value {
            LogValue::Bool(value) => Self::Boolean(value),
            LogValue::F64(value) => Self::Double(value),
            LogValue::I64(value) => Self::Int(value),
            LogValue::Text(text) => Self::String(text.to_owned().into()),
            LogValue::Other(value) => value.clone(),
        }
    }
}
