//! Metrics derived from spans, whether sampled or not, as the receiver gets them.

use std::collections::{BTreeMap, HashMap};
use std::future::{Future as _, pending};
use std::num::ParseIntError;
use std::panic::catch_unwind;
use std::pin::pin;
use std::task::{Context as TaskContext, Waker};
use std::thread;

use floe_telemetry::config::SamplingRule;
use floe_telemetry::{TelemetryConfig, create_span, get_current_span, propagation, traced};
use floe_tests::{MetricValue, ReceivedPoint, Receiver, TIMEOUT, remote};
use opentelemetry::trace::Status;

use super::pipeline::Pipeline;

const CALLS: &str = "traces.span.metrics.calls";
const ERRORS: &str = "traces.span.metrics.errors";
const DURATION: &str = "traces.span.metrics.duration";

#[traced(name = "orders.load", kind = client, metrics, error_if = |rows| rows.is_err())]
fn load(text: &str) -> Result<u32, ParseIntError> {
    text.parse()
}

#[traced(name = format!("orders.{table}"), metrics)]
fn read(table: &str) {
    quiet();
}

#[traced(metrics, attributes(table = panics(table)))]
fn broken(table: &str) {
    panic!("{table}");
}

/// Returns the value of an attribute. Panics for a call without a span.
fn panics(table: &str) -> &str {
    assert_eq!(table, "sampled");
    table
}

#[traced(metrics)]
async fn fetch(ready: bool) -> Result<(), &'static str> {
    if !ready {
        pending::<()>().await;
    }

    Err("refused")
}

#[traced]
fn quiet() {}

fn start(change: impl FnOnce(&mut TelemetryConfig)) -> Pipeline {
    Pipeline::http(|config| {
        config.sampling = config.sampling.clone().with_ratio(0.0);
        change(config);
    })
}

fn run(change: impl FnOnce(&mut TelemetryConfig), code: impl FnOnce()) -> (Receiver, Measured) {
    let Pipeline { receiver, telemetry } = start(change);
    code();
    telemetry.force_flush(TIMEOUT).unwrap();
    let measured = Measured(receiver.points());
    // OpenTelemetry's reader exports once more and waits no longer than 5 seconds for it.
    let _ = telemetry.shutdown(TIMEOUT);
    assert_eq!(telemetry.statistics().missed_calls, 0);
    (receiver, measured)
}

struct Measured(Vec<ReceivedPoint>);

impl Measured {
    fn of(&self, metric: &str) -> impl Iterator<Item = &ReceivedPoint> {
        self.0.iter().filter(move |point| point.name == metric)
    }

    /// Returns the number of calls by span name and status.
    fn calls(&self) -> BTreeMap<String, f64> {
        let calls = self.of(CALLS).map(|point| {
            let MetricValue::Sum(count) = point.value else { panic!("{point:?}") };
            let text = |key: &str| point.attributes[key].as_str().unwrap();
            let status = text("status.code").trim_start_matches("STATUS_CODE_");
            (format!("{} {status}", text("span.name")), count)
        });

        calls.collect()
    }

    #[track_caller]
    fn assert_calls(&self, expected: &[(&str, &str, f64)]) {
        let expected =
            expected.iter().map(|(name, status, count)| (format!("{name} {status}"), *count));
        assert_eq!(self.calls(), expected.collect());
    }

    #[track_caller]
    fn point(&self, metric: &str, name: &str) -> &ReceivedPoint {
        let found: Vec<_> =
            self.of(metric).filter(|point| point.attributes["span.name"] == name).collect();
        assert_eq!(found.len(), 1, "{metric} {name}: {found:?}");
        found[0]
    }
}

#[alone]
fn functions_are_measured_whether_sampled_or_not() {
    for ratio in [0.0, 1.0] {
        let (receiver, measured) = run(
            |config| config.sampling = config.sampling.clone().with_ratio(ratio),
            || {
                for text in ["1", "2", "x"] {
                    let _ = load(text);
                }

                create_span("above").set_status(Status::Ok);
                read("a");
                let _above = create_span("above");
                read("b");
                // Attributes are not evaluated without a span.
                let table = if ratio > 0.0 { "sampled" } else { "not" };
                catch_unwind(|| broken(table)).unwrap_err();
                futures_executor::block_on(fetch(true)).unwrap_err();
                let dropped = pin!(fetch(false));
                let mut task = TaskContext::from_waker(Waker::noop());
                assert!(dropped.poll(&mut task).is_pending());
                drop(fetch(true));
            },
        );

        measured.assert_calls(&[
            ("orders.load", "OK", 2.0),
            ("orders.load", "ERROR", 1.0),
            ("read", "OK", 2.0),
            ("broken", "ERROR", 1.0),
            ("fetch", "ERROR", 1.0),
            ("fetch", "UNSET", 1.0),
        ]);
        let failed = measured.point(ERRORS, "orders.load");
        assert_eq!(failed.value, MetricValue::Sum(1.0));
        assert_eq!(failed.attributes["span.kind"], "SPAN_KIND_CLIENT");
        assert_eq!(failed.attributes["component"], "global::span_metrics");
        let duration = measured.point(DURATION, "read");
        let MetricValue::Histogram(count, sum, bounds, counts) = &duration.value else {
            panic!("{duration:?}");
        };

        assert_eq!((*count, counts.iter().sum::<u64>()), (2, 2));
        assert!(*sum > 0.0, "{sum}");
        assert!(*sum < 10.0, "{sum}");
        assert_eq!(bounds.first(), Some(&0.000_01));
        assert_eq!((&*duration.unit, &*duration.scope), ("s", "floe.telemetry"));
        let spans = receiver.spans();
        assert_eq!(spans.is_empty(), ratio == 0.0);
        // Each exemplar refers to one of the counted spans.
        let read: Vec<_> = (spans.iter().filter(|span| span.name.starts_with("orders.")))
            .filter(|span| span.name != "orders.load")
            .map(|span| (span.trace_id.clone(), span.span_id.clone()))
            .collect();
        assert_eq!(duration.exemplars.is_empty(), ratio == 0.0);
        assert!(duration.exemplars.iter().all(|one| read.contains(one)));
    }
}

/// The ids of [`remote`].
const TRACE: &str = "00000000000000000000000000000007";
const PARENT: &str = "0000000000000007";

/// Checks that a header has its own span id, in the trace of the remote parent.
#[track_caller]
fn assert_below_remote(header: &str) {
    let id = header
        .strip_prefix(&format!("00-{TRACE}-"))
        .and_then(|rest| rest.strip_suffix("-00"))
        .unwrap_or_default();
    assert!(id.len() == 16, "{header}");
    assert!(id != PARENT, "{header}");
}

#[alone]
fn a_measured_unsampled_call_propagates_as_not_sampled() {
    #[traced(metrics)]
    fn outer() -> Option<String> {
        inner()
    }
    #[traced(metrics)]
    fn inner() -> Option<String> {
        assert!(!get_current_span().is_recording());
        let mut headers = HashMap::new();
        propagation::inject_context(&mut headers);
        headers.remove("traceparent")
    }
    #[traced(metrics, parent = remote(false))]
    fn served() -> Option<String> {
        inner()
    }
    #[traced(metrics)]
    async fn later() -> Option<String> {
        tokio::task::yield_now().await;
        inner()
    }

    let (receiver, measured) = run(
        |_| {},
        || {
            let header = outer().unwrap();
            assert!(header.ends_with("-00"), "{header}");
            assert_below_remote(&served().unwrap());
            let header = futures_executor::block_on(later()).unwrap();
            assert!(header.ends_with("-00"), "{header}");
            let _above = remote(false).attach();
            assert_below_remote(&futures_executor::block_on(later()).unwrap());
            let span = create_span("by.hand");
            assert_below_remote(&inner().unwrap());
            assert!(!span.span_context().is_remote());
            assert_eq!(span.span_context().trace_id().to_string(), TRACE);
            assert_ne!(span.span_context().span_id().to_string(), PARENT);
        },
    );

    measured.assert_calls(&[
        ("outer", "OK", 1.0),
        ("inner", "OK", 5.0),
        ("served", "OK", 1.0),
        ("later", "OK", 2.0),
    ]);
    assert!(receiver.spans().is_empty());
}

#[alone]
fn sampling_rules_do_not_change_the_metrics() {
    #[traced(level = debug, metrics)]
    fn counted() {}
    #[traced(name = "noisy", metrics)]
    fn noisy() -> Result<(), &'static str> {
        Err("refused")
    }
    #[traced(metrics)]
    fn kept() {}

    let (receiver, measured) = run(
        |config| {
            config.sampling = config.sampling.clone().with_ratio(1.0);
            config.sampling.rules = SamplingRule::parse_filter("info").unwrap();
            config.sampling.rules.insert(0, SamplingRule::new("nois*", 0.0));
        },
        || {
            counted();
            noisy().unwrap_err();
            quiet();
            kept();
        },
    );

    measured.assert_calls(&[("counted", "OK", 1.0), ("noisy", "ERROR", 1.0), ("kept", "OK", 1.0)]);
    assert_eq!(receiver.spans().len(), 2);
}

/// Spans stay in the buffers while a backend does not respond, and are dropped if there is no room. The calls of
/// dropped spans are still counted.
#[alone]
fn calls_are_counted_while_spans_are_dropped() {
    #[traced(metrics)]
    fn called() {}

    let Pipeline { receiver, telemetry } = start(|config| {
        config.sampling = config.sampling.clone().with_ratio(1.0);
        config.batch_processor.max_queue_size = 64;
        config.batch_processor.max_export_batch_size = 64;
        config.max_memory_bytes = 1024 * 1024;
    });

    for _ in 0..100_000 {
        called();
    }

    telemetry.shutdown(TIMEOUT).unwrap_or_default();
    let statistics = telemetry.statistics();
    let collected = statistics.collected;
    let dropped = statistics.dropped_buffer_full;
    assert!(dropped > 0, "{statistics:?}");
    assert_eq!(collected + dropped, 100_000, "{statistics:?}");
    let measured = Measured(receiver.points());
    let MetricValue::Sum(calls) = measured.point(CALLS, "called").value else {
        panic!("no sum");
    };
    #[expect(clippy::cast_precision_loss, reason = "small")]
    let missed = statistics.missed_calls as f64;
    assert!((calls + missed - 100_000.0).abs() < 0.1, "{calls} {statistics:?}");
}

#[alone]
fn many_threads_lose_nothing() {
    let Pipeline { receiver, telemetry } = start(|_| {});
    let before = telemetry.statistics().missed_calls;
    let threads: Vec<_> =
        (0..4).map(|_| thread::spawn(|| (0..5000).for_each(|_| read("a")))).collect();
    for thread in threads {
        thread.join().unwrap();
    }

    telemetry.shutdown(TIMEOUT).unwrap();
    let measured = Measured(receiver.points());
    let missed = telemetry.statistics().missed_calls - before;
    assert_eq!(missed, 0);
    measured.assert_calls(&[("read", "OK", 20_000.0)]);
}
