//! Tail sampling: traces that the ratio does not sample, but that failed or were slow.

use std::collections::HashMap;
use std::io;
use std::time::{Duration, SystemTime};

use floe_telemetry::config::SamplingRule;
use floe_telemetry::trace::Statistics;
use floe_telemetry::{
    TelemetryConfig, create_span, get_current_span, get_tracer, propagation, traced,
};
use floe_tests::{ReceivedSpan, TIMEOUT, Value, remote};
use opentelemetry::Context;
use opentelemetry::trace::{Span as _, TraceContextExt as _, Tracer as _};

use super::pipeline::{Pipeline, sampling};

const REASON: &str = "floe.sampling.reason";

#[traced]
fn job(outcome: Result<(), &'static str>) {
    step(Ok(())).unwrap();
    let _ = step(outcome);
}

#[traced]
fn step(outcome: Result<(), &'static str>) -> Result<(), &'static str> {
    outcome
}

/// A program whose sampling ratio is zero.
fn start(change: impl FnOnce(&mut TelemetryConfig)) -> Pipeline {
    Pipeline::http(|config| {
        config.sampling = sampling(
            "{sampler: parentbased_traceidratio, sampler_arg: 0, keep_errors: true, keep_slower_than_millis: 3600000}",
        );
        change(config);
    })
}

fn run(
    change: impl FnOnce(&mut TelemetryConfig),
    code: impl FnOnce(),
) -> (Vec<ReceivedSpan>, Statistics) {
    let Pipeline { receiver, telemetry } = start(change);
    code();
    telemetry.shutdown(TIMEOUT).unwrap();
    (receiver.spans(), telemetry.statistics())
}

fn names(spans: &[ReceivedSpan]) -> Vec<&str> {
    let mut names: Vec<_> = spans.iter().map(|span| &*span.name).collect();
    names.sort_unstable();
    names
}

fn tail_counts(statistics: &Statistics) -> [u64; 4] {
    let Statistics { tail_buffered, kept_error, kept_slow, sampled_out, .. } = *statistics;
    [tail_buffered, kept_error, kept_slow, sampled_out]
}

#[alone]
fn a_trace_with_an_error_is_exported_completely() {
    let Pipeline { receiver, telemetry } = start(|_| {});
    job(Ok(()));
    job(Err("no disk"));
    job(Ok(()));
    telemetry.shutdown(TIMEOUT).unwrap();
    let spans = receiver.spans();
    assert_eq!(names(&spans), ["job", "step", "step"]);
    for span in &spans {
        let expected = (span.name == "job").then(|| Value::from("error"));
        assert_eq!(span.attributes.get(REASON), expected.as_ref());
    }
    assert_eq!(tail_counts(&telemetry.statistics()), [0, 3, 0, 6]);
    assert_eq!(telemetry.statistics().collected, 9);
    assert_eq!(telemetry.statistics().exported, 3);
}

#[alone]
fn the_propagated_flag_is_not_sampled() {
    let (spans, _) = run(
        |_| {},
        || {
            let span = create_span("call");
            assert!(get_current_span().is_recording());
            assert!(!get_current_span().span_context().is_sampled());
            let mut headers = HashMap::<String, String>::new();
            propagation::inject_context(&mut headers);
            let parent = &headers["traceparent"];
            let flags = u8::from_str_radix(&parent[parent.len() - 2..], 16).unwrap();
            assert_eq!(flags & 1, 0, "{parent}");
            span.record_exception(&io::Error::other("gone"));
        },
    );
    assert_eq!(names(&spans), ["call"]);
}

#[alone]
fn a_slow_root_samples_its_trace() {
    let (spans, statistics) = run(
        |config| config.sampling.keep_slower_than_millis = Some(2000),
        || {
            for seconds in [2, 3] {
                let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
                let tracer = get_tracer("plain");
                let builder = tracer.span_builder("root").with_start_time(start);
                let mut root = builder.start(&tracer);
                let cx = Context::new().with_remote_span_context(root.span_context().clone());
                // A slow span that is not a root does not select its trace.
                let child = tracer.span_builder("child").with_start_time(start);
                child.start_with_context(&tracer, &cx).end();
                root.end_with_timestamp(start + Duration::from_secs(seconds));
            }
        },
    );
    assert_eq!(names(&spans), ["child", "root"]);
    let root = spans.iter().find(|span| span.name == "root").unwrap();
    assert_eq!(root.attributes[REASON], Value::from("slow"));
    assert_eq!(tail_counts(&statistics), [0, 0, 2, 2]);
}

#[alone]
fn head_sampled_traces_are_exported_as_usual() {
    let (spans, statistics) = run(
        |config| {
            config.sampling.rules = vec![SamplingRule::new("job", 1.0)];
        },
        || {
            job(Ok(()));
            job(Err("no disk"));
            step(Ok(())).unwrap();
            let _ = step(Err("no disk"));
        },
    );
    assert_eq!(spans.len(), 7);
    let kept = spans.iter().filter(|span| span.attributes.contains_key(REASON));
    assert_eq!(names(&kept.cloned().collect::<Vec<_>>()), ["step"]);
    assert_eq!(tail_counts(&statistics), [0, 1, 0, 1]);
    // A rate also makes a trace a candidate for tail sampling.
    let (spans, statistics) = run(
        |config| {
            config.sampling = sampling("{keep_errors: true, rules: [{rate: 0.0002}]}");
        },
        || {
            for _ in 0..4 {
                let _ = step(Err("no disk"));
            }
        },
    );
    assert_eq!(spans.len(), 4);
    assert_eq!(tail_counts(&statistics), [0, 3, 0, 0]);
}

#[alone]
fn a_remote_parent_decides() {
    let (spans, statistics) = run(
        |_| {},
        || {
            for is_sampled in [false, true] {
                let _attached = remote(is_sampled).attach();
                job(Err("no disk"));
                if !is_sampled {
                    get_tracer("plain").in_span("plain", |_| job(Err("no disk")));
                    let _guard = create_span("guard");
                    job(Err("no disk"));
                }
            }
        },
    );
    assert_eq!(names(&spans), ["job", "step", "step"]);
    assert!(spans.iter().all(|span| !span.attributes.contains_key(REASON)));
    assert_eq!(tail_counts(&statistics), [0; 4]);
}

#[alone]
fn spans_without_a_call_site_are_sampled_too() {
    let (spans, statistics) = run(
        |config| config.sampling.rules = vec![SamplingRule::new("none", 1.0)],
        || {
            for fails in [false, true] {
                let root = create_span("guard");
                get_tracer("plain").in_span("plain", |_| step(Ok(())).unwrap());
                if fails {
                    root.record_exception(&io::Error::other("gone"));
                }
            }
        },
    );
    assert_eq!(names(&spans), ["guard", "plain", "step"]);
    assert_eq!(tail_counts(&statistics), [0, 3, 0, 3]);
}

#[alone]
fn a_flush_leaves_open_traces_and_shutdown_decides_them() {
    let Pipeline { receiver, telemetry } = start(|_| {});
    {
        let _root = create_span("root");
        let _ = step(Err("no disk"));
        telemetry.force_flush(TIMEOUT).unwrap();
        assert!(receiver.spans().is_empty());
        assert_eq!(tail_counts(&telemetry.statistics()), [1, 0, 0, 0]);
    }
    telemetry.force_flush(TIMEOUT).unwrap();
    assert_eq!(names(&receiver.spans()), ["root", "step"]);
    let open: Vec<_> = [Ok(()), Err("no disk")]
        .into_iter()
        .map(|outcome| {
            let root = get_tracer("plain").start("root");
            let cx = Context::new().with_remote_span_context(root.span_context().clone());
            let _attached = cx.attach();
            let _ = step(outcome);
            root
        })
        .collect();
    telemetry.shutdown(TIMEOUT).unwrap();
    // The span never ends, as at the end of a process.
    std::mem::forget(open);
    assert_eq!(names(&receiver.spans()), ["root", "step", "step"]);
    assert_eq!(tail_counts(&telemetry.statistics()), [0, 3, 0, 1]);
}

#[alone]
fn traces_larger_than_a_queue_are_exported() {
    let (spans, statistics) = run(
        |config| {
            config.batch_processor.max_queue_size = 8;
            config.batch_processor.max_export_batch_size = 4;
        },
        || {
            let root = create_span("root");
            (0..500).for_each(|_| step(Ok(())).unwrap());
            root.record_exception(&io::Error::other("gone"));
        },
    );
    assert_eq!(spans.len(), 501);
    assert_eq!(statistics.dropped_queue_full, 0);
    assert_eq!(tail_counts(&statistics), [0, 501, 0, 0]);
}
