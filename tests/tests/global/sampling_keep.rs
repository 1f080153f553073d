//! Tail sampling keeps traces that the ratio does not sample, but that failed or were slow.

use std::collections::HashMap;
use std::future::Future as _;
use std::task::{Context as TaskContext, Waker};
use std::time::{Duration, SystemTime};
use std::{io, thread};

use floe_telemetry::trace::Statistics;
use floe_telemetry::{
    TelemetryConfig, create_span, get_current_span, get_tracer, propagation, traced,
};
use floe_tests::{TIMEOUT, names, remote};
use futures_executor::block_on;
use opentelemetry::Context;
use opentelemetry::trace::{Span as _, TraceContextExt as _, Tracer as _};

use super::pipeline::{Pipeline, sampling};

const REASON: &str = "floe.sampling.reason";

const KEEP: &str = "sampler: parentbased_traceidratio, sampler_arg: 0, keep_errors: true, keep_slower_than_millis: ";

#[traced]
fn job(outcome: Result<(), &'static str>) {
    step(Ok(())).unwrap();
    let _ = step(outcome);
}

#[traced]
fn step(outcome: Result<(), &'static str>) -> Result<(), &'static str> {
    outcome
}

#[traced]
async fn job_later() {
    tokio::task::yield_now().await;
    job(Err("no disk"));
}

fn start(rest: &str, change: impl FnOnce(&mut TelemetryConfig)) -> Pipeline {
    Pipeline::http(|config| {
        config.sampling = sampling(&format!("{{{KEEP}{rest}}}"));
        change(config);
    })
}

/// Returns the numbers of buffered and of sampled-out spans.
fn tail_counts(statistics: &Statistics) -> [u64; 2] {
    [statistics.tail_buffered, statistics.sampled_out]
}

/// Records two traces, with roots of two and of three seconds. A slow child does not select its trace.
fn slow_traces() {
    for seconds in [2, 3] {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let tracer = get_tracer("plain");
        let mut root = tracer.span_builder("root").with_start_time(start).start(&tracer);
        let cx = Context::new().with_remote_span_context(root.span_context().clone());
        let child = tracer.span_builder("child").with_start_time(start);
        child.start_with_context(&tracer, &cx).end();
        root.end_with_timestamp(start + Duration::from_secs(seconds));
    }
}

fn below_remote_parents() {
    for is_sampled in [false, true] {
        let _attached = remote(is_sampled).attach();
        job(Err("no disk"));
        if !is_sampled {
            get_tracer("plain").in_span("plain", |_| job(Err("no disk")));
            let _guard = create_span("guard");
            job(Err("no disk"));
            // Elsewhere, the parent of the job is still remote.
            let mut future = Box::pin(job_later());
            assert!(future.as_mut().poll(&mut TaskContext::from_waker(Waker::noop())).is_pending());
            thread::spawn(|| block_on(future)).join().unwrap();
        }
    }
}

fn without_call_sites() {
    for fails in [false, true] {
        let root = create_span("guard");
        get_tracer("plain").in_span("plain", |_| step(Ok(())).unwrap());
        if fails {
            root.record_exception(&io::Error::other("gone"));
        }
    }
}

/// The end of a section `sampling`, a program, the spans that arrive, their reasons, and [`tail_counts`].
type Case = (&'static str, fn(), &'static [&'static str], &'static [&'static str], [u64; 2]);

const CASES: [Case; 6] = [
    (
        "3600000",
        || [Ok(()), Err("no disk"), Ok(())].into_iter().for_each(job),
        &["job", "step", "step"],
        &["job: error"],
        [0, 6],
    ),
    ("2000", slow_traces, &["child", "root"], &["root: slow"], [0, 2]),
    // Traces that head sampling selects are exported as usual.
    (
        "3600000, rules: [{span: job, ratio: 1}]",
        || {
            [Ok(()), Err("no disk")].into_iter().for_each(job);
            step(Ok(())).unwrap();
            let _ = step(Err("no disk"));
        },
        &["job", "job", "step", "step", "step", "step", "step"],
        &["step: error"],
        [0, 1],
    ),
    // A trace beyond the rate is a candidate for tail sampling, too.
    (
        "3600000, rules: [{ratio: 1, rate: 0.0002}]",
        || {
            for _ in 0..4 {
                let _ = step(Err("no disk"));
            }
        },
        &["step"; 4],
        &["step: error"; 3],
        [0, 0],
    ),
    // The decision of a remote parent applies.
    ("3600000", below_remote_parents, &["job", "step", "step"], &[], [0; 2]),
    (
        "3600000, rules: [{span: none, ratio: 1}]",
        without_call_sites,
        &["guard", "plain", "step"],
        &["guard: error"],
        [0, 3],
    ),
];

#[alone]
fn a_trace_that_failed_or_was_slow_is_exported_completely() {
    for (section, program, expected, reasons, counts) in CASES {
        let Pipeline { receiver, telemetry } = start(section, |_| {});
        program();
        telemetry.shutdown(TIMEOUT).unwrap();
        let spans = receiver.spans();
        assert_eq!(names(&spans), expected, "{section}");
        let found = spans.iter().filter_map(|span| {
            Some(format!("{}: {}", span.name, span.attributes.get(REASON)?.as_str()?))
        });

        assert_eq!(found.collect::<Vec<_>>(), reasons, "{section}");
        let statistics = telemetry.statistics();
        assert_eq!(tail_counts(&statistics), counts, "{section}");
        assert_eq!(statistics.exported, spans.len() as u64, "{section}");
        assert_eq!(statistics.collected, statistics.exported + statistics.sampled_out);
    }
}

#[alone]
fn the_propagated_flag_is_not_sampled() {
    let pipeline = start("3600000", |_| {});
    {
        let span = create_span("call");
        assert!(get_current_span().is_recording());
        assert!(!get_current_span().span_context().is_sampled());
        let mut headers = HashMap::<String, String>::new();
        propagation::inject_context(&mut headers);
        let parent = &headers["traceparent"];
        let flags = u8::from_str_radix(&parent[parent.len() - 2..], 16).unwrap();
        assert_eq!(flags & 1, 0, "{parent}");
        span.record_exception(&io::Error::other("gone"));
    }

    pipeline.end().span("call");
}

#[alone]
fn a_flush_leaves_open_traces_and_shutdown_decides_them() {
    let Pipeline { receiver, telemetry } = start("3600000", |_| {});
    {
        let _root = create_span("root");
        let _ = step(Err("no disk"));
        telemetry.force_flush(TIMEOUT).unwrap();
        assert!(receiver.spans().is_empty());
        assert_eq!(tail_counts(&telemetry.statistics()), [1, 0]);
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
    // These roots never end, as at the end of a process.
    std::mem::forget(open);
    assert_eq!(names(&receiver.spans()), ["root", "step", "step"]);
    assert_eq!(tail_counts(&telemetry.statistics()), [0, 1]);
}

#[alone]
fn traces_larger_than_a_queue_are_exported() {
    let Pipeline { receiver, telemetry } = start("3600000", |config| {
        config.batch_processor.max_queue_size = 8;
        config.batch_processor.max_export_batch_size = 4;
    });

    let root = create_span("root");
    (0..500).for_each(|_| step(Ok(())).unwrap());
    root.record_exception(&io::Error::other("gone"));
    drop(root);
    telemetry.shutdown(TIMEOUT).unwrap();
    assert_eq!(receiver.spans().len(), 501);
    assert_eq!(telemetry.statistics().dropped_queue_full, 0);
    assert_eq!(tail_counts(&telemetry.statistics()), [0, 0]);
}
