//! Metrics of the library itself: the exported, failed, dropped and queued items, by the names
//! of OpenTelemetry's [SDK metrics](https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/).

use std::any::type_name;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use opentelemetry::KeyValue;
use opentelemetry::metrics::Meter;

use crate::collector::{ALREADY_SHUTDOWN, Collector, Counters};
use crate::config::Signal;
use crate::keys;
use crate::parts;

/// The name, the unit and the description of a metric.
type Metric = (&'static str, &'static str, &'static str);

use Signal::{Logs, Metrics, Traces};

/// The metrics of finished items of processors (`true`) and exporters (`false`), by the class of the error.
#[rustfmt::skip]
static FINISHED: [(Metric, bool, Signal); 5] = [
    (("otel.sdk.processor.span.processed", "{span}", "Spans that a processor has passed to its exporter, and spans that it has dropped, by reason."), true, Traces),
    (("otel.sdk.exporter.span.exported", "{span}", "Spans whose export has succeeded, and spans whose export has failed, by reason."), false, Traces),
    (("otel.sdk.processor.log.processed", "{log_record}", "Log records that a processor has passed to its exporter, and log records that it has dropped, by reason."), true, Logs),
    (("otel.sdk.exporter.log.exported", "{log_record}", "Log records whose export has succeeded, and log records whose export has failed, by reason."), false, Logs),
    (("otel.sdk.exporter.metric_data_point.exported", "{data_point}", "Data points whose export has succeeded, and data points whose export has failed, by reason."), false, Metrics),
];

/// The metrics of items that processors hold now.
#[rustfmt::skip]
static QUEUED: [(Metric, Signal); 2] = [
    (("otel.sdk.processor.span.queue.size", "{span}", "Spans in a processor's open batch or queue, or in an export that has not finished."), Traces),
    (("otel.sdk.processor.log.queue.size", "{log_record}", "Log records in a processor's open batch or queue, or in an export that has not finished."), Logs),
];

/// Registers the provider's counters as observable instruments.
pub fn observe(meter: &Meter, counters: &Arc<Counters>) {
    let has = |signal: Signal| signal != Logs || parts::has("logs");
    for ((name, unit, description), is_processor, signal) in
        FINISHED.iter().filter(|(.., of)| has(*of))
    {
        let counters = Arc::clone(counters);
        let builder = meter
            .u64_observable_counter(*name)
            .with_unit(*unit)
            .with_description(*description)
            .with_callback(move |counter| {
                for (items, attributes) in finished(&counters, *is_processor, *signal) {
                    counter.observe(items, &attributes);
                }
            });
        let _instrument = builder.build();
    }
    for ((name, unit, description), signal) in QUEUED.iter().filter(|(_, of)| has(*of)) {
        let counters = Arc::clone(counters);
        let builder = meter
            .i64_observable_up_down_counter(*name)
            .with_unit(*unit)
            .with_description(*description)
            .with_callback(move |counter| {
                for export in counters.exports.of(*signal) {
                    let count = export.present() + export.open.load(Ordering::Relaxed);
                    let items = i64::try_from(count).unwrap_or(i64::MAX);
                    counter.observe(items, &export.processor.attributes(None));
                }
            });
        let _instrument = builder.build();
    }
}

type Series = Vec<(u64, Vec<KeyValue>)>;

fn finished(counters: &Counters, is_processor: bool, signal: Signal) -> Series {
    let exports = counters.exports.of(signal);
    let mut series: Series = exports
        .flat_map(|it| if is_processor { it.processor.finished() } else { it.exporter.finished() })
        .collect();
    if series.is_empty() {
        // The series starts at zero, so that a query finds it before an item is counted.
        series.push((0, Vec::new()));
    }
    if is_processor && signal == Traces {
        // Spans that were lost before they reached a processor.
        let all = counters.read();
        let kind = type_name::<Collector>();
        let lost = |spans, error_type| {
            let attributes = vec![
                KeyValue::new(keys::OTEL_COMPONENT_TYPE, kind),
                KeyValue::new(keys::OTEL_COMPONENT_NAME, format!("{kind}/0")),
                KeyValue::new(keys::ERROR_TYPE, error_type),
            ];
            (spans, attributes)
        };
        series.extend([
            lost(all.dropped_buffer_full, "buffer_full"),
            lost(all.dropped_memory, "memory"),
            lost(all.dropped_without_provider, ALREADY_SHUTDOWN),
        ]);
    }
    series
}
