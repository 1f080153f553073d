//! One span on many threads, and threads that end.

use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, OnceLock};
use std::thread;

use floe_telemetry::tracing::get_otel_context;
use floe_telemetry::{testing, traced, tracing_layer};
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;
use tracing::dispatcher::{WeakDispatch, with_default};
use tracing::span::EnteredSpan;
use tracing::{Dispatch, Event, Span, Subscriber, info, info_span};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context as LayerContext, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

use super::subscriber;

#[traced]
fn work() {}

/// Runs `code` on another thread, inside the current capture.
fn on_thread<T: Send>(dispatch: &Dispatch, code: impl FnOnce() -> T + Send) -> T {
    let cx = Context::current();
    thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let _attached = cx.attach();
            with_default(dispatch, code)
        });

        thread.join().unwrap()
    })
}

#[test]
fn a_span_is_opened_entered_and_closed_on_different_threads() {
    let dispatch = subscriber();
    let spans = testing::capture(|| {
        let moved = on_thread(&dispatch, || info_span!("moved", step = 1));
        let span = on_thread(&dispatch, move || {
            moved.in_scope(work);
            moved.record("step", 2);
            moved
        });

        on_thread(&dispatch, move || drop(span));
    });

    spans.single("moved").assert_root().assert_attribute("step", 2);
    spans.single("work").assert_child_of("moved");
}

#[test]
fn a_span_is_entered_on_many_threads_at_once() {
    const THREADS: usize = 8;
    let dispatch = subscriber();
    let barrier = Barrier::new(THREADS);
    let spans = testing::capture(|| {
        let shared = with_default(&dispatch, || info_span!("shared", last = 0));
        let cx = Context::current();
        thread::scope(|scope| {
            for n in 0..THREADS {
                let shared = &shared;
                let dispatch = &dispatch;
                let cx = cx.clone();
                let barrier = &barrier;
                scope.spawn(move || {
                    let _attached = cx.attach();
                    barrier.wait();
                    with_default(dispatch, || {
                        for _ in 0..50 {
                            let _entered = shared.enter();
                            shared.record("last", n);
                            info_span!("inner").in_scope(work);
                            info!("hello");
                        }
                    });
                });
            }
        });

        drop(shared);
    });

    let shared = spans.single("shared").assert_root().data();
    assert_eq!(shared.events.events.len() + shared.events.dropped_count as usize, THREADS * 50);
    assert_eq!(spans.named("work").count(), THREADS * 50);
    for inner in spans.named("inner") {
        inner.assert_child_of("shared");
    }

    for work in spans.named("work") {
        work.assert_child_of("inner");
    }
}

thread_local! {
    static LEFT: RefCell<Option<EnteredSpan>> = const { RefCell::new(None) };
    static AT_THE_END: AtTheEnd = const { AtTheEnd };
}

/// Opens and enters a span in a destructor at the end of its thread.
struct AtTheEnd;

impl Drop for AtTheEnd {
    fn drop(&mut self) {
        let _ = std::panic::catch_unwind(|| info_span!("too late").in_scope(work));
    }
}

#[test]
fn a_thread_may_end_inside_a_span() {
    let dispatch = subscriber();
    let spans = testing::capture(|| {
        on_thread(&dispatch, || {
            AT_THE_END.with(|_| ());
            let span = info_span!("left");
            std::mem::forget(span.clone().entered());
            LEFT.set(Some(span.entered()));
        });

        on_thread(&dispatch, || {
            // The thread-locals are dropped in the opposite order: the entered guard first.
            LEFT.set(Some(info_span!("left first").entered()));
            AT_THE_END.with(|_| ());
        });

        assert!(!Context::current().span().span_context().is_valid());
    });

    // A leaked span never ends.
    assert_eq!(spans.named("left").count(), 0);
    assert!(Span::current().is_none());
}

/// Reads the current span for each event.
#[derive(Default)]
struct Reading {
    subscriber: OnceLock<WeakDispatch>,
    events: Arc<AtomicUsize>,
}

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for Reading {
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        self.subscriber.set(subscriber.downgrade()).unwrap();
    }

    fn on_event(&self, _: &Event<'_>, layers: LayerContext<'_, S>) {
        let subscriber = self.subscriber.get().unwrap().upgrade().unwrap();
        if let Some(span) = layers.lookup_current() {
            let _ = get_otel_context(&span.id(), &subscriber);
        }
        self.events.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_subscriber_may_read_spans_while_too_many_contexts_are_reported() {
    let reading = Reading::default();
    let reports = reading.events.clone();
    let layers = tracing_subscriber::registry().with(tracing_layer()).with(reading);
    let spans = testing::capture(|| {
        on_thread(&layers.into(), || {
            let span = info_span!("too deep");
            for _ in 0..u16::MAX {
                std::mem::forget(Context::new().attach());
            }
            let before = reports.load(Ordering::Relaxed);
            let _current = span.enter();
            assert_eq!(reports.load(Ordering::Relaxed), before + 1);
        });
    });
    assert_eq!(spans.named("too deep").count(), 1);
}
