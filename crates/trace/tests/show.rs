//! The waterfall of the terminal, and the program that draws it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc, reason = "tests")]

mod text;

use std::process::{Command, Output};

use floe_trace::{
    Forest, Kind, Recording, Source, Span, SpanId, Status, TraceId, Value, WaterfallOptions, names,
    waterfall, write,
};
use unicode_width::UnicodeWidthStr as _;

use self::text::spans;

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
    Span { status: Status::Error(message.into()), ..span }
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
        ("server.address".into(), Value::Text("pay.example.com".into())),
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
    assert!(axis.trim_start().starts_with("0 ") && axis.contains("80 ms"), "{axis}");
}

#[test]
fn columns_are_aligned_at_every_width() {
    for width in [0, 40, 72, 100, 200] {
        let options = WaterfallOptions { width, ..WaterfallOptions::default() };
        let picture = draw(&recording(checkout()), options);
        let most = width.max(40);
        for line in picture.lines() {
            assert!(line.chars().count() <= most, "{width}: {line}\n{picture}");
        }
        // The span starts with its parent, so both bars begin in the same column.
        let column =
            |row: usize| picture.lines().nth(row).unwrap().chars().position(|c| "█▒▏".contains(c));
        assert_eq!(column(2), column(3), "{picture}");
    }
}

/// A message is processed some time after it was sent.
#[test]
fn the_time_until_a_child_after_its_parent_is_a_wait() {
    let spans = [span(1, 0, "send", 0, 10), span(2, 1, "process", 60, 100)];
    let picture = draw(&recording(spans), WaterfallOptions::default());
    let rows: Vec<&str> = picture.lines().skip(2).collect();
    assert!(rows[1].starts_with("├─ ┄ waited, no span    50 ms"), "{picture}");
    let bars: String =
        rows.iter().flat_map(|row| row.chars().filter(|c| "█┄▒".contains(*c))).collect();
    assert!(!bars.contains('▒') && !picture.contains("no child"), "{picture}");
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
        before.chars().map(|c| if c >= '\u{3000}' { 2 } else { 1 }).sum::<usize>()
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
    assert!(picture.contains("more: ") && picture.contains("× item"), "{picture}");
    let all = WaterfallOptions { unfolded: usize::MAX, ..WaterfallOptions::default() };
    let picture = draw(&recording, all);
    assert_eq!(picture.matches(" item ").count(), 198);
    assert!(picture.lines().nth(1).unwrap().trim_start().starts_with('0'));
}

#[test]
fn spans_without_times_are_drawn() {
    let mut none = span(1, 0, "none", 0, 0);
    (none.start, none.end) = (0, 0);
    let picture = draw(&recording([none, span(2, 1, "some", 10, 30)]), WaterfallOptions::default());
    assert!(picture.contains("no times") && picture.contains("20 ms"), "{picture}");
}

#[test]
fn the_axis_has_round_times_of_any_length() {
    const SECOND: u64 = 1000;
    for (length, labels) in [
        (7 * SECOND, &["0", "1 s", "2 s", "3 s", "4 s", "5 s", "6 s", "7 s"][..]),
        (90 * SECOND, &["0", "30 s", "1 min", "1 min 30 s"]),
        (5 * 3600 * SECOND, &["0", "1 h", "2 h", "3 h", "4 h", "5 h"]),
        (100 * 3600 * SECOND, &["0", "1 d", "2 d", "3 d", "4 d"]),
        (7 * 24 * 3600 * SECOND, &["0", "2 d", "4 d", "6 d", "7 d"]),
        (250 * 24 * 3600 * SECOND, &["0", "50 d", "100 d", "150 d", "200 d", "250 d"]),
    ] {
        let spans = [span(1, 0, "job", 0, length), span(2, 1, "part", 0, length - SECOND)];
        let picture = draw(&recording(spans), WaterfallOptions::default());
        let axis = picture.lines().nth(1).unwrap();
        let found: Vec<&str> =
            axis.split("  ").map(str::trim).filter(|it| !it.is_empty()).collect();
        assert_eq!(found, labels, "{picture}");
        let bars = picture.lines().skip(2).take(2);
        let bars = bars.map(|row| row.split(['█', '▒']).next().unwrap().width());
        let bars: Vec<usize> = bars.collect();
        assert_eq!(bars[0], bars[1], "{picture}");
    }
}

#[test]
fn rows_tell_their_service_where_it_changes() {
    let mut recording = recording([
        span(1, 0, "GET /stock", 0, 100),
        span(2, 1, "GET /stock", 10, 90),
        span(3, 2, "tab\there", 20, 80),
    ]);
    recording.sources.push(Source { service: "stock".into(), ..Source::default() });
    for span in &mut recording.spans[1..] {
        span.source = 1;
    }
    let picture = draw(&recording, WaterfallOptions::default());
    for part in ["· GET /stock [shop] ", "└─ · GET /stock [stock] ", r"└─ · tab\there "]
    {
        assert!(picture.contains(part), "expected {part} in\n{picture}");
    }
}

#[test]
fn a_terminal_with_ascii_alone_has_the_same_columns() {
    let mut spans = checkout();
    spans[1].name = "注文を µs".into();
    let recording = recording(spans);
    let picture = draw(&recording, WaterfallOptions::default());
    let options = WaterfallOptions { ascii: true, ..WaterfallOptions::default() };
    let ascii = draw(&recording, options);
    assert!(ascii.is_ascii(), "{ascii}");
    assert!(ascii.contains("x checkout") && ascii.contains("|- . ?????? us"), "{ascii}");
    let widths = |text: &str| text.lines().map(str::width).collect::<Vec<_>>();
    assert_eq!(widths(&ascii), widths(&picture));
}

/// Failed traces come first, then the longest ones.
#[test]
fn the_first_trace_is_the_one_to_look_at() {
    let mut spans = Vec::new();
    for (id, took) in (1..).zip([10, 40, 5, 20]) {
        let mut span = span(id, 0, "request", 0, took);
        span.trace = TraceId(id.into());
        spans.push(span);
    }
    spans[2] = failed(spans[2].clone(), "no");
    let recording = recording(spans);
    let shown = printed(&recording, &["show", "--limit", "3"]);
    let order: Vec<&str> =
        shown.lines().filter_map(|line| line.strip_prefix("trace ")?.get(31..32)).collect();
    assert_eq!(order, ["3", "2", "4"], "{shown}");
    let path = printed(&recording, &["critical-path"]);
    assert!(path.contains("40 ms"), "{path}");
}

#[test]
fn the_time_of_a_message_in_a_queue_is_on_the_path() {
    let spans = [
        span(1, 0, "POST /orders", 0, 12),
        span(2, 1, "publish", 8, 11),
        span(3, 2, "process", 6600, 6750),
    ];
    let path = printed(&recording(spans), &["critical-path", "--json"]);
    let path: serde_json::Value = serde_json::from_str(&path).unwrap();
    let rows = path["rows"].as_array().unwrap();
    let rows: Vec<_> =
        rows.iter().map(|row| (row["name"].as_str(), row["on_path_ns"].as_u64())).collect();
    let expected =
        [("waited, no span", 6589), ("process", 150), ("POST /orders", 8), ("publish", 3)];
    assert_eq!(rows, expected.map(|(name, time)| (Some(name), Some(time * MS))));
}

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_floe-trace"));
    command
        .args(arguments)
        .env_remove("NO_COLOR")
        .env_remove("FORCE_COLOR")
        .env_remove("TERM")
        .env("LC_ALL", "C.UTF-8");
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The output of the program for a recording. The file is the last argument.
fn printed(recording: &Recording, arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.jsonl");
    write::lines(recording, std::fs::File::create(&file).unwrap()).unwrap();
    text(&run(&[arguments, &[file.to_str().unwrap()]].concat()).stdout)
}

/// HTTP and gRPC clients of other SDKs need not set the status.
#[test]
fn a_call_that_failed_by_its_code_is_one_that_failed() {
    let code = |key: &str, code| Box::new([(key.into(), Value::Int(code))]);
    let mut call = span(2, 1, "POST", 0, 10);
    call.attributes = code("http.response.status_code", 503);
    let mut answer = span(3, 1, "GET", 10, 20);
    answer.kind = Kind::Server;
    answer.attributes = code("http.response.status_code", 404);
    let recording = recording([span(1, 0, "checkout", 0, 20), call, answer]);
    let forest = Forest::new(&recording);
    assert_eq!(forest.traces()[0].errors, 1);
    let failed = names(&forest, 0..3).into_iter().filter(|it| it.errors > 0);
    assert_eq!(failed.map(|it| it.name).collect::<Vec<_>>(), ["POST"]);
    let picture = draw(&recording, WaterfallOptions::default());
    assert!(picture.contains("1 failed") && picture.contains("✗ POST"), "{picture}");

    let errors = printed(&recording, &["errors", "--json"]);
    assert!(
        errors.contains(r#""path":"checkout > POST""#) && errors.contains(r#""total":1"#),
        "{errors}"
    );
}

/// A span without a status is between a failed request and the failed span below it.
#[test]
fn an_error_below_a_span_without_one_explains_those_above_it() {
    let recording =
        spans("GET /err 0..10 error\n  middleware 1..9\n    request handler 2..8 error");
    let errors = printed(&recording, &["errors", "--json"]);
    assert!(errors.contains("request handler") && errors.contains(r#""total":1"#), "{errors}");
}

/// `card` explains the failures of `charge`, and `pay` has not failed.
#[test]
fn errors_have_the_innermost_span_and_its_message() {
    let mut all = vec![span(1, 0, "pay", 0, 30)];
    for (id, from) in [(2, 0), (4, 10)] {
        let charge = span(id, 1, "charge", from, from + 9);
        all.push(failed(charge, "charge failed: card network timed out"));
        all.push(failed(span(id + 1, id, "card", from, from + 8), "card network timed out"));
    }
    all.extend([span(6, 1, "charge", 20, 29), span(7, 6, "card", 20, 28)]);
    let errors = printed(&recording(all), &["errors", "--json"]);
    let errors: serde_json::Value = serde_json::from_str(&errors).unwrap();
    assert_eq!((&errors["total"], &errors["rows"][0]["times"]), (&1.into(), &2.into()), "{errors}");
    for (key, value) in [
        ("name", "card"),
        ("message", "card network timed out"),
        ("path", "pay > charge > card"),
        ("service", "shop"),
    ] {
        assert_eq!(errors["rows"][0][key], value, "{errors}");
    }
}

#[test]
fn the_program_draws_and_answers() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.jsonl");
    write::lines(&recording(checkout()), std::fs::File::create(&file).unwrap()).unwrap();
    let file = file.to_str().unwrap();

    let shown = run(&["show", file, "--width", "90"]);
    assert!(shown.status.success());
    let picture = text(&shown.stdout);
    assert!(picture.contains("✗ checkout") && !picture.contains('\u{1b}'), "{picture}");
    assert!(text(&run(&["show", file, "--color", "always"]).stdout).contains("\u{1b}["));
    assert_eq!(
        text(&run(&["show", file, "--trace", "0000000000"]).stdout).lines().next(),
        picture.lines().next()
    );

    let errors = text(&run(&["errors", "--json", file]).stdout);
    assert_eq!(
        errors.trim_end(),
        r#"{"rows":[{"error":"","message":"402 Payment Required","name":"POST","path":"checkout > POST","service":"shop","span":"0000000000000004","times":1,"trace":"00000000000000000000000000000abc"}],"total":1}"#
    );
    let path = text(&run(&["critical-path", file]).stdout);
    let rows: Vec<&str> = path.lines().collect();
    assert!(
        rows[2].trim_start().starts_with("40.0  ") && rows[2].contains("checkout > POST"),
        "{path}"
    );
    assert_refused(file);
}

/// Checks mistakes on the command line, with a file that can be read.
fn assert_refused(file: &str) {
    for (arguments, expected) in [
        (&["show", "/nowhere.jsonl"][..], "/nowhere.jsonl: cannot be read: "),
        (
            &["export", file, "--trace", "ff", "--perfetto", "-"],
            "expected the beginning of a trace id, found `ff`",
        ),
        (&["show", file, "--trace", "ff"], "expected the beginning of a trace id, found `ff`"),
        (&["show", "--width"], "--width"),
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
    let texts = ["日本語の名前", "👩‍🔬 lab", "e\u{301}tude", "tab\there", "plain"];
    let spans = (1..).zip(texts);
    let spans = spans.map(|(id, name)| span(id, 0, name, 0, 10 + id));
    let many = "x\u{301}".repeat(2000) + &"\u{301}".repeat(1_000_000);
    let all = recording(spans.chain([span(9, 0, &many, 0, 5)]));
    write::lines(&all, std::fs::File::create(&file).unwrap()).unwrap();
    let none = recording([span(1, 0, "before", 0, 10)]);
    write::lines(&none, std::fs::File::create(&other).unwrap()).unwrap();
    let [file, other] = [&file, &other].map(|path| path.to_str().unwrap());
    for (arguments, column) in
        [(&["names", file][..], "  shop "), (&["diff", other, file], "none → 1 call")]
    {
        let table = text(&run(arguments).stdout);
        let rows: Vec<&str> = table.lines().filter(|row| row.contains(column)).collect();
        assert_eq!(rows.len(), 6, "{table}");
        let begin = |row: &&str| row.split_once(column).unwrap().0.width();
        assert!(rows.iter().all(|row| begin(row) == begin(&rows[0])), "{table}");
        assert!(table.len() < 10_000);
    }
}

#[test]
fn json_carries_nothing_that_controls_a_terminal() {
    let name = "\u{1b}[31m \u{9b}31m \u{202e}txt\u{2066} \u{7f} é 👩‍🔬";
    let all = recording([span(1, 0, name, 0, 10)]);
    let printed = printed(&all, &["names", "--json"]);
    let shown = r"\u001b[31m \u009b31m \u202etxt\u2066 \u007f é 👩‍🔬";
    assert!(printed.contains(shown), "{printed}");
    let json: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(json["rows"][0]["name"], name);
}
