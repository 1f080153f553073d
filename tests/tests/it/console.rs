//! The waterfall of a trace in the terminal.

use std::time::{Duration, UNIX_EPOCH};

use floe_telemetry::exporter::ConsoleExporter;
use floe_telemetry::{create_span, get_current_span, testing};
use floe_tests::Written;
use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanContext, SpanId, Status, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

/// The start of all traces here, in milliseconds since 1970.
const START: u64 = 1_790_000_000_000;

fn context(id: u64) -> SpanContext {
    let trace = TraceId::from(1);
    let span = SpanId::from(id);
    SpanContext::new(trace, span, TraceFlags::SAMPLED, false, TraceState::NONE)
}

/// Records a span. Its times are in milliseconds after `START`.
fn span(name: &'static str, id: u64, parent: u64, from: u64, to: u64, status: Status) -> SpanData {
    let spans = testing::capture(|| {
        let _span = create_span(name);
        if status == Status::Unset {
            get_current_span().set_attribute("asset.status", "skipped");
        }
    });

    let mut data = spans.single(name).data().clone();
    data.span_context = context(id);
    data.parent_span_id = SpanId::from(parent);
    for attribute in &mut data.attributes {
        match attribute.key.as_str() {
            "code.file.path" => attribute.value = "shop/src/orders.rs".into(),
            "code.line.number" => attribute.value = 7.into(),
            _ => {}
        }
    }

    data.start_time = UNIX_EPOCH + Duration::from_millis(START + from);
    data.end_time = UNIX_EPOCH + Duration::from_millis(START + to);
    data.status = if status == Status::Unset { Status::Ok } else { status };
    data
}

fn trace() -> Vec<SpanData> {
    let lost = || Status::error("no such column: price");
    vec![
        span("load", 2, 1, 0, 400, Status::Ok),
        span("write", 4, 3, 450, 800, lost()),
        span(
            "transform a table with a name that is far too long for its column",
            3,
            1,
            400,
            800,
            lost(),
        ),
        span("check", 5, 1, 800, 800, Status::Unset),
        span("run", 1, 0, 0, 1000, Status::error("1 of 3 failed\nsee above")),
    ]
}

async fn export(exporter: &ConsoleExporter, spans: Vec<SpanData>) {
    exporter.export(spans).await.unwrap();
}

#[tokio::test]
async fn a_trace_is_drawn_as_a_tree_over_time() {
    let screen = Written::default();
    export(&ConsoleExporter::to_writer(screen.clone()).with_width(80), trace()).await;
    assert_eq!(
        screen.text(),
        "\
trace 00000000000000000000000000000001 · 5 spans, 3 failed · 1 s
                                                       0            500 ms   1 s
✗ run                                             1 s  ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒█████
  1 of 3 failed see above
  at shop/src/orders.rs:7
├─ ✓ load                                      400 ms  ██████████
├─ ✗ transform a table with a name that is …   400 ms            █▒▒▒▒▒▒▒▒▒
│  └─ ✗ write                                  350 ms             █████████
│       no such column: price
│       at shop/src/orders.rs:7
├─ ↷ check skipped                                  0                      ▏
└─ ┄ no child span                             200 ms                      ┄┄┄┄┄

"
    );
}

/// The arguments of a failed call are on the screen, within its columns.
#[tokio::test]
async fn attributes_are_below_their_span() {
    let mut spans = trace();
    for (span, value) in spans.iter_mut().zip(1..) {
        span.attributes.push(KeyValue::new("part", value));
        span.attributes.push(KeyValue::new("floe.product", "orders"));
    }
    spans[1]
        .attributes
        .push(KeyValue::new("db.query.text", format!("SELECT price{}", "+ 1".repeat(40))));
    spans[1].attributes.push(KeyValue::new("file", "missing.toml\u{1b}[2J"));
    let failed = Written::default();
    let all = Written::default();
    let exporter = |screen: &Written| ConsoleExporter::to_writer(screen.clone()).with_width(80);
    export(&exporter(&failed), spans.clone()).await;
    export(&exporter(&all).with_all_attributes(), spans).await;
    let write = [
        "│  └─ ✗ write                                  350 ms             █████████",
        "│       no such column: price",
        "│       at shop/src/orders.rs:7",
        "│       part=2",
        "│       db.query.text=\"SELECT price+ 1+ 1+ 1+ 1+ 1+ 1+ 1+ 1+ 1+ 1+ 1+ 1+ 1+ 1+ …",
        "│       file=missing.toml\\u{1b}[2J",
        "├─ ↷ check skipped                                  0                      ▏",
    ];
    let load = "├─ ✓ load                                      400 ms  ██████████\n";
    let failed = failed.text();
    assert!(failed.contains(&write.join("\n")), "{failed}");
    assert!(failed.contains(&format!("{load}├─")), "{failed}");
    let all = all.text();
    assert!(all.contains(&write[..6].join("\n")), "{all}");
    assert!(all.contains(&format!("{load}│    part=1\n├─")), "{all}");
    for line in failed.lines().chain(all.lines()) {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[tokio::test]
async fn a_trace_is_printed_once_its_root_has_ended() {
    let screen = Written::default();
    let exporter = ConsoleExporter::to_writer(screen.clone());
    let mut spans = trace();
    let root = spans.pop().unwrap();
    export(&exporter, spans).await;
    assert_eq!(screen.text(), "");
    export(&exporter, vec![root]).await;
    assert_eq!(screen.text().matches("trace ").count(), 1);

    // An incomplete trace is printed on flush.
    let screen = Written::default();
    let exporter = ConsoleExporter::to_writer(screen.clone()).deferred();
    export(&exporter, trace()).await;
    assert_eq!(screen.text(), "");
    exporter.force_flush().unwrap();
    assert_eq!(screen.text().matches("trace ").count(), 1);
}

#[tokio::test]
async fn a_name_cannot_move_the_cursor() {
    let screen = Written::default();
    let mut spans = trace();
    spans[0].name = "lo\u{1b}[2Jad\r\n\u{9b}\u{202e}\u{2028}".into();
    export(&ConsoleExporter::to_writer(screen.clone()), spans).await;
    assert!(screen.text().contains(r"lo\u{1b}[2Jad\r\n\u{9b}\u{202e}\u{2028}"));
    assert!(!screen.text().contains(['\u{1b}', '\r', '\u{9b}', '\u{202e}', '\u{2028}']));
}

#[tokio::test]
async fn the_spans_of_unfinished_traces_are_bounded_in_bytes() {
    const MAX: usize = 100_000;
    let large = |id| {
        let mut span = span("large", id, 1, 0, 1, Status::Ok);
        let text = "x".repeat(MAX / 4);
        span.attributes.push(KeyValue::new("text", text));
        span
    };

    // Traces that are printed early are not lost.
    let screen = Written::default();
    let exporter = ConsoleExporter::to_writer(screen.clone()).with_max_bytes(MAX);
    for id in 2..5 {
        export(&exporter, vec![large(id)]).await;
    }

    assert_eq!(screen.text(), "");
    export(&exporter, vec![large(5)]).await;
    assert!(screen.text().contains("· 4 spans ·"), "{}", screen.text());
    export(&exporter, vec![large(6)]).await;
    assert_eq!(screen.text().matches("trace ").count(), 1);
    exporter.force_flush().unwrap();
    assert_eq!(screen.text().matches("large").count(), 5);

    // A deferred exporter rejects spans for which it has no room, and has room again after a flush.
    let screen = Written::default();
    let exporter = ConsoleExporter::to_writer(screen.clone()).with_max_bytes(MAX).deferred();
    export(&exporter, vec![large(2), large(3), large(4)]).await;
    let error = exporter.export(vec![large(5)]).await.unwrap_err();
    assert!(error.to_string().contains("at most 100000 bytes"), "{error}");
    assert_eq!(screen.text(), "");
    exporter.force_flush().unwrap();
    export(&exporter, vec![large(5)]).await;
    exporter.force_flush().unwrap();
    assert_eq!(screen.text().matches("large").count(), 4);
}

#[tokio::test]
async fn the_rows_of_a_trace_are_bounded() {
    let screen = Written::default();
    let first = span("nested", 1, 0, 0, 1, Status::Ok);
    let nested = (1..=20_000).map(|id| {
        let mut span = first.clone();
        span.parent_span_id = SpanId::from(id - 1);
        span.span_context = context(id);
        span
    });

    let exporter = ConsoleExporter::to_writer(screen.clone()).with_max_bytes(usize::MAX);
    export(&exporter, nested.collect()).await;
    let text = screen.text();
    assert!(text.contains("… the first 400 rows of 20000 spans\n"), "{}", text.len());
    assert!(text.len() < 2_000_000, "{}", text.len());
}

#[tokio::test]
async fn a_folded_trace_has_its_longest_way_and_its_failures() {
    let screen = Written::default();
    let mut spans = vec![
        span("run", 1, 0, 0, 1000, Status::Ok),
        span("load", 2, 1, 0, 700, Status::Ok),
        span("read", 3, 2, 0, 600, Status::Ok),
        span("asset", 4, 1, 710, 711, Status::Ok),
        span("query", 5, 4, 710, 711, Status::error("no such table: a")),
        span("write", 6, 4, 711, 711, Status::Ok),
    ];
    spans.extend((10..20).map(|id| span("emit", id, 1, 900 + id, 901 + id, Status::Ok)));
    let exporter = ConsoleExporter::to_writer(screen.clone()).with_max_unfolded(0);
    export(&exporter, spans).await;
    let text = screen.text();
    // A single span is drawn, and not replaced by a row that counts it.
    for row in [
        "\n✗ run > asset > query\n",
        "├─ ✓ load",
        "│  └─ ✓ read",
        "│  ├─ ✗ query",
        "│  └─ ✓ write",
        "└─ … 10 more: 10 × emit",
    ] {
        assert!(text.contains(row), "{row}: {text}");
    }
}

/// A span with a repeated id is drawn, because the id may come from another program.
#[tokio::test]
async fn a_repeated_id_is_drawn() {
    let screen = Written::default();
    let exporter = ConsoleExporter::to_writer(screen.clone()).with_max_unfolded(0);
    let spans = vec![span("run", 1, 0, 0, 9, Status::Ok), span("again", 1, 1, 0, 8, Status::Ok)];
    export(&exporter, spans).await;
    assert!(screen.text().contains("✓ again"), "{}", screen.text());
}
