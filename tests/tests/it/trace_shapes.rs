//! Assertions on the shape of a trace. Where time matters, the spans have given times.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use floe_telemetry::testing::{self, Spans};
use floe_telemetry::{get_tracer, traced};
use opentelemetry::trace::{TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue};

/// A second of the trace.
fn at(second: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_000_000_000 + second)
}

/// The span lasts from one second to another; `below` records its children.
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

#[test]
fn five_queries_in_a_row_are_a_loop() {
    let spans = testing::capture(|| during("load", [0, 9], || queries(0..4)));
    spans.assert_no_n_plus_one().assert_no_n_plus_one_with(4, &[]);
    let spans = testing::capture(|| during("load", [0, 9], || queries(0..5)));
    assert_eq!(
        message(&spans, |spans| {
            spans.assert_no_n_plus_one();
        }),
        "repeated calls below one span\n  \
         expected: at most 4\n     \
         found: 5 of `query` below `load`, id = 0, 1, 2, …\n\
         captured spans:\n  \
         load [Unset]\n    \
         query [Unset] table=customers id=0\n    \
         query [Unset] table=customers id=1\n    \
         query [Unset] table=customers id=2\n    \
         query [Unset] table=customers id=3\n    \
         query [Unset] table=customers id=4"
    );
    spans.assert_no_n_plus_one_with(5, &[]).assert_no_n_plus_one_with(0, &["load", "query"]);
}

#[test]
fn a_loop_of_several_queries_is_found_for_each() {
    let query = |text: &'static str, second| {
        let text = KeyValue::new("db.query.text", text);
        with("SELECT", [second, second + 1], [text], || {});
    };
    let spans = testing::capture(|| {
        during("load", [0, 99], || {
            for second in (0..10).step_by(2) {
                query("SELECT name FROM customers WHERE id = ?", second);
                query("SELECT price FROM items WHERE id = ?", second + 1);
            }
        });
    });
    let text = message(&spans, |spans| {
        spans.assert_no_n_plus_one();
    });
    let found = "     found: 5 of `SELECT` below `load`, query `SELECT name FROM customers WHERE id = ?`\n           \
         5 of `SELECT` below `load`, query `SELECT price FROM items WHERE id = ?`\n";
    assert!(text.contains(found), "{text}");
}

#[test]
fn the_summary_of_a_query_is_what_counts() {
    let spans = testing::capture(|| {
        during("load", [0, 9], || {
            for second in 0..5 {
                let text = format!("SELECT name FROM customers WHERE id = {second}");
                let attributes = [
                    KeyValue::new("db.query.summary", "SELECT customers"),
                    KeyValue::new("db.query.text", text),
                ];
                with("SELECT", [second, second + 1], attributes, || {});
            }
        });
    });
    let text = message(&spans, |spans| {
        spans.assert_no_n_plus_one();
    });
    assert!(
        text.contains("5 of `SELECT` below `load`, query `SELECT customers`, db.query.text = "),
        "{text}"
    );
}

#[test]
fn other_calls_are_no_loop() {
    // At once, as with `join_all`.
    let at_once = || (0..50).for_each(|_| during("query", [1, 3], || {}));
    // Two at once: each begins while the previous one runs.
    let overlapping = || (0..50).for_each(|n| during("query", [n, n + 2], || {}));
    let of_many_parents = || {
        for second in 0..50 {
            during("page", [second, second + 50], || {
                queries(second..second + 2);
            });
        }
    };
    let of_many_texts = || {
        for second in 0..50 {
            let text = KeyValue::new("db.query.text", format!("SELECT c{second}"));
            with("SELECT", [second, second + 1], [text], || {});
        }
    };
    for calls in [&at_once as &dyn Fn(), &overlapping, &of_many_parents, &of_many_texts] {
        testing::capture(|| during("load", [0, 99], calls)).assert_no_n_plus_one();
    }
    // Each is the root of a trace.
    testing::capture(|| queries(0..50)).assert_no_n_plus_one();
}

#[test]
fn calls_are_counted_in_the_capture_and_spans_in_each_trace() {
    let load = || during("load", [0, 9], || queries(0..2));
    let spans = testing::capture(|| {
        load();
        load();
    });
    spans
        .assert_calls_at_most("query", 4)
        .assert_calls_at_most("absent", 0)
        .assert_spans_at_most(3);
    let text = message(&spans, |spans| {
        spans.assert_calls_at_most("query", 3);
    });
    let start =
        "spans `query`\n  expected: at most 3\n     found: 4\ncaptured spans:\n  load [Unset]";
    assert!(text.starts_with(start), "{text}");
    let text = message(&spans, |spans| {
        spans.assert_spans_at_most(2);
    });
    let start = "spans of a trace\n  expected: at most 2\n     found: 3\ncaptured spans:\n";
    assert!(text.starts_with(start), "{text}");
}

#[test]
fn the_time_of_a_name_is_the_sum_of_its_spans() {
    let spans = testing::capture(|| {
        during("load", [0, 9], || {
            during("query", [0, 1], || {});
            during("query", [1, 3], || {});
        });
    });
    spans
        .assert_time_at_most("query", Duration::from_secs(3))
        .assert_time_at_most("load", Duration::from_secs(9));
    for (name, found) in
        [("query", "3s in 2, the longest 2s"), ("load", "9s"), ("absent", "no such span")]
    {
        let text = message(&spans, |spans| {
            spans.assert_time_at_most(name, Duration::from_millis(2999));
        });
        let start = format!(
            "spans `{name}`\n  expected: at most 2.999s\n     found: {found}\ncaptured spans:\n"
        );
        assert!(text.starts_with(&start), "{text}");
    }
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
fn a_tree_has_names_kinds_errors_and_chosen_attributes() {
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
    assert_eq!(
        spans.tree_with(&["absent", "row", "part"]),
        "import [server]\n  parse part=a\n  store [client] row=1\n    parse part=row\n  \
         store [client] row=2\n    parse part=row\n  store [client] row=3\n    parse part=row\n  \
         store [client] [error] row=0\n    parse part=row\n  parse part=b"
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
        spans.assert_spans_at_most(1);
    });
    assert!(text.ends_with("\n  … and 800 more lines"), "{text}");
    assert_eq!(text.lines().count(), 205);
    let long = testing::capture(|| {
        let text = KeyValue::new("text", "ü".repeat(2_000));
        with("long", [0, 1], [text], || {});
    });
    let shown = long.to_string();
    assert!(shown.ends_with("üü…"), "{shown}");
    assert_eq!(shown.chars().count(), "captured spans:\n  ".len() + 1_001);
}
