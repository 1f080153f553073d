//! `tracing::Span::current()` within `#[traced]` functions.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use floe_telemetry::testing::{self, Spans};
use floe_telemetry::tracing::{OpenTelemetrySpanExt, with_current_span};
use floe_telemetry::{create_span, get_current_span, get_tracer, traced, tracing_layer};
use floe_tests::remote_in;
use opentelemetry::trace::{SpanContext, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue};
use tokio::task::yield_now;
use tracing::dispatcher::with_default;
use tracing::field::Empty;
use tracing::instrument::WithSubscriber;
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id};
use tracing::{
    Dispatch, Instrument, Span, Subscriber, debug_span, dispatcher, info, info_span, instrument,
};
use tracing_subscriber::layer::{self, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, registry};

use super::{elsewhere, record_in};

/// The name of a span that stands for one of OpenTelemetry.
const STAND_IN: &str = "otel";

fn subscriber() -> Dispatch {
    Dispatch::new(with_current_span(registry().with(tracing_layer())))
}

fn record(code: impl FnOnce()) -> Spans {
    record_in(subscriber(), code)
}

fn current_name() -> Option<&'static str> {
    Span::current().metadata().map(tracing::Metadata::name)
}

#[traced]
fn ours(code: impl FnOnce()) {
    code();
}

#[instrument(skip_all)]
fn theirs(code: impl FnOnce()) {
    code();
}

#[test]
fn a_span_that_was_captured_in_a_function_is_that_of_the_function() {
    let spans = record(|| {
        theirs(|| {
            ours(|| {
                let captured = Span::current();
                elsewhere(|| {
                    captured.in_scope(|| {
                        ours(|| info!("below"));
                        info!("on the function");
                    });

                    drop(info_span!(parent: &captured, "by parent"));
                    info!(parent: &captured, "by parent");
                });
            });
        });
    });

    assert_eq!(spans.len(), 4);
    // The spans ended on different threads, so they have no order.
    let with = |event: &str| {
        let mut functions = spans.named("ours");
        let span = functions.find(|span| span.events().iter().any(|it| it.name == event));
        span.unwrap()
    };

    with("below").assert_child_of("ours");
    with("on the function")
        .assert_child_of("theirs")
        .assert_ok()
        .assert_event("on the function")
        .assert_event("by parent");
    spans.single("by parent").assert_child_of("ours");
    assert!(spans.single("theirs").events().is_empty());
}

#[traced]
async fn spawns(dispatch: Dispatch) {
    let work = || async {
        yield_now().await;
        drop(info_span!("work"));
        info!("worked");
    };

    let spawned = tokio::spawn(work().in_current_span().with_subscriber(dispatch.clone()));
    spawned.await.unwrap();
    let spawned = work().instrument(Span::current());
    tokio::spawn(spawned.with_subscriber(dispatch.clone())).await.unwrap();
    // The registry closes a span's parent through the thread's subscriber, so the dropped future needs the subscriber.
    let named = work().instrument(info_span!(parent: &Span::current(), "named"));
    tokio::spawn(named.with_subscriber(dispatch)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spawned_futures_continue_the_span_of_the_function() {
    let dispatch = subscriber();
    let within = dispatch.clone();
    let outer = async move {
        let outer = info_span!("outer");
        spawns(within).instrument(outer).await;
    };

    let spans = testing::capture_async(outer.with_subscriber(dispatch)).await;
    let function = spans.single("spawns").assert_child_of("outer").assert_ok();
    assert_eq!(function.events().len(), 2);
    spans.single("named").assert_child_of("spawns").assert_event("worked");
    let below = |name| {
        let parent = spans.single(name).span_context().span_id();
        let works = spans.named("work");
        works.filter(|work| work.data().parent_span_id == parent).count()
    };

    assert_eq!((below("spawns"), below("named")), (2, 1));
}

#[test]
fn the_innermost_span_is_the_current_one() {
    record(|| {
        assert_eq!(current_name(), None);
        ours(|| {
            assert_eq!(current_name(), Some(STAND_IN));
            theirs(|| {
                assert_eq!(current_name(), Some("theirs"));
                ours(|| assert_eq!(current_name(), Some(STAND_IN)));
                let _guard = create_span("by hand");
                assert_eq!(current_name(), Some(STAND_IN));
            });

            assert_eq!(current_name(), Some(STAND_IN));
            let captured = Span::current();
            captured.in_scope(|| {
                assert_eq!(Span::current(), captured);
                let _empty = Context::new().attach();
                assert_eq!(Span::current(), captured);
            });
        });

        get_tracer("plain").in_span("plain", |_| assert_eq!(current_name(), Some(STAND_IN)));
        assert_eq!(current_name(), None);
    });
}

#[test]
fn a_field_is_recorded_on_the_span_that_has_it() {
    let spans = record(|| {
        let span = info_span!("theirs", rows = Empty);
        span.in_scope(|| {
            ours(|| {
                Span::current().record("rows", 1);
            });

            Span::current().record("rows", 2);
        });
    });

    spans.single("theirs").assert_attribute("rows", 2);
}

/// A span that only other layers have is the current one, except in an annotated function that runs inside it.
#[test]
fn a_span_that_a_filter_excludes_may_be_the_current_one() {
    let filtered = tracing_layer().with_filter(LevelFilter::INFO);
    let layers = registry().with(Counting::default()).with(filtered);
    let spans = record_in(with_current_span(layers), || {
        let detail = debug_span!("detail");
        detail.in_scope(|| {
            assert_eq!(current_name(), Some("detail"));
            ours(|| {
                assert_eq!(current_name(), Some(STAND_IN));
                let again = debug_span!("again");
                again.in_scope(|| {
                    again.in_scope(|| assert_eq!(current_name(), Some("again")));
                });

                drop(info_span!("below"));
            });

            assert_eq!(current_name(), Some("detail"));
        });

        ours(|| {
            let captured = Span::current();
            elsewhere(|| captured.in_scope(|| drop(info_span!("captured"))));
        });
    });

    assert_eq!(spans.len(), 4);
    spans.single("below").assert_child_of("ours");
    spans.single("captured").assert_child_of("ours");
}

/// A function is continued even if the filter would disable a span of `tracing` in its place.
#[test]
fn a_function_is_continued_whatever_the_filter_is() {
    let layers = registry().with(tracing_layer().with_filter(LevelFilter::OFF));
    let spans = record_in(with_current_span(layers), || {
        ours(|| {
            let future = async { ours(|| ()) }.in_current_span();
            elsewhere(|| futures_executor::block_on(future));
        });
    });

    assert_eq!(spans.len(), 2);
    spans.named("ours").next().unwrap().assert_child_of("ours");
}

#[test]
fn a_captured_span_ends_nothing_and_may_outlive_the_function() {
    let mut captured = None;
    let spans = record(|| {
        ours(|| {
            drop(Span::current());
            info!("still open");
            captured = Some(Span::current());
        });

        let captured = captured.take().unwrap();
        captured.in_scope(|| info!("too late"));
        drop(info_span!(parent: &captured, "late"));
    });

    spans.single("ours").assert_ok().assert_event("still open");
    assert_eq!(spans.single("ours").events().len(), 1);
    spans.single("late").assert_child_of("ours");
}

/// The children of a captured span that is not sampled belong to its trace.
#[test]
fn a_captured_span_that_is_not_sampled_is_continued() {
    let parent = remote_in(0x5ca1e, false);
    let current = || get_current_span().span_context();
    let assert_below = |within: &SpanContext| {
        assert_eq!(current().trace_id(), parent.trace_id());
        assert!(!current().is_sampled());
        assert_ne!(current().span_id(), within.span_id());
    };

    let spans = record(|| {
        let cx = Context::current().with_remote_span_context(parent.clone());
        let _attached = cx.attach();
        ours(|| {
            let function = current();
            assert_below(&parent);
            let captured = Span::current();
            let named = info_span!(parent: &captured, "named");
            let future = async { current() }.in_current_span();
            let instrumented = async { current() }.instrument(Span::current());
            elsewhere(|| {
                assert!(!current().is_valid());
                captured.in_scope(|| {
                    assert_eq!(current(), function);
                    ours(|| assert_below(&function));
                });

                named.in_scope(|| ours(|| assert_below(&function)));
                assert_eq!(futures_executor::block_on(future), function);
                assert_eq!(futures_executor::block_on(instrumented), function);
            });

            assert_eq!(current(), function);
        });
    });

    assert!(spans.is_empty(), "{spans}");
}

#[test]
fn updates_of_the_current_span_are_updates_of_the_function_span() {
    let spans = record(|| {
        theirs(|| {
            ours(|| {
                let current = Span::current();
                current.set_attribute("rows", 3);
                current.add_event("read", vec![KeyValue::new("n", 1)]);
                current.set_status(Status::error("half of it"));
                ours(|| Span::current().set_attribute("depth", 2));
            });
        });
    });

    let mut functions = spans.named("ours");
    functions.next().unwrap().assert_attribute("depth", 2).assert_ok();
    functions
        .next()
        .unwrap()
        .assert_attribute("rows", 3)
        .assert_event("read")
        .assert_error("half of it");
}

#[derive(Clone, Default)]
struct Counting {
    open: Arc<AtomicUsize>,
    opened: Arc<AtomicUsize>,
}

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for Counting {
    fn on_new_span(&self, _: &Attributes<'_>, id: &Id, layers: layer::Context<'_, S>) {
        assert!(layers.span(id).is_some());
        self.open.fetch_add(1, Ordering::Relaxed);
        self.opened.fetch_add(1, Ordering::Relaxed);
        // Another layer may ask for the current span, too.
        drop(Span::current());
    }

    fn on_close(&self, _: Id, _: layer::Context<'_, S>) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }
}

#[test]
fn only_callers_pay_and_no_span_stays_open() {
    let counting = Counting::default();
    let layers = registry().with(tracing_layer()).with(counting.clone());
    let spans = record_in(with_current_span(layers), || {
        for _ in 0..100 {
            ours(|| info!("nobody asks"));
        }

        assert_eq!(counting.opened.load(Ordering::Relaxed), 0);
        ours(|| {
            for _ in 0..100 {
                // This asks for the current span without taking a handle.
                dispatcher::get_default(|dispatch| dispatch.current_span().is_known());
            }

            let first = Span::current();
            let second = first.clone();
            drop(first);
            second.in_scope(|| info!("inside"));
            let handles: Vec<_> = (0..100).map(|_| Span::current()).collect();
            assert_eq!(counting.open.load(Ordering::Relaxed), 101);
            drop(handles);
        });
    });

    assert_eq!(counting.open.load(Ordering::Relaxed), 0);
    assert_eq!(spans.len(), 101);
}

#[test]
fn without_the_layer_the_current_span_is_that_of_tracing() {
    let spans = record_in(with_current_span(registry()), || {
        ours(|| assert_eq!(current_name(), None));
        theirs(|| ours(|| assert_eq!(current_name(), Some("theirs"))));
    });

    assert_eq!(spans.len(), 2);
}

/// Each of two subscribers has its own span for the function.
#[test]
fn two_subscribers_stand_side_by_side() {
    let one = subscriber();
    let other = subscriber();
    let spans = testing::capture(|| {
        ours(|| {
            let ask = |dispatch| with_default(dispatch, Span::current);
            let peek = |dispatch| {
                with_default(dispatch, || {
                    dispatcher::get_default(|of| of.current_span().is_known())
                })
            };

            for dispatch in [&one, &other, &one] {
                assert!(peek(dispatch));
                drop(ask(dispatch));
            }

            let first = ask(&one);
            let second = ask(&other);
            drop(info_span!(parent: &first, "nowhere"));
            with_default(&other, || drop(info_span!(parent: &second, "below")));
        });
    });

    spans.single("below").assert_child_of("ours");
    assert_eq!(spans.len(), 2);
}
