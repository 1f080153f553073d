//! Metrics of the library itself: spans and log records processed, exported and dropped, under the
//! names of OpenTelemetry's
//! [SDK metrics](https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/).

use std::sync::Arc;

use opentelemetry::KeyValue;
use opentelemetry::metrics::Meter;

use crate::collector::{Counters, Queue, Statistics};
use crate::config::Signal;
use crate::keys;
use crate::parts;

/// Bucket boundaries for the duration of an export, in seconds.
const EXPORT_BOUNDARIES: [f64; 11] = [
    0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 10.0,
];

/// Registers the provider's counters as observable instruments, and the histogram that its
/// exporters record export durations with.
pub(super) fn observe(meter: &Meter, counters: &Arc<Counters>) {
    spans(meter, counters);
    if parts::logs().is_some() {
        logs(meter, counters);
    }
    exports(meter, counters);
    redactions(meter, counters);
}

/// A count and the attribute that identifies its series.
type Count = (u64, Option<KeyValue>);

/// Registers a counter whose series `read` returns.
fn counter(
    meter: &Meter,
    (name, unit, description): (&'static str, &'static str, &'static str),
    counters: &Arc<Counters>,
    read: impl Fn(&Statistics) -> Vec<Count> + Send + Sync + 'static,
) {
    let counters = Arc::clone(counters);
    let _instrument = meter
        .u64_observable_counter(name)
        .with_unit(unit)
        .with_description(description)
        .with_callback(move |counter| {
            for (count, attribute) in read(&counters.read()) {
                counter.observe(count, attribute.as_slice());
            }
        })
        .build();
}

/// The series of spans or records that were lost for one reason.
fn lost(count: u64, reason: &'static str) -> Count {
    (count, Some(KeyValue::new(keys::ERROR_TYPE, reason)))
}

fn spans(meter: &Meter, counters: &Arc<Counters>) {
    let processed = (
        "otel.sdk.processor.span.processed",
        "{span}",
        "Ended spans, and dropped spans by reason.",
    );
    counter(meter, processed, counters, |spans| {
        vec![
            (spans.collected, None),
            lost(spans.dropped_queue_full, "queue_full"),
            lost(spans.dropped_buffer_full, "buffer_full"),
            lost(spans.dropped_memory, "memory"),
            lost(spans.dropped_shutdown, "shutdown"),
            lost(spans.dropped_without_provider, "no_provider"),
        ]
    });
    let exported = (
        "otel.sdk.exporter.span.exported",
        "{span}",
        "Spans that exporters delivered or failed to deliver.",
    );
    exports_of(meter, exported, counters, Signal::Traces);
    let missed = (
        "floe.telemetry.calls.missed",
        "{call}",
        "Calls without a recorded span that are missing from the metrics derived from calls.",
    );
    counter(meter, missed, counters, |spans| {
        vec![(spans.missed_calls, None)]
    });
}

fn logs(meter: &Meter, counters: &Arc<Counters>) {
    let exported = (
        "otel.sdk.exporter.log.exported",
        "{log_record}",
        "Log records that exporters delivered or failed to deliver.",
    );
    exports_of(meter, exported, counters, Signal::Logs);
    let processed = (
        "otel.sdk.processor.log.processed",
        "{log_record}",
        "Log records for exporters, and dropped ones by reason.",
    );
    counter(meter, processed, counters, |logs| {
        let done = logs.logs_exported + logs.logs_failed;
        vec![(done, None), lost(logs.logs_dropped, "queue_full")]
    });
}

/// Registers a counter of what the exporters of a signal have exported.
fn exports_of(
    meter: &Meter,
    (name, unit, description): (&'static str, &'static str, &'static str),
    counters: &Arc<Counters>,
    signal: Signal,
) {
    let counters = Arc::clone(counters);
    let _instrument = meter
        .u64_observable_counter(name)
        .with_unit(unit)
        .with_description(description)
        .with_callback(move |counter| {
            let counted = counters.exports.counted(signal);
            if counted.is_empty() {
                // A query finds a series before the first export.
                counter.observe(0, &[]);
            }
            for (count, attributes) in counted {
                counter.observe(count, &attributes);
            }
        })
        .build();
}

/// Registers the number of redactions by rule; the removed text is never part of it.
fn redactions(meter: &Meter, counters: &Arc<Counters>) {
    let redactions = (
        "floe.telemetry.redactions",
        "{redaction}",
        "Redactions of telemetry, by rule.",
    );
    counter(meter, redactions, counters, |all| {
        let all = all.redacted();
        all.map(|(rule, count)| (count, Some(KeyValue::new(keys::FLOE_REDACTION_RULE, rule))))
            .collect()
    });
}

fn exports(meter: &Meter, counters: &Arc<Counters>) {
    let duration = meter
        .f64_histogram("otel.sdk.exporter.operation.duration")
        .with_unit("s")
        .with_description("Duration of an export of spans, including retries.")
        .with_boundaries(EXPORT_BOUNDARIES.to_vec())
        .build();
    counters.exports.measure(duration);
    queue(
        meter,
        counters,
        "otel.sdk.processor.span.queue.size",
        "Spans in the queue of an exporter.",
        Queue::spans,
    );
    queue(
        meter,
        counters,
        "otel.sdk.processor.span.queue.capacity",
        "Spans that the queue of an exporter can hold.",
        |queue| queue.capacity,
    );
}

fn queue(
    meter: &Meter,
    counters: &Arc<Counters>,
    name: &'static str,
    description: &'static str,
    size: fn(&Queue) -> usize,
) {
    let counters = Arc::clone(counters);
    let _instrument = meter
        .i64_observable_up_down_counter(name)
        .with_unit("{span}")
        .with_description(description)
        .with_callback(move |observer| {
            for queue in counters.exports.queues() {
                let component = KeyValue::new(keys::OTEL_COMPONENT_NAME, queue.name.to_string());
                let size = i64::try_from(size(&queue)).unwrap_or(i64::MAX);
                observer.observe(size, &[component]);
            }
        })
        .build();
}
