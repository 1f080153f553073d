//! Programs that are slow for one reason each, and the reason that is found in their traces.

#![allow(clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc, reason = "tests")]

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use floe_telemetry::{TelemetryConfig, TelemetryProvider, traced};
use floe_trace::read::Reader;
use floe_trace::{CauseKind, Forest, Recording, Value, causes};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use prost::Message as _;
use tokio::runtime::Builder;
use tokio::task::JoinSet;

/// How long what is wrong takes.
const LONG: Duration = Duration::from_millis(30);

#[derive(Clone, Debug)]
struct Requests(Arc<Mutex<Reader>>);

impl SpanExporter for Requests {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let resource = ResourceAttributesWithSchema::default();
        let resource_spans = group_spans_by_resource_and_scope(batch, &resource);
        let request = ExportTraceServiceRequest { resource_spans }.encode_to_vec();
        let read = self.0.lock().unwrap().read("memory", &*request);
        read.map_err(|error| OTelSdkError::InternalFailure(error.to_string()))
    }
}

/// What a program records.
fn record(program: impl FnOnce()) -> Recording {
    let config = TelemetryConfig::new("planted");
    let requests = Requests(Arc::new(Mutex::new(Reader::new())));
    let provider = TelemetryProvider::builder(config)
        .with_span_exporter(requests.clone())
        .initialize()
        .unwrap();
    program();
    provider.shutdown(Duration::from_secs(20)).unwrap();
    std::mem::take(&mut *requests.0.lock().unwrap()).finish()
}

/// The causes that are found in what a program records: the kind, the span and the sentence, most time first.
fn found(program: impl FnOnce()) -> Vec<(CauseKind, String, String)> {
    found_in(&record(program))
}

fn found_in(recording: &Recording) -> Vec<(CauseKind, String, String)> {
    let forest = Forest::new(recording);
    let causes = causes(&forest).into_iter();
    causes
        .map(|cause| (cause.kind, forest.span(cause.span).name.to_string(), cause.message))
        .collect()
}

#[track_caller]
fn assert_named(found: &[(CauseKind, String, String)], kind: CauseKind, name: &str, part: &str) {
    let cause = found.iter().find(|cause| cause.0 == kind && cause.1 == name);
    assert!(
        cause.is_some_and(|(_, _, message)| message.contains(part)),
        "expected {kind:?} of `{name}` with `{part}`, found {found:#?}"
    );
}

/// Runs a future on one thread.
fn run<T>(work: impl Future<Output = T>) -> T {
    Builder::new_current_thread().enable_time().build().unwrap().block_on(work)
}

#[traced]
fn update(total: &Mutex<u64>) {
    let mut total = total.lock().unwrap();
    thread::sleep(LONG);
    *total += 1;
}

#[traced]
async fn reserve(stock: Arc<tokio::sync::Mutex<u64>>) {
    let mut stock = stock.lock().await;
    tokio::time::sleep(LONG).await;
    *stock -= 1;
}

#[traced]
fn item(index: u64) {
    thread::sleep(Duration::from_millis(index % 2 + 2));
}

#[traced]
fn cart() {
    (0..8).for_each(item);
}

fn a_contended_lock_of_futures() {
    let causes = found(|| {
        let stock = Arc::new(tokio::sync::Mutex::new(100));
        run(async {
            let mut tasks = JoinSet::new();
            (0..12).for_each(|_| drop(tasks.spawn(reserve(Arc::clone(&stock)))));
            tasks.join_all().await;
        });
    });
    assert_named(
        &causes,
        CauseKind::ContendedLock,
        "reserve",
        "spans `reserve` wait for each other",
    );
}

fn a_contended_lock_of_threads() {
    let causes = found(|| {
        let total = Mutex::new(0);
        thread::scope(|scope| {
            for _ in 0..12 {
                scope.spawn(|| update(&total));
            }
        });
    });
    assert_named(&causes, CauseKind::ContendedLock, "update", "spans `update` wait for each other");
}

fn repeated_calls() {
    let causes = found(cart);
    assert_named(
        &causes,
        CauseKind::RepeatedCalls,
        "cart",
        "`cart` calls `item` 8 times, one after the other",
    );
}

// One test, because a process has one provider at a time.
#[test]
fn each_cause_is_named() {
    a_contended_lock_of_futures();
    a_contended_lock_of_threads();
    repeated_calls();
}

/// A program that is written down. Times are in microseconds.
#[derive(Default)]
struct Program {
    recording: Recording,
    spans: u64,
}

impl Program {
    /// Adds a span of a trace and returns its id. 0 is no parent.
    fn span(&mut self, trace: u64, parent: u64, name: &str, from: u64, to: u64) -> u64 {
        use floe_trace::{Source, Span, SpanId, TraceId};
        self.spans += 1;
        let span = Span {
            trace: TraceId(trace.into()),
            id: SpanId(self.spans),
            parent: (parent != 0).then_some(SpanId(parent)),
            name: name.into(),
            start: 1_000_000_000 + from * 1_000,
            end: 1_000_000_000 + to * 1_000,
            ..Span::default()
        };
        self.recording.add_span(span, Source::default());
        self.spans
    }

    fn attribute(&mut self, key: &str, value: Value) {
        let span = self.recording.spans.last_mut().unwrap();
        let mut attributes = span.attributes.to_vec();
        attributes.push((key.into(), value));
        span.attributes = attributes.into_iter().collect();
    }

    /// The same for a future that was entered for so long, as bridges from `tracing` record it.
    fn entered(
        &mut self,
        trace: u64,
        parent: u64,
        name: &str,
        (from, to): (u64, u64),
        busy: u64,
    ) -> u64 {
        let id = self.span(trace, parent, name, from, to);
        for (key, micros) in [("busy_ns", busy), ("idle_ns", to - from - busy)] {
            self.attribute(key, Value::Int(i64::try_from(micros * 1_000).unwrap()));
        }
        id
    }

    /// The same for a future that waits for nearly all of its time.
    fn waiting(&mut self, trace: u64, parent: u64, name: &str, times: (u64, u64)) -> u64 {
        self.entered(trace, parent, name, times, 40)
    }

    fn failed(&mut self) {
        let span = self.recording.spans.last_mut().unwrap();
        span.status = floe_trace::Status::Error("421 try later".into());
    }

    /// What is found: the kind, the name and the message.
    fn causes(&self) -> Vec<(CauseKind, String, String)> {
        let forest = Forest::new(&self.recording);
        let causes = causes(&forest).into_iter();
        causes.map(|it| (it.kind, forest.span(it.span).name.to_string(), it.message)).collect()
    }

    /// Asserts that exactly these causes are found, in this order, with these parts of their messages.
    #[track_caller]
    fn assert(&self, expected: &[(CauseKind, &str, &str)]) {
        let found = self.causes();
        let is_expected = |(found, expected): (&(CauseKind, String, String), _)| {
            let (kind, name, part): &(CauseKind, &str, &str) = expected;
            found.0 == *kind && found.1 == *name && found.2.contains(part)
        };
        assert!(
            found.len() == expected.len() && found.iter().zip(expected).all(is_expected),
            "expected {expected:#?}, found {found:#?}"
        );
    }
}

#[test]
fn a_queue_below_a_lock_or_a_semaphore_is_named() {
    // The work below the lock has a span, and the wait is what is before it.
    let mut program = Program::default();
    for order in 0..8 {
        let held = 2_000 + order * 10_000;
        let save = program.waiting(order + 1, 0, "save", (order * 10, held + 10_000));
        program.waiting(order + 1, save, "load", (order * 10, 1_500 + order * 10));
        program.waiting(order + 1, save, "write", (held, held + 10_000));
    }
    program.assert(&[(
        CauseKind::ContendedLock,
        "save",
        "7 spans `save` wait for each other, up to 60.4 ms: one goes on every 10 ms, as below a lock or in a pool of one",
    )]);

    // Two go on at a time, and the two drift apart.
    let mut program = Program::default();
    for call in 0..12 {
        let drift = if call % 2 == 0 { 0 } else { call * 150 };
        let end = (call / 2 + 1) * 10_000 + drift;
        program.waiting(call + 1, 0, "call", (call * 10, end));
    }
    program.assert(&[(
        CauseKind::ContendedLock,
        "call",
        "10 spans `call` wait for each other, up to 51.2 ms: about 2 go on every 10 ms, as below a semaphore or in a small pool",
    )]);

    // A lock that lets anybody go first: who came first is last.
    let mut program = Program::default();
    for (thread, turn) in [6, 1, 2, 3, 4, 5].into_iter().enumerate() {
        let start = u64::try_from(thread).unwrap() * 50;
        program.span(turn, 0, "update", start, turn * 20_000);
    }
    program.assert(&[(
        CauseKind::ContendedLock,
        "update",
        "5 spans `update` wait for each other, up to 100 ms: one goes on every 20 ms",
    )]);

    // Threads in loops: after the first turn, each waits for all others. The lock lets anybody go first.
    let mut program = Program::default();
    for (turn, thread) in [0, 4, 1, 3, 2, 0, 4, 1, 3, 2].into_iter().enumerate() {
        let turn = u64::try_from(turn).unwrap();
        let start = if turn < 5 { thread * 50 } else { (turn - 4) * 6_000 + 400 };
        program.span(turn + 1, 0, "append", start, (turn + 1) * 6_000);
    }
    program.assert(&[(
        CauseKind::ContendedLock,
        "append",
        "9 spans `append` wait for each other, up to ",
    )]);
}

#[test]
fn independent_calls_are_no_queue() {
    for latencies in [[9, 4, 7, 13, 5, 11], [3, 12, 6, 9, 15, 4], [8, 2, 14, 5, 10, 7]] {
        let mut program = Program::default();
        let root = program.span(1, 0, "read", 0, 16_000);
        for (replica, latency) in (0..).zip(latencies) {
            let start = replica * 10;
            program.waiting(1, root, "replica", (start, start + latency * 1_000));
        }
        program.assert(&[]);
    }
}

/// One thread runs them one after the other, and each says that it was entered for most of its time.
#[test]
fn calls_that_compute_are_no_queue() {
    let mut program = Program::default();
    for call in 0..8 {
        let times = (call * 10, (call + 1) * 10_000);
        program.entered(call + 1, 0, "hash", times, (times.1 - times.0) * 4 / 5);
    }
    program.assert(&[]);
}

/// What all spans of a name take counts, also where a rule looks at one span at a time.
#[test]
fn what_takes_the_most_time_in_all_traces_comes_first() {
    let mut program = Program::default();
    for trace in 1..=200 {
        let at = trace * 1_000_000;
        let cart = program.span(trace, 0, "cart", at, at + 32_000);
        for item in 0..10 {
            let from = at + item * 3_000;
            program.span(trace, cart, "item", from, from + 2_900);
        }
        let is_cold = trace % 10 == 0;
        let time = if is_cold { 40_000 } else { 1_000 };
        program.span(trace, 0, "price", at, at + time);
        program.attribute("cold", Value::Bool(is_cold));
    }
    program.assert(&[
        (CauseKind::RepeatedCalls, "cart", "calls `item` 10 times"),
        (CauseKind::SlowWith, "price", "`cold=true`"),
    ]);
}

/// Times near the end of all times come from files that are damaged or hostile.
#[test]
fn times_at_the_end_of_all_times_are_judged() {
    let shapes: [fn(u64) -> (u64, u64); 4] = [
        |at| (at * 1_000_000, u64::MAX - (50 - at) * 1_000_000),
        |at| (u64::MAX - 40_000_000 * at, u64::MAX),
        |at| (1 + at, u64::MAX / 4 * 3 + at * 20_000_000),
        |at| (u64::MAX / 4 * 3, u64::MAX - at),
    ];
    for shape in shapes {
        let mut program = Program::default();
        for at in 0..50 {
            let parent = program.span(at % 3, 0, "root", 0, 0);
            for name in ["reserve", "hold"] {
                program.waiting(at % 3, parent, name, (0, 50));
            }
        }
        let spans = program.recording.spans.iter_mut();
        spans.zip(0_u64..).for_each(|(span, at)| (span.start, span.end) = shape(at % 50));
        let forest = Forest::new(&program.recording);
        assert!(causes(&forest).iter().all(|it| !it.message.is_empty()));
    }
}

#[test]
fn what_is_called_again_because_it_failed_is_told_from_a_loop() {
    let mut program = Program::default();
    let notify = program.waiting(1, 0, "notify", (0, 160_000));
    for (call, start) in [0, 12_000, 34_000, 76_000, 158_000].into_iter().enumerate() {
        program.waiting(1, notify, "send", (start, start + 2_000));
        if call < 4 {
            program.failed();
        }
    }
    program.assert(&[(
        CauseKind::Retries,
        "notify",
        "`notify` calls `send` 5 times, because it failed 4 times, which took 158 ms until the last call",
    )]);

    // Of many items, some fail.
    let mut program = Program::default();
    let import = program.waiting(1, 0, "import", (0, 31_000));
    for row in 0..10 {
        program.waiting(1, import, "row", (row * 3_000, row * 3_000 + 2_900));
        if row % 3 == 0 {
            program.failed();
        }
    }
    program.assert(&[(CauseKind::RepeatedCalls, "import", "calls `row` 10 times")]);
}

/// Each round of the loop takes a fortieth of the trace, and its queries are most of it.
#[test]
fn a_loop_in_each_round_of_another_one_is_named() {
    let mut program = Program::default();
    let batch = program.span(1, 0, "batch", 0, 800_000);
    for round in 0..40 {
        let start = round * 20_000;
        let item = program.span(1, batch, "item", start, start + 20_000);
        for query in 0..6 {
            let start = start + query * 3_000;
            program.span(1, item, "SELECT", start, start + 2_900);
        }
    }
    program.assert(&[
        (CauseKind::RepeatedCalls, "batch", "calls `item` 40 times"),
        (CauseKind::RepeatedCalls, "item", "calls `SELECT` 6 times"),
    ]);
}

#[test]
fn long_waits_one_after_the_other_are_named_together() {
    let names = ["user", "prices", "stock"];
    let page = |step: u64, busy| {
        let mut program = Program::default();
        let page = program.waiting(1, 0, "page", (0, 100_000));
        for (call, name) in (0..).zip(names) {
            let start = call * step;
            program.entered(1, page, name, (start, start + 30_000), busy);
        }
        program.causes()
    };
    assert_eq!(
        page(31_000, 40),
        [(
            CauseKind::SerialCalls,
            "page".to_owned(),
            "`page` waits for `user`, `prices` and `stock` one after the other, 90 ms: if none needs the result of another, all at once take 30 ms".to_owned(),
        )]
    );
    // At the same time, and what computes.
    assert_eq!(page(1_000, 40), []);
    assert_eq!(page(31_000, 25_000), []);
}

#[test]
fn thousands_of_tiny_spans_are_counted() {
    let mut program = Program::default();
    let mut parent = program.span(1, 0, "price", 0, 12_000);
    for call in 0..2_000 {
        // A recursion that comes back now and then.
        let below = program.span(1, parent, "fib", call * 6, call * 6 + 6);
        parent = if call % 50 == 0 { 1 } else { below };
    }
    program.assert(&[(
        CauseKind::RepeatedCalls,
        "fib",
        "`fib` is called 2000 times in one trace and takes 6 µs each, of which much may be the cost of its spans",
    )]);
}

#[test]
fn what_cannot_be_told_from_something_else() {
    // A full channel, and one who sends: each call ends when there is room.
    let mut program = Program::default();
    let produce = program.waiting(1, 0, "produce", (0, 121_000));
    for message in 0..12 {
        let start = message * 10_000;
        program.waiting(1, produce, "send", (start, start + 9_900));
    }
    program.assert(&[(CauseKind::RepeatedCalls, "produce", "calls `send` 12 times")]);

    // Calls at the same time of which each takes longer than the one before.
    let mut program = Program::default();
    for call in 0..8 {
        program.waiting(call + 1, 0, "page", (call * 10, 8_000 + call * 7_000));
    }
    program.assert(&[(CauseKind::ContendedLock, "page", "8 spans `page` wait for each other")]);

    // A function that blocks or computes.
    let mut program = Program::default();
    program.span(1, 0, "export", 0, 90_000);
    program.assert(&[]);
}

#[test]
fn what_is_healthy_is_not_named() {
    let mut program = Program::default();
    for request in 0..30 {
        let (trace, start) = (request + 1, request * 7_000);
        let api = program.entered(trace, 0, "api", (start, start + 18_000), 3_000);
        program.waiting(trace, api, "query", (start + 100, start + 15_000));
        program.span(trace, api, "render", start + 15_000, start + 18_000);
    }
    // A worker that waits for one event after the other.
    let worker = program.entered(100, 0, "events", (0, 90_000), 100);
    for event in 0..40 {
        program.span(100, worker, "event", event * 2_200, event * 2_200 + 30);
    }
    program.assert(&[]);
}

#[test]
fn what_is_parallel_or_short_is_not_reported() {
    use floe_trace::{Source, Span, SpanId, TraceId};
    let mut recording = Recording::default();
    let mut add = |trace: u64, id: u64, parent: u64, name: &str, from: u64, to: u64| {
        let span = Span {
            trace: TraceId(trace.into()),
            id: SpanId(id),
            parent: (parent != 0).then_some(SpanId(parent)),
            name: name.into(),
            start: 1_000_000_000 + from * 1_000_000,
            end: 1_000_000_000 + to * 1_000_000,
            ..Span::default()
        };
        recording.add_span(span, Source::default());
    };
    // Requests that come as regularly as they end, and do not wait for each other.
    for request in 0..50 {
        add(request + 1, 1, 0, "GET /", request * 10, request * 10 + 95);
    }
    // Children that overlap, and children that are quick.
    add(100, 1, 0, "fan out", 0, 100);
    add(100, 100, 1, "wait", 0, 100);
    for child in 2..12 {
        add(100, child, 1, "shard", 0, 90);
        add(100, child + 50, 1, "note", child, child);
    }
    let forest = Forest::new(&recording);
    assert_eq!(causes(&forest), []);
}
