//! Programs that are slow for one reason each, and the reason that is found in their traces.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "tests"
)]

use std::error::Error;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use floe_telemetry::config::Signal;
use floe_telemetry::exporter::{OtlpRequest, OtlpWriter};
use floe_telemetry::{FutureExt as _, TelemetryConfig, TelemetryProvider, span, traced};
use floe_trace::read::Reader;
use floe_trace::{CauseKind, Forest, Recording, causes};
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// How long what is wrong takes.
const LONG: Duration = Duration::from_millis(30);

#[derive(Clone, Debug)]
struct Requests(Arc<Mutex<Reader>>);

impl OtlpWriter for Requests {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn write(
        &mut self,
        request: OtlpRequest<'_>,
        _: Duration,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        Ok(self.0.lock().unwrap().read("memory", request.protobuf())?)
    }
}

/// What a program records.
fn record(program: impl FnOnce()) -> Recording {
    let requests = Requests(Arc::new(Mutex::new(Reader::new())));
    let mut config = TelemetryConfig::new("planted");
    config.profile.polls = true;
    config.profile.thread_cpu_time = true;
    let provider = TelemetryProvider::builder(config)
        .with_otlp_writer(Signal::Traces, requests.clone())
        .initialize()
        .unwrap();
    program();
    provider.shutdown(Duration::from_secs(20)).unwrap();
    std::mem::take(&mut *requests.0.lock().unwrap()).finish()
}

/// The causes that are found in what a program records: the kind, the span and the sentence, most time first.
fn found(program: impl FnOnce()) -> Vec<(CauseKind, String, String)> {
    let recording = record(program);
    let forest = Forest::new(&recording);
    let causes = causes(&forest).into_iter();
    causes
        .map(|cause| {
            (
                cause.kind,
                forest.span(cause.span).name.to_string(),
                cause.message,
            )
        })
        .collect()
}

#[track_caller]
fn assert_named(found: &[(CauseKind, String, String)], kind: CauseKind, name: &str, part: &str) {
    let cause = found
        .iter()
        .find(|cause| cause.0 == kind && cause.1 == name);
    assert!(
        cause.is_some_and(|(_, _, message)| message.contains(part)),
        "expected {kind:?} of `{name}` with `{part}`, found {found:#?}"
    );
}

/// Runs a future on one thread.
fn run<T>(work: impl Future<Output = T>) -> T {
    Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap()
        .block_on(work)
}

fn compute() {
    let start = Instant::now();
    while start.elapsed() < LONG {
        std::hint::spin_loop();
    }
}

#[traced]
async fn render(ready: oneshot::Sender<()>) {
    ready.send(()).unwrap();
    compute();
}

#[traced]
async fn lookup() {
    thread::sleep(LONG);
}

#[traced]
async fn heartbeat() {
    tokio::time::sleep(LONG / 6).await;
}

#[traced]
async fn answer(receiver: oneshot::Receiver<()>) {
    receiver.await.unwrap();
}

#[traced]
fn read_file() {
    thread::sleep(LONG);
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

// One test, because a process has one provider at a time.
#[test]
#[expect(clippy::too_many_lines, reason = "a program after the other")]
fn each_cause_is_named() {
    let causes = found(|| {
        run(async {
            let (ready, receiver) = oneshot::channel();
            let mut tasks = JoinSet::new();
            tasks.spawn(heartbeat());
            tasks.spawn(answer(receiver));
            tasks.spawn(render(ready));
            tasks.join_all().await;
        });
    });
    // Whether it had the processor all the time depends on what else runs on this machine.
    assert_named(
        &causes,
        CauseKind::LongPoll,
        "render",
        "inside of async code: one poll took",
    );
    for (name, part) in [
        ("answer", "was woken and waited 3"),
        ("heartbeat", "to be woken, while a thread"),
    ] {
        assert_named(&causes, CauseKind::StarvedTask, name, part);
        let by = "was busy by `render`, whose longest poll took 3";
        assert_named(&causes, CauseKind::StarvedTask, name, by);
    }

    let causes = found(|| run(lookup()));
    let part = if cfg!(target_os = "linux") {
        "`lookup` blocks its thread inside of async code"
    } else {
        "`lookup`"
    };
    assert_named(&causes, CauseKind::LongPoll, "lookup", part);

    let causes = found(|| {
        run(async {
            async { read_file() }.in_span(span("handler")).await;
        });
    });
    assert_named(
        &causes,
        CauseKind::LongPoll,
        "handler",
        "`handler`, in `read_file`,",
    );

    let causes = found(|| {
        let (sender, receiver) = oneshot::channel();
        let late = thread::spawn(|| {
            thread::sleep(LONG);
            sender.send(()).unwrap();
        });
        run(answer(receiver));
        late.join().unwrap();
    });
    assert_named(
        &causes,
        CauseKind::LateWake,
        "answer",
        "for what no span below it shows",
    );
    assert_eq!(causes.len(), 1, "{causes:#?}");

    let causes = found(|| {
        let stock = Arc::new(tokio::sync::Mutex::new(100));
        run(async {
            let mut tasks = JoinSet::new();
            (0..6).for_each(|_| drop(tasks.spawn(reserve(Arc::clone(&stock)))));
            tasks.join_all().await;
        });
    });
    assert_named(
        &causes,
        CauseKind::ContendedLock,
        "reserve",
        "6 spans `reserve` wait for each other: one ends every 3",
    );

    let causes = found(|| {
        let total = Mutex::new(0);
        thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| update(&total));
            }
        });
    });
    assert_named(
        &causes,
        CauseKind::ContendedLock,
        "update",
        "6 spans `update` wait for each other",
    );

    let causes = found(cart);
    assert_named(
        &causes,
        CauseKind::RepeatedCalls,
        "cart",
        "`cart` calls `item` 8 times, one after the other",
    );

    if cfg!(target_os = "linux") {
        let causes = found(read_file);
        assert_named(
            &causes,
            CauseKind::Blocked,
            "read_file",
            "it was blocked by",
        );
    }
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
            attributes: numbers
                .map(|(key, it)| ((*key).into(), Value::Int(*it)))
                .collect(),
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
    let messages: Vec<_> = causes(&forest)
        .into_iter()
        .map(|it| (it.kind, it.message))
        .collect();
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
        assert!(
            messages.contains(&(kind, message.to_owned())),
            "{message} in {messages:#?}"
        );
    }
    assert_eq!(messages.len(), 4);
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
