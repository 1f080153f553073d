//! Metrics of the library itself: spans, log records and data points that are created, processed, exported and
//! dropped, by the names of OpenTelemetry's
//! [SDK metrics](https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/).

use std::any::type_name;
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use opentelemetry::KeyValue;
use opentelemetry::metrics::Meter;

use crate::clock::{Instant, monotonic_now};
use crate::collector::{
    ALREADY_SHUTDOWN, Collector, Component, Components, Counters, Durations, Role,
};
use crate::config::Signal;
use crate::keys;
use crate::parts;
use crate::recorder;

/// The name, the unit and the description of a metric.
type Metric = (&'static str, &'static str, &'static str);

/// What a metric shows of its components.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Shows {
    /// What they have finished, by the class of the error.
    Finished,
    /// What is with them now.
    Present,
    /// What they have room for.
    Capacity,
}

use Role::{Exporter, Processor};
use Shows::{Capacity, Finished, Present};
use Signal::{Logs, Metrics, Traces};

/// The metrics of the components.
#[rustfmt::skip]
static OF_COMPONENTS: [(Metric, Role, Signal, Shows); 12] = [
    (("otel.sdk.processor.span.queue.size", "{span}", "Spans in the queue of a processor, or passed to its exporter."), Processor, Traces, Present),
    (("otel.sdk.processor.span.queue.capacity", "{span}", "Spans that the queue of a processor can hold."), Processor, Traces, Capacity),
    (("otel.sdk.processor.span.processed", "{span}", "Spans that a processor has passed to its exporter, and dropped spans by reason."), Processor, Traces, Finished),
    (("otel.sdk.exporter.span.inflight", "{span}", "Spans passed to an exporter whose export has not finished."), Exporter, Traces, Present),
    (("otel.sdk.exporter.span.exported", "{span}", "Spans whose export has finished, and failed ones by reason."), Exporter, Traces, Finished),
    (("otel.sdk.processor.log.queue.size", "{log_record}", "Log records in the queue of a processor, or passed to its exporter."), Processor, Logs, Present),
    (("otel.sdk.processor.log.queue.capacity", "{log_record}", "Log records that the queue of a processor can hold."), Processor, Logs, Capacity),
    (("otel.sdk.processor.log.processed", "{log_record}", "Log records that a processor has passed to its exporter, and dropped ones by reason."), Processor, Logs, Finished),
    (("otel.sdk.exporter.log.inflight", "{log_record}", "Log records passed to an exporter whose export has not finished."), Exporter, Logs, Present),
    (("otel.sdk.exporter.log.exported", "{log_record}", "Log records whose export has finished, and failed ones by reason."), Exporter, Logs, Finished),
    (("otel.sdk.exporter.metric_data_point.inflight", "{data_point}", "Data points passed to an exporter whose export has not finished."), Exporter, Metrics, Present),
    (("otel.sdk.exporter.metric_data_point.exported", "{data_point}", "Data points whose export has finished, and failed ones by reason."), Exporter, Metrics, Finished),
];

const STARTED: Metric = ("otel.sdk.span.started", "{span}", "Created spans.");
const LIVE: Metric = ("otel.sdk.span.live", "{span}", "Open spans.");
const CREATED: Metric =
    ("otel.sdk.log.created", "{log_record}", "Log records submitted to enabled loggers.");
const OPERATIONS: Metric = (
    "otel.sdk.exporter.operation.duration",
    "s",
    "Duration of the export of a batch, including retries.",
);
const COLLECTIONS: Metric =
    ("otel.sdk.metric_reader.collection.duration", "s", "Duration of a collection of metrics.");
const MISSED: Metric = (
    "floe.telemetry.calls.missed",
    "{call}",
    "Calls without a recorded span that are missing from the metrics derived from calls.",
);
/// The removed text is never part of it.
const REDACTIONS: Metric =
    ("floe.telemetry.redactions", "{redaction}", "Redactions of telemetry, by rule.");

/// The values of `otel.span.parent.origin`, in the order of [`Head::parent_origin`](recorder::Head::parent_origin).
const PARENT_ORIGINS: [&str; 3] = ["none", "local", "remote"];

/// The values of `otel.span.sampling_result` of spans that are recorded: without and with the sampled flag.
const RECORDED: [&str; 2] = ["RECORD_ONLY", "RECORD_AND_SAMPLE"];

thread_local! {
    /// When the collection on this thread has called the first of the callbacks.
    static COLLECTING: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// When the collection began that has just ended on this thread.
pub(super) fn collection_began() -> Option<Instant> {
    COLLECTING.take()
}

/// Registers the provider's counters as observable instruments, and the histograms of its exporters and readers.
pub(super) fn observe(meter: &Meter, counters: &Arc<Counters>) {
    components(meter, counters);
    counter(meter, STARTED, counters, started);
    up_down_counter(meter, LIVE, counters, |_| {
        let live = recorder::live_spans().into_iter().zip(RECORDED);
        let live = live.map(|(spans, result)| (spans, vec![sampling_result(result)]));
        live.collect()
    });
    if parts::has_logs() {
        counter(meter, CREATED, counters, |counters| {
            let created = counters.logs_created.load(Ordering::Relaxed);
            vec![(created, Vec::new())]
        });
    }
    counter(meter, MISSED, counters, |_| vec![(recorder::missed_calls(), Vec::new())]);
    counter(meter, REDACTIONS, counters, |counters| {
        let all = counters.redacted().into_iter();
        let rule = |rule| vec![KeyValue::new(keys::FLOE_REDACTION_RULE, rule)];
        all.map(|(id, count)| (count, rule(id))).collect()
    });
    let Components { operations, collections, .. } = &counters.exports.components;
    histogram(meter, OPERATIONS, operations);
    histogram(meter, COLLECTIONS, collections);
}

fn components(meter: &Meter, counters: &Arc<Counters>) {
    let has_logs = parts::has_logs();
    let rows = OF_COMPONENTS.iter();
    for (metric, role, signal, shows) in rows.filter(|(_, _, of, _)| has_logs || *of != Logs) {
        match shows {
            Finished => {
                counter(meter, *metric, counters, |counters| finished(counters, *role, *signal));
            }
            Present | Capacity => up_down_counter(meter, *metric, counters, move |counters| {
                let show = |it: Arc<Component>| {
                    let items = match shows {
                        Capacity => it.capacity,
                        _ => it.present.load(Ordering::Relaxed),
                    };
                    (items as u64, it.attributes(None))
                };
                of_role(counters, *role, *signal).map(show).collect()
            }),
        }
    }
}

/// The series of a metric: their values and attributes.
type Series = Vec<(u64, Vec<KeyValue>)>;

fn counter(
    meter: &Meter,
    (name, unit, description): Metric,
    counters: &Arc<Counters>,
    read: impl Fn(&Counters) -> Series + Send + Sync + 'static,
) {
    let counters = Arc::clone(counters);
    let builder = meter.u64_observable_counter(name).with_unit(unit);
    let builder = builder.with_description(description);
    let _instrument = builder
        .with_callback(move |counter| {
            for (count, attributes) in read_now(&counters, &read) {
                counter.observe(count, &attributes);
            }
        })
        .build();
}

fn up_down_counter(
    meter: &Meter,
    (name, unit, description): Metric,
    counters: &Arc<Counters>,
    read: impl Fn(&Counters) -> Series + Send + Sync + 'static,
) {
    let counters = Arc::clone(counters);
    let builder = meter.i64_observable_up_down_counter(name).with_unit(unit);
    let builder = builder.with_description(description);
    let _instrument = builder
        .with_callback(move |counter| {
            for (count, attributes) in read_now(&counters, &read) {
                counter.observe(i64::try_from(count).unwrap_or(i64::MAX), &attributes);
            }
        })
        .build();
}

fn read_now(counters: &Counters, read: impl Fn(&Counters) -> Series) -> Series {
    COLLECTING.set(COLLECTING.get().or_else(|| Some(monotonic_now())));
    read(counters)
}

/// The conventions ask for a single bucket, without boundaries.
fn histogram(meter: &Meter, (name, unit, description): Metric, durations: &Durations) {
    let builder = meter.f64_histogram(name).with_unit(unit);
    let builder = builder.with_description(description);
    let _ = durations.set(builder.with_boundaries(Vec::new()).build());
}

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
        // A query finds a series, whatever is exported.
        series.push((0, Vec::new()));
    }
    if (role, signal) == (Processor, Traces) {
        // Spans that are lost before a processor gets them.
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

/// Spans count when the collector has read them, and when the sampler has dropped them.
fn started(counters: &Counters) -> Series {
    let recorded = counters.started.iter().zip(PARENT_ORIGINS);
    let recorded = recorded.flat_map(|(spans, parent)| {
        let spans = spans.iter().zip(RECORDED);
        spans.map(move |(spans, result)| (spans.load(Ordering::Relaxed), result, parent))
    });
    let dropped = counters.not_recorded().into_iter().zip(PARENT_ORIGINS);
    let dropped = dropped.map(|(spans, parent)| (spans, "DROP", parent));
    let all = recorded.chain(dropped).filter(|(spans, ..)| *spans > 0);
    let of_parent = |parent| KeyValue::new(keys::OTEL_SPAN_PARENT_ORIGIN, parent);
    let mut series: Series = all
        .map(|(spans, result, parent)| (spans, vec![sampling_result(result), of_parent(parent)]))
        .collect();
    // A full buffer keeps nothing of a span.
    let all = counters.read();
    let lost = all.dropped_buffer_full + all.dropped_memory;
    series.extend((lost > 0).then_some((lost, Vec::new())));
    series
}

fn sampling_result(result: &'static str) -> KeyValue {
    KeyValue::new(keys::OTEL_SPAN_SAMPLING_RESULT, result)
}
