//! The waterfall of the terminal, and the program that draws it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "tests"
)]

use std::process::{Command, Output};

use floe_trace::{
    Event, Forest, Kind, Recording, Source, Span, SpanId, Status, TraceId, Value, WaterfallOptions,
    waterfall, write,
};
use unicode_width::UnicodeWidthStr as _;

const MS: u64 = 1_000_000;
const START: u64 = 1_700_000_000_000_000_000;

fn span(id: u64, parent: u64, name: &str, from: u64, to: u64) -> Span {
    Span {
        trace: TraceId(0xabc),
        id: SpanId(id),
        parent: (parent != 0).then_some(SpanId(parent)),
        name: name.into(),
        start: START + from * MS,
        end: START + to * MS,
        ..Span::default()
    }
}

fn failed(span: Span, message: &str) -> Span {
    Span {
        status: Status::Error(message.into()),
        ..span
    }
}

fn recording(spans: impl IntoIterator<Item = Span>) -> Recording {
    let mut recording = Recording::default();
    for span in spans {
        let source = Source {
            service: "shop".into(),
            resource: Box::new([("service.name".into(), Value::Text("shop".into()))]),
            ..Source::default()
        };
        recording.add_span(span, source);
    }
    recording
}

fn draw(recording: &Recording, options: WaterfallOptions) -> String {
    let forest = Forest::new(recording);
    waterfall(&forest, &forest.traces()[0], options)
}

fn checkout() -> Vec<Span> {
    let mut charge = failed(span(4, 1, "POST", 50, 90), "402 Payment Required");
    charge.kind = Kind::Client;
    charge.attributes = Box::new([
        ("http.response.status_code".into(), Value::Int(402)),
        (
            "server.address".into(),
            Value::Text("pay.example.com".into()),
        ),
    ]);
    vec![
        failed(span(1, 0, "checkout", 0, 100), "402 Payment Required"),
        span(2, 1, "load cart", 0, 20),
        span(3, 2, "query", 5, 20),
        charge,
        span(5, 1, "audit", 52, 60),
    ]
}

#[test]
fn a_trace_with_everything() {
    let picture = draw(&recording(checkout()), WaterfallOptions::default());
    let header = "trace 00000000000000000000000000000abc · shop · 5 spans, 2 failed · 100 ms";
    assert_eq!(picture.lines().next(), Some(header));
    let rows: Vec<&str> = picture.lines().skip(2).collect();
    for (row, parts) in rows.iter().zip([
        &["✗ checkout", "100 ms", "▒"][..],
        &["├─ · load cart", "20 ms", "█"],
        &["│  └─ · query", "15 ms", "█"],
        &["├─ ┄ no child span", "30 ms", "┄┄┄"],
        &["├─ ✗ POST 402 pay.example.com", "40 ms", "█"],
        &["│    402 Payment Required"],
        &["└─ · audit", "8 ms", "▒"],
    ]) {
        for part in parts {
            assert!(row.contains(part), "expected {part} in {row}\n{picture}");
        }
    }
    assert!(!picture.contains('\u{1b}'));
    let axis = picture.lines().nth(1).unwrap();
    assert!(
        axis.trim_start().starts_with("0 ") && axis.contains("80 ms"),
        "{axis}"
    );
}

#[test]
fn columns_are_aligned_at_every_width() {
    for width in [0, 40, 72, 100, 200] {
        let options = WaterfallOptions {
            width,
            ..WaterfallOptions::default()
        };
        let picture = draw(&recording(checkout()), options);
        let most = width.max(40);
        for line in picture.lines().skip(1) {
            assert!(line.chars().count() <= most, "{width}: {line}\n{picture}");
        }
        // The bar of a span begins in the column of its start, which is that of its parent's.
        let column = |row: usize| {
            picture
                .lines()
                .nth(row)
                .unwrap()
                .chars()
                .position(|c| "█▒▏".contains(c))
        };
        assert_eq!(column(2), column(3), "{picture}");
    }
}

/// As the spans of a message that is processed later.
#[test]
fn the_time_until_a_child_after_its_parent_is_a_wait() {
    let spans = [span(1, 0, "send", 0, 10), span(2, 1, "process", 60, 100)];
    let picture = draw(&recording(spans), WaterfallOptions::default());
    let rows: Vec<&str> = picture.lines().skip(2).collect();
    assert!(
        rows[1].starts_with("├─ ┄ waited, no span    50 ms"),
        "{picture}"
    );
    let bars: String = rows
        .iter()
        .flat_map(|row| row.chars().filter(|c| "█┄▒".contains(*c)))
        .collect();
    assert!(
        !bars.contains('▒') && !picture.contains("no child"),
        "{picture}"
    );
}

/// Each of these characters takes two columns.
#[test]
fn wide_characters_keep_the_columns() {
    let mut spans = checkout();
    spans[1].name = "注文を読み込む処理".into();
    let picture = draw(&recording(spans), WaterfallOptions::default());
    let column = |row: usize| {
        let line = picture.lines().nth(row).unwrap();
        let before = line.split_once(" ms").unwrap().0;
        before
            .chars()
            .map(|c| if c >= '\u{3000}' { 2 } else { 1 })
            .sum::<usize>()
    };
    assert_eq!(column(3), column(4), "{picture}");
}

#[test]
fn text_of_others_cannot_control_the_terminal() {
    let hostile = "a\u{1b}[2J\u{202e}b\r\nc";
    let mut one = failed(span(1, 0, hostile, 0, 10), hostile);
    one.kind = Kind::Client;
    one.attributes = Box::new([("server.address".into(), Value::Text(hostile.into()))]);
    let picture = draw(&recording([one]), WaterfallOptions::default());
    assert!(picture.contains(r"a\u{1b}[2J\u{202e}b\r\nc"), "{picture}");
    assert!(!picture.contains(['\u{1b}', '\u{202e}', '\r']));
}

#[test]
fn a_long_trace_is_folded_and_its_errors_come_first() {
    let mut spans = vec![span(1, 0, "batch", 0, 1000)];
    for id in 2..200 {
        spans.push(span(id, 1, "item", id * 5 - 10, id * 5 - 5));
    }
    spans[150] = failed(span(500, 1, "item", 745, 750), "no such table: orders");
    let recording = recording(spans);
    let picture = draw(&recording, WaterfallOptions::default());
    let rows: Vec<&str> = picture.lines().collect();
    assert_eq!(rows[1], "✗ batch > item");
    assert_eq!(rows[2], "  no such table: orders");
    assert!(rows.len() < 120, "{picture}");
    assert!(
        picture.contains("more: ") && picture.contains("× item"),
        "{picture}"
    );
    let all = WaterfallOptions {
        unfolded: usize::MAX,
        ..WaterfallOptions::default()
    };
    let picture = draw(&recording, all);
    assert_eq!(picture.matches(" item ").count(), 198);
    assert!(
        picture
            .lines()
            .nth(1)
            .unwrap()
            .trim_start()
            .starts_with('0')
    );
}

#[test]
fn depth_and_duration_limit_what_is_drawn() {
    let recording = recording(checkout());
    let options = WaterfallOptions {
        depth: Some(1),
        ..WaterfallOptions::default()
    };
    let picture = draw(&recording, options);
    assert!(
        picture.contains("load cart") && !picture.contains("query"),
        "{picture}"
    );
    let options = WaterfallOptions {
        min_duration: 30 * MS,
        ..WaterfallOptions::default()
    };
    let picture = draw(&recording, options);
    assert!(
        picture.contains("checkout") && picture.contains("POST"),
        "{picture}"
    );
    assert!(
        picture.contains("… 2 more: ") && !picture.contains("query"),
        "{picture}"
    );
}

#[test]
fn spans_without_times_are_drawn() {
    let mut none = span(1, 0, "none", 0, 0);
    (none.start, none.end) = (0, 0);
    let picture = draw(
        &recording([none, span(2, 1, "some", 10, 30)]),
        WaterfallOptions::default(),
    );
    assert!(
        picture.contains("no times") && picture.contains("20 ms"),
        "{picture}"
    );
}

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_floe-trace"));
    command
        .args(arguments)
        .env_remove("NO_COLOR")
        .env_remove("FORCE_COLOR");
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn the_program_draws_and_answers() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.jsonl");
    let mut recording = recording(checkout());
    recording.spans[3].events = Box::new([Event {
        time: START + 60 * MS,
        name: "exception".into(),
        ..Event::default()
    }]);
    write::lines(&recording, std::fs::File::create(&file).unwrap()).unwrap();
    let file = file.to_str().unwrap();

    let shown = run(&["show", file, "--width", "90"]);
    assert!(shown.status.success());
    let picture = text(&shown.stdout);
    assert!(
        picture.contains("✗ checkout") && !picture.contains('\u{1b}'),
        "{picture}"
    );
    assert!(text(&run(&["show", file, "--color", "always"]).stdout).contains("\u{1b}["));
    assert_eq!(
        text(&run(&["show", file, "--trace", "0000000000"]).stdout)
            .lines()
            .next(),
        picture.lines().next()
    );

    let errors = text(&run(&["query", "errors", "--json", file]).stdout);
    assert_eq!(
        errors.trim_end(),
        r#"{"rows":[{"error":"","message":"402 Payment Required","name":"POST","path":"checkout > POST","service":"shop","span":"0000000000000004","times":1,"trace":"00000000000000000000000000000abc"}],"total":1}"#
    );
    let path = text(&run(&["query", "critical-path", file]).stdout);
    let rows: Vec<&str> = path.lines().collect();
    assert!(
        rows[2].trim_start().starts_with("40.0  ") && rows[2].contains("checkout > POST"),
        "{path}"
    );
    let span = text(&run(&["query", "span", "0000000000000004", file]).stdout);
    for part in [
        r#""http.response.status_code": 402"#,
        r#""after_ns": 10000000"#,
        r#""message": "402 Payment Required""#,
    ] {
        assert!(span.contains(part), "{span}");
    }

    for (arguments, expected) in [
        (
            &["show", "/nowhere.jsonl"][..],
            "/nowhere.jsonl: cannot be read: ",
        ),
        (
            &["export", file, "--trace", "ff", "--collapsed", "-"],
            "expected the id of a trace, found `ff`",
        ),
        (
            &["show", file, "--trace", "ff"],
            "expected the id of a trace, found `ff`",
        ),
        (
            &["query", "span", "ff", file],
            "expected the id of a span, found `ff`",
        ),
        (
            &["query", "span", "0", file],
            "expected the id of one span, found `0`",
        ),
        (
            &["show", file, "--min-duration", "soon"],
            "expected a duration as `10ms`",
        ),
        (&["show", "--depth"], "--depth"),
    ] {
        let failed = run(arguments);
        assert_eq!(failed.status.code(), Some(2), "{arguments:?}");
        assert!(failed.stdout.is_empty());
        let message = text(&failed.stderr);
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn a_text_of_any_script_keeps_the_columns() {
    let folder = tempfile::tempdir().unwrap();
    let [file, other] = ["t.jsonl", "o.jsonl"].map(|name| folder.path().join(name));
    let texts = [
        "日本語の名前",
        "👩‍🔬 lab",
        "e\u{301}tude",
        "tab\there",
        "plain",
    ];
    let spans = (1..).zip(texts);
    let spans = spans.map(|(id, name)| span(id, 0, name, 0, 10 + id));
    let many = "x\u{301}".repeat(2000) + &"\u{301}".repeat(1_000_000);
    let all = recording(spans.chain([span(9, 0, &many, 0, 5)]));
    write::lines(&all, std::fs::File::create(&file).unwrap()).unwrap();
    let none = recording([span(1, 0, "before", 0, 10)]);
    write::lines(&none, std::fs::File::create(&other).unwrap()).unwrap();
    let [file, other] = [&file, &other].map(|path| path.to_str().unwrap());
    for (arguments, column) in [
        (&["query", "slowest", file][..], "  shop "),
        (&["diff", other, file], "none → 1 call"),
    ] {
        let table = text(&run(arguments).stdout);
        let rows: Vec<&str> = table.lines().filter(|row| row.contains(column)).collect();
        assert_eq!(rows.len(), 6, "{table}");
        let begin = |row: &&str| row.split_once(column).unwrap().0.width();
        assert!(
            rows.iter().all(|row| begin(row) == begin(&rows[0])),
            "{table}"
        );
        assert!(table.len() < 10_000);
    }
}

#[test]
fn json_carries_nothing_that_controls_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.jsonl");
    let name = "\u{1b}[31m \u{9b}31m \u{202e}txt\u{2066} \u{7f} é 👩‍🔬";
    let all = recording([span(1, 0, name, 0, 10)]);
    write::lines(&all, std::fs::File::create(&file).unwrap()).unwrap();
    let file = file.to_str().unwrap();
    for arguments in [
        &["query", "names", "--json", file][..],
        &["query", "span", "00", "--json", file],
        &["query", "span", "00", file],
    ] {
        let printed = text(&run(arguments).stdout);
        let shown = r"\u001b[31m \u009b31m \u202etxt\u2066 \u007f é 👩‍🔬";
        assert!(printed.contains(shown), "{printed}");
        let json: serde_json::Value = serde_json::from_str(&printed).unwrap();
        let found = json.pointer("/rows/0/name").or(json.get("name"));
        assert_eq!(found.unwrap(), name);
    }
}
