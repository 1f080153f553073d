//! Exceptions as log records: beside the events of spans, in their place, or not at all.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::time::Duration;

use floe_telemetry::config::{ExceptionSignal, ExporterKind, ExportersConfig};
use floe_telemetry::{TelemetryConfig, TelemetryProvider, traced};
use floe_tests::{ReceivedLog, ReceivedSpan, Receiver};

const TIMEOUT: Duration = Duration::from_secs(30);

#[traced(tracer = "orders.db")]
fn load() -> Result<(), String> {
    floe_telemetry::add_event("retried", []);
    Err(format!("no route to postgres://floe:{}@db", concat!("hunter2", "XyZ")))
}

fn export(
    signal: ExceptionSignal,
    exporters: ExportersConfig,
    is_flushed: bool,
) -> (Vec<ReceivedSpan>, Vec<ReceivedLog>) {
    let receiver = Receiver::grpc();
    let mut config = TelemetryConfig::new("orders");
    "otlp".clone_into(&mut config.backend);
    config.otlp_endpoint = Some(receiver.endpoint());
    config.exporters = exporters;
    config.errors.exception_signal = signal;
    let telemetry = TelemetryProvider::builder(config).initialize().unwrap();
    load().unwrap_err();
    if is_flushed {
        telemetry.force_flush(TIMEOUT).unwrap();
        return (receiver.spans(), receiver.logs());
    }
    telemetry.shutdown(TIMEOUT).unwrap();
    (receiver.spans(), receiver.logs())
}

fn events(spans: &[ReceivedSpan]) -> Vec<&str> {
    assert_eq!(spans.len(), 1);
    let events = spans[0].events.iter();
    events.map(|event| event.name.as_str()).collect()
}

#[test]
fn exceptions_are_events_or_log_records_or_both() {
    floe_tests::alone!();
    let mut no_metrics = ExportersConfig::default();
    no_metrics.metrics = Some(vec![ExporterKind::None]);
    for is_flushed in [true, false] {
        for (signal, names) in [
            (ExceptionSignal::Spans, &["retried", "exception"][..]),
            (ExceptionSignal::Logs, &["retried"]),
            (ExceptionSignal::LogsAndSpans, &["retried", "exception"]),
        ] {
            let (spans, logs) = export(signal, no_metrics.clone(), is_flushed);
            assert_eq!(events(&spans), names, "{signal:?}");
            let [log] = &*logs else {
                assert!(logs.is_empty() && signal == ExceptionSignal::Spans, "{logs:?}");
                continue;
            };
            assert_ne!(signal, ExceptionSignal::Spans);
            let span = &spans[0];
            assert_eq!((&log.trace_id, &log.span_id), (&span.trace_id, &span.span_id));
            assert_eq!((log.severity_number, &*log.severity_text), (17, "ERROR"));
            assert_eq!((&*log.scope, log.flags), ("orders.db", 1));
            let message = "no route to postgres://<REDACTED>@db";
            assert_eq!(log.body, Some(message.into()));
            assert_eq!(log.attributes["exception.message"], message.into());
            assert!(log.attributes.contains_key("exception.type"));
            assert!(log.time > 0 && log.observed_time >= log.time);
        }
    }
    // Without an exporter of log records, the events stay.
    let mut no_logs = no_metrics;
    no_logs.logs = Some(vec![ExporterKind::None]);
    let (spans, logs) = export(ExceptionSignal::Logs, no_logs, false);
    assert_eq!(events(&spans), ["retried", "exception"]);
    assert!(logs.is_empty());
}
