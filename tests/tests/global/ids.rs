//! A generator of the program makes the ids of spans.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use floe_telemetry::config::{ContextMode, Sampler};
use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::{TelemetryConfig, TelemetryProvider, create_span, propagation, traced};
use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use opentelemetry::{Context, SpanId, TraceId};
use opentelemetry_sdk::trace::{IdGenerator, SpanData};

const TIMEOUT: Duration = Duration::from_secs(60);

/// Counts from one. Every seventh id panics, every fifth is zero.
#[derive(Debug, Default)]
struct Counting {
    traces: AtomicU64,
    spans: AtomicU64,
    fails: bool,
}

impl Counting {
    fn next(&self, of: &AtomicU64) -> u64 {
        let next = of.fetch_add(1, Ordering::Relaxed) + 1;
        match next {
            _ if !self.fails => next,
            _ if next.is_multiple_of(7) => panic!("no id"),
            _ if next.is_multiple_of(5) => 0,
            _ => next,
        }
    }
}

impl IdGenerator for Counting {
    fn new_trace_id(&self) -> TraceId {
        // Its own spans have no ids that it could make.
        drop(create_span("id"));
        TraceId::from(u128::from(self.next(&self.traces)))
    }

    fn new_span_id(&self) -> SpanId {
        SpanId::from(self.next(&self.spans))
    }
}

#[traced]
fn inner() {}

#[traced]
fn outer() {
    inner();
}

fn exported(config: TelemetryConfig, ids: Counting, work: impl FnOnce()) -> Vec<SpanData> {
    let memory = MemoryExporter::new();
    let telemetry = TelemetryProvider::builder(config)
        .with_span_exporter(memory.clone())
        .with_id_generator(ids)
        .initialize()
        .unwrap();
    work();
    telemetry.shutdown(TIMEOUT).unwrap();
    memory.spans()
}

#[test]
fn the_generator_of_the_program_makes_the_ids_of_spans() {
    floe_tests::alone!();
    for context in [ContextMode::EverySpan, ContextMode::Boundaries] {
        let mut config = TelemetryConfig::new("orders");
        config.context = context;
        let spans = exported(config, Counting::default(), || {
            outer();
            let tracer = TelemetryProvider::tracer_provider().tracer("api");
            drop(tracer.start_with_context("api", &Context::new()));
        });
        let ids = spans.iter().map(|span| {
            let context = &span.span_context;
            let trace = u128::from_be_bytes(context.trace_id().to_bytes());
            let [span_id, parent] = [context.span_id(), span.parent_span_id]
                .map(|id| u64::from_be_bytes(id.to_bytes()));
            // Nobody knows whether they are random.
            assert_eq!(context.trace_flags().to_u8(), 1);
            (&*span.name, (trace, span_id, parent))
        });
        let ids: BTreeMap<_, _> = ids.collect();
        let expected = [("outer", (1, 1, 0)), ("inner", (1, 2, 1)), ("api", (2, 3, 0))];
        assert_eq!(ids, BTreeMap::from(expected), "{context:?}");
    }
}

#[test]
fn a_root_that_is_not_sampled_has_an_id_of_the_generator() {
    floe_tests::alone!();
    let mut config = TelemetryConfig::new("orders");
    config.sampling.sampler = Some(Sampler::AlwaysOff);
    let spans = exported(config, Counting::default(), || {
        let _root = create_span("root");
        let mut headers = HashMap::new();
        propagation::inject_context(&mut headers);
        let expected = "00-00000000000000000000000000000001-0000000000000001-00";
        assert_eq!(headers["traceparent"], expected);
    });
    assert_eq!(spans.len(), 0);
}

#[test]
fn a_generator_that_fails_does_not_reach_the_program() {
    floe_tests::alone!();
    let fails = Counting { fails: true, ..Counting::default() };
    let spans = exported(TelemetryConfig::new("orders"), fails, || {
        for _ in 0..50 {
            outer();
        }
    });
    assert_eq!(spans.len(), 100);
    let ids: std::collections::BTreeSet<_> =
        spans.iter().map(|span| span.span_context.span_id().to_string()).collect();
    assert_eq!(ids.len(), 100);
    assert!(spans.iter().all(|span| span.span_context.is_valid()));
}
