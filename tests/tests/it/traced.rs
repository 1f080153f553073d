//! The arguments of `#[traced]`.

use floe_telemetry::{
    FloeAttributes, FloeSpanAttributes, Mode, SpanKind, create_span, testing, traced,
};
use opentelemetry::KeyValue;

/// The source line of `plain`.
const PLAIN: u32 = line!() + 3;

#[traced]
fn plain(n: i64) -> i64 {
    n + 1
}

#[test]
fn a_bare_attribute_names_the_span_after_the_function_and_records_no_argument() {
    let spans = testing::capture(|| assert_eq!(plain(1), 2));
    let span = spans.single("plain").assert_ok().assert_root().assert_no_attribute("n");
    assert_eq!(span.kind(), &SpanKind::Internal);
    span.assert_attribute("code.function.name", "it::traced::plain")
        .assert_attribute("code.line.number", PLAIN);
    assert!(span.attribute("code.file.path").unwrap().as_str().ends_with("traced.rs"));
    assert_eq!(spans.len(), 1);
}

struct Table {
    name: String,
    rows: Vec<u32>,
}

impl Table {
    #[traced(
        name = "table.read",
        kind = client,
        attributes(column, limit, rows = self.rows.len(), "db.system.name" = "sqlite", table = %self.name, ?mode, none = None::<i64>),
    )]
    fn read(&self, column: &str, limit: u64, mode: Mode) -> usize {
        column.len() + usize::try_from(limit).unwrap() + self.rows.len() + mode.as_str().len()
    }
}

fn table() -> Table {
    Table { name: "orders".to_owned(), rows: vec![1, 2] }
}

#[test]
fn attributes_are_typed() {
    let spans = testing::capture(|| table().read("id", u64::MAX / 4, Mode::Dev));
    let span = spans.single("table.read");
    assert_eq!(span.kind(), &SpanKind::Client);
    span.assert_attribute("column", "id")
        .assert_attribute("limit", i64::try_from(u64::MAX / 4).unwrap())
        .assert_attribute("rows", 2)
        .assert_attribute("db.system.name", "sqlite")
        .assert_attribute("table", "orders")
        .assert_attribute("mode", "Dev")
        .assert_no_attribute("none");
}

#[derive(FloeAttributes)]
#[floe(prefix = "load")]
struct Load<'a> {
    source: &'a str,
    #[floe(key = "rows")]
    count: Option<u64>,
    #[floe(skip)]
    _internal: (),
}

#[traced(attributes_fn = |source, count: &Option<u64>| Load { source, count: *count, _internal: () })]
fn with_closure(source: String, count: Option<u64>) -> usize {
    source.len() + usize::try_from(count.unwrap_or_default()).unwrap()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "every argument comes by reference")]
fn describe(source: &str, fails: &bool) -> Result<[KeyValue; 1], String> {
    if *fails {
        return Err("no attributes for api_key=abc123def".to_owned());
    }
    Ok([KeyValue::new("source", source.to_owned())])
}

#[traced(attributes_fn = describe)]
fn with_path(source: String, fails: bool) -> usize {
    source.len() + usize::from(fails)
}

#[traced(attributes_fn = |flag| { assert!(!*flag, "boom"); [("flag", *flag)] })]
fn with_panic(flag: bool) -> bool {
    flag
}

#[test]
fn attributes_fn_takes_closures_and_paths_and_returns_derived_structs_and_key_values() {
    let spans = testing::capture(|| {
        with_closure("csv".to_owned(), Some(3));
        with_closure("json".to_owned(), None);
        with_path("sql".to_owned(), false);
    });

    let mut closures = spans.named("with_closure");
    closures.next().unwrap().assert_attribute("load.source", "csv").assert_attribute("rows", 3);
    closures.next().unwrap().assert_attribute("load.source", "json").assert_no_attribute("rows");
    spans.single("with_path").assert_attribute("source", "sql").assert_no_attribute("floe.warning");
}

#[test]
fn a_failing_attributes_fn_leaves_a_warning_and_the_function_runs() {
    let spans = testing::capture(|| {
        assert_eq!(with_path("sql".to_owned(), true), 4);
        assert!(with_panic(true));
    });

    spans.single("with_path").assert_ok().assert_attribute(
        "floe.warning",
        "attributes_fn failed: no attributes for api_key=<REDACTED>",
    );
    spans
        .single("with_panic")
        .assert_ok()
        .assert_attribute("floe.warning", "attributes_fn panicked: boom");
}

fn identity() -> FloeSpanAttributes {
    let mut identity = FloeSpanAttributes::new("sales", "customer-360", "1.2.0", Mode::Prod);
    identity.job_type = Some("dbt_run".to_owned());
    identity
}

#[traced(
    floe_attributes = identity(),
    attributes("floe.job.type" = "attributes", "floe.namespace" = "later"),
    attributes_fn = || [("floe.job.type", "attributes_fn")],
)]
fn composed() {}

#[test]
fn later_sources_override_earlier_ones() {
    testing::capture(composed)
        .single("composed")
        .assert_attribute("floe.product.name", "customer-360")
        .assert_attribute("floe.mode", "prod")
        .assert_attribute("floe.namespace", "later")
        .assert_attribute("floe.job.type", "attributes_fn");
}

#[traced]
fn outer() {
    inner();
    let span = create_span("by.hand");
    span.set_attribute("n", 1);
    inner();
}

#[traced]
fn inner() {}

#[test]
fn calls_nest() {
    let spans = testing::capture(outer);
    spans.single("outer").assert_root();
    spans.single("by.hand").assert_child_of("outer").assert_ok().assert_attribute("n", 1);
    let mut inners = spans.named("inner");
    inners.next().unwrap().assert_child_of("outer");
    inners.next().unwrap().assert_child_of("by.hand");
    let (start, end) = spans.single("outer").times();
    assert!(spans.named("inner").all(|span| start <= span.times().0));
    assert!(spans.named("inner").all(|span| span.times().1 <= end));
}

trait List {
    fn first(&self) -> u8;

    #[traced]
    fn second(&self) -> u8 {
        2
    }
}

struct Generic<T>(T);

struct Block;

impl<T> Generic<T> {
    #[traced(name = "alone")]
    fn get(&self) -> &T {
        &self.0
    }

    #[traced]
    async fn later(&self) -> &T {
        &self.0
    }
}

impl<T> List for Generic<T> {
    #[traced]
    fn first(&self) -> u8 {
        1
    }
}

#[traced]
impl Block {
    fn made() -> Self {
        Self
    }

    fn r#type() {}

    #[traced(name = "block.get")]
    fn get(self) {}
}

#[test]
fn the_name_of_a_method_has_its_type() {
    let spans = testing::capture(|| {
        let generic = Generic(1);
        assert_eq!(*generic.get() + generic.first() + generic.second(), 4);
        assert_eq!(*futures_executor::block_on(generic.later()), 1);
        Block::r#type();
        Block::made().get();
    });

    for (span, function) in [
        ("alone", "it::traced::Generic::get"),
        ("later", "it::traced::Generic::later"),
        ("first", "it::traced::Generic::first"),
        ("second", "it::traced::List::second"),
        ("Block::made", "it::traced::Block::made"),
        ("Block::type", "it::traced::Block::type"),
        ("block.get", "it::traced::Block::get"),
    ] {
        spans.single(span).assert_attribute("code.function.name", function);
    }

    let site = floe_telemetry::callsite::all().find(|site| site.name() == "block.get").unwrap();
    assert_eq!(site.function(), "get");
}

/// A value whose `Display` and `Debug` panic.
struct Panics;

impl std::fmt::Display for Panics {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("in Display")
    }
}

fn panics<T>(place: &str) -> T {
    panic!("{place}")
}

#[traced(attributes(n = panics::<i64>("in an attribute")))]
fn with_expression() -> u8 {
    7
}

#[traced(attributes(text = %value))]
fn with_display(value: &Panics) -> u8 {
    7
}

#[traced(name = panics::<String>("in the name"))]
fn with_name() -> u8 {
    7
}

#[traced(links = panics::<Vec<opentelemetry::trace::SpanContext>>("in the links"))]
fn with_links() -> u8 {
    7
}

#[traced]
fn with_error() -> Result<u8, Panics> {
    Err(Panics)
}

#[test]
fn user_code_that_panics_does_not_change_the_function() {
    let spans = testing::capture(|| {
        assert_eq!(with_expression(), 7);
        assert_eq!(with_display(&Panics), 7);
        assert_eq!(with_name(), 7);
        assert_eq!(with_links(), 7);
        assert!(with_error().is_err());
    });

    for (name, place) in [
        ("with_expression", "in an attribute"),
        ("with_display", "in Display"),
        ("with_name", "in the name"),
        ("with_links", "in the links"),
    ] {
        let warning = format!("an expression of the span panicked: {place}");
        spans.single(name).assert_ok().assert_attribute("floe.warning", warning.as_str());
    }

    spans.single("with_error").assert_error("error formatting panicked: in Display");
}
