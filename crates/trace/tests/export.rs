//! What `perfetto` writes, decoded.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::HashMap;

use floe_trace::{
    Event, Forest, Kind, Link, Log, Recording, Source, Span, SpanId, Status, Text, TraceId, Value,
    write_perfetto,
};
use prost::Message;

use self::messages::{DebugAnnotation, InternedData, InternedText, TracePacket, TrackDescriptor};

#[path = "../src/perfetto/messages.rs"]
mod messages;

/// The beginning of all recordings here, in nanoseconds since 1970.
const START: u64 = 1_790_000_000_000_000_000;

fn span(id: u64, parent: u64, name: &str, from: u64, to: u64) -> Span {
    Span {
        trace: TraceId(7),
        id: SpanId(id),
        parent: (parent > 0).then_some(SpanId(parent)),
        name: name.into(),
        start: START + from,
        end: START + to,
        ..Span::default()
    }
}

fn attribute(key: &str, value: impl Into<Value2>) -> (Text, Value) {
    (key.into(), value.into().0)
}

struct Value2(Value);

impl From<i64> for Value2 {
    fn from(value: i64) -> Self {
        Self(Value::Int(value))
    }
}

impl From<&str> for Value2 {
    fn from(value: &str) -> Self {
        Self(Value::Text(value.into()))
    }
}

fn source(service: &str, pid: Option<i64>) -> Source {
    let name = attribute("service.name", service);
    let pid = pid.map(|pid| attribute("process.pid", pid));
    Source {
        service: service.into(),
        resource: [name].into_iter().chain(pid).collect(),
        ..Source::default()
    }
}

fn recording(spans: impl IntoIterator<Item = Span>) -> Recording {
    Recording {
        spans: spans.into_iter().collect(),
        sources: vec![source("shop", None)],
        ..Recording::default()
    }
}

/// A slice or an instant, as Perfetto understands it.
#[derive(Clone, Debug, Default)]
struct Slice {
    name: String,
    track: u64,
    /// Its index among all slices.
    parent: Option<usize>,
    depth: usize,
    start: u64,
    end: Option<u64>,
    categories: Vec<String>,
    arguments: HashMap<String, String>,
    flows: Vec<u64>,
}

/// A trace that was read.
#[derive(Debug, Default)]
struct Decoded {
    tracks: HashMap<u64, TrackDescriptor>,
    slices: Vec<Slice>,
    packets: Vec<TracePacket>,
}

/// Reads a trace as Perfetto does: by time, with texts by their numbers.
fn decoded(recording: &Recording) -> Decoded {
    let mut bytes = Vec::new();
    write_perfetto(&Forest::new(recording), &mut bytes).unwrap();
    let mut rest = bytes.as_slice();
    let mut packets = Vec::new();
    while let Some((0x0a, message)) = rest.split_first() {
        rest = message;
        packets.push(TracePacket::decode_length_delimited(&mut rest).unwrap());
    }
    assert!(rest.is_empty());
    let mut texts = InternedData::default();
    let mut decoded = Decoded::default();
    for packet in &packets {
        let sequence = if packet.track_descriptor.is_some() { 2 } else { 1 };
        assert_eq!(packet.trusted_packet_sequence_id, Some(sequence));
        if let Some(new) = &packet.interned_data {
            texts.merge(new.encode_to_vec().as_slice()).unwrap();
        }
        if packet.track_event.is_some() {
            assert_eq!(packet.sequence_flags, Some(messages::NEEDS_STATE));
        }
        if let Some(track) = &packet.track_descriptor {
            let known = decoded.tracks.insert(track.uuid.unwrap(), track.clone());
            assert!(known.is_none(), "{track:?}");
        }
    }
    let mut events: Vec<_> = packets
        .iter()
        .filter_map(|packet| Some((packet.timestamp.unwrap(), packet.track_event.as_ref()?)))
        .collect();
    events.sort_by_key(|(time, _)| *time);
    let mut open: HashMap<u64, Vec<usize>> = HashMap::new();
    for (time, event) in events {
        let uuid = event.track_uuid.unwrap();
        assert!(decoded.tracks.contains_key(&uuid));
        let open = open.entry(uuid).or_default();
        match event.r#type.unwrap() {
            messages::SLICE_END => {
                let ended = open.pop().unwrap();
                decoded.slices[ended].end = Some(time);
            }
            kind => {
                let name = event.name.clone();
                let name = name.unwrap_or_else(|| text(&texts.event_names, event.name_iid));
                let categories = event.category_iids.iter();
                let annotations = event.debug_annotations.iter();
                decoded.slices.push(Slice {
                    name,
                    track: uuid,
                    parent: open.last().copied(),
                    depth: open.len(),
                    start: time,
                    end: (kind == messages::INSTANT).then_some(time),
                    categories: categories
                        .map(|number| text(&texts.event_categories, Some(*number)))
                        .collect(),
                    arguments: annotations.map(|it| (key(&texts, it), shown(&texts, it))).collect(),
                    flows: event.flow_ids.clone(),
                });
                if kind == messages::SLICE_BEGIN {
                    open.push(decoded.slices.len() - 1);
                }
            }
        }
    }
    assert!(open.values().all(Vec::is_empty));
    decoded.packets = packets;
    decoded
}

/// Texts are numbered in the order in which they were written.
fn text(texts: &[InternedText], number: Option<u64>) -> String {
    let text = &texts[usize::try_from(number.unwrap()).unwrap() - 1];
    assert_eq!(text.iid, number);
    text.text.clone().unwrap()
}

fn key(texts: &InternedData, annotation: &DebugAnnotation) -> String {
    match annotation.name_iid {
        None => String::new(),
        number => text(&texts.debug_annotation_names, number),
    }
}

fn shown(texts: &InternedData, annotation: &DebugAnnotation) -> String {
    if let Some(number) = annotation.string_value_iid {
        text(&texts.debug_annotation_string_values, Some(number))
    } else if let Some(text) = &annotation.string_value {
        text.clone()
    } else if let Some(value) = annotation.bool_value {
        value.to_string()
    } else if let Some(value) = annotation.int_value {
        value.to_string()
    } else if let Some(value) = annotation.double_value {
        value.to_string()
    } else if annotation.array_values.is_empty() {
        let entries = annotation.dict_entries.iter();
        let entries = entries.map(|it| format!("{}: {}", key(texts, it), shown(texts, it)));
        format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
    } else {
        let values = annotation.array_values.iter();
        let values = values.map(|it| shown(texts, it));
        format!("[{}]", values.collect::<Vec<_>>().join(", "))
    }
}

impl Decoded {
    fn slice(&self, name: &str) -> &Slice {
        let mut found = self.slices.iter().filter(|slice| slice.name == name);
        let slice = found.next().unwrap_or_else(|| panic!("no slice {name}"));
        assert!(found.next().is_none(), "two slices {name}");
        slice
    }

    fn track_of(&self, name: &str) -> &TrackDescriptor {
        &self.tracks[&self.slice(name).track]
    }

    fn parent_of(&self, name: &str) -> Option<&str> {
        let parent = self.slice(name).parent?;
        Some(&self.slices[parent].name)
    }

    /// The slices that are connected with a slice, by name.
    fn connected(&self, name: &str) -> Vec<&str> {
        let slice = self.slice(name);
        let others = self.slices.iter().filter(|other| other.name != name);
        let mut others: Vec<&str> = others
            .filter(|other| other.flows.iter().any(|flow| slice.flows.contains(flow)))
            .map(|other| other.name.as_str())
            .collect();
        others.sort_unstable();
        others
    }

    fn process(&self, service: &str) -> &TrackDescriptor {
        let mut tracks = self.tracks.values();
        let name = |track: &TrackDescriptor| track.process.clone()?.process_name;
        let found = tracks.find(|track| name(track).as_deref() == Some(service));
        found.unwrap()
    }
}

#[test]
fn a_span_is_a_slice_with_its_attributes() {
    let attributes = [
        attribute("http.request.method", "GET"),
        attribute("rows", 12),
        ("cached".into(), Value::Bool(true)),
        ("ratio".into(), Value::Double(0.5)),
        ("bytes".into(), Value::Bytes([1, 255].into())),
        ("none".into(), Value::Empty),
        ("list".into(), Value::List([Value::Int(1), Value::Text("b".into())].into())),
        ("no list".into(), Value::List([].into())),
        ("map".into(), Value::Map([attribute("k", 2)].into())),
    ];
    let parent = Span {
        kind: Kind::Server,
        attributes: attributes.into(),
        status: Status::Error("no stock".into()),
        ..span(1, 0, "GET /orders", 0, 5000)
    };
    let child = Span { status: Status::Ok, ..span(2, 1, "query", 1000, 2000) };
    let mut recording = recording([parent, child, span(3, 0, "", 6000, 7000)]);
    recording.sources[0].scope = "axum".into();
    let decoded = decoded(&recording);

    let slice = decoded.slice("GET /orders");
    assert_eq!((slice.start, slice.end), (START, Some(START + 5000)));
    assert_eq!(slice.categories, ["server", "error"]);
    let expected = [
        ("trace_id", "00000000000000000000000000000007"),
        ("span_id", "0000000000000001"),
        ("otel.status_description", "no stock"),
        ("otel.scope.name", "axum"),
        ("http.request.method", "GET"),
        ("rows", "12"),
        ("cached", "true"),
        ("ratio", "0.5"),
        ("bytes", "01ff"),
        ("none", ""),
        ("list", "[1, b]"),
        ("no list", "[]"),
        ("map", "{k: 2}"),
    ];
    let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(slice.arguments, HashMap::from(expected));
    assert_eq!(slice.parent, None);

    let child = decoded.slice("query");
    assert_eq!(child.track, slice.track);
    assert_eq!(decoded.parent_of("query"), Some("GET /orders"));
    assert_eq!((child.start, child.end), (START + 1000, Some(START + 2000)));
    assert_eq!(child.categories, ["internal", "ok"]);
    assert_eq!(child.arguments["parent_span_id"], "0000000000000001");
    assert_eq!(decoded.parent_of("(no name)"), None);

    // The wall clock is the clock of the trace.
    let clocks = decoded.packets[0].clock_snapshot.clone().unwrap();
    let clock = |id| messages::Clock { clock_id: Some(id), timestamp: Some(START) };
    assert_eq!(clocks.clocks, [clock(messages::REALTIME), clock(messages::BOOTTIME)]);
    assert_eq!(clocks.primary_trace_clock, Some(messages::BOOTTIME));
    assert_eq!(decoded.packets[0].sequence_flags, Some(messages::STATE_CLEARED));
}

#[test]
fn texts_that_occur_again_are_written_once() {
    let text: Text = "select * from orders where customer = ?".into();
    let spans = (1..=100).map(|id| Span {
        attributes: [("db.query.text".into(), Value::Text(text.clone()))].into(),
        ..span(id, 0, "find the orders of a customer", id * 10, id * 10 + 5)
    });
    let mut bytes = Vec::new();
    write_perfetto(&Forest::new(&recording(spans)), &mut bytes).unwrap();
    for text in ["find the orders", "select *", "db.query", "0000000000000000007"] {
        let windows = bytes.windows(text.len());
        let found = windows.filter(|it| *it == text.as_bytes()).count();
        // The name of the span is also that of its track.
        assert_eq!(found, if text.starts_with("find") { 2 } else { 1 }, "{text}");
    }
}

#[test]
fn siblings_that_overlap_have_tracks_of_their_own() {
    let decoded = decoded(&recording([
        span(1, 0, "root", 0, 100),
        span(2, 1, "a", 10, 50),
        span(3, 1, "b", 20, 60),
        span(4, 3, "below b", 30, 40),
        span(5, 1, "c", 50, 90),
        // It is still at work after its parent.
        span(6, 1, "spawned", 95, 120),
    ]));
    assert_eq!(decoded.parent_of("a"), Some("root"));
    assert_eq!(decoded.parent_of("c"), Some("root"));
    for name in ["b", "spawned"] {
        assert_eq!(decoded.parent_of(name), None);
        assert_ne!(decoded.slice(name).track, decoded.slice("root").track);
        // They are shown below the same name, and have an arrow from their parent.
        assert_eq!(decoded.track_of(name).name.as_deref(), Some("root"));
    }
    assert_eq!(decoded.parent_of("below b"), Some("b"));
    assert_eq!(decoded.connected("root"), ["b", "spawned"]);
    assert_eq!(decoded.connected("a"), [""; 0]);
    // A track is used again.
    assert_eq!(decoded.slice("spawned").track, decoded.slice("b").track);
    let parent = decoded.track_of("root").parent_uuid;
    assert_eq!(parent, decoded.process("shop").uuid);
}

#[test]
fn each_resource_is_a_process() {
    let mut recording = recording([
        span(1, 0, "checkout", 0, 100),
        Span { source: 1, ..span(2, 1, "charge", 10, 90) },
        Span { source: 2, ..span(3, 2, "book", 20, 80) },
        Span { source: 3, ..span(4, 3, "store", 30, 40) },
        // It has no source that was read.
        Span { source: 9, ..span(5, 0, "lost", 200, 210) },
    ]);
    recording.sources = vec![
        source("shop", Some(4711)),
        source("payment", Some(4711)),
        source("ledger", None),
        // Another scope of the same process.
        Source { scope: "sqlx".into(), ..source("ledger", None) },
    ];
    let decoded = decoded(&recording);
    let pid = |service| decoded.process(service).process.clone().unwrap().pid.unwrap();
    assert_eq!(pid("shop"), 4711);
    assert_eq!(pid("payment"), 1);
    assert_eq!(pid("ledger"), 2);
    assert_eq!(
        decoded.process("shop").process.clone().unwrap().process_labels,
        ["service.name=shop", "process.pid=4711"]
    );
    for (span, service) in [("checkout", "shop"), ("charge", "payment"), ("book", "ledger")] {
        assert_eq!(decoded.track_of(span).parent_uuid, decoded.process(service).uuid);
    }
    // A span is never inside of one of another process.
    assert_eq!(decoded.parent_of("charge"), None);
    assert_eq!(decoded.connected("charge"), ["book", "checkout"]);
    assert_eq!(decoded.parent_of("store"), Some("book"));
    assert_eq!(decoded.track_of("store").name.as_deref(), Some("book"));
}

#[test]
fn spans_of_a_thread_are_on_its_track() {
    let on = |thread: i64, idle: i64, span: Span| Span {
        attributes: [
            attribute("thread.id", thread),
            attribute("thread.name", "worker"),
            attribute("idle_ns", idle),
        ]
        .into(),
        ..span
    };
    let mut recording = recording([
        // A task that waited most of the time, and its work on two threads.
        on(2, 900, span(1, 0, "task", 0, 1000)),
        on(2, 1, span(2, 1, "parse", 0, 50)),
        on(2, 0, span(3, 2, "number", 10, 20)),
        on(3, 0, span(4, 1, "encode", 40, 90)),
        // Two at once cannot be on one thread.
        on(3, 0, span(5, 1, "other", 60, 100)),
        // What says nothing of a thread is where its parent is.
        span(6, 4, "compress", 50, 60),
        Span { source: 1, ..on(2, 0, span(7, 0, "elsewhere", 0, 1000)) },
    ]);
    recording.sources.push(source("bank", None));
    let decoded = decoded(&recording);
    let thread = |name| {
        let thread = decoded.track_of(name).thread.clone();
        thread.map(|it| (it.pid.unwrap(), it.tid.unwrap(), it.thread_name.unwrap()))
    };
    assert_eq!(thread("task"), None);
    assert_eq!(decoded.track_of("task").name.as_deref(), Some("task"));
    // The numbers of the processes are 1 and 2, so the thread has another one.
    let (pid, tid, name) = thread("parse").unwrap();
    assert_eq!((pid, name.as_str()), (1, "worker"));
    assert!(tid > 2);
    assert_eq!(decoded.parent_of("number"), Some("parse"));
    assert_eq!(thread("encode").unwrap(), (1, 3, "worker".to_owned()));
    assert_eq!(thread("other"), None);
    assert_eq!(decoded.parent_of("compress"), Some("encode"));
    assert_eq!(decoded.connected("task"), ["encode", "other", "parse"]);
    let (pid, other, _) = thread("elsewhere").unwrap();
    assert_eq!(pid, 2);
    assert_ne!(tid, other);
}

#[test]
fn an_event_is_an_instant_of_its_span_alone() {
    let at = |time, name: &str| Event {
        time: START + time,
        name: name.into(),
        attributes: [attribute("key", name)].into(),
    };
    let parent = Span {
        events: [
            at(0, "at the start"),
            at(10, "as the child starts"),
            at(15, "beside the child"),
            at(20, "as the child ends"),
            at(50, "between"),
            at(100, "at the end"),
            at(130, "late"),
            Event::default(),
        ]
        .into(),
        ..span(1, 0, "parent", 0, 100)
    };
    let child = Span {
        events: [Event { name: "exception".into(), ..at(15, "") }].into(),
        ..span(2, 1, "child", 10, 20)
    };
    let decoded = decoded(&recording([parent, child]));
    for name in ["at the start", "as the child starts", "between", "at the end"] {
        assert_eq!(decoded.parent_of(name), Some("parent"), "{name}");
        assert_eq!(decoded.slice(name).arguments["key"], name);
        assert_eq!(decoded.slice(name).categories, ["event"]);
    }
    for name in ["beside the child", "as the child ends", "late"] {
        assert_eq!(decoded.parent_of(name), None, "{name}");
        assert_eq!(decoded.track_of(name).name.as_deref(), Some("events"));
        assert_eq!(decoded.slice(name).arguments["span_id"], "0000000000000001");
    }
    assert_eq!(decoded.parent_of("exception"), Some("child"));
    assert_eq!(decoded.slice("exception").categories, ["error"]);
    // It has no time, so it occurs at the start.
    assert_eq!(decoded.slice("(no name)").start, START);
}

#[test]
fn links_and_log_records_are_flows() {
    let link = |span, attributes| Link { trace: TraceId(7), span: SpanId(span), attributes };
    let batch = Span {
        links: [
            link(1, [attribute("queue", "orders")].into()),
            link(2, [].into()),
            // Nobody has read the one, and the other is the span itself.
            link(99, [].into()),
            link(3, [].into()),
        ]
        .into(),
        ..span(3, 0, "batch", 50, 60)
    };
    let mut recording =
        recording([span(1, 0, "first", 0, 10), span(2, 0, "second", 20, 30), batch]);
    let body = "x".repeat(1000);
    let log = |body: Value, span, time| Log {
        trace: TraceId(if span == 0 { 0 } else { 7 }),
        span: SpanId(span),
        time: START + time,
        severity: 17,
        event_name: "order.failed".into(),
        body,
        ..Log::default()
    };
    recording.logs = vec![
        log(Value::Text("no stock".into()), 2, 25),
        log(Value::Text(body.as_str().into()), 0, 26),
        log(Value::Empty, 99, 27),
    ];
    let decoded = decoded(&recording);
    assert_eq!(decoded.connected("batch"), ["first", "second"]);
    assert_eq!(
        decoded.slice("batch").arguments["links"],
        "[{trace_id: 00000000000000000000000000000007, span_id: 0000000000000001, queue: orders}, \
          {trace_id: 00000000000000000000000000000007, span_id: 0000000000000002}, \
          {trace_id: 00000000000000000000000000000007, span_id: 0000000000000063}, \
          {trace_id: 00000000000000000000000000000007, span_id: 0000000000000003}]"
    );
    assert_eq!(decoded.connected("second"), ["batch", "no stock"]);
    let log = decoded.slice("no stock");
    assert_eq!(decoded.tracks[&log.track].name.as_deref(), Some("logs"));
    assert_eq!(log.categories, ["ERROR"]);
    assert_eq!(log.arguments["event_name"], "order.failed");
    assert_eq!(log.arguments["span_id"], "0000000000000002");
    let short = format!("{}…", "x".repeat(200));
    assert_eq!(decoded.slice(&short).arguments["body"], body);
    assert!(!decoded.slice(&short).arguments.contains_key("trace_id"));
    // A record without a body has the name of its event.
    assert!(decoded.slice("order.failed").flows.is_empty());
}

#[test]
fn times_that_are_missing_or_too_late_do_not_stretch_the_trace() {
    let no_times = Span { start: 0, end: 0, ..span(2, 1, "no times", 0, 0) };
    let endless = Span { end: u64::MAX, ..span(3, 1, "endless", 50, 50) };
    let decoded = decoded(&recording([span(1, 0, "root", 10, 100), no_times, endless]));
    assert_eq!(decoded.slice("no times").start, START + 10);
    assert_eq!(decoded.slice("no times").end, Some(START + 10));
    assert_eq!(decoded.slice("endless").end, Some(i64::MAX as u64));
}

#[test]
fn nothing_is_a_trace_without_slices() {
    assert!(decoded(&Recording::default()).slices.is_empty());
}

/// Random trees with random times: whatever they are, slices are inside of their parents, or have an arrow from them.
#[test]
fn each_slice_is_inside_of_its_parent_or_has_an_arrow_from_it() {
    let mut state = 1_u64;
    let mut random = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) % below
    };
    for _ in 0..300 {
        let count = 1 + random(40);
        let spans: Vec<_> = (1..=count)
            .map(|id| {
                let start = random(30);
                let end = start + random(30);
                let parent = random(count + 1);
                let mut span = span(id, parent, &format!("span {id}"), start, end);
                span.source = u32::try_from(random(2)).unwrap();
                if random(2) == 0 {
                    let thread = i64::try_from(random(3)).unwrap();
                    span.attributes = [attribute("thread.id", thread)].into();
                }
                let at = |time| Event {
                    time: START + time,
                    name: format!("event of {id}").into(),
                    ..Event::default()
                };
                span.events = if random(2) == 0 { [at(random(60))].into() } else { [].into() };
                span
            })
            .collect();
        let mut recording = recording(spans);
        recording.sources.push(source("bank", None));
        let forest = Forest::new(&recording);
        let decoded = decoded(&recording);
        for (index, span) in recording.spans.iter().enumerate() {
            let slice = decoded.slice(&span.name);
            assert_eq!((slice.start, slice.end), (span.start, Some(span.end)));
            let parent = forest.parent(index).map(|it| &*forest.span(it).name);
            match decoded.parent_of(&span.name) {
                Some(name) => assert_eq!(Some(name), parent),
                None => {
                    if let Some(parent) = parent {
                        assert!(decoded.connected(&span.name).contains(&parent));
                    }
                }
            }
            let id = span.id.0;
            if !span.events.is_empty()
                && let Some(parent) = decoded.parent_of(&format!("event of {id}"))
            {
                assert_eq!(parent, &*span.name);
            }
        }
    }
}

#[test]
fn a_trace_of_100_000_levels_is_written() {
    let deep = recording((1..=100_000).map(|id| span(id, id - 1, "level", id, 300_000 - id)));
    let trace = decoded(&deep);
    assert_eq!(trace.slices.len(), 100_000);
    // Perfetto leaves out what is deeper than 512.
    let deepest = trace.slices.iter().map(|slice| slice.depth).max();
    assert_eq!(deepest, Some(499));
    let outermost = trace.slices.iter().filter(|slice| slice.parent.is_none());
    assert_eq!(outermost.count(), 200);
}

#[cfg(feature = "cli")]
mod program {
    use std::fs;
    use std::process::{Command, Output, Stdio};

    const LINE: &str = r#"{"resourceSpans": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}, "scopeSpans": [{"spans": [{"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "name": "load", "startTimeUnixNano": "1000", "endTimeUnixNano": "3000"}]}]}]}"#;

    fn run(arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_floe-trace"))
            .arg("export")
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    #[test]
    fn a_file_and_standard_output_get_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        fs::write(path("in.jsonl"), LINE).unwrap();
        let output = run(&[&path("in.jsonl"), "--perfetto", &path("out.pftrace")]);
        assert!(output.status.success(), "{output:?}");
        assert_eq!(output.stdout, b"");
        let trace = fs::read(path("out.pftrace")).unwrap();
        assert!(trace.windows(4).any(|it| it == b"load"));
        let output = run(&[&path("in.jsonl"), "--perfetto", "-"]);
        assert_eq!(output.stdout, trace);
    }

    #[test]
    fn an_output_that_cannot_be_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("in.jsonl");
        fs::write(&input, LINE).unwrap();
        let input = input.to_str().unwrap();
        for (arguments, expected) in [
            (vec![input], "required arguments were not provided"),
            (
                vec![input, "--perfetto", "/dev/null/out"],
                "error: /dev/null/out: cannot be written: ",
            ),
        ] {
            let output = run(&arguments);
            assert_eq!(output.status.code(), Some(2));
            let errors = String::from_utf8(output.stderr).unwrap();
            assert!(errors.contains(expected), "{errors}");
        }
    }
}
