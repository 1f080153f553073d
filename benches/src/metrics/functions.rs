//! A function with metrics of its calls, errors and durations.

use std::hint::black_box;
use std::time::Instant;

use autometrics::autometrics;
use floe_telemetry::traced;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram};

use super::Contestant;
use crate::work::work;

type Outcome = Result<i64, std::num::TryFromIntError>;

#[inline]
fn body(n: i64) -> Outcome {
    u32::try_from(n).map(|n| work(n.into()))
}

#[inline(never)]
fn bare(n: i64) -> Outcome {
    body(n)
}

#[traced]
fn without(n: i64) -> Outcome {
    body(n)
}

#[traced(metrics)]
fn measured(n: i64) -> Outcome {
    body(n)
}

#[autometrics]
fn auto(n: i64) -> Outcome {
    body(n)
}

/// Records the same metrics with OpenTelemetry's instruments.
#[inline(never)]
fn by_hand(n: i64, calls: &Counter<u64>, duration: &Histogram<f64>) -> Outcome {
    let begun = Instant::now();
    let outcome = body(n);
    let status = if outcome.is_ok() { "ok" } else { "error" };
    let labels = [KeyValue::new("function", "by_hand"), KeyValue::new("status", status)];
    calls.add(1, &labels);
    duration.record(begun.elapsed().as_secs_f64(), &labels);
    outcome
}

fn times(call: impl Fn(i64) -> Outcome) -> impl Fn(i64) {
    move |calls| {
        for n in 0..calls {
            let _ = black_box(call(black_box(n)));
        }
    }
}

/// The span decides whether the calls are sampled.
fn below(call: impl Fn(i64) -> Outcome) -> impl Fn(i64) {
    let times = times(call);
    move |calls| {
        let _above = floe_telemetry::create_span("above");
        times(calls);
    }
}

pub(super) fn unsampled() -> Vec<Contestant> {
    let meter = opentelemetry_sdk::metrics::SdkMeterProvider::builder()
        .with_periodic_exporter(super::totals::Nowhere)
        .build();
    let sdk = opentelemetry::metrics::MeterProvider::meter(&meter, "by_hand");
    let (calls, duration) =
        (sdk.u64_counter("calls").build(), sdk.f64_histogram("duration").build());
    vec![
        ("function: bare", Box::new(times(bare))),
        ("function, not sampled: #[traced]", Box::new(below(without))),
        ("function, not sampled: #[traced(metrics)]", Box::new(below(measured))),
        ("root, not sampled: #[traced]", Box::new(times(without))),
        ("root, not sampled: #[traced(metrics)]", Box::new(times(measured))),
        ("function: #[autometrics]", Box::new(times(auto))),
        (
            "function: opentelemetry, by hand",
            Box::new(move |n| {
                // The provider must outlive the instruments.
                let _ = &meter;
                times(|n| by_hand(n, &calls, &duration))(n);
            }),
        ),
    ]
}

pub(super) fn sampled() -> Vec<Contestant> {
    vec![
        ("function, sampled: #[traced]", Box::new(below(without))),
        ("function, sampled: #[traced(metrics)]", Box::new(below(measured))),
    ]
}
