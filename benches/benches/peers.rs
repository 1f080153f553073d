//! What a span costs on the caller's thread, beside the OpenTelemetry SDK, in one run.
//!
//! A trace is a root and ten children. Between measurements everything is delivered, so that no
//! queue is ever full, and at the end each contestant must have delivered every span.

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a benchmark")]

use std::hint::black_box;
use std::time::Duration;

use benches::{Contestant, Counting, compare, rounds};
use fastant::Instant;
use floe_telemetry::{TelemetryConfig, TelemetryProvider, traced};
use opentelemetry::KeyValue;
use opentelemetry::trace::{TraceContextExt, Tracer, TracerProvider};
use opentelemetry_sdk::trace::SdkTracerProvider;

const TRACES: usize = 100;
const SPANS: usize = 11;
const TIMEOUT: Duration = Duration::from_secs(30);

#[inline(never)]
fn work(n: i64) -> i64 {
    black_box(n)
}

#[traced(name = "root")]
fn root_plain() {
    for n in 0..10 {
        child_plain(n);
    }
}

#[traced(name = "child")]
fn child_plain(n: i64) -> i64 {
    work(n)
}

#[traced(name = "root", attributes(rows = 10, engine = "sqlite", ok = true))]
fn root_attributes() {
    for n in 0..10 {
        child_attributes(n);
    }
}

#[traced(name = "child", attributes(rows = n, engine = "sqlite", ok = true))]
fn child_attributes(n: i64) -> i64 {
    work(n)
}

fn bare() {
    for n in 0..11 {
        work(n);
    }
}

fn clocks() {
    for n in 0..11 {
        black_box(Instant::now());
        work(n);
        black_box(Instant::now());
    }
}

fn attributes(n: i64) -> [KeyValue; 3] {
    [
        KeyValue::new("rows", n),
        KeyValue::new("engine", "sqlite"),
        KeyValue::new("ok", true),
    ]
}

fn main() {
    compare(
        "not initialised",
        TRACES,
        SPANS,
        &mut [
            Contestant::new("bare work", bare),
            Contestant::new("floe-telemetry", root_plain),
            Contestant::new("floe-telemetry, 3 attributes", root_attributes),
        ],
    );

    let ours = Counting::default();
    let telemetry = TelemetryProvider::builder(TelemetryConfig::new("bench"))
        .with_span_exporter(ours.clone())
        .initialize()
        .expect("the provider starts");
    let settle_ours = || {
        telemetry
            .force_flush(TIMEOUT)
            .expect("our spans are delivered");
    };

    let theirs = Counting::default();
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(theirs.clone())
        .build();
    let tracer = provider.tracer("bench");
    let settle_theirs = || {
        provider.force_flush().expect("their spans are delivered");
    };

    compare(
        "sampled, no attributes",
        TRACES,
        SPANS,
        &mut [
            Contestant::settling(
                "opentelemetry + SDK (batch)",
                || {
                    tracer.in_span("root", |_| {
                        for n in 0..10 {
                            tracer.in_span("child", |_| work(n));
                        }
                    });
                },
                settle_theirs,
            ),
            Contestant::settling("floe-telemetry", root_plain, settle_ours),
            Contestant::new("bare work", bare),
            Contestant::new("two clock reads", clocks),
        ],
    );
    compare(
        "sampled, 3 typed attributes",
        TRACES,
        SPANS,
        &mut [
            Contestant::settling(
                "opentelemetry + SDK (batch)",
                || {
                    tracer.in_span("root", |cx| {
                        cx.span().set_attributes(attributes(10));
                        for n in 0..10 {
                            tracer.in_span("child", |cx| {
                                cx.span().set_attributes(attributes(n));
                                work(n)
                            });
                        }
                    });
                },
                settle_theirs,
            ),
            Contestant::settling("floe-telemetry", root_attributes, settle_ours),
            Contestant::new("bare work", bare),
            Contestant::new("two clock reads", clocks),
        ],
    );

    let expected = (2 * (rounds() + rounds() / 10) * TRACES * SPANS) as u64;
    println!(
        "\nspans delivered, of {expected}: floe-telemetry {}, opentelemetry {}",
        ours.spans(),
        theirs.spans()
    );
    telemetry
        .shutdown(TIMEOUT)
        .expect("our provider shuts down");
    provider.shutdown().expect("their provider shuts down");
}
