//! Exemplars over OTLP: a series that was measured in a sampled span has an exemplar that refers to that span.

use floe_telemetry::config::{ContextMode, MetricTemporality};
use floe_telemetry::metrics::Metric;
use floe_telemetry::{MetricRecorder, TelemetryConfig, TelemetryProvider, propagation, traced};
use floe_tests::Receiver;
use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider as _;

use super::pipeline::Pipeline;

static METRICS: MetricRecorder = MetricRecorder::new("orders");

const WAIT: Metric<'_> = Metric::new("wait").with_boundaries(&[1.0, 10.0]);

/// The number of repetitions of the measurements in [`measure`].
const OFTEN: usize = 50;

#[traced(metrics, error_if = |_| true)]
fn measure() -> (String, String) {
    let labels = [KeyValue::new("shop", "a")];
    for _ in 0..OFTEN {
        METRICS.increment("rows", 2, &labels);
        METRICS.add("open", -1, &[]);
        METRICS.set_gauge("size", 1.5, &[]);
        METRICS.record_histogram(WAIT, 0.5, &[]);
        METRICS.record_histogram(WAIT, 99, &[]);
    }

    let meter = TelemetryProvider::meter_provider().meter("driver");
    meter.u64_counter("queries").build().add(4, &[]);
    meter.f64_up_down_counter("pool").build().add(1.0, &[]);
    meter.u64_histogram("bytes").build().record(70, &[]);
    meter.i64_gauge("level").build().record(-1, &[]);
    (propagation::current_trace_id().unwrap(), propagation::current_span_id().unwrap())
}

fn exemplars(receiver: &Receiver, name: &str) -> Vec<(String, String)> {
    receiver.points_of(name).into_iter().flat_map(|point| point.exemplars).collect()
}

const MEASURED: [&str; 8] = ["rows", "open", "size", "queries", "pool", "bytes", "level", "wait"];

fn run(change: impl FnOnce(&mut TelemetryConfig)) -> ((String, String), Receiver) {
    let pipeline = Pipeline::grpc(change);
    (measure(), pipeline.end())
}

#[alone]
fn a_series_has_no_exemplars_of_a_larger_one() {
    #[traced]
    fn in_span() {
        METRICS.increment("jobs", 1, &[KeyValue::new("shop", "a")]);
    }

    let pipeline = Pipeline::grpc(|_| ());
    METRICS.increment("jobs", 1, &[]);
    in_span();
    let jobs = pipeline.end().points_of("jobs").into_iter();
    let mut found: Vec<_> = jobs.map(|it| (it.attributes.len(), it.exemplars.len())).collect();
    found.sort_unstable();
    assert_eq!(found, [(0, 0), (1, 1)]);
}

#[alone]
fn every_instrument_has_exemplars() {
    for context in [ContextMode::EverySpan, ContextMode::Boundaries] {
        let (ids, receiver) = run(|config| config.context = context);
        for name in MEASURED {
            // A histogram has an exemplar for each bucket with measurements.
            let count = if name == "wait" { 2 } else { 1 };
            assert_eq!(exemplars(&receiver, name), vec![ids.clone(); count], "{name}");
        }

        for name in ["calls", "errors", "duration"] {
            let name = format!("traces.span.metrics.{name}");
            assert_eq!(exemplars(&receiver, &name), std::slice::from_ref(&ids), "{name}");
        }

        assert_eq!(receiver.point("rows").attributes.len(), 1);
    }
}

#[alone]
fn only_sampled_spans_are_exemplars() {
    let (_, receiver) = run(|config| config.sampling = config.sampling.clone().with_ratio(0.0));
    assert!(receiver.points().iter().all(|point| point.exemplars.is_empty()));
    receiver.point("wait");
}

#[alone]
fn each_interval_has_exemplars_of_its_own() {
    let pipeline = Pipeline::grpc(|config| config.metrics.temporality = MetricTemporality::Delta);
    let mut all = Vec::new();
    for _ in 0..2 {
        all.push(measure());
        pipeline.flush();
    }

    let receiver = pipeline.end();
    for name in ["rows", "queries"] {
        assert_eq!(exemplars(&receiver, name), all, "{name}");
    }
}
