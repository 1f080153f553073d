//! Telemetry about telemetry: what became of the spans, under the names of OpenTelemetry's
//! [SDK metrics](https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/).

use std::sync::Arc;

use opentelemetry::KeyValue;
use opentelemetry::metrics::Meter;

use crate::collector::Counters;

/// Observes the counters of a provider whenever metrics are collected.
pub(super) fn observe(meter: &Meter, counters: &Arc<Counters>) {
    let seen = Arc::clone(counters);
    let _kept = meter
        .u64_observable_counter("otel.sdk.processor.span.processed")
        .with_unit("{span}")
        .with_description("Spans that ended, and what was in the way of those that were dropped.")
        .with_callback(move |counter| {
            let statistics = seen.read();
            counter.observe(statistics.collected, &[]);
            for (why, count) in [
                ("queue_full", statistics.dropped_queue_full),
                ("buffer_full", statistics.dropped_buffer_full),
                ("no_provider", statistics.dropped_without_provider),
            ] {
                counter.observe(count, &[KeyValue::new("error.type", why)]);
            }
        })
        .build();
    let seen = Arc::clone(counters);
    let _kept = meter
        .u64_observable_counter("otel.sdk.exporter.span.exported")
        .with_unit("{span}")
        .with_description("Spans that exporters delivered, or failed to.")
        .with_callback(move |counter| {
            let statistics = seen.read();
            counter.observe(statistics.exported, &[]);
            counter.observe(
                statistics.failed,
                &[KeyValue::new("error.type", "rejected")],
            );
        })
        .build();
}
