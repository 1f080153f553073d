//! Counters and histograms with two attributes, with each API.

use std::hint::black_box;
use std::sync::LazyLock;

use floe_telemetry::MetricRecorder;
use floe_telemetry::metrics::{Counter, Histogram, Metric};
use metrics_exporter_prometheus::PrometheusBuilder;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Meter, MeterProvider as _};
use opentelemetry_sdk::metrics::SdkMeterProvider;

use super::Contestant;
use super::totals::Nowhere;

static METRICS: MetricRecorder = MetricRecorder::new("orders");
static ROWS: Counter = METRICS.counter(Metric::new("rows")).with_attributes(&LABELS);
static LOAD: Histogram =
    METRICS.histogram(Metric::new("load").with_boundaries(&BOUNDARIES)).with_attributes(&LABELS);

const BOUNDARIES: [f64; 9] = [0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0];

static METER: LazyLock<(SdkMeterProvider, Meter)> = LazyLock::new(|| {
    let provider = SdkMeterProvider::builder().with_periodic_exporter(Nowhere).build();
    let meter = provider.meter("orders");
    (provider, meter)
});

const LABELS: [(&str, &str); 2] = [("table", "orders"), ("status", "success")];

fn labels() -> [KeyValue; 2] {
    LABELS.map(|(key, value)| KeyValue::new(key, value))
}

fn times(what: &'static str, each: impl Fn(i64) + 'static) -> Contestant {
    let run = move |calls| {
        for n in 0..calls {
            each(black_box(n));
        }
    };
    (what, Box::new(run))
}

#[expect(clippy::cast_precision_loss, reason = "a value to be recorded")]
fn value(n: i64) -> f64 {
    n as f64 / 100.0
}

pub(super) fn contestants() -> Vec<Contestant> {
    // A previous call may have installed it already.
    let _ = PrometheusBuilder::new().set_buckets(&BOUNDARIES).expect("buckets").install_recorder();
    let mut all = counters();
    all.extend(histograms());
    all
}

fn counters() -> Vec<Contestant> {
    let counter = METER.1.u64_counter("rows").build();
    let bound = counter.bind(&labels());
    let vec = prometheus::register_int_counter_vec!("rows", "rows", &["table", "status"])
        .expect("a metric");
    let child = vec.with_label_values(&["orders", "success"]);
    let handle = metrics::counter!("rows", "table" => "orders", "status" => "success");
    vec![
        times("increment: floe-telemetry", |_| {
            METRICS.increment("rows", 1, &labels());
        }),
        times("increment: floe-telemetry, handle", |_| ROWS.add(1)),
        times("increment: opentelemetry", move |_| {
            counter.add(1, &labels());
        }),
        times("increment: opentelemetry, bound", move |_| bound.add(1)),
        times("increment: metrics", |_| {
            metrics::counter!("rows", "table" => "orders", "status" => "success").increment(1);
        }),
        times("increment: metrics, handle", move |_| handle.increment(1)),
        times("increment: prometheus", move |_| {
            vec.with_label_values(&["orders", "success"]).inc();
        }),
        times("increment: prometheus, handle", move |_| child.inc()),
    ]
}

fn histograms() -> Vec<Contestant> {
    let histogram = METER.1.f64_histogram("load").with_boundaries(BOUNDARIES.to_vec()).build();
    let bound = histogram.bind(&labels());
    let vec = prometheus::register_histogram_vec!(
        "load",
        "load",
        &["table", "status"],
        BOUNDARIES.to_vec()
    )
    .expect("a metric");
    let child = vec.with_label_values(&["orders", "success"]);
    let handle = metrics::histogram!("load", "table" => "orders", "status" => "success");
    let ours = Metric::new("load").with_boundaries(&BOUNDARIES);
    vec![
        times("histogram: floe-telemetry", move |n| {
            METRICS.record_histogram(ours, value(n), &labels());
        }),
        times("histogram: floe-telemetry, handle", |n| {
            LOAD.record(value(n));
        }),
        times("histogram: opentelemetry", move |n| {
            histogram.record(value(n), &labels());
        }),
        times("histogram: opentelemetry, bound", move |n| {
            bound.record(value(n));
        }),
        times("histogram: metrics", |n| {
            metrics::histogram!("load", "table" => "orders", "status" => "success")
                .record(value(n));
        }),
        times("histogram: metrics, handle", move |n| {
            handle.record(value(n));
        }),
        times("histogram: prometheus", move |n| {
            vec.with_label_values(&["orders", "success"]).observe(value(n));
        }),
        times("histogram: prometheus, handle", move |n| {
            child.observe(value(n));
        }),
    ]
}
