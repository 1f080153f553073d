//! Records in the type of OpenTelemetry's SDK.

use std::sync::LazyLock;

use opentelemetry::logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::{SdkLogRecord, SdkLoggerProvider};
use tracing::dispatcher::{Dispatch, get_default, with_default};
use tracing::subscriber::NoSubscriber;

use super::log_record::{LogRecord, LogValue};
use crate::keys;

const SCOPE: &str = "floe.telemetry";

/// An empty record, which is cloned. The SDK creates records only through the logger of a provider of its own, whose
/// log messages are suppressed here.
pub(super) static BLANK: LazyLock<SdkLogRecord> = LazyLock::new(|| {
    let create = || {
        let factory =
            SdkLoggerProvider::builder().with_resource(Resource::builder_empty().build()).build();
        let blank = factory.logger(SCOPE).create_log_record();
        let _ = factory.shutdown();
        blank
    };
    // True without a subscriber, and while this thread passes an event to one, which then cannot be replaced.
    let is_silent = get_default(Dispatch::is::<NoSubscriber>);
    if is_silent { create() } else { with_default(&Dispatch::none(), create) }
});

pub(super) fn sdk_record(of: &LogRecord) -> SdkLogRecord {
    let mut record = BLANK.clone();
    if let Some(time) = of.observed_timestamp {
        record.set_observed_timestamp(time);
    }
    if let Some(name) = of.event_name {
        record.set_event_name(name);
    }
    // Exporters use the target as the name of the scope.
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
    if let Some(span) = of.span {
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
