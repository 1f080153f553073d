//! Assertions on the shape of a trace. Where time matters, the spans have explicit times.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use floe_telemetry::testing::{self, Spans};
use floe_telemetry::{get_tracer, traced};
use opentelemetry::trace::{TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue};

fn at(second: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_000_000_000 + second)
}

/// Records a span that lasts from one second to another. `below` records its children.
fn during(name: &'static str, [from, to]: [u64; 2], below: impl FnOnce()) {
    with(name, [from, to], [], below);
}

fn with<const N: usize>(
    name: &'static str,
    [from, to]: [u64; 2],
    attributes: [KeyValue; N],
    below: impl FnOnce(),
) {
    let tracer = get_tracer("shapes");
    let builder = tracer.span_builder(name).with_start_time(at(from));
    let span = builder.with_attributes(attributes).start(&tracer);
    let cx = Context::current_with_span(span);
    let attached = cx.clone().attach();
    below();
    drop(attached);
    cx.span().end_with_timestamp(at(to));
}

fn queries(seconds: Range<u64>) {
    for second in seconds {
        let id = KeyValue::new("id", second.cast_signed());
        let attributes = [KeyValue::new("table", "customers"), id];
        with("query", [second, second + 1], attributes, || {});
    }
}

fn message(spans: &Spans, assertion: impl FnOnce(&Spans)) -> String {
    let failed = catch_unwind(AssertUnwindSafe(|| assertion(spans))).unwrap_err();
    *failed.downcast::<String>().unwrap()
}

#[traced(kind = server)]
fn import(rows: &[u8]) {
    parse("a");
    for row in rows {
        let _ = store(*row);
    }

    parse("b");
}

#[traced(attributes(part))]
fn parse(part: &str) {}

#[traced(kind = client, attributes(row))]
fn store(row: u8) -> Result<(), String> {
    parse("row");
    if row == 0 { Err("zero".to_owned()) } else { Ok(()) }
}

#[test]
fn a_tree_has_names_kinds_and_errors() {
    let spans = testing::capture(|| import(&[1, 2, 3, 0]));
    spans.assert_tree(
        "
        import [server]
          parse
          store [client] ×3
            parse
          store [client] [error]
            parse
          parse
        ",
    );

    assert_eq!(testing::capture(|| {}).assert_tree("").tree(), "");
}

#[test]
fn siblings_that_overlap_are_in_the_order_of_their_text() {
    let trees = [[1, 2], [2, 1]].map(|[a, b]| {
        testing::capture(|| {
            during("root", [0, 9], || {
                during("z", [0, 1], || {});
                during("b", [b, 4], || {});
                during("a", [a, 4], || during("x", [3, 4], || {}));
                during("b", [b, 5], || {});
                during("a", [5, 6], || {});
            });
        })
        .tree()
    });

    assert_eq!(trees, ["root\n  z\n  a\n    x\n  b ×2\n  a"; 2]);
}

#[test]
fn a_tree_that_differs_is_shown_beside_the_expected_one() {
    let spans = testing::capture(|| import(&[]));
    let text = message(&spans, |spans| {
        spans.assert_tree("\n  import [server]\n    parse ×3\n");
    });

    assert_eq!(
        text,
        "tree of spans\nexpected:\n  import [server]\n    parse ×3\nfound:\n  import [server]\n    parse ×2"
    );
}

#[test]
fn a_name_cannot_imitate_another_line() {
    let spans = testing::capture(|| during("a\n  b", [0, 1], || {}));
    assert_eq!(spans.tree(), r"a\n  b");
}

#[test]
fn a_message_is_bounded() {
    let wide = testing::capture(|| during("load", [0, 999], || queries(0..999)));
    let text = message(&wide, |spans| {
        spans.single("absent");
    });

    assert!(text.ends_with("\n  … and 800 more lines"), "{text}");
    assert_eq!(text.lines().count(), 203);
    let long = testing::capture(|| {
        let text = KeyValue::new("text", "ü".repeat(2_000));
        with("long", [0, 1], [text], || {});
    });

    let shown = long.to_string();
    assert!(shown.ends_with("üü…"), "{shown}");
    assert_eq!(shown.chars().count(), "captured spans:\n  ".len() + 1_001);
}
