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

#[test]
fn processor_time_tells_what_computes_from_what_is_blocked() {
    use floe_trace::{Source, Span, SpanId, TraceId, Value};
    let mut recording = Recording::default();
    let mut add = |id: u64, name: &str, numbers: &[(&str, i64)]| {
        let numbers = numbers.iter();
        let span = Span {
            trace: TraceId(id.into()),
            id: SpanId(id),
            name: name.into(),
            start: 1_000_000_000,
            end: 1_030_000_000,
            attributes: numbers.map(|(key, it)| ((*key).into(), Value::Int(*it))).collect(),
            ..Span::default()
        };
        recording.add_span(span, Source::default());
    };
    add(1, "checksum", &[("cpu_ns", 29_000_000)]);
    add(2, "wait", &[("cpu_ns", 1_000_000)]);
    let polls = [("busy_ns", 29_000_000), ("max_poll_ns", 28_000_000)];
    add(3, "render", &[polls[0], polls[1], ("cpu_ns", 28_000_000)]);
    add(4, "lookup", &[polls[0], polls[1], ("cpu_ns", 1_000_000)]);
    let forest = Forest::new(&recording);
    let messages: Vec<_> = causes(&forest).into_iter().map(|it| (it.kind, it.message)).collect();
    for (kind, message) in [
        (CauseKind::Computing, "`checksum` computed for 29 ms"),
        (
            CauseKind::Blocked,
            "`wait` took 30 ms itself and computed for 1 ms: it was blocked by a lock, a file, the network or a sleep",
        ),
        (
            CauseKind::LongPoll,
            "`render` computes inside of async code: one poll took 28 ms, in which no other task of the thread ran",
        ),
        (
            CauseKind::LongPoll,
            "`lookup` blocks its thread inside of async code: one poll took 28 ms, in which no other task of the thread ran",
        ),
    ] {
        assert!(messages.contains(&(kind, message.to_owned())), "{message} in {messages:#?}");
    }
    assert_eq!(messages.len(), 4);
}

/// A program that is written down: its spans, and what they say about their polls. Times are in microseconds.
#[derive(Default)]
struct Program {
    recording: Recording,
    spans: u64,
}

/// The polls of a future: how many, the longest one, the longest time from a wake to a poll, in microseconds.
#[derive(Clone, Copy)]
struct Polls(i64, i64, i64);

/// A future that waits, and is polled at once when it is woken.
const WAITS: Polls = Polls(2, 40, 20);
/// A future that nobody wakes.
const NEVER_WOKEN: Polls = Polls(2, 40, 0);

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

    fn number(&mut self, key: &str, micros: i64) {
        self.attribute(key, Value::Int(micros * 1_000));
    }

    /// The same for a future, which is busy in its longest poll alone, and woken once.
    fn future(
        &mut self,
        trace: u64,
        parent: u64,
        name: &str,
        (from, to): (u64, u64),
        Polls(polls, longest, scheduled): Polls,
    ) -> u64 {
        let id = self.span(trace, parent, name, from, to);
        self.attribute("poll_count", Value::Int(polls));
        self.number("busy_ns", longest);
        self.number("max_poll_ns", longest);
        self.number("idle_ns", i64::try_from(to - from).unwrap() - longest);
        self.number("scheduled_ns", scheduled);
        self.number("max_scheduled_ns", scheduled);
        id
    }

    /// The same future was woken many times.
    fn often_woken(&mut self) {
        let span = self.recording.spans.last_mut().unwrap();
        let attributes = span.attributes.iter().cloned().map(|(key, value)| {
            let scheduled = value.as_int().filter(|_| &*key == "scheduled_ns");
            let value = scheduled.map_or(value, |it| Value::Int(it * 20));
            (key, value)
        });
        span.attributes = attributes.collect();
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
fn whoever_holds_up_others_comes_before_them() {
    let mut program = Program::default();
    program.future(1, 0, "hash", (2_000, 72_000), Polls(1, 70_000, 0));
    program.number("cpu_ns", 69_000);
    // Was to wait for 2 ms, and the thread of the timer was busy.
    let page = program.future(2, 0, "page", (1_000, 90_000), Polls(9, 300, 20));
    for call in 0..7 {
        let start = 1_000 + call * 2_200;
        let end = if call == 6 { 88_000 } else { start + 2_100 };
        let polls = Polls(if call == 6 { 2 } else { 1 }, 40, 10);
        program.future(2, page, "item", (start, end), polls);
    }
    program.assert(&[
        (CauseKind::LongPoll, "hash", "`hash` computes inside of async code: one poll took 70 ms"),
        (
            CauseKind::StarvedTask,
            "item",
            "while a thread was busy with `hash`, whose longest poll took 70 ms",
        ),
        // The one that was held up is no reason to call it less often.
        (CauseKind::RepeatedCalls, "page", "`page` calls `item` 7 times, one after the other, in "),
    ]);
}

#[test]
fn a_poll_that_could_not_have_held_up_a_span_is_not_blamed() {
    let mut program = Program::default();
    // A consumer runs for long and blocks once; a short wait beside it is as short as ever.
    program.future(1, 0, "consume", (0, 200_000), Polls(60, 75_000, 20));
    program.often_woken();
    program.future(2, 0, "load", (150_000, 152_200), WAITS);
    let found = program.causes();
    assert!(found.iter().all(|(_, name, _)| name == "consume"), "{found:#?}");
    assert_eq!(found[0].0, CauseKind::LongPoll);
}

#[test]
fn what_polls_many_spans_in_one_task_is_named() {
    let mut program = Program::default();
    let gallery = program.future(1, 0, "gallery", (0, 60_000), Polls(4, 40_000, 20));
    for image in 0..100 {
        let start = image * 300;
        program.future(1, gallery, "image", (start, start + 400), Polls(1, 390, 0));
    }
    let found = program.causes();
    let part = "`gallery`, one task with 100 spans below it, blocks or computes inside of async code: one poll took 40 ms";
    assert_eq!(found[0].0, CauseKind::LongPoll);
    assert!(found[0].2.contains(part), "{found:#?}");
}

#[test]
fn a_poll_with_some_processor_time_may_be_that_of_a_busy_machine() {
    let mut program = Program::default();
    program.future(1, 0, "score", (0, 330_000), Polls(1, 290_000, 0));
    program.number("cpu_ns", 80_000);
    // It was ready in its first poll, so what is left is no wait.
    program.assert(&[(
        CauseKind::LongPoll,
        "score",
        "`score` blocks its thread, or has no processor on a busy machine, inside of async code: one poll took 290 ms, in which no other task of the thread ran; of 290 ms in polls it computed for 80 ms",
    )]);
}

#[test]
fn a_poll_that_is_not_so_long_has_to_be_usual_or_to_compute() {
    // (how many of ten spans have a poll of 12 ms, all polls of one, its processor time)
    let program = |long: u64, busy: i64, cpu: i64| {
        let mut program = Program::default();
        for call in 0..10 {
            let start = call * 20_000;
            let longest = if call < long { busy.min(12_000) } else { 40 };
            program.future(call + 1, 0, "call", (start, start + 15_000), Polls(2, longest, 20));
            let span = program.recording.spans.last_mut().unwrap();
            let attributes = span.attributes.iter().cloned().map(|(key, value)| {
                let is_busy = &*key == "busy_ns" && call < long;
                (key, if is_busy { Value::Int(busy * 1_000) } else { value })
            });
            span.attributes = attributes.collect();
            program.number("cpu_ns", if call < long { cpu } else { 20 });
        }
        program.causes()
    };
    assert_eq!(program(1, 12_000, 100), []);
    for found in [program(8, 12_000, 100), program(1, 12_000, 11_000), program(1, 24_000, 100)] {
        let [(kind, name, message)] = found.as_slice() else {
            panic!("{found:#?}");
        };
        assert_eq!((*kind, name.as_str()), (CauseKind::LongPoll, "call"));
        assert!(message.contains("one poll took 12 ms"), "{message}");
    }
}

#[test]
fn a_queue_below_a_lock_or_a_semaphore_is_named() {
    // The work below the lock has a span, and the wait is what is before it.
    let mut program = Program::default();
    for order in 0..8 {
        let held = 2_000 + order * 10_000;
        let save = program.future(order + 1, 0, "save", (order * 10, held + 10_000), WAITS);
        program.future(order + 1, save, "load", (order * 10, 1_500 + order * 10), WAITS);
        program.future(order + 1, save, "write", (held, held + 10_000), WAITS);
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
        program.future(call + 1, 0, "call", (call * 10, end), WAITS);
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
        program.number("cpu_ns", 60);
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
            program.future(1, root, "replica", (start, start + latency * 1_000), WAITS);
        }
        program.assert(&[]);
    }
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
                program.future(at % 3, parent, name, (0, 50), WAITS);
                program.number("max_scheduled_ns", i64::MAX / 1_000);
            }
        }
        let spans = program.recording.spans.iter_mut();
        spans.zip(0_u64..).for_each(|(span, at)| (span.start, span.end) = shape(at % 50));
        let forest = Forest::new(&program.recording);
        assert!(causes(&forest).iter().all(|it| !it.message.is_empty()));
    }
}

#[test]
fn who_had_what_a_span_waited_for_is_named() {
    let mut program = Program::default();
    program.future(1, 0, "refresh", (0, 90_000), WAITS);
    program.future(2, 0, "call", (4_000, 90_100), WAITS);
    // This one began with `call` and ended with it, and had nothing before.
    program.future(3, 0, "report", (4_000, 90_110), WAITS);
    program.assert(&[
        (
            CauseKind::ContendedLock,
            "call",
            "`call` waited 86 ms until `refresh` ended, which had begun before, as for a lock, a connection or a result of this one",
        ),
        (CauseKind::ContendedLock, "report", "until `refresh` ended"),
        (CauseKind::LateWake, "refresh", "`refresh` waited 89.9 ms for what no span below it shows: a slow answer"),
    ]);

    // A task of its own, in a trace of its own, which says itself what it does.
    let mut program = Program::default();
    program.future(1, 0, "pay", (0, 130_000), WAITS);
    let receipt = program.future(2, 0, "receipt", (200, 129_900), WAITS);
    program.future(2, receipt, "upload", (1_000, 129_800), WAITS);
    program.assert(&[(
        CauseKind::LateWake,
        "upload",
        "`upload` waited 129 ms for what no span below it shows",
    )]);

    // What ended long before it went on, or ran for a part of the time, is not what it waited for.
    let mut program = Program::default();
    program.future(1, 0, "flush", (0, 60_000), Polls(9, 100, 20));
    program.future(2, 0, "sync", (80_000, 99_900), WAITS);
    program.future(3, 0, "call", (10_000, 100_000), WAITS);
    let found = program.causes();
    let call = found.iter().find(|(_, name, _)| name == "call").unwrap();
    assert_eq!(call.0, CauseKind::LateWake);
    assert!(!call.2.contains("until"), "{found:#?}");

    // Nor is what was woken in the same moment, when a long poll had ended.
    let mut program = Program::default();
    program.future(1, 0, "quote", (0, 70_300), Polls(2, 40, 200));
    program.future(2, 0, "rates", (5_000, 70_350), Polls(2, 40, 250));
    let found = program.causes();
    assert!(
        found.iter().all(|it| it.0 == CauseKind::LateWake && !it.2.contains("until")),
        "{found:#?}"
    );

    // Nor is one of many requests that end all the time.
    let mut program = Program::default();
    for request in 0..40 {
        program.future(request, 0, "request", (request * 2_000, 91_000 + request * 1_999), WAITS);
    }
    program.future(100, 0, "call", (80_000, 161_000), WAITS);
    let found = program.causes();
    assert!(
        found.iter().all(|it| it.0 == CauseKind::LateWake && !it.2.contains("until")),
        "{found:#?}"
    );
}

#[test]
fn a_future_that_nobody_wakes_is_told_from_one_that_is_woken_late() {
    let mut program = Program::default();
    program.future(1, 0, "ack", (0, 100_000), NEVER_WOKEN);
    program.future(2, 0, "check", (200_000, 300_000), NEVER_WOKEN);
    program.attribute("floe.cancelled", Value::Bool(true));
    program.future(3, 0, "reply", (400_000, 500_000), WAITS);
    // Polled for others in its task, and woken once.
    program.future(4, 0, "query", (600_000, 700_000), Polls(100, 40, 20));
    let woken = |name| {
        format!(
            "`{name}` waited 99.9 ms for what no span below it shows: a slow answer, a timer, a late waker, or a runtime that was blocked; it was polled 20 µs after it was woken"
        )
    };
    program.assert(&[
        (
            CauseKind::LateWake,
            "ack",
            "`ack` waited 100 ms and was never woken itself, but went on when another future of its task was: perhaps nothing called its waker",
        ),
        (
            CauseKind::LateWake,
            "check",
            "`check` waited 100 ms and was never woken, and was given up: what it waited for did not happen, or nothing called its waker",
        ),
        (CauseKind::LateWake, "reply", &woken("reply")),
        (CauseKind::LateWake, "query", &woken("query")),
    ]);
}

#[test]
fn a_call_that_is_longer_than_usual_is_compared_with_the_others() {
    let mut program = Program::default();
    let search = program.future(1, 0, "search", (0, 120_000), Polls(8, 60, 20));
    for shard in 0..7 {
        let end = if shard == 6 { 119_000 } else { 9_000 };
        program.future(1, search, "shard", (0, end), WAITS);
    }
    program.assert(&[(CauseKind::LateWake, "shard", "; `shard` usually takes 9 ms")]);
}

#[test]
fn what_is_called_again_because_it_failed_is_told_from_a_loop() {
    let mut program = Program::default();
    let notify = program.future(1, 0, "notify", (0, 160_000), Polls(10, 60, 20));
    for (call, start) in [0, 12_000, 34_000, 76_000, 158_000].into_iter().enumerate() {
        program.future(1, notify, "send", (start, start + 2_000), WAITS);
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
    let import = program.future(1, 0, "import", (0, 31_000), Polls(20, 60, 20));
    for row in 0..10 {
        program.future(1, import, "row", (row * 3_000, row * 3_000 + 2_900), WAITS);
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
    let page = |step: u64, polls| {
        let mut program = Program::default();
        let page = program.future(1, 0, "page", (0, 100_000), Polls(7, 60, 20));
        for (call, name) in (0..).zip(names) {
            let start = call * step;
            program.future(1, page, name, (start, start + 30_000), polls);
        }
        program.causes()
    };
    let found = page(31_000, WAITS);
    assert_eq!(
        found[0],
        (
            CauseKind::SerialCalls,
            "page".to_owned(),
            "`page` waits for `user`, `prices` and `stock` one after the other, 90 ms: if none needs the result of another, all at once take 30 ms".to_owned(),
        )
    );
    assert!(found[1..].iter().all(|it| it.0 == CauseKind::LateWake), "{found:#?}");
    // At the same time, and what computes.
    for found in [page(1_000, WAITS), page(31_000, Polls(9, 25_000, 20))] {
        assert!(found.iter().all(|it| it.0 != CauseKind::SerialCalls), "{found:#?}");
    }
}

#[test]
fn thousands_of_tiny_spans_or_polls_are_counted() {
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

    let mut program = Program::default();
    program.future(1, 0, "spin", (0, 80_000), Polls(40_000, 300, 50_000));
    program.assert(&[(
        CauseKind::BusyWait,
        "spin",
        "`spin` was polled 40000 times, once in 2 µs: it wakes itself instead of waiting, or is woken for little",
    )]);
}

#[test]
fn what_cannot_be_told_from_something_else() {
    // A full channel, and one who sends: each call ends when there is room.
    let mut program = Program::default();
    let produce = program.future(1, 0, "produce", (0, 121_000), Polls(13, 60, 20));
    for message in 0..12 {
        let start = message * 10_000;
        program.future(1, produce, "send", (start, start + 9_900), WAITS);
    }
    program.assert(&[(CauseKind::RepeatedCalls, "produce", "calls `send` 12 times")]);

    // A task without a span blocks the only thread of the runtime, and with it the timer.
    let mut program = Program::default();
    program.future(1, 0, "heartbeat", (0, 85_000), WAITS);
    program.assert(&[(CauseKind::LateWake, "heartbeat", "or a runtime that was blocked")]);

    // Calls at the same time of which each takes longer than the one before.
    let mut program = Program::default();
    for call in 0..8 {
        program.future(call + 1, 0, "page", (call * 10, 8_000 + call * 7_000), WAITS);
    }
    program.assert(&[(CauseKind::ContendedLock, "page", "8 spans `page` wait for each other")]);

    // Functions without processor time.
    let mut program = Program::default();
    program.span(1, 0, "export", 0, 90_000);
    program.assert(&[]);
}

#[test]
fn what_is_healthy_is_not_named() {
    let mut program = Program::default();
    for request in 0..30 {
        let (trace, start) = (request + 1, request * 7_000);
        let api = program.future(trace, 0, "api", (start, start + 18_000), Polls(5, 3_000, 900));
        program.future(trace, api, "query", (start + 100, start + 15_000), WAITS);
        program.span(trace, api, "render", start + 15_000, start + 18_000);
        program.number("cpu_ns", 900);
    }
    // A wait for a thread, as on a machine with other work.
    program.future(99, 0, "ping", (500_000, 516_000), Polls(3, 40, 8_000));
    // A worker that waits for one event after the other.
    let worker = program.future(100, 0, "events", (0, 90_000), Polls(41, 100, 20));
    program.often_woken();
    for event in 0..40 {
        program.span(100, worker, "event", event * 2_200, event * 2_200 + 30);
    }
    program.assert(&[]);
}

#[test]
fn an_interval_and_a_join_are_no_late_wakes() {
    let mut program = Program::default();
    program.future(1, 0, "connection", (0, 1_860_000), Polls(94, 100, 20));
    program.often_woken();
    program.assert(&[]);

    let mut program = Program::default();
    program.future(1, 0, "join", (0, 61_000), Polls(4, 100, 20));
    for task in 0..3 {
        let end = 25_000 + task * 17_900;
        program.future(task + 2, 0, "task", (100, end), WAITS);
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
