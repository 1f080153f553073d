//! The short form of rules, a filter by target and level.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use floe_telemetry::config::SamplingRule;
use floe_telemetry::{
    FutureExt, TelemetryConfig, Tracer, create_span, get_current_span, get_tracer, span, testing,
    traced, tracing_layer,
};
use floe_tests::remote;
use opentelemetry::trace::Tracer as _;
use opentelemetry_sdk::trace::SpanData;
use tracing_subscriber::layer::SubscriberExt as _;

use super::pipeline::spans;

#[traced]
fn request() {
    db::query();
    detail();
}

#[traced(level = debug)]
fn detail() {
    leaf();
}

#[traced]
fn leaf() {}

/// The number of evaluations of the attributes of [`costly`].
static EVALUATED: AtomicUsize = AtomicUsize::new(0);

#[traced(level = trace, attributes(n = EVALUATED.fetch_add(1, Ordering::Relaxed)))]
async fn costly() {
    leaf();
}

#[traced(level = debug, parent = cx)]
fn below(cx: &opentelemetry::Context) {
    leaf();
}

mod db {
    use floe_telemetry::traced;

    #[traced(level = debug)]
    pub(super) fn query() {
        super::leaf();
    }
}

fn with_filter(filter: &str, code: impl FnOnce()) -> Vec<SpanData> {
    let mut config = TelemetryConfig::new("filter");
    config.sampling.rules = SamplingRule::parse_filter(filter).unwrap();
    spans(config, code)
}

fn names(spans: &[SpanData]) -> Vec<&str> {
    let mut names: Vec<_> = spans.iter().map(|span| &*span.name).collect();
    names.sort_unstable();
    names
}

fn parent_of<'a>(spans: &'a [SpanData], name: &str) -> Option<&'a str> {
    let span = spans.iter().find(|span| span.name == name).unwrap();
    let mut spans = spans.iter();
    let parent = spans.find(|other| other.span_context.span_id() == span.parent_span_id);
    parent.map(|parent| &*parent.name)
}

#[alone]
fn a_function_that_the_filter_excludes_has_no_span() {
    let target = module_path!();
    let filter = format!("info,{target}::db=debug");
    let spans = with_filter(&filter, request);
    // The parent of a span below `detail` is the span above it.
    assert_eq!(names(&spans), ["leaf", "leaf", "query", "request"]);
    let mut parents: Vec<_> = (spans.iter().filter(|span| span.name == "leaf"))
        .map(|leaf| {
            let parent = |other: &&SpanData| other.span_context.span_id() == leaf.parent_span_id;
            &*spans.iter().find(parent).unwrap().name
        })
        .collect();
    parents.sort_unstable();
    assert_eq!(parents, ["query", "request"]);

    let spans = with_filter("trace", || futures_executor::block_on(costly()));
    assert_eq!((names(&spans), EVALUATED.swap(0, Ordering::Relaxed)), (vec!["costly", "leaf"], 1));
    // If the span is excluded, the function has the same context and the same future as without `#[traced]`, and
    // evaluates no attributes.
    let spans = with_filter("info", || {
        let outer = create_span("outer");
        let own = outer.span_context().span_id();
        futures_executor::block_on(async {
            costly().await;
            assert_eq!(get_current_span().span_context().span_id(), own);
        });
    });
    assert_eq!(EVALUATED.load(Ordering::Relaxed), 0);
    assert_eq!(names(&spans), ["leaf", "outer"]);
    assert_eq!(parent_of(&spans, "leaf"), Some("outer"));

    // An explicit parent is the parent of the spans below.
    let cx = remote(true);
    let spans = with_filter("info", || below(&cx));
    assert_eq!(names(&spans), ["leaf"]);
    let parent = opentelemetry::trace::TraceContextExt::span(&cx);
    assert_eq!(spans[0].parent_span_id, parent.span_context().span_id());
}

#[alone]
fn spans_without_a_level_of_ours() {
    let spans = with_filter("warn", || {
        let subscriber = tracing_subscriber::registry().with(tracing_layer());
        tracing::subscriber::with_default(subscriber, || {
            tracing::debug_span!("of tracing").in_scope(|| {
                get_tracer("plain").in_span("of opentelemetry", |_| drop(create_span("by hand")));
            });
        });
    });
    assert_eq!(names(&spans), ["of opentelemetry", "of tracing"]);
}

static TRACER: Tracer = floe_telemetry::tracer!("acme.billing");

#[alone]
fn spans_of_a_tracer_have_its_name_as_target() {
    let work = || {
        drop(TRACER.span("invoice").start());
        drop(span("of no tracer").start());
        futures_executor::block_on(async { leaf() }.in_span(TRACER.span("task")));
    };
    let spans = with_filter("off,acme=info", work);
    assert_eq!(names(&spans), ["invoice", "task"]);
    let spans = with_filter("info,acme.billing=warn", work);
    assert_eq!(names(&spans), ["leaf", "of no tracer"]);

    // A future whose span is excluded runs below the span in which `in_span` was called.
    let spans = with_filter("info,acme=off", || {
        let outer = create_span("outer");
        let task = async { leaf() }.in_span(TRACER.span("task"));
        thread::scope(|scope| {
            scope.spawn(|| futures_executor::block_on(task)).join().unwrap();
        });
        drop(outer);
    });
    assert_eq!(names(&spans), ["leaf", "outer"]);
    assert_eq!(parent_of(&spans, "leaf"), Some("outer"));
}

#[alone]
fn a_capture_is_not_filtered() {
    let spans = with_filter("off", || {
        let captured = testing::capture(request);
        captured.single("detail").assert_child_of("request");
        request();
    });
    assert!(spans.is_empty());
}

#[alone]
fn the_last_directive_of_a_target_applies() {
    let target = module_path!();
    for (filter, expected) in [
        ("off".to_owned(), &[] as &[_]),
        (format!("{target}::db=trace"), &["query"]),
        (format!("trace,{target}=off"), &[]),
        (format!("{target}=off,{target}=info"), &["leaf"]),
    ] {
        let spans = with_filter(&filter, db::query);
        assert_eq!(names(&spans), expected, "{filter}");
    }
}
