//! What spans say about why they were slow: the polls of futures, and the processor time of threads.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use floe_telemetry::config::ProfileConfig;
use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::{FutureExt as _, TelemetryConfig, TelemetryProvider, span, traced};
use futures_core::Stream;
use opentelemetry::Value;
use opentelemetry_sdk::trace::SpanData;

const LONG: Duration = Duration::from_millis(5);

/// Computes for longer than `LONG`: the clock of the spans is another one, and may be a little slower.
fn compute() {
    let start = Instant::now();
    while start.elapsed() < LONG + LONG / 10 {
        std::hint::spin_loop();
    }
}

fn spans(profile: ProfileConfig, body: impl FnOnce()) -> Vec<SpanData> {
    let memory = MemoryExporter::new();
    let mut config = TelemetryConfig::new("profiled");
    config.profile = profile;
    let provider =
        TelemetryProvider::builder(config).with_span_exporter(memory.clone()).initialize().unwrap();
    body();
    provider.shutdown(Duration::from_secs(20)).unwrap();
    memory.spans()
}

fn polls() -> ProfileConfig {
    let mut profile = ProfileConfig::default();
    profile.polls = true;
    profile
}

/// The numbers of a span, and its duration.
fn profile(spans: &[SpanData], name: &str) -> (BTreeMap<String, i64>, i64) {
    let span = spans.iter().find(|span| span.name == name).unwrap();
    let numbers = span.attributes.iter().filter_map(|attribute| match attribute.value {
        Value::I64(value) => Some((attribute.key.to_string(), value)),
        _ => None,
    });
    let duration = span.end_time.duration_since(span.start_time).unwrap();
    (
        numbers.filter(|(key, _)| !key.starts_with("code.")).collect(),
        i64::try_from(duration.as_nanos()).unwrap(),
    )
}

fn assert_adds_up((numbers, duration): &(BTreeMap<String, i64>, i64)) {
    // Times are converted from ticks one by one.
    let rounding = 1_000;
    assert!(numbers["max_poll_ns"] <= numbers["busy_ns"], "{numbers:?}");
    assert!(numbers["max_scheduled_ns"] <= numbers["scheduled_ns"], "{numbers:?}");
    assert!(numbers["scheduled_ns"] <= numbers["idle_ns"] + rounding, "{numbers:?}");
    let both = numbers["busy_ns"] + numbers["idle_ns"];
    assert!(both <= duration + rounding, "{numbers:?} {duration}");
}

/// Counts the wakes of a task.
#[derive(Default)]
struct Counted(AtomicUsize);

impl Wake for Counted {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Is pending once, and stores its waker.
async fn pend(wakers: &Mutex<Vec<Waker>>) {
    let mut is_first = true;
    poll_fn(|task| {
        if !std::mem::take(&mut is_first) {
            return Poll::Ready(());
        }
        wakers.lock().unwrap().push(task.waker().clone());
        Poll::Pending
    })
    .await;
}

#[traced]
async fn waits(wakers: &Mutex<Vec<Waker>>) {
    pend(wakers).await;
    pend(wakers).await;
    compute();
}

#[traced]
fn computes() {
    compute();
}

#[traced]
fn moves() -> Option<u8> {
    None
}

#[test]
fn polls_and_the_time_from_a_wake_to_a_poll() {
    floe_tests::alone!();
    let task = Arc::new(Counted::default());
    let wakers = Mutex::new(Vec::new());
    let spans = spans(polls(), || {
        let waker = Waker::from(Arc::clone(&task));
        let mut context = Context::from_waker(&waker);
        let mut future = pin!(waits(&wakers));
        assert!(future.as_mut().poll(&mut context).is_pending());
        // Woken on another thread, and polled later.
        let woken = wakers.lock().unwrap()[0].clone();
        std::thread::spawn(move || woken.wake()).join().unwrap();
        compute();
        assert!(future.as_mut().poll(&mut context).is_pending());
        // Not woken: nobody knows how long it could have run.
        compute();
        assert!(future.as_mut().poll(&mut context).is_ready());
        let wakers = wakers.lock().unwrap();
        assert!(wakers[0].will_wake(&wakers[1]), "a task keeps its waker");
        // A waker outlives its future.
        wakers[1].wake_by_ref();
    });
    assert_eq!(task.0.load(Ordering::SeqCst), 2, "each wake is passed on");
    let found = profile(&spans, "waits");
    assert_adds_up(&found);
    let (numbers, _) = found;
    assert_eq!(numbers["poll_count"], 3);
    let long = i64::try_from(LONG.as_nanos()).unwrap();
    assert!(numbers["max_poll_ns"] >= long, "{numbers:?}");
    assert!(numbers["max_scheduled_ns"] >= long, "{numbers:?}");
    assert!(numbers["idle_ns"] >= 2 * long, "{numbers:?}");
    assert_eq!(numbers["max_scheduled_ns"], numbers["scheduled_ns"], "it was woken once");
}

#[test]
fn the_wait_for_the_first_poll_is_queued() {
    floe_tests::alone!();
    let spans = spans(polls(), || {
        let wakers = Mutex::new(Vec::new());
        let called = pin!(waits(&wakers));
        let built = pin!(async { compute() }.in_span(span("built")));
        // Both were created, and their runtime has no thread for them.
        compute();
        let mut context = Context::from_waker(Waker::noop());
        assert!(called.poll(&mut context).is_pending());
        assert!(built.poll(&mut context).is_ready());
    });
    let long = i64::try_from(LONG.as_nanos()).unwrap();
    for name in ["waits", "built"] {
        let found = profile(&spans, name);
        assert_adds_up(&found);
        assert!(found.0["queued_ns"] >= long, "{name}: {found:?}");
    }
    let (numbers, duration) = profile(&spans, "built");
    assert!(
        numbers["busy_ns"] + numbers["idle_ns"] <= duration + 1_000,
        "the span begins with its first poll: {numbers:?}"
    );
}

#[test]
fn a_future_that_moves_to_another_task_is_woken_there() {
    floe_tests::alone!();
    let tasks = [(); 2].map(|()| Arc::new(Counted::default()));
    let wakers = Mutex::new(Vec::new());
    let spans = spans(polls(), || {
        let mut future = pin!(waits(&wakers));
        for task in &tasks {
            let waker = Waker::from(Arc::clone(task));
            assert!(future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        }
        let wakers = wakers.lock().unwrap();
        assert!(!wakers[0].will_wake(&wakers[1]));
        wakers[1].wake_by_ref();
    });
    let counts = tasks.map(|task| task.0.load(Ordering::SeqCst));
    assert_eq!(counts, [0, 1]);
    let found = profile(&spans, "waits");
    assert_adds_up(&found);
    assert_eq!(found.0["poll_count"], 2, "a future that is dropped has its polls, too");
}

#[test]
fn a_future_that_wakes_itself_has_waited_since_its_poll() {
    floe_tests::alone!();
    let task = Arc::new(Counted::default());
    let spans = spans(polls(), || {
        let waker = Waker::from(task);
        let mut context = Context::from_waker(&waker);
        let mut left = 3;
        let work = poll_fn(|task| {
            task.waker().wake_by_ref();
            compute();
            left -= 1;
            if left == 0 { Poll::Ready(()) } else { Poll::Pending }
        });
        let mut future = pin!(work.in_span(span("yields")));
        while future.as_mut().poll(&mut context).is_pending() {}
    });
    let found = profile(&spans, "yields");
    assert_adds_up(&found);
    let (numbers, _) = found;
    assert_eq!(numbers["poll_count"], 3);
    assert!(numbers["busy_ns"] >= 3 * i64::try_from(LONG.as_nanos()).unwrap());
}

struct Three(u8);

impl Stream for Three {
    type Item = u8;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u8>> {
        self.0 += 1;
        Poll::Ready((self.0 <= 3).then_some(self.0))
    }
}

#[traced]
fn items() -> impl Stream<Item = u8> {
    Three(0)
}

#[test]
fn streams_and_panics_have_their_polls() {
    floe_tests::alone!();
    let spans = spans(polls(), || {
        let mut context = Context::from_waker(Waker::noop());
        let mut stream = pin!(items());
        while let Poll::Ready(Some(_)) = stream.as_mut().poll_next(&mut context) {}
        let panics = async { panic!("no stock") }.in_span(span("panics"));
        let mut panics = Box::pin(panics);
        let polled = std::panic::AssertUnwindSafe(|| panics.as_mut().poll(&mut context));
        let _: Result<Poll<()>, _> = std::panic::catch_unwind(polled);
    });
    for (name, polls) in [("items", 4), ("panics", 1)] {
        let found = profile(&spans, name);
        assert_adds_up(&found);
        assert_eq!(found.0["poll_count"], polls, "{name}");
    }
}

#[test]
fn without_the_setting_there_is_nothing() {
    floe_tests::alone!();
    let wakers = Mutex::new(Vec::new());
    let spans = spans(ProfileConfig::default(), || {
        let waker = Waker::from(Arc::new(Counted::default()));
        let mut context = Context::from_waker(&waker);
        let mut future = pin!(waits(&wakers));
        while future.as_mut().poll(&mut context).is_pending() {}
        assert!(wakers.lock().unwrap()[0].will_wake(&waker));
        computes();
    });
    for name in ["waits", "computes"] {
        assert!(profile(&spans, name).0.is_empty());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_processor_time_of_functions_and_of_polls() {
    floe_tests::alone!();
    let mut config = ProfileConfig::default();
    config.thread_cpu_time = true;
    let wakers = Mutex::new(Vec::new());
    let spans = spans(config, || {
        let mut context = Context::from_waker(Waker::noop());
        let mut future = pin!(waits(&wakers));
        while future.as_mut().poll(&mut context).is_pending() {
            compute();
        }
        computes();
        moves();
        // A guard may end on another thread.
        let guard = span("guard").start();
        computes();
        drop(guard);
    });
    for name in ["waits", "computes", "guard"] {
        let (numbers, duration) = profile(&spans, name);
        let keys: Vec<_> = numbers.keys().map(String::as_str).collect();
        assert_eq!(keys, ["cpu_ns"], "{name}");
        // Another thread may have had the processor in between.
        assert!((1..=duration).contains(&numbers["cpu_ns"]), "{name}: {numbers:?} {duration}");
    }
}
