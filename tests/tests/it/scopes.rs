//! Tracers, call sites and span builders. `global/scopes` tests the scope of each kind of span.

use floe_telemetry::opentelemetry::Context;
use floe_telemetry::opentelemetry::trace::{SpanContext, SpanKind, TraceContextExt};
use floe_telemetry::testing;
use floe_telemetry::{FloeAttributes, Tracer, callsite, create_span, span, traced};
use floe_tests::remote_in;

const VERSION: &str = env!("CARGO_PKG_VERSION");

static TRACER: Tracer = floe_telemetry::tracer!("scopes.tracer");

#[traced(tracer = "scopes.literal")]
fn of_a_literal() {}

/// Two tracers start spans at the same source location.
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
fn scopes_are_redacted() {
    static LEAKING: Tracer =
        floe_telemetry::tracer!("postgresql://floe:hunter2@db.internal/orders");
    let spans = testing::capture(|| drop(LEAKING.span("leaking").start()));
    let scope = spans.single("leaking").scope();
    assert_eq!(scope, "postgresql://<REDACTED>@db.internal/orders");
}

#[test]
fn the_linker_lists_tracers() {
    let listed = callsite::tracers().find(|scope| scope.name() == "scopes.tracer").unwrap();
    assert_eq!(listed.version(), Some(VERSION));
    let location = listed.location();
    assert_eq!(location.module(), module_path!());
    assert!(location.file().ends_with("tests/it/scopes.rs"));
    let line = include_str!("scopes.rs").lines().position(|line| line.starts_with("static TRACER"));
    assert_eq!(location.line() as usize, line.unwrap() + 1);
    assert_eq!(location.to_string(), format!("{}:{}", location.file(), location.line()));
}

#[traced(level = error, kind = client, name = "scopes.severe")]
fn severe() {}

/// The linker's list has a function before its first call.
#[test]
fn a_call_site_is_listed_with_its_properties() {
    let site = |function| callsite::all().find(|site| site.function() == function).unwrap();
    let usual = site("of_a_literal");
    assert_eq!((usual.scope_name(), usual.scope_version()), ("scopes.literal", Some(VERSION)));
    assert_eq!((usual.level(), usual.target()), (callsite::Level::Info, module_path!()));
    let by_argument = site("severe");
    assert_eq!(
        (by_argument.name(), by_argument.level()),
        ("scopes.severe", callsite::Level::Error)
    );

    assert_eq!(
        (by_argument.kind(), by_argument.location().module()),
        (&SpanKind::Client, "it::scopes")
    );

    assert!(callsite::Level::Error < callsite::Level::Trace);
    // A function that nothing calls is not linked.
    severe();
    of_a_literal();
}

#[derive(FloeAttributes)]
#[floe(prefix = "order")]
struct Order {
    id: u32,
    note: Option<&'static str>,
}

#[test]
fn a_builder_sets_the_initial_properties_of_a_span() {
    let linked = remote_in(1, true);
    let early = span("early").root();
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
        drop(early.start());
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
    for root in ["root 1", "early"] {
        spans.single(root).assert_root();
    }
}

/// Returns the source line of `span("child")`.
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
