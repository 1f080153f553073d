//! The instrumentation scope of each kind of span, span builders and tracers.

use floe_telemetry::opentelemetry::Context;
use floe_telemetry::opentelemetry::trace::{
    SpanContext, SpanId, SpanKind, TraceContextExt, TraceFlags, TraceId, TraceState,
};
use floe_telemetry::testing::{self, Spans};
use floe_telemetry::{
    FloeAttributes, FutureExt as _, Tracer, callsite, create_span, get_tracer, span, traced,
};
use futures_executor::block_on;
use opentelemetry::trace::Tracer as _;

const VERSION: &str = env!("CARGO_PKG_VERSION");

static TRACER: Tracer = floe_telemetry::tracer!("scopes.tracer");

const NAMED: &str = "scopes.constant";

#[traced]
fn of_the_package() {}

#[traced]
async fn of_the_package_later() {}

#[traced(tracer = "scopes.literal")]
fn of_a_literal() {}

#[traced(tracer = NAMED, attributes(n))]
async fn of_a_constant(n: u8) -> u8 {
    n
}

#[traced(tracer = TRACER.name())]
fn of_a_tracers_name() {}

struct Block;

#[traced(tracer = "scopes.block")]
impl Block {
    fn one() {}

    #[traced(tracer = "scopes.method")]
    fn two() {}
}

fn scope(spans: &Spans, name: &str) -> (String, Option<String>) {
    let scope = &spans.single(name).data().instrumentation_scope;
    let version = scope.version().map(str::to_owned);
    (scope.name().to_owned(), version)
}

fn named(name: &str) -> (String, Option<String>) {
    (name.to_owned(), Some(VERSION.to_owned()))
}

#[tokio::test]
async fn an_annotated_function_has_the_scope_of_its_package_or_of_its_tracer() {
    let spans = testing::capture_async(async {
        of_the_package();
        of_the_package_later().await;
        of_a_literal();
        of_a_constant(1).await;
        of_a_tracers_name();
        Block::one();
        Block::two();
    })
    .await;
    for (span, expected) in [
        ("of_the_package", "floe-tests"),
        ("of_the_package_later", "floe-tests"),
        ("of_a_literal", "scopes.literal"),
        ("of_a_constant", "scopes.constant"),
        ("of_a_tracers_name", "scopes.tracer"),
        ("Block::one", "scopes.block"),
        ("Block::two", "scopes.method"),
    ] {
        assert_eq!(scope(&spans, span), named(expected), "{span}");
    }
}

#[test]
fn a_function_of_another_package_has_the_scope_of_that_package() {
    use floe_tests_renamed::scopes;

    let spans = testing::capture(|| {
        scopes::of_the_package();
        scopes::of_a_named_tracer();
        scopes::of_a_tracer();
        scopes::of_no_tracer();
    });
    let of_renamed = |name: &str| (name.to_owned(), Some("7.3.1".to_owned()));
    assert_eq!(scope(&spans, "of_the_package"), of_renamed("floe-tests-renamed"));
    assert_eq!(scope(&spans, "of_a_named_tracer"), of_renamed("renamed.named"));
    assert_eq!(scope(&spans, "of_a_tracer"), of_renamed("renamed.by_hand"));
    assert_eq!(scope(&spans, "of_no_tracer"), of_renamed("floe-tests-renamed"));
}

#[test]
fn manual_spans_have_the_scope_of_their_tracer_or_package() {
    let spans = testing::capture(|| {
        drop(create_span("created"));
        drop(span("built").start());
        block_on(async {}.in_span(span("around a future")));
        drop(TRACER.span("of a tracer").start());
        get_tracer("scopes.api").in_span("of the API", |_| ());
    });
    for name in ["created", "built", "around a future"] {
        assert_eq!(scope(&spans, name), named("floe-tests"), "{name}");
    }
    assert_eq!(scope(&spans, "of a tracer"), named("scopes.tracer"));
    assert_eq!(scope(&spans, "of the API"), ("scopes.api".to_owned(), None));
}

/// Two tracers with spans that start at the same source location.
#[test]
fn the_source_location_does_not_determine_the_scope() {
    static FIRST: Tracer = floe_telemetry::tracer!("scopes.first");
    static SECOND: Tracer = floe_telemetry::tracer!("scopes.second");
    let start = |tracer: &Tracer, name| drop(tracer.span(name).start());
    let spans = testing::capture(|| {
        for _ in 0..2 {
            start(&FIRST, "first");
            start(&SECOND, "second");
        }
    });
    for (name, expected) in [("first", "scopes.first"), ("second", "scopes.second")] {
        assert_eq!(spans.named(name).count(), 2);
        assert!(spans.named(name).all(|span| span.scope() == expected));
    }
}

#[test]
fn the_scope_of_a_tracing_span_is_its_target() {
    use tracing_subscriber::layer::SubscriberExt;

    let subscriber = tracing_subscriber::registry().with(floe_telemetry::tracing_layer());
    let spans = testing::capture(|| {
        tracing::subscriber::with_default(subscriber, || {
            tracing::info_span!("of the module").in_scope(|| ());
            tracing::info_span!(target: "scopes::target", "of a target").in_scope(|| ());
        });
    });
    assert_eq!(scope(&spans, "of the module"), (module_path!().to_owned(), None));
    assert_eq!(scope(&spans, "of a target"), ("scopes::target".to_owned(), None));
    spans.single("of a target").assert_attribute("target", "scopes::target");
}

#[test]
fn scopes_are_redacted() {
    static LEAKING: Tracer =
        floe_telemetry::tracer!("postgresql://floe:hunter2@db.internal/orders");
    let spans = testing::capture(|| drop(LEAKING.span("leaking").start()));
    let (name, _) = scope(&spans, "leaking");
    assert_eq!(name, "postgresql://<REDACTED>@db.internal/orders");
}

#[test]
fn the_linker_lists_tracers_and_what_call_sites_name() {
    let listed = callsite::tracers().find(|scope| scope.name() == "scopes.tracer");
    let listed = listed.unwrap();
    assert_eq!(listed.version(), Some(VERSION));
    let location = listed.location();
    assert_eq!(location.module(), module_path!());
    assert!(location.file().ends_with("tests/it/scopes.rs"));
    let line = include_str!("scopes.rs").lines().position(|line| line.starts_with("static TRACER"));
    assert_eq!(location.line() as usize, line.unwrap() + 1);
    assert_eq!(location.to_string(), format!("{}:{}", location.file(), location.line()));

    let of_renamed = callsite::tracers().find(|scope| scope.name() == "renamed.by_hand");
    assert_eq!(of_renamed.unwrap().version(), Some("7.3.1"));

    of_a_literal();
    let site = callsite::all().find(|site| site.function() == "of_a_literal");
    assert_eq!(site.unwrap().scope_name(), "scopes.literal");
    assert_eq!(site.unwrap().scope_version(), Some(VERSION));
}

#[test]
fn call_sites_have_a_level_and_a_target() {
    #[traced(level = error)]
    fn severe() {}
    #[traced]
    fn usual() {}

    severe();
    usual();
    let site = |function| callsite::all().find(|site| site.function() == function);
    assert_eq!(site("severe").unwrap().level(), callsite::Level::Error);
    assert_eq!(site("usual").unwrap().level(), callsite::Level::Info);
    assert_eq!(site("usual").unwrap().target(), module_path!());
    assert!(callsite::Level::Error < callsite::Level::Trace);
}

#[derive(FloeAttributes)]
#[floe(prefix = "order")]
struct Order {
    id: u32,
    note: Option<&'static str>,
}

#[test]
fn a_builder_sets_the_initial_properties_of_a_span() {
    let linked = SpanContext::new(
        TraceId::from(1_u128),
        SpanId::from(2_u64),
        TraceFlags::SAMPLED,
        true,
        TraceState::NONE,
    );
    let spans = testing::capture(|| {
        let around = create_span("around");
        let elsewhere = Context::current();
        drop(around);
        let _current = create_span("current");
        drop(
            span("child")
                .attribute("order.id", 1)
                .attribute("none", None::<u8>)
                .attribute("text", String::from("made at run time, and longer than a word"))
                .attributes(&Order { id: 2, note: None })
                .kind(SpanKind::Producer)
                .link(linked.clone())
                .link(SpanContext::NONE)
                .start(),
        );
        drop(TRACER.span("elsewhere").parent(&elsewhere).start());
        drop(span(format!("root {}", 1)).root().start());
    });
    let child = spans.single("child");
    child
        .assert_child_of("current")
        .assert_ok()
        .assert_attribute("order.id", 2)
        .assert_attribute("text", "made at run time, and longer than a word")
        .assert_no_attribute("none")
        .assert_no_attribute("order.note")
        .assert_attribute("code.line.number", child_line());
    assert_eq!(child.kind(), &SpanKind::Producer);
    let links = &child.data().links.links;
    assert_eq!(links.len(), 1);
    assert_eq!(links[0].span_context, linked);
    spans.single("elsewhere").assert_child_of("around");
    spans.single("root 1").assert_root();
}

/// The source location of `span("child")`.
fn child_line() -> i64 {
    let mut lines = include_str!("scopes.rs").lines();
    let line = lines.position(|line| line.trim() == "span(\"child\")");
    i64::try_from(line.unwrap()).unwrap() + 1
}

#[test]
fn a_span_is_current_from_its_start_and_not_before() {
    let spans = testing::capture(|| {
        let late = span("late");
        let first = span("first").start();
        let late = late.start();
        assert!(late.is_recording());
        drop(late);
        drop(first);
    });
    spans.single("first").assert_root();
    spans.single("late").assert_child_of("first");
}

#[test]
fn a_builder_can_start_on_another_thread() {
    let spans = testing::capture(|| {
        let _around = create_span("around");
        let built = TRACER.span("elsewhere").attribute("n", 1).parent(&Context::current());
        std::thread::spawn(move || drop(built.start())).join().unwrap();
    });
    spans.single("elsewhere").assert_child_of("around").assert_attribute("n", 1);
}

#[test]
fn without_a_listener_a_builder_does_nothing() {
    // A capture of another test may be active, but it does not record spans of this thread.
    let started = span("unheard").attribute("n", 1).start();
    assert!(!started.is_recording());
    assert!(!Context::current().has_active_span());
}
