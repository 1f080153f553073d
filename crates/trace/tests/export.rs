//! Tests the output of `export` for Perfetto, which is read as the viewer reads it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod text;

use std::collections::HashMap;
use std::fmt::Write as _;

use floe_trace::{Event, Forest, Link, Log, Recording, SpanId, TraceId, Value, write_perfetto};
use itertools::Itertools as _;
use serde_json::{Value as Json, json};

use self::text::{START, spans};

fn exported(recording: &Recording) -> Vec<Json> {
    let mut bytes = Vec::new();
    write_perfetto(&Forest::new(recording), &mut bytes).unwrap();
    let file: Json = serde_json::from_slice(&bytes).unwrap();
    file["traceEvents"].as_array().unwrap().clone()
}

#[derive(Clone, Debug)]
struct Slice {
    event: Json,
    parent: Option<String>,
    depth: usize,
}

/// Returns the slices by name, nested as a viewer nests them: by the times on each track.
fn slices(events: &[Json]) -> HashMap<String, Slice> {
    let mut open: HashMap<(u64, u64), Vec<(f64, String)>> = HashMap::new();
    let mut found = HashMap::new();
    let mut order: Vec<&Json> = events.iter().filter(|it| it["ph"] == "X").collect();
    order.sort_by(|one, other| number(one, "ts").total_cmp(&number(other, "ts")));
    for event in order {
        let track = (event["pid"].as_u64().unwrap(), event["tid"].as_u64().unwrap());
        let open = open.entry(track).or_default();
        let from = number(event, "ts");
        let to = number(event, "ts") + number(event, "dur");
        while open.pop_if(|it| it.0 <= from && it.0 < to).is_some() {}
        assert!(open.last().is_none_or(|it| to <= it.0), "{event} overlaps {open:?}");
        let name = event["name"].as_str().unwrap().to_owned();
        let parent = open.last().map(|it| it.1.clone());
        let slice = Slice { event: event.clone(), parent, depth: open.len() };
        found.insert(name.clone(), slice);
        open.push((to, name));
    }
    found
}

fn number(event: &Json, key: &str) -> f64 {
    event[key].as_f64().unwrap()
}

/// Returns the names of the slices that have an arrow from their parent.
fn arrows(events: &[Json], slices: &HashMap<String, Slice>) -> Vec<String> {
    let ends = events.iter().filter(|it| it["ph"] == "f");
    let at = |event: &Json| ["pid", "tid", "ts"].map(|key| event[key].to_string());
    let names =
        ends.map(|end| slices.iter().find(|it| at(&it.1.event) == at(end)).unwrap().0.clone());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn a_span_is_a_slice_inside_of_its_parent_or_with_an_arrow_from_it() {
    let mut recording = spans(
        "
         checkout 0..1 server error rows=12 @shop
           price 0.1..0.14
           stock 0.2..0.5
             charge 0.25..0.45 server @bank
               insert 0.3..0.31 client
           coupon 0.3..0.6
             lookup 0.35..0.4
           mail 0.9..1.5
         poller 2..3 @shop",
    );
    let at =
        |time, name: &str| Event { time: START + time, name: name.into(), attributes: [].into() };
    recording.spans[0].events = [at(150_000, "retry")].into();
    let link = Link { trace: TraceId(1), span: SpanId(3), attributes: [].into() };
    recording.spans[8].links = [link].into();
    let body = Value::Text("no stock".into());
    recording.logs = vec![Log {
        trace: TraceId(1),
        span: SpanId(3),
        time: START + 260_000,
        body,
        ..Log::default()
    }];
    let events = exported(&recording);
    let slices = slices(&events);
    let parent = |name: &str| slices[name].parent.as_deref();
    for (name, expected) in [
        ("checkout", None),
        ("price", Some("checkout")),
        ("stock", Some("checkout")),
        ("charge", None),
        ("insert", Some("charge")),
        ("coupon", None),
        ("lookup", Some("coupon")),
        ("mail", None),
        ("poller", None),
    ] {
        assert_eq!(parent(name), expected, "{name}");
    }
    assert_eq!(arrows(&events, &slices), ["charge", "coupon", "mail"]);
    let ids =
        |of: &str| events.iter().filter(|it| it["ph"] == of).map(|it| it["id"].as_u64()).sorted();
    assert_eq!(ids("s").collect_vec(), ids("f").collect_vec());
    let checkout = &slices["checkout"].event;
    assert_eq!(checkout["args"]["status"], "error: failed");
    assert_eq!((&checkout["cat"], &checkout["args"]["rows"]), (&json!("server"), &json!(12)));
    assert_eq!((number(checkout, "ts"), number(checkout, "dur")), (0.0, 1000.0));
    let link = json!(["00000000000000000000000000000001 0000000000000003"]);
    assert_eq!(slices["poller"].event["args"]["links"], link);
    let names: Vec<_> = events
        .iter()
        .filter(|it| it["name"] == "process_name")
        .map(|it| (it["pid"].clone(), it["args"]["name"].clone()))
        .collect();
    assert_eq!(names, [(json!(1), json!("shop")), (json!(2), json!("bank"))]);
    let instants = events.iter().filter(|it| it["ph"] == "i").map(|it| &it["name"]);
    assert_eq!(instants.collect::<Vec<_>>(), ["retry", "no stock"]);
}

#[test]
fn deep_and_hostile_trees_are_written() {
    // Perfetto leaves out slices deeper than 512.
    let mut text = String::new();
    for level in 0..2_000 {
        let _ = writeln!(text, "{}s{level} {level}..{}", " ".repeat(level), 5_000 - level);
    }
    let found = slices(&exported(&spans(&text)));
    assert_eq!(found.len(), 2_000);
    assert_eq!(found.values().map(|it| it.depth).max(), Some(499));
    // Children before their parents, a span without times, a span after all others, and a source that was not read.
    let mut recording = spans("a 5..9\n  b 1..3\n  c 6..7\n    d 8..9\n&e 0..0");
    (recording.spans[2].start, recording.spans[2].end) = (0, 0);
    recording.spans[3].end = u64::MAX;
    recording.spans.iter_mut().for_each(|span| span.source = 7);
    assert_eq!(slices(&exported(&recording)).len(), 5);
    assert!(exported(&Recording::default()).is_empty());
}

#[cfg(feature = "cli")]
#[test]
fn a_file_and_standard_output_get_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("in.jsonl"), text::line(&spans("load 0..1"))).unwrap();
    let run = |out: &str| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_floe-trace"));
        command.args(["export", &path("in.jsonl"), "--perfetto", out]).output().unwrap()
    };
    let output = run(&path("out.json"));
    assert!(output.status.success(), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    assert_eq!(run("-").stdout, std::fs::read(path("out.json")).unwrap());
    let refused = run("/dev/null/out");
    assert_eq!(refused.status.code(), Some(2));
    let errors = String::from_utf8(refused.stderr).unwrap();
    assert!(errors.contains("error: /dev/null/out: cannot be written: "), "{errors}");
}

/// A span that ends before it starts, because the file is damaged or a clock was set back, keeps its events.
#[test]
fn an_event_of_a_span_that_ends_before_it_starts_is_drawn() {
    let mut recording = spans("job 5..9");
    recording.spans[0].end = START;
    recording.spans[0].events =
        [Event { time: START + 7, name: "retry".into(), attributes: [].into() }].into();
    assert!(exported(&recording).iter().any(|it| it["name"] == "retry"));
}
