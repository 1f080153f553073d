//! Metrics of the library itself: the exported, failed, dropped and queued items, by the names
//! of OpenTelemetry's [SDK metrics](https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/).

use std::any::type_name;
use std::sync::Arc;

use opentelemetry::KeyValue;
use opentelemetry::metrics::Meter;

use crate::collector::{ALREADY_SHUTDOWN, Collector, Component, Counters, Role};
use crate::config::Signal;
use crate::keys;
use crate::parts;

/// The name, the unit and the description of a metric.
type Metric = (&'static str, &'static str, &'static str);

use Role::{Exporter, Processor};
use Signal::{Logs, Metrics, Traces};

/// The items that components have finished, by the class of the error.
#[rustfmt::skip]
static FINISHED: [(Metric, Role, Signal); 5] = [
    (("otel.sdk.processor.span.processed", "{span}", "Spans that a processor has passed to its exporter, and dropped spans by reason."), Processor, Traces),
    (("otel.sdk.exporter.span.exported", "{span}", "Spans whose export has finished, and failed ones by reason."), Exporter, Traces),
    (("otel.sdk.processor.log.processed", "{log_record}", "Log records that a processor has passed to its exporter, and dropped ones by reason."), Processor, Logs),
    (("otel.sdk.exporter.log.exported", "{log_record}", "Log records whose export has finished, and failed ones by reason."), Exporter, Logs),
    (("otel.sdk.exporter.metric_data_point.exported", "{data_point}", "Data points whose export has finished, and failed ones by reason."), Exporter, Metrics),
];

/// The items that processors hold now.
#[rustfmt::skip]
static QUEUED: [(Metric, Signal); 2] = [
    (("otel.sdk.processor.span.queue.size", "{span}", "Spans in the open batch or the queue of a processor, or passed to its exporter."), Traces),
    (("otel.sdk.processor.log.queue.size", "{log_record}", "Log records in the open batch or the queue of a processor, or passed to its exporter."), Logs),
];

/// Registers the provider's counters as observable instruments.
pub fn observe(meter: &Meter, counters: &Arc<Counters>) {
    let has = |signal: Signal| signal != Logs || parts::has_logs();
    for ((name, unit, description), role, signal) in FINISHED.iter().filter(|(.., of)| has(*of)) {
        let counters = Arc::clone(counters);
        let builder = meter.u64_observable_counter(*name).with_unit(*unit);
        let builder = builder.with_description(*description);
        let builder = builder.with_callback(move |counter| {
            for (items, attributes) in finished(&counters, *role, *signal) {
                counter.observe(items, &attributes);
            }
        });
        let _instrument = builder.build();
    }
    for ((name, unit, description), signal) in QUEUED.iter().filter(|(_, of)| has(*of)) {
        let counters = Arc::clone(counters);
        let builder = meter.i64_observable_up_down_counter(*name).with_unit(*unit);
        let builder = builder.with_description(*description);
        let builder = builder.with_callback(move |counter| {
            for processor in of_role(&counters, Processor, *signal) {
                let items = i64::try_from(processor.queued()).unwrap_or(i64::MAX);
                counter.observe(items, &processor.attributes(None));
            }
        });
        let _instrument = builder.build();
    }
}

/// The series of a metric: their values and attributes.
type Series = Vec<(u64, Vec<KeyValue>)>;

fn of_role(
    counters: &Counters,
    role: Role,
    signal: Signal,
) -> impl Iterator<Item = Arc<Component>> {
    let all = counters.exports.components.all().into_iter();
    all.filter(move |it| it.role == role && it.signal == signal)
}

fn finished(counters: &Counters, role: Role, signal: Signal) -> Series {
    let mut series: Series = of_role(counters, role, signal).flat_map(|it| it.finished()).collect();
    if series.is_empty() {
        // The series starts at zero, so that a query finds it before an item is counted.
        series.push((0, Vec::new()));
    }
    if (role, signal) == (Processor, Traces) {
        // The spans that are lost before they reach a processor.
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
