//! Tests the waterfall in the terminal, and the program that draws it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc, reason = "tests")]

mod text;

use std::process::{Command, Output};

use floe_trace::{Forest, Recording, Status, Value, WaterfallOptions, names, waterfall};
use unicode_width::UnicodeWidthStr as _;

use self::text::{line, spans};

const MS: u64 = 1_000_000;

const CHECKOUT: &str = "
    checkout 0..100 @shop error=402·Payment·Required
      load cart 0..20
        query 5..20
      POST 50..90 client error=402·Payment·Required http.response.status_code=402 server.address=pay.example.com
      audit 52..60";

fn draw(recording: &Recording) -> String {
    draw_with(recording, WaterfallOptions::default())
}

fn draw_with(recording: &Recording, options: WaterfallOptions) -> String {
    let forest = Forest::new(recording);
    waterfall(&forest, &forest.traces()[0], options)
}

#[test]
fn a_trace_with_everything() {
    let picture = draw(&spans(CHECKOUT));
    let header = "trace 00000000000000000000000000000001 · shop · 5 spans, 2 failed · 100 ms";
    assert_eq!(picture.lines().next(), Some(header));
    let rows: Vec<&str> = picture.lines().skip(2).collect();
    for (row, parts) in rows.iter().zip([
        &["✗ checkout", "100 ms", "▒"][..],
        &["├─ · load cart", "20 ms", "█"],
        &["│  └─ · query", "15 ms", "█"],
        &["├─ ┄ no child span", "30 ms", "┄┄┄"],
        &["├─ ✗ POST 402 pay.example.com", "40 ms", "█"],
        &["│    402 Payment Required"],
        &["│    http.response.status_code=402  server.address=pay.example.com"],
        &["└─ · audit", "8 ms", "▒"],
    ]) {
        for part in parts {
            assert!(row.contains(part), "expected {part} in {row}\n{picture}");
        }
    }
    assert!(!picture.contains('\u{1b}'));
    let axis = picture.lines().nth(1).unwrap();
    assert!(axis.trim_start().starts_with("0 "), "{axis}");
    assert!(axis.contains("80 ms"), "{axis}");
}

#[test]
fn columns_are_aligned_at_every_width() {
    for width in [0, 40, 72, 100, 200] {
        let options = WaterfallOptions { width, ..WaterfallOptions::default() };
        let picture = draw_with(&spans(CHECKOUT), options);
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

/// A message is processed some time after it was sent, and the time in between is drawn as a wait.
#[test]
fn the_time_until_a_child_after_its_parent_is_a_wait() {
    let picture = draw(&spans("send 0..10\n  process 60..100"));
    let rows: Vec<&str> = picture.lines().skip(2).collect();
    assert!(rows[1].starts_with("├─ ┄ waited, no span    50 ms"), "{picture}");
    let bars: String =
        rows.iter().flat_map(|row| row.chars().filter(|c| "█┄▒".contains(*c))).collect();
    assert!(!bars.contains('▒'), "{picture}");
    assert!(!picture.contains("no child"), "{picture}");
}

/// Characters that take two columns keep the rows aligned.
#[test]
fn wide_characters_keep_the_columns() {
    let picture = draw(&spans(&CHECKOUT.replace("load cart", "注文を読み込む処理")));
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
    let mut recording = spans("a 0..10 client");
    let span = &mut recording.spans[0];
    (span.name, span.status) = (hostile.into(), Status::Error(hostile.into()));
    span.attributes = Box::new([("server.address".into(), Value::Text(hostile.into()))]);
    let picture = draw(&recording);
    assert!(picture.contains(r"a\u{1b}[2J\u{202e}b\r\nc"), "{picture}");
    assert!(!picture.contains(['\u{1b}', '\u{202e}', '\r']));
}

#[test]
fn a_long_trace_is_folded_and_its_errors_come_first() {
    let item = |id| {
        let error = if id == 149 { "error=no·such·table:·orders" } else { "" };
        format!("  item {}..{} {error}\n", id * 5, id * 5 + 5)
    };
    let items: String = (0..198).map(item).collect();
    let recording = spans(&format!("batch 0..1000\n{items}"));
    let picture = draw(&recording);
    let rows: Vec<&str> = picture.lines().collect();
    assert_eq!(rows[1], "✗ batch > item");
    assert_eq!(rows[2], "  no such table: orders");
    assert!(rows.len() < 120, "{picture}");
    assert!(picture.contains("more: "), "{picture}");
    assert!(picture.contains("× item"), "{picture}");
    let all = WaterfallOptions { unfolded: usize::MAX, ..WaterfallOptions::default() };
    let picture = draw_with(&recording, all);
    assert_eq!(picture.matches(" item ").count(), 198);
    assert!(picture.lines().nth(1).unwrap().trim_start().starts_with('0'));
}

#[test]
fn spans_without_times_are_drawn() {
    let mut recording = spans("none 0..0\n  some 10..30");
    (recording.spans[0].start, recording.spans[0].end) = (0, 0);
    let picture = draw(&recording);
    assert!(picture.contains("no times"), "{picture}");
    assert!(picture.contains("20 ms"), "{picture}");
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
        let part = length - SECOND;
        let picture = draw(&spans(&format!("job 0..{length}\n  part 0..{part}")));
        let axis = picture.lines().nth(1).unwrap();
        let found: Vec<&str> =
            axis.split("  ").map(str::trim).filter(|it| !it.is_empty()).collect();
        assert_eq!(found, labels, "{picture}");
        let bars: Vec<usize> = picture
            .lines()
            .skip(2)
            .take(2)
            .map(|row| row.split(['█', '▒']).next().unwrap().width())
            .collect();
        assert_eq!(bars[0], bars[1], "{picture}");
    }
}

#[test]
fn rows_tell_their_service_where_it_changes() {
    let mut recording =
        spans("GET /stock 0..100 @shop\n  GET /stock 10..90 @stock\n    tab 20..80");
    recording.spans[2].name = "tab\there".into();
    let picture = draw(&recording);
    for part in ["· GET /stock [shop] ", "└─ · GET /stock [stock] ", r"└─ · tab\there "]
    {
        assert!(picture.contains(part), "expected {part} in\n{picture}");
    }
}

/// Failed traces come first, then the longest ones.
#[test]
fn the_first_trace_is_the_one_to_look_at() {
    let recording = spans("request 0..10\nrequest 0..40\nrequest 0..5 error\nrequest 0..20");
    let shown = printed(&recording, &["show", "--limit", "3"]);
    let order: Vec<&str> =
        shown.lines().filter_map(|line| line.strip_prefix("trace ")?.get(31..32)).collect();
    assert_eq!(order, ["3", "2", "4"], "{shown}");
    let path = printed(&recording, &["critical-path"]);
    assert!(path.contains("40 ms"), "{path}");
}

#[test]
fn the_time_of_a_message_in_a_queue_is_on_the_path() {
    let recording = spans("POST /orders 0..12\n  publish 8..11\n    process 6600..6750");
    let path = printed(&recording, &["critical-path", "--json"]);
    let path: serde_json::Value = serde_json::from_str(&path).unwrap();
    let rows = path["rows"].as_array().unwrap();
    let rows: Vec<_> =
        rows.iter().map(|row| (row["name"].as_str(), row["on_path_ns"].as_u64())).collect();
    let expected =
        [("waited, no span", 6589), ("process", 150), ("POST /orders", 8), ("publish", 3)];
    assert_eq!(rows, expected.map(|(name, time)| (Some(name), Some(time * MS))));
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_floe-trace"));
    for name in ["NO_COLOR", "FORCE_COLOR", "TERM"] {
        command.env_remove(name);
    }
    command.args(arguments).env("COLUMNS", "80");
    command
}

fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Returns the output of the program for a recording, whose file is the last argument.
fn printed(recording: &Recording, arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.jsonl");
    std::fs::write(&file, line(recording)).unwrap();
    text(&run(&[arguments, &[file.to_str().unwrap()]].concat()).stdout)
}

/// HTTP and gRPC clients of other SDKs need not set the status, so a status code also marks a failure.
#[test]
fn a_call_that_failed_by_its_code_is_one_that_failed() {
    let recording = spans(
        "checkout 0..20
           POST 0..10 http.response.status_code=503
           GET 10..20 server http.response.status_code=404",
    );
    let forest = Forest::new(&recording);
    assert_eq!(forest.traces()[0].errors, 1);
    let failed = names(&forest, 0..3).into_iter().filter(|it| it.errors > 0);
    assert_eq!(failed.map(|it| it.name).collect::<Vec<_>>(), ["POST"]);
    let picture = draw(&recording);
    assert!(picture.contains("1 failed"), "{picture}");
    assert!(picture.contains("✗ POST"), "{picture}");

    let errors = printed(&recording, &["errors", "--json"]);
    assert!(errors.contains(r#""path":"checkout > POST""#), "{errors}");
    assert!(errors.contains(r#""total":1"#), "{errors}");
}

/// `card` explains the failures of `charge`, also below a span without a status, and `pay` has not failed.
#[test]
fn errors_have_the_innermost_span_and_its_message() {
    let recording = spans(
        "pay 0..30 @shop
           charge 0..9 error=charge·failed:·card·network·timed·out
             attempt 0..9
               card 0..8 error=card·network·timed·out
           charge 10..19 error=charge·failed:·card·network·timed·out
             attempt 10..19
               card 10..18 error=card·network·timed·out
           charge 20..29
             card 20..28",
    );
    let errors = printed(&recording, &["errors", "--json"]);
    let errors: serde_json::Value = serde_json::from_str(&errors).unwrap();
    assert_eq!((&errors["total"], &errors["rows"][0]["times"]), (&1.into(), &2.into()), "{errors}");
    for (key, value) in [
        ("name", "card"),
        ("message", "card network timed out"),
        ("path", "pay > charge > attempt > card"),
        ("service", "shop"),
    ] {
        assert_eq!(errors["rows"][0][key], value, "{errors}");
    }
}

/// Replicas and shards share a name.
#[test]
fn the_targets_of_a_name_are_told_apart() {
    let recording = spans(
        "pay 0..30 @shop
           card 0..9 client server.address=card-1
           card 9..29 client server.address=card-2 error=late·by·31.5ms
           card 29..30 client server.address=card-2 error=late·by·4ms",
    );
    let names = printed(&recording, &["names"]);
    let line = "\ncard: 2 targets, whose p95 ranges from 20 ms (card-2) to 9 ms (card-1)\n";
    assert!(names.contains(line), "{names}");
    let errors = printed(&recording, &["errors"]);
    assert_eq!(errors, "2 × card: late by *ms\n  pay > card at card-2 [shop]\n");
    let path = printed(&recording, &["critical-path"]);
    assert!(path.contains("  pay > card at card-1 [shop]\n"), "{path}");
}

/// If each span has its own address, the slowest ones and the quickest one are listed.
#[test]
fn the_targets_of_a_name_are_bounded() {
    let line = |it| format!("call 0..{it} client server.address=host-{it}.test");
    let recording = spans(&(1..=3_000).map(line).collect::<Vec<_>>().join("\n"));
    let names = printed(&recording, &["names", "--json"]);
    let names: serde_json::Value = serde_json::from_str(&names).unwrap();
    let row = &names["rows"][0];
    let targets = row["targets"].as_array().unwrap();
    let target = |at: usize| targets[at]["target"].as_str().unwrap();
    assert_eq!((row["all_targets"].as_u64(), targets.len()), (Some(3_000), 100));
    let ends = [0, 98, 99].map(target);
    assert_eq!(ends, ["host-3000.test", "host-2902.test", "host-1.test"]);
    let names = printed(&recording, &["names"]);
    assert!(names.contains("call: 3000 targets, whose p95 ranges from 3 s"), "{names}");
}

#[test]
fn the_percentiles_of_a_name_are_nearest_ranks() {
    let text = (1..=200).map(|it| format!("load 0..{it}")).collect::<Vec<_>>().join("\n");
    let names = printed(&spans(&text), &["names", "--json"]);
    let names: serde_json::Value = serde_json::from_str(&names).unwrap();
    for (key, millis) in [("p50_ns", 100), ("p95_ns", 190), ("p99_ns", 198), ("max_ns", 200)] {
        assert_eq!(names["rows"][0][key], millis * 1_000_000, "{key}");
    }
}

#[test]
fn the_program_draws_and_answers() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.jsonl");
    std::fs::write(&file, line(&spans(CHECKOUT))).unwrap();
    let file = file.to_str().unwrap();

    let shown = run(&["show", file]);
    assert!(shown.status.success());
    let picture = text(&shown.stdout);
    assert!(picture.contains("✗ checkout"), "{picture}");
    assert!(!picture.contains('\u{1b}'), "{picture}");
    let colored = command(&["show", file]).env("FORCE_COLOR", "1").output().unwrap();
    assert!(text(&colored.stdout).contains("\u{1b}["));
    assert_eq!(
        text(&run(&["show", file, "--trace", "0000000000"]).stdout).lines().next(),
        picture.lines().next()
    );

    let names = text(&run(&["names", file, "--limit", "2"]).stdout);
    assert!(names.ends_with("\n… 3 more; --limit 5 prints them\n"), "{names}");
    let errors = text(&run(&["errors", "--json", file]).stdout);
    assert_eq!(
        errors.trim_end(),
        r#"{"rows":[{"error":"","message":"402 Payment Required","name":"POST","path":"checkout > POST","service":"shop","span":"0000000000000004","target":"pay.example.com","times":1,"trace":"00000000000000000000000000000001"}],"total":1}"#
    );
    let path = text(&run(&["critical-path", file]).stdout);
    let rows: Vec<&str> = path.lines().collect();
    assert!(rows.iter().all(|it| it.width() <= 80), "{path}");
    assert!(path.contains("40.0 %"), "{path}");
    assert!(path.contains("  checkout > POST at pay.example.com [shop]\n"), "{path}");
    assert_refused(file);
}

/// Asserts that mistakes on the command line are refused.
fn assert_refused(file: &str) {
    for (arguments, expected) in [
        (&["show", "/nowhere.jsonl"][..], "/nowhere.jsonl: cannot be read: "),
        (
            &["export", file, "--trace", "ff", "--perfetto", "-"],
            "expected the beginning of a trace id, found `ff`",
        ),
        (&["show", file, "--trace", "ff"], "expected the beginning of a trace id, found `ff`"),
        (&["show", "--limit"], "--limit"),
        (&["wy", file], "unrecognized subcommand 'wy'"),
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
    let many = "x\u{301}".repeat(2000) + &"\u{301}".repeat(1_000_000);
    let mut all = spans(&("a 0..10 @shop\n".to_owned() + &"&b 0..10 @shop\n".repeat(5)));
    for (span, name) in all.spans.iter_mut().zip(texts.into_iter().chain([&*many])) {
        span.name = name.into();
    }
    std::fs::write(&file, line(&all)).unwrap();
    std::fs::write(&other, line(&spans("before 0..10"))).unwrap();
    let [file, other] = [&file, &other].map(|path| path.to_str().unwrap());
    let column = "none → 1 call";
    let table = text(&run(&["diff", other, file]).stdout);
    let rows: Vec<&str> = table.lines().filter(|row| row.contains(column)).collect();
    assert_eq!(rows.len(), 6, "{table}");
    let begin = |row: &&str| row.split_once(column).unwrap().0.width();
    assert!(rows.iter().all(|row| begin(row) == begin(&rows[0])), "{table}");
    assert!(table.len() < 10_000);
}

/// Each answer is readable on a terminal of 80 columns, with the service of a span beside its name.
#[test]
fn answers_fit_into_eighty_columns() {
    let long = "a.very.long.package.name.of.the.service/";
    let slow = "SELECT·a,·b·FROM·orders";
    let request = |at: u32| {
        let (at, millis) =
            (f64::from(at) * 1_000.0, if at.is_multiple_of(8) { 300.0 } else { 20.0 });
        let shard = if at % 8_000.0 < 1.0 { 7 } else { 1 };
        format!(
            "{long}Get {at}..{0} server @shop\n  {long}Get {at}..{1} client shard={shard} error={slow}\n    {long}Get {2}..{1} server @stock\n",
            at + millis + 2.0,
            at + millis,
            at + 1.0,
        )
    };
    let recording = spans(&(0..80).map(request).collect::<String>());
    for question in ["why", "errors", "critical-path", "names", "show"] {
        let limit: &[&str] = if question == "show" { &["--all"] } else { &[] };
        let out = printed(&recording, &[&[question], limit].concat());
        let widest = out.lines().max_by_key(|it| it.width()).unwrap();
        assert!(widest.width() <= 80, "{question}: {widest}");
        assert!(question == "why" || out.contains("[stock]") || question == "errors", "{out}");
        assert!(question != "why" || out.contains("\n  slow_with, "), "{out}");
    }
    let load = |at: u32| format!("  load 0..{}\n", if at == 7 { 30_000 } else { 1_000 + at });
    let one = spans(&("run 0..30000\n".to_owned() + &(0..16).map(load).collect::<String>()));
    let out = printed(&one, &["why"]);
    assert!(out.contains(" in 1 span\n"), "{out}");
}

/// Attributes are printed below failed spans, and with `--attributes` below all spans.
#[test]
fn attributes_are_below_their_spans_within_the_width() {
    let long = "x".repeat(90);
    let recording = spans(&format!(
        "lines 0..20 error\n  count 0..9 file=Cargo.toml\n  count 9..20 error=No·such·file file=missing.toml code.file.path=main.rs note={long} kind=a·b"
    ));
    let shown = printed(&recording, &["show"]);
    let below = "     No such file\n     at main.rs\n     file=missing.toml\n     note=xxx";
    assert!(shown.contains(below), "{shown}");
    assert!(shown.contains("…\n     kind=\"a b\"\n"), "{shown}");
    assert!(!shown.contains("file=Cargo.toml"), "{shown}");
    let all = printed(&recording, &["show", "--attributes"]);
    assert!(all.contains("\n│    file=Cargo.toml\n"), "{all}");
    assert!(all.lines().all(|it| it.width() <= 80), "{all}");
}

#[test]
fn json_carries_nothing_that_controls_a_terminal() {
    let name = "\u{1b}[31m \u{9b}31m \u{202e}txt\u{2066} \u{7f} é 👩‍🔬";
    let mut all = spans("a 0..10");
    all.spans[0].name = name.into();
    let printed = printed(&all, &["names", "--json"]);
    let shown = r"\u001b[31m \u009b31m \u202etxt\u2066 \u007f é 👩‍🔬";
    assert!(printed.contains(shown), "{printed}");
    let json: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(json["rows"][0]["name"], name);
}
