//! Annotated functions that run in the destructors of thread-locals.

use std::cell::RefCell;
use std::sync::{Arc, Barrier};
use std::thread;

use floe_telemetry::propagation::current_context;
use floe_telemetry::trace::DetachedSpan;
use floe_telemetry::{
    TelemetryConfig, Tracer, create_span, get_current_span, get_tracer, record_exception, traced,
};
use opentelemetry::Context;
use opentelemetry::trace::{SpanBuilder, Status, Tracer as _};
use opentelemetry_sdk::trace::SpanData;

use super::pipeline::spans;

struct CallsWhenDropped;

#[traced]
fn in_a_destructor() -> u8 {
    get_current_span().set_attribute("n", 1);
    record_exception(&std::fmt::Error);
    let _span = create_span("by.hand");
    7
}

impl Drop for CallsWhenDropped {
    fn drop(&mut self) {
        assert_eq!(in_a_destructor(), 7);
    }
}

thread_local! {
    static FIRST: RefCell<Option<CallsWhenDropped>> = const { RefCell::new(None) };
    static SECOND: RefCell<Option<CallsWhenDropped>> = const { RefCell::new(None) };
}

#[traced]
fn without_an_exception() {}

fn call() {
    in_a_destructor();
}

fn call_at_the_end() {
    FIRST.set(Some(CallsWhenDropped));
}

fn call_before_the_end() {
    SECOND.set(Some(CallsWhenDropped));
}

fn build_a_span() {
    let builder = SpanBuilder::from_name("of.a.tracer");
    drop(get_tracer("ends").build_with_context(builder, &Context::new()));
}

static TRACER: Tracer = floe_telemetry::tracer!("ends");

struct RunsWhenDropped(DetachedSpan);

impl Drop for RunsWhenDropped {
    fn drop(&mut self) {
        assert_eq!(self.0.run(in_a_destructor), 7);
    }
}

thread_local! {
    static EARLY: RefCell<Option<RunsWhenDropped>> = const { RefCell::new(None) };
    static LATE: RefCell<Option<RunsWhenDropped>> = const { RefCell::new(None) };
}

#[alone]
fn a_destructor_may_run_code_in_a_detached_span() {
    let spans = spans(TelemetryConfig::new("ends"), || {
        let thread = thread::spawn(|| {
            // `LATE` is dropped before the thread-locals of the library, and `EARLY` after them.
            EARLY.set(None);
            let detached = |name| {
                let open = TRACER.open(current_context(), |span| span.name_const(name));
                Some(RunsWhenDropped(open))
            };
            EARLY.set(detached("early"));
            without_an_exception();
            LATE.set(detached("late"));
        });

        thread.join().unwrap();
    });

    let named = |name| spans.iter().filter(|span| span.name == name).count();
    // Code that runs after the destruction of thread-local values has no spans. An open span can still end until then.
    assert_eq!(["early", "late", "in_a_destructor"].map(named), [1, 1, 1]);
}

type Act = fn();

/// The actions of a thread before the provider starts, and those after it.
const THREADS: [(Act, [Act; 3]); 5] = [
    // One value is dropped before the thread-locals of the library, the other one after them.
    (|| {}, [call_at_the_end, call, call_before_the_end]),
    (|| {}, [|| drop(get_current_span()), call_at_the_end, call]),
    (|| {}, [without_an_exception, call_at_the_end, call]),
    (|| {}, [build_a_span, call_at_the_end, call_before_the_end]),
    // The first call looks for OpenTelemetry's provider.
    (call, [call_at_the_end, call, || {}]),
];

#[alone]
fn a_destructor_may_call_annotated_functions() {
    for (n, (without, with)) in THREADS.into_iter().enumerate() {
        let change = Arc::new(Barrier::new(2));
        let changed = Arc::clone(&change);
        let thread = thread::spawn(move || {
            without();
            changed.wait();
            changed.wait();
            for act in with {
                act();
            }
        });

        change.wait();
        let spans = spans(TelemetryConfig::new("ends"), || {
            change.wait();
            thread.join().unwrap();
        });

        let named = |name| spans.iter().filter(|span| span.name == name).count();
        let is_error = |span: &&SpanData| matches!(span.status, Status::Error { .. });
        let counts =
            [named("in_a_destructor"), named("by.hand"), spans.iter().filter(is_error).count()];
        assert_eq!(counts, [2; 3], "thread {n}");
    }
}
