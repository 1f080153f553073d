//! Every deed of the library where OpenTelemetry's current `Context` is borrowed or destroyed: in the closures of its API,
//! while a thread or the process ends, and in the panic hook.
#![cfg(unix)]

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::{Future, pending};
use std::panic::{self, catch_unwind};
use std::pin::{Pin, pin};
use std::process::exit;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, OnceLock};
use std::task::{Context as TaskContext, Poll, Waker};
use std::{env, thread};

use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::propagation::{
    current_context, extract_context, inject_context, set_baggage_value,
};
use floe_telemetry::trace::DetachedSpan;
use floe_telemetry::{
    ActiveSpan, FutureExt as _, MetricRecorder, TelemetryConfig, TelemetryProvider, Tracer,
    add_event, builder, create_span, get_current_span, get_tracer, in_current_span,
    record_exception, set_attribute, span, traced,
};
use floe_tests::signal::{at_exit, at_thread_end};
use floe_tests::{Receiver, TIMEOUT, program};
use opentelemetry::Context;
use opentelemetry::trace::{TraceContextExt as _, Tracer as _, get_active_span};
use opentelemetry_sdk::trace::SpanData;
use tracing::span::EnteredSpan;

use super::pipeline::{in_memory, spans};

static TRACER: Tracer = floe_telemetry::tracer!("states");

#[traced]
fn call() {
    inner();
}

#[traced]
fn inner() {}

#[traced(attributes(n))]
fn call_with_an_argument(n: u8) -> u8 {
    n
}

#[traced]
async fn call_async() {
    inner();
}

#[traced(parent = Context::new())]
fn call_below_a_parent() {
    inner();
}

#[tracing::instrument]
fn instrumented() {
    inner();
}

fn poll<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut TaskContext::from_waker(Waker::noop()))
}

fn carry() {
    let mut carrier = HashMap::<String, String>::new();
    inject_context(&mut carrier);
    drop((extract_context(&carrier), set_baggage_value("tenant", "acme"), current_context()));
}

fn update() {
    set_attribute("n", 1);
    add_event("event", []);
    record_exception(&std::fmt::Error);
    get_current_span().set_attribute("n", 2);
}

fn measure() {
    let metrics = MetricRecorder::new("states");
    metrics.increment("calls", 1, &[]);
    metrics.record_histogram("durations", 0.5, &[]);
}

/// Records a span that belongs to a value.
fn detach() {
    TRACER.open(Context::new(), |span| span.name_const("detached")).run(inner);
}

type Deed = fn();
type Place = fn(Deed);

const DEEDS: [(&str, Deed); 16] = [
    ("a call", call),
    ("a call with an argument", || assert_eq!(call_with_an_argument(7), 7)),
    ("a call of an async function", || assert!(poll(call_async()).is_ready())),
    ("a call below an explicit parent", call_below_a_parent),
    ("a guard", || drop(create_span("guard"))),
    ("a guard with a call", || {
        let _span = span("guard").start();
        inner();
    }),
    ("in_span", || assert!(poll(async { inner() }.in_span(span("future"))).is_ready())),
    ("a future in the current span", || {
        assert!(poll(async { inner() }.in_current_span()).is_ready());
    }),
    ("a closure in the current span", || in_current_span(inner)()),
    ("a detached span", detach),
    ("a span of a tracer", || drop(get_tracer("states").start("tracer"))),
    ("a span of `tracing`", || {
        let _span = tracing::info_span!("entered").entered();
        instrumented();
    }),
    ("a log line", || tracing::warn!("a line")),
    ("a caught panic", || drop(catch_unwind(|| panic!("expected")).unwrap_err())),
    ("an update of the current span", update),
    ("a measurement and a carrier", || {
        measure();
        carry();
    }),
];

const CAUGHT_PANIC: usize = 13;

/// The number of deeds that came to their end.
static DONE: AtomicUsize = AtomicUsize::new(0);

fn perform(deed: Deed) {
    deed();
    DONE.fetch_add(1, Ordering::Relaxed);
}

/// Performs a deed when it is dropped.
struct AtEnd(Deed);

impl Drop for AtEnd {
    fn drop(&mut self) {
        perform(self.0);
    }
}

thread_local! {
    /// Dropped after all thread-local values that are initialized later.
    static FIRST: RefCell<Option<AtEnd>> = const { RefCell::new(None) };
    static LAST: RefCell<Option<AtEnd>> = const { RefCell::new(None) };
}

fn first(deed: Deed) {
    FIRST.set(Some(AtEnd(deed)));
}

/// Performs a deed in the destructor of a key, at which the standard library's own handle of the thread is gone, too.
fn key(deed: Deed) {
    thread_local! {
        static DEED: Cell<Deed> = const { Cell::new(|| ()) };
    }

    extern "C" fn ended() {
        perform(DEED.get());
    }

    DEED.set(deed);
    at_thread_end(ended);
}

/// The places, each of which is a thread. In the first ones, the thread ends with thread-local values that are
/// initialized in any order: the program's, OpenTelemetry's and the library's.
const PLACES: [(&str, Place); 12] = [
    ("a thread that has used nothing", first),
    ("a thread that has used OpenTelemetry's context", |deed| {
        first(deed);
        drop(Context::current());
    }),
    ("a thread that has attached a context", |deed| {
        first(deed);
        drop(Context::new().attach());
    }),
    ("a thread that has recorded a span", |deed| {
        first(deed);
        call();
    }),
    ("a thread that has logged", |deed| {
        first(deed);
        tracing::warn!("before");
    }),
    ("a thread that has used the context, then the library, then the program's value", |deed| {
        drop(Context::current());
        call();
        LAST.set(Some(AtEnd(deed)));
    }),
    ("a key of POSIX on a thread that has used nothing", key),
    ("a key of POSIX on a thread that has recorded a span and logged", |deed| {
        call();
        tracing::warn!("before");
        key(deed);
    }),
    ("a closure of `get_active_span`", |deed| {
        let _span = create_span("outer");
        get_active_span(|_| perform(deed));
    }),
    ("a closure of `Context::map_current` on a thread that has used nothing", |deed| {
        Context::map_current(|_| perform(deed));
    }),
    ("another version of OpenTelemetry's API", |deed| {
        let _span = create_span("outer");
        let _attached = opentelemetry_before::Context::new().attach();
        opentelemetry_before::Context::map_current(|_| perform(deed));
    }),
    ("unwinding through a closure of `get_active_span`", |deed| {
        let unwound = catch_unwind(move || {
            let _span = create_span("outer");
            get_active_span(|_| {
                let _at_end = AtEnd(deed);
                panic!("expected");
            });
        });
        unwound.unwrap_err();
    }),
];

/// The variables of the child: the numbers of its place and its deed, and whether it has a provider.
const PLACE: &str = "TEST_PLACE";
const DEED: &str = "TEST_DEED";
const WITH_PROVIDER: &str = "TEST_PROVIDER";

fn number(variable: &str) -> usize {
    env::var(variable).unwrap().parse().unwrap()
}

fn start() -> Option<(TelemetryProvider, MemoryExporter)> {
    let memory = MemoryExporter::new();
    let start = || builder().with_span_exporter(memory.clone()).init().unwrap();
    (number(WITH_PROVIDER) == 1).then(start).map(|telemetry| (telemetry, memory))
}

/// A panic of OpenTelemetry or of the standard library, which must not be seen even if it is caught.
fn assert_quiet(stderr: &str, cell: &str) {
    for word in ["already borrowed", "already mutably borrowed", "Thread Local Storage", "aborting"]
    {
        assert!(!stderr.contains(word), "{cell}: {stderr}");
    }
}

const SAID: &str = "is not in OpenTelemetry's current `Context`";

#[test]
fn every_deed_works_in_every_place() {
    let program = program!({
        let _telemetry = start();
        let (_, place) = PLACES[number(PLACE)];
        for (name, deed) in DEEDS {
            println!("deed: {name}");
            thread::spawn(move || place(deed)).join().unwrap();
        }
        assert_eq!(DONE.load(Ordering::Relaxed), DEEDS.len());
        exit(3);
    });
    for (n, (place, _)) in PLACES.iter().enumerate() {
        for with_provider in ["0", "1"] {
            let mut command = program.command();
            command.env(PLACE, n.to_string()).env(WITH_PROVIDER, with_provider);
            let ended = command.output().unwrap();
            let [stdout, stderr] =
                [ended.stdout, ended.stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
            let mut deeds = stdout.lines().filter(|line| line.contains("deed: "));
            let cell = format!("{place}, provider {with_provider}, {:?}", deeds.next_back());
            assert_eq!(ended.status.code(), Some(3), "{cell}: {:?}: {stderr}", ended.status);
            assert_quiet(&stderr, &cell);
            let said = stdout.matches(SAID).count() + stderr.matches(SAID).count();
            let is_borrowed = place.starts_with("a closure");
            assert_eq!(said, usize::from(is_borrowed), "{cell}: {stdout}{stderr}");
        }
    }
}

/// The places at the end of the process: a deed for each process.
const ENDS: [(&str, Place); 4] = [
    ("a thread-local value at `exit`", |deed| {
        first(deed);
        drop(Context::current());
        exit(3);
    }),
    ("a handler of `atexit`", |deed| {
        drop(Context::current());
        exit_with(deed);
    }),
    ("a handler of `atexit` after a call", |deed| {
        call();
        tracing::warn!("before");
        exit_with(deed);
    }),
    ("the panic hook, in a closure of `get_active_span`", |deed| {
        let hook = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            // The deed may panic itself, which no hook survives.
            if number(DEED) != CAUGHT_PANIC {
                deed();
            }
            hook(info);
        }));
        let _span = create_span("outer");
        let panicked = catch_unwind(|| get_active_span(|_| panic!("expected")));
        panicked.unwrap_err();
        exit(3);
    }),
];

fn exit_with(deed: Deed) -> ! {
    static DEED: OnceLock<Deed> = OnceLock::new();
    extern "C" fn handler() {
        perform(*DEED.get().unwrap());
    }
    DEED.set(deed).unwrap();
    at_exit(handler);
    exit(3);
}

#[test]
fn every_deed_works_at_the_end_of_the_process() {
    let program = program!({
        let _telemetry = start();
        let (_, place) = ENDS[number(PLACE)];
        place(DEEDS[number(DEED)].1);
    });
    for (n, (place, _)) in ENDS.iter().enumerate() {
        for (m, (deed, _)) in DEEDS.iter().enumerate() {
            for with_provider in ["0", "1"] {
                let mut command = program.command();
                command.env(PLACE, n.to_string()).env(DEED, m.to_string());
                let ended = command.env(WITH_PROVIDER, with_provider).output().unwrap();
                let stderr = String::from_utf8_lossy(&ended.stderr);
                let cell = format!("{deed} in {place}, provider {with_provider}");
                assert_eq!(ended.status.code(), Some(3), "{cell}: {:?}: {stderr}", ended.status);
                assert_quiet(&stderr, &cell);
            }
        }
    }
}

thread_local! {
    static GUARD: RefCell<Option<ActiveSpan>> = const { RefCell::new(None) };
    static DETACHED: RefCell<Option<DetachedSpan>> = const { RefCell::new(None) };
    static ENTERED: RefCell<Option<EnteredSpan>> = const { RefCell::new(None) };
    static FUTURE: RefCell<Option<Pin<Box<dyn Future<Output = ()>>>>> = const { RefCell::new(None) };
}

/// Leaves open spans in thread-local values that are destroyed after OpenTelemetry's context.
fn leave_spans() {
    GUARD.set(None);
    DETACHED.set(None);
    ENTERED.set(None);
    FUTURE.set(None);
    let mut future = Box::pin(pending().in_span(span("future")));
    assert!(future.as_mut().poll(&mut TaskContext::from_waker(Waker::noop())).is_pending());
    FUTURE.set(Some(future));
    DETACHED.set(Some(TRACER.open(Context::new(), |span| span.name_const("detached"))));
    GUARD.set(Some(create_span("guard")));
    ENTERED.set(Some(tracing::info_span!("entered").entered()));
}

#[test]
fn spans_that_are_left_in_a_thread_end_with_it() {
    let program = program!({
        let (telemetry, memory) = start().unwrap();
        for _ in 0..3 {
            thread::spawn(leave_spans).join().unwrap();
        }
        telemetry.shutdown(TIMEOUT).unwrap();
        let spans = memory.spans();
        let named = |name| spans.iter().filter(|span| span.name == name).count();
        assert_eq!(["guard", "entered", "future", "detached"].map(named), [3; 4]);
    });
    program.run(&[(WITH_PROVIDER, "1")]);
}

fn ids(spans: &[SpanData], name: &str) -> (String, String) {
    let found = spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("{name}"));
    (found.span_context.span_id().to_string(), found.parent_span_id.to_string())
}

/// Within the closure, the spans of the library nest; after it, everything is as before.
#[alone]
fn spans_in_a_closure_of_the_api_have_their_parents() {
    let spans = spans(TelemetryConfig::new("states"), || {
        let outer = create_span("outer");
        get_active_span(|_| {
            call();
            let guard = create_span("guard");
            drop(create_span("child"));
            drop(guard);
            drop(create_span("sibling"));
        });
        drop(create_span("after"));
        drop(outer);
        assert!(!Context::current().has_active_span());
    });
    let of = |name| ids(&spans, name);
    let outer = of("outer").0;
    for (child, parent) in [
        ("call", &outer),
        ("inner", &of("call").0),
        ("guard", &outer),
        ("child", &of("guard").0),
        ("sibling", &outer),
        ("after", &outer),
    ] {
        assert_eq!(&of(child).1, parent, "{child}");
    }
}

/// A guard that is dropped in the closure is detached when the library is used next on the thread.
#[alone]
fn a_guard_may_be_dropped_in_a_closure_of_the_api() {
    let spans = spans(TelemetryConfig::new("states"), || {
        let outer = create_span("outer");
        let guard = create_span("guard");
        get_active_span(|_| drop(guard));
        drop(create_span("after"));
        let left = get_active_span(|_| create_span("left"));
        drop(create_span("below.left"));
        drop(left);
        // A value of a context drops another guard like that, once it is dropped itself.
        GUARD.set(Some(create_span("second")));
        let closes = AtEnd(|| get_active_span(|_| GUARD.set(None)));
        let attached = Context::current_with_value(closes).attach();
        let first = create_span("first");
        drop(attached);
        get_active_span(|_| drop(first));
        drop(create_span("last"));
        assert_eq!(
            Context::current().span().span_context().span_id(),
            outer.span_context().span_id()
        );
        drop(outer);
        assert!(!Context::current().has_active_span());
    });
    let of = |name| ids(&spans, name);
    let outer = of("outer").0;
    for child in ["guard", "after", "left", "last"] {
        assert_eq!(of(child).1, outer, "{child}");
    }
    assert_eq!(of("below.left").1, of("left").0);
}

/// Where the thread-local values of the library are gone, spans are not recorded, but counted.
#[test]
fn spans_after_the_end_of_a_thread_are_counted() {
    static TELEMETRY: OnceLock<TelemetryProvider> = OnceLock::new();
    static START: Barrier = Barrier::new(2);

    extern "C" fn handler() {
        call();
        let counted = TELEMETRY.get().unwrap().statistics();
        let spans = counted.exported + counted.pending + counted.dropped_buffer_full;
        println!("spans: {spans}");
    }

    let program = program!({
        // A call without a provider looks for the one of OpenTelemetry.
        let early = thread::spawn(|| {
            call();
            START.wait();
            START.wait();
            first(call);
        });
        START.wait();
        let (telemetry, _memory) = in_memory(TelemetryConfig::new("states"));
        START.wait();
        early.join().unwrap();
        assert!(TELEMETRY.set(telemetry).is_ok());
        for (_, place) in &PLACES[..8] {
            thread::spawn(move || place(call)).join().unwrap();
        }
        call();
        at_exit(handler);
        exit(0);
    });
    let (stdout, stderr) = program.run(&[]);
    // Three of the threads and this one have called once before their ends.
    let spans = 2 * (1 + 8 + 3 + 1 + 1);
    assert!(stdout.contains(&format!("spans: {spans}\n")), "{stdout}{stderr}");
}

/// Any thread may flush and shut down, even one whose handle the standard library has dropped.
#[test]
fn a_thread_flushes_and_shuts_down_at_its_very_end() {
    static TELEMETRY: OnceLock<TelemetryProvider> = OnceLock::new();

    extern "C" fn flush() {
        TELEMETRY.get().unwrap().force_flush(TIMEOUT).unwrap();
        perform(call);
    }

    extern "C" fn shut_down() {
        TELEMETRY.get().unwrap().shutdown(TIMEOUT).unwrap();
        perform(call);
    }

    let program = program!({
        let telemetry = builder().init().unwrap();
        assert!(TELEMETRY.set(telemetry).is_ok());
        for end in [flush, shut_down] {
            thread::spawn(move || {
                call();
                measure();
                tracing::warn!("before");
                at_thread_end(end);
            })
            .join()
            .unwrap();
        }
        assert_eq!(DONE.load(Ordering::Relaxed), 2);
        exit(3);
    });
    let receiver = Receiver::http();
    let ended =
        program.command().env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint()).output().unwrap();
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(3), "{:?}: {stderr}", ended.status);
    // The calls at the ends are counted.
    assert_eq!(receiver.spans().len(), 4, "{stderr}");
    assert!(stderr.contains("exported 4 of 6 spans: dropped_buffer_full=2"), "{stderr}");
    // Both ends export the counter.
    assert_eq!(receiver.points_of("calls").len(), 2, "{stderr}");
}

/// Threads end at once while the provider shuts down, each with a span in its last destructor.
#[alone]
fn many_threads_may_end_during_a_shutdown() {
    let (telemetry, _memory) = in_memory(TelemetryConfig::new("states"));
    let threads = [(); 64].map(|()| {
        thread::spawn(|| {
            GUARD.set(None);
            first(call);
            call();
            GUARD.set(Some(create_span("guard")));
        })
    });
    telemetry.shutdown(TIMEOUT).unwrap();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(DONE.load(Ordering::Relaxed), 64);
    let counted = telemetry.statistics();
    assert_eq!(counted.pending, 0, "{counted:?}");
}
