//! Tests the spans and notes that are read from valid and from damaged files.

#![allow(clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc, reason = "tests")]

use std::fmt::Write as _;
use std::io::{self, Read, Write as _};
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use floe_trace::read::{LARGEST_MESSAGE, Reader, Unreadable};
use floe_trace::{Forest, Kind, Recording, SpanId, Status, TraceId, Value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, TracesData};
use prost::Message as _;

const TRACE: &str = "5b8efff798038103d269b633813fc60c";

/// Returns a span as JSON, with its id from a number; `parent` is 0 for a root.
fn span(id: u64, parent: u64, name: &str, start: u64, end: u64) -> String {
    let parent = match parent {
        0 => String::new(),
        parent => format!(r#""parentSpanId": "{parent:016x}", "#),
    };
    format!(
        r#"{{"traceId": "{TRACE}", "spanId": "{id:016x}", {parent}"name": "{name}", "kind": 3,
        "startTimeUnixNano": "{start}", "endTimeUnixNano": "{end}"}}"#
    )
}

fn request(spans: &[String]) -> String {
    let spans = spans.join(", ");
    let resource = r#"{"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}"#;
    format!(
        r#"{{"resourceSpans": [{{"resource": {resource}, "scopeSpans": [{{"scope": {{"name": "web"}}, "spans": [{spans}]}}]}}]}}"#
    )
}

fn line(spans: &[String]) -> String {
    request(spans).replace('\n', " ") + "\n"
}

fn one() -> String {
    line(&[span(1, 0, "one", 10, 30)])
}

fn read(bytes: impl AsRef<[u8]>) -> Result<Recording, Unreadable> {
    let mut reader = Reader::new();
    reader.read("t.jsonl", bytes.as_ref())?;
    Ok(reader.finish())
}

fn names(recording: &Recording) -> Vec<&str> {
    recording.spans.iter().map(|span| &*span.name).collect()
}

fn notes(recording: &Recording) -> Vec<String> {
    recording.notes.iter().map(ToString::to_string).collect()
}

fn error(bytes: impl AsRef<[u8]>) -> String {
    read(bytes).unwrap_err().to_string()
}

#[test]
fn each_format_is_read() {
    let text = one() + &line(&[span(2, 1, "two", 15, 20)]);
    let lines = read(&text).unwrap();
    assert_eq!(names(&lines), ["one", "two"]);
    let two = &lines.spans[1];
    assert_eq!((two.id, two.parent), (SpanId(2), Some(SpanId(1))));
    assert_eq!((two.kind, two.start, two.end, two.duration()), (Kind::Client, 15, 20, 5));
    assert_eq!(two.trace.to_string(), TRACE);
    assert_eq!(lines.service(two), "shop");
    assert_eq!(&*lines.sources[two.source].scope, "web");
    assert!(lines.notes.is_empty());

    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let one = request(&[span(1, 0, "one", 10, 30), span(2, 1, "two", 15, 20)]);
    let of_many_lines = one.replace(", ", ",\n  ");
    let list = format!("[{one}]");
    let data: TracesData = serde_json::from_str(&one).unwrap();
    let protobuf = data.encode_to_vec();
    // A resource with a number in a field that no version has.
    let mut resource = data.resource_spans[0].encode_to_vec();
    prost::encoding::uint32::encode(99, &5, &mut resource);
    let mut later = Vec::new();
    prost::encoding::bytes::encode(1, &resource, &mut later);
    let documents = format!("{of_many_lines}\n{of_many_lines}");
    let blanks = format!("{}{one}", " \r\n".repeat(50_000)).into_bytes();
    // PowerShell writes text like this.
    let mark = [b"\xef\xbb\xbf", text.replace('\n', "\r\n").as_bytes()].concat();
    for (what, bytes, times) in [
        ("gzip", gzip.clone(), 1),
        ("blanks before it", blanks, 1),
        ("a byte order mark", mark, 1),
        ("two members of gzip", [gzip.clone(), gzip].concat(), 2),
        ("a document of many lines", of_many_lines.clone().into(), 1),
        ("two of them", documents.into(), 2),
        ("two in a line", format!("{one} {one}").replace('\n', " ").into(), 2),
        ("a list", list.into(), 1),
        ("protobuf", protobuf.clone(), 1),
        ("a number of a later version", later, 1),
        ("two requests", [protobuf.clone(), protobuf.clone()].concat(), 2),
    ] {
        let recording = read(bytes).unwrap();
        assert_eq!(recording.spans, vec![lines.spans.clone(); times].concat(), "{what}");
        assert!(recording.notes.is_empty(), "{what}");
    }
}

/// A message is read although its length may be encoded as the byte of a bracket.
#[test]
fn a_message_of_any_length_is_read() {
    for length in 40..200 {
        let name = "n".repeat(length);
        let text = line(&[span(1, 0, &name, 10, 30)]);
        for text in [&text, &text.replace(r#""service.name""#, r#""service""#)] {
            let data: TracesData = serde_json::from_str(text).unwrap();
            let recording = read(data.encode_to_vec()).unwrap();
            assert_eq!(names(&recording), [name.as_str()]);
        }
    }
    let spans = |count: usize| TracesData {
        resource_spans: vec![ResourceSpans {
            schema_url: "u".repeat(count),
            ..ResourceSpans::default()
        }],
    };
    for length in 1..300 {
        assert!(read(spans(length).encode_to_vec()).is_ok(), "{length}");
    }
}

#[test]
fn all_fields_are_read() {
    let text = one().replace(
        r#""kind": 3"#,
        r#""kind": 2, "status": {"code": 2, "message": "no stock"}, "attributes": [
        {"key": "a", "value": {"intValue": "-7"}}, {"key": "b", "value": {"arrayValue": {"values": [{"doubleValue": 0.5}]}}},
        {"key": "c", "value": {"boolValue": true}}, {"key": "d", "value": {"bytesValue": "AQI="}},
        {"key": "e", "value": {"kvlistValue": {"values": [{"key": "f", "value": {}}]}}}],
        "events": [{"timeUnixNano": "12", "name": "later"}, {"timeUnixNano": "11", "name": "sooner"}],
        "links": [{"traceId": "00000000000000000000000000000001", "spanId": "0000000000000002"}]"#,
    ).replace('\n', " ")
        + "\n"
        + r#"{"resourceLogs": [{"scopeLogs": [{"logRecords": [{"timeUnixNano": "5", "severityNumber": 13,
        "body": {"stringValue": "low"}, "spanId": "0000000000000001"}]}]}]}"#
            .replace('\n', " ")
            .as_str();
    let first = read(text).unwrap();
    let span = &first.spans[0];
    assert_eq!(span.status, Status::Error("no stock".into()));
    let values: Vec<String> =
        span.attributes.iter().map(|(key, it)| format!("{key}={it}")).collect();
    assert_eq!(values, ["a=-7", "b=[0.5]", "c=true", "d=0102", "e={f: }"]);
    let events: Vec<&str> = span.events.iter().map(|event| &*event.name).collect();
    assert_eq!(events, ["sooner", "later"]);
    assert_eq!((first.logs[0].level(), first.logs[0].span), ("WARN", SpanId(1)));

    assert_eq!(first.logs[0].body, Value::Text("low".into()));
    assert_eq!(first.notes, []);
}

#[test]
fn json_is_read_as_other_programs_write_it() {
    let read_fields = |fields: &str| {
        let other = span(1, 0, "one", 10, 30).replace(r#""kind": 3"#, fields);
        let recording = read(line(&[other, span(2, 0, "two", 10, 30)])).unwrap();
        assert_eq!(notes(&recording), Vec::<String>::new(), "{fields}");
        assert_eq!(names(&recording), ["one", "two"], "{fields}");
        recording.spans[0].clone()
    };
    for (fields, kind) in [
        (r#""kind": "SPAN_KIND_SERVER""#, Kind::Server),
        (r#""kind": "server""#, Kind::Server),
        (r#""kind": "5""#, Kind::Consumer),
        (r#""kind": null, "attributes": null, "events": null"#, Kind::Internal),
        (r#""kind": 2, "flags": "257", "traceState": null"#, Kind::Server),
        (r#""kind": 2, "droppedEventsCount": "3""#, Kind::Server),
        (r#""kind": 2, "events": [null, {"name": "e", "attributes": null}]"#, Kind::Server),
    ] {
        assert_eq!(read_fields(fields).kind, kind, "{fields}");
    }
    for code in [r#""STATUS_CODE_ERROR""#, r#""ERROR""#] {
        let status = format!(r#""status": {{"code": {code}, "message": null}}"#);
        assert_eq!(read_fields(&status).status, Status::Error("".into()));
    }

    // A list or a map within 32 lists is left out.
    let deep = |value: &str| {
        [&*r#"{"arrayValue": {"values": ["#.repeat(32), value, &"]}}".repeat(32)].concat()
    };
    let shown_deep = "[".repeat(32) + &"]".repeat(32);
    for (value, shown) in [
        (&*deep(r#"{"arrayValue": {}}"#), &*shown_deep),
        (&*deep(r#"{"kvlistValue": {}}"#), &*shown_deep),
        (r#"{"arrayValue": {}}"#, "[]"),
        (r#"{"kvlistValue": {}}"#, "{}"),
        (r#"{"arrayValue": {"values": null}}"#, "[]"),
        (r#"{"string_value": "text"}"#, "text"),
        (r#"{"stringValue": 5}"#, "5"),
        (r#"{"stringValue": "cut \ud83d"}"#, "cut \u{fffd}"),
        (r#"{"stringValue": "\ud83d\ude00 \\ud83d"}"#, "\u{1f600} \\ud83d"),
        (r#"{"intValue": 5.0}"#, "5.0"),
        (r#"{"intValue": "9223372036854775808"}"#, "9223372036854775808"),
        (r#"{"doubleValue": "NaN"}"#, "NaN"),
        (r#"{"doubleValue": "1.5"}"#, "1.5"),
        (r#"{"boolValue": "true"}"#, "true"),
        (r#"{"bytesValue": "no base64!"}"#, "no base64!"),
    ] {
        let attribute =
            format!(r#""attributes": [{{"key": "a", "value": {value}}}], "flags": null"#);
        let span = read_fields(&attribute);
        assert_eq!(span.attribute("a").unwrap().to_string(), shown, "{value}");
    }

    // Protobuf's own JSON, as Grafana Tempo returns it: snake case, and ids in base64.
    let recording = read(
        r#"{"batches": [{"scope_spans": [{"spans": [{"trace_id": "W47/95gDgQPSabYzgT/GDA==",
        "span_id": "AAAAAAAAAAE=", "parentSpanId": "AAAAAAAAAAI=", "name": "one",
        "start_time_unix_nano": 10, "end_time_unix_nano": "30"}]}]}]}"#,
    )
    .unwrap();
    let span = &recording.spans[0];
    assert_eq!((span.trace.to_string().as_str(), span.id), (TRACE, SpanId(1)));
    assert_eq!((span.parent, span.start, span.end), (Some(SpanId(2)), 10, 30));

    let log = r#"{"resourceLogs": [{"scopeLogs": [{"logRecords": [{"severityNumber": "SEVERITY_NUMBER_WARN3",
        "traceId": null, "body": null}]}]}]}"#;
    assert_eq!(read(log.replace('\n', "")).unwrap().logs[0].severity, 15);
}

/// OTLP is read in the formats in which other programs wrap it and people attach it to tickets.
#[test]
fn what_others_download_is_read() {
    let of = |text: &str| read(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let request = request(&[span(1, 0, "load", 1_000, 3_000)]);
    for text in [format!("{{\"result\": {request}}}"), format!("{{\"trace\": {request}}}")] {
        let recording = of(&text);
        assert_eq!(names(&recording), ["load"], "{text}");
        assert_eq!(&*recording.sources[0].scope, "web", "{text}");
    }
    // This is what "Download JSON" of Jaeger's page returns.
    let recording = of(r#"{"data": [{"traceID": "fc60c", "spans": [
        {"traceID": "fc60c", "spanID": "1", "operationName": "GET /orders", "references": [], "startTime": 1790000000000000,
         "duration": 5000, "tags": [{"key": "span.kind", "type": "string", "value": "server"}, {"key": "rows", "type": "int64", "value": 12}],
         "logs": [], "processID": "p1", "warnings": null},
        {"traceID": "fc60c", "spanID": "2", "operationName": "SELECT", "startTime": 1790000000001000, "duration": 2000,
         "references": [{"refType": "FOLLOWS_FROM", "traceID": "ab", "spanID": "7"}, {"refType": "FOLLOWS_FROM", "traceID": "fc60c", "spanID": "8"}, {"refType": "CHILD_OF", "traceID": "fc60c", "spanID": "1"}],
         "tags": [{"key": "error", "type": "bool", "value": true}, {"key": "otel.status_description", "type": "string", "value": "no"}],
         "logs": [{"timestamp": 1790000000002000, "fields": [{"key": "event", "type": "string", "value": "exception"}, {"key": "exception.type", "type": "string", "value": "E"}, {"key": "error", "type": "string", "value": "no disk"}]}],
         "processID": "p2"}],
        "processes": {"p1": {"serviceName": "shop", "tags": [{"key": "host.name", "type": "string", "value": "a"}]}, "p2": {"serviceName": "db", "tags": []}}}],
        "total": 0, "limit": 0, "errors": null}"#);
    let forest = Forest::new(&recording);
    let [root, child] = &*recording.spans else { panic!("{:?}", recording.spans) };
    assert_eq!((root.trace.0, root.duration(), root.kind), (0xf_c60c, 5_000_000, Kind::Server));
    assert_eq!(root.attribute("rows"), Some(&Value::Int(12)));
    assert_eq!(forest.tree().parent(1), Some(0));
    assert_eq!((recording.service(root), recording.service(child)), ("shop", "db"));
    assert_eq!(child.status, Status::Error("no".into()));
    assert_eq!((&*child.events[0].name, child.links[0].span), ("exception", SpanId(7)));
    assert!(child.events[0].attributes.contains(&("error".into(), Value::Text("no disk".into()))));
    assert_eq!(notes(&recording), [""; 0]);
}

/// The tag `error` is a text in some languages.
#[test]
fn a_tag_of_jaeger_says_that_a_span_failed() {
    for (value, status) in [
        ("true", Status::Error("".into())),
        (r#""true""#, Status::Error("".into())),
        (r#""timeout""#, Status::Error("timeout".into())),
        (r#""false""#, Status::Unset),
        ("false", Status::Unset),
    ] {
        let span = r#"{"data": [{"traceID": "1", "spans": [{"traceID": "1", "spanID": "2", "startTime": 1, "duration": 1"#;
        let text = format!(r#"{span}, "tags": [{{"key": "error", "value": {value}}}]}}]}}]}}"#);
        assert_eq!(read(&text).unwrap().spans[0].status, status, "{value}");
    }
}

/// In Zipkin, a client and its server may share an id, which the spans below the server name.
#[test]
fn spans_of_zipkin_are_read() {
    let span = |service: &str, more: &str| {
        let times = r#""timestamp": 1000, "duration": 500"#;
        format!(
            r#"{{"traceId": "a7", "localEndpoint": {{"serviceName": "{service}"}}, {times}, {more}}}"#
        )
    };
    let spans = [
        span("web", r#""id": "2", "kind": "CLIENT", "name": "get", "tags": {"error": "reset"}"#),
        span("api", r#""id": "2", "kind": "SERVER", "name": "get /", "shared": true"#),
        span("api", r#""id": "3", "parentId": "2", "name": "query", "tags": {"rows": "5"}"#),
    ]
    .join(", ");
    for text in [format!("[{spans}]"), format!("[[{spans}]]")] {
        let recording = read(&text).unwrap();
        let [client, server, query] = &*recording.spans else { panic!("{recording:?}") };
        assert_eq!(
            (client.parent, server.parent, query.parent),
            (None, Some(client.id), Some(server.id))
        );
        assert_eq!(
            (client.kind, server.kind, query.kind),
            (Kind::Client, Kind::Server, Kind::Internal)
        );
        assert_eq!((server.start, server.end, server.trace), (1_000_000, 1_500_000, TraceId(0xa7)));
        assert_eq!((recording.service(client), recording.service(server)), ("web", "api"));
        assert_eq!(client.status, Status::Error("reset".into()));
        assert!(query.attributes.contains(&("rows".into(), Value::Text("5".into()))));
        assert_eq!(notes(&recording), [""; 0]);
    }
}

#[test]
fn a_span_that_cannot_be_read_leaves_the_others() {
    let bad = span(1, 0, "one", 10, 30).replace(r#""kind": 3"#, r#""attributes": {"a": 1}"#);
    let no_id = span(3, 0, "three", 10, 30).replace(TRACE, "5b8efff7-9803-8103-d269-b633813fc60c");
    let recording = read(line(&[bad, span(2, 0, "two", 10, 30), no_id])).unwrap();
    assert_eq!(names(&recording), ["two"]);
    assert_eq!(recording.service(&recording.spans[0]), "shop");
    let notes = notes(&recording);
    assert_eq!(
        notes[0],
        "t.jsonl:1: a span, a log record, a resource or a scope is left out, because it is not OTLP: invalid type: map, expected a sequence"
    );
    assert!(notes[1].contains("expected a trace id of 16 bytes"));
    assert_eq!(notes.len(), 2);
}

#[test]
fn log_records_are_read_from_protobuf() {
    let record = LogRecord { observed_time_unix_nano: 9, ..LogRecord::default() };
    let logs = ResourceLogs {
        scope_logs: vec![ScopeLogs { log_records: vec![record], ..ScopeLogs::default() }],
        ..ResourceLogs::default()
    };
    let message = logs.encode_length_delimited_to_vec();
    let recording = read([&[0x0a], message.as_slice()].concat()).unwrap();
    assert_eq!(recording.logs[0].time, 9);
    assert!(recording.spans.is_empty());
}

#[test]
fn secrets_are_redacted_wherever_they_are() {
    let key = concat!("AKIA", "Q6JDMW3XKZ5TPLH7");
    let text = one().replace(
        r#""name": "one""#,
        &format!(
            r#""name": "get {key}", "status": {{"code": 2, "message": "refused: {key}"}}, "attributes": [
            {{"key": "password", "value": {{"stringValue": "hunter2"}}}}, {{"key": "api_token", "value": {{"intValue": "4711"}}}},
            {{"key": "list", "value": {{"arrayValue": {{"values": [{{"stringValue": "{key}"}}]}}}}}},
            {{"key": "config.key", "value": {{"stringValue": "password"}}}}, {{"key": "config.value", "value": {{"intValue": "90817263"}}}},
            {{"key": "options", "value": {{"kvlistValue": {{"values": [{{"key": "value", "value": {{"kvlistValue": {{"values": [
                {{"key": "text", "value": {{"stringValue": "quux5"}}}}]}}}}}}, {{"key": "name", "value": {{"stringValue": "api_key"}}}}]}}}}}},
            {{"key": "body", "value": {{"bytesValue": "cGFzc3dvcmQ9aHVudGVyMg=="}}}},
            {{"key": "raw", "value": {{"bytesValue": "/3Bhc3N3b3JkPVdhbG51dDc3eDk="}}}},
            {{"key": "process.command_args", "value": {{"arrayValue": {{"values": [{{"stringValue": "psql"}},
                {{"stringValue": "--password"}}, {{"stringValue": "wibble wobble"}}, {{"stringValue": "--host"}}, {{"stringValue": "db"}}]}}}}}},
            {{"key": "password", "value": {{"kvlistValue": {{"values": [{{"key": "value", "value": {{"stringValue": "xyzzy"}}}},
                {{"key": "pin", "value": {{"arrayValue": {{"values": [{{"intValue": "8055"}}]}}}}}}]}}}}}}],
            "events": [{{"name": "{key}", "attributes": [{{"key": "exception.message", "value": {{"stringValue": "{key}"}}}}]}}]"#
        ),
    ).replace('\n', " ");
    let recording = read(text).unwrap();
    let all = format!("{recording:?}");
    for secret in [
        key,
        "hunter2",
        "4711",
        "90817263",
        "quux5",
        "xyzzy",
        "8055",
        "wibble",
        "112, 97, 115, 115",
        "Walnut77x9",
    ] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
    assert!(all.contains("REDACTED"));
    let arguments = recording.spans[0].attribute("process.command_args").unwrap();
    assert_eq!(arguments.to_string(), "[psql, --password, <REDACTED>, --host, db]");
    let raw = recording.spans[0].attribute("raw").unwrap();
    assert_eq!(raw.to_string(), "\u{fffd}password=<REDACTED>");
}

#[test]
fn a_value_whose_name_is_in_another_field_is_read_once() {
    let head = r#"{"kvlistValue": {"values": [{"key": "name", "value": {"stringValue": "session"}}, {"key": "value", "value": "#;
    let deep = [&*head.repeat(24), r#"{"stringValue": "text"}"#, &"}]}}".repeat(24)].concat();
    let attributes = format!(r#""attributes": [{{"key": "a", "value": {deep}}}]"#);
    let recording = read(one().replace(r#""kind": 3"#, &attributes)).unwrap();
    let shown = "{name: session, value: ".repeat(24) + "text" + &"}".repeat(24);
    assert_eq!(recording.spans[0].attribute("a").unwrap().to_string(), shown);
}

#[test]
fn the_rest_of_a_damaged_file_is_read() {
    let good = one();
    let cut = &good[..good.len() / 2];
    let recording = read(format!("{good}{cut}")).unwrap();
    assert_eq!(names(&recording), ["one"]);
    assert_eq!(
        notes(&recording),
        ["t.jsonl:2: expected requests of OTLP as JSON: found an incomplete line"]
    );

    let recording =
        read(format!("{good}\nnot json\n{good}{{\"resourceSpans\": 5}}\n{{\"a\": 1}}\n{{}}\n"))
            .unwrap();
    assert_eq!(names(&recording), ["one", "one"]);
    assert_eq!(
        notes(&recording),
        [
            "t.jsonl:3:2: expected requests of OTLP as JSON: expected ident",
            "t.jsonl:5: expected requests of OTLP as JSON: invalid type: integer, expected a sequence",
            "t.jsonl:6: expected requests of OTLP as JSON: found the fields `a`",
        ]
    );
    assert!(read(r#"{"resourceMetrics": []}"#).unwrap().notes.is_empty());
    let documents = read(format!("{{\n}}\n{{\n}} {{\"resourceSpans\": 5}}\n{good}")).unwrap();
    assert_eq!(names(&documents), ["one"]);
    assert_eq!(&documents.notes[0].place, "t.jsonl");

    let data: TracesData = serde_json::from_str(&good).unwrap();
    let protobuf = data.encode_to_vec();
    let both = [protobuf.as_slice(), &protobuf[..protobuf.len() / 2]].concat();
    let recording = read(&both).unwrap();
    assert_eq!(names(&recording), ["one"]);
    let place = format!("t.jsonl, byte {}", protobuf.len());
    assert_eq!(
        notes(&recording),
        [format!(
            "{place}: expected a complete OTLP message, found a part of one or something else"
        )]
    );
    assert!(error(&protobuf[..20]).contains("expected a complete OTLP message"));
}

#[test]
fn what_is_no_otlp_is_an_error_with_its_place() {
    for (bytes, expected) in [
        (&b""[..], "t.jsonl: expected OTLP, as JSON or protobuf, found an empty file"),
        (b" \n\n", "t.jsonl: expected OTLP, as JSON or protobuf, found an empty file"),
        (b"\x7fELF\x02\x01", "t.jsonl: expected OTLP, as JSON or protobuf, found something else"),
        // A file system leaves zeros after a crash.
        (b"\0\0\0\0\0\0\0\0", "found a zero byte, as in the Collector's `format: proto`"),
        (b"\x0a\xff\xff\xff\xff\xff\x7f", "expected a complete OTLP message, found a part of one"),
        (b"{\"a\": \n nonsense", "t.jsonl:2:3: expected requests of OTLP as JSON: expected ident"),
        (b"[1, 2]", "t.jsonl:1: expected requests of OTLP as JSON: invalid type: integer"),
        (
            b"[{\n\"traceId\": \"1\",\n\"spanId\": \"2\"}]",
            "t.jsonl: expected requests of OTLP as JSON: found the fields `spanId`, `traceId`",
        ),
        (
            br#"[{"resource": {}, "scopeSpans": []}]"#,
            "expected requests of OTLP as JSON: found the fields `resource`, `scopeSpans`",
        ),
        (
            br#"{"resourceProfiles": [{"scopeProfiles": []}]}"#,
            "t.jsonl:1: expected requests of OTLP as JSON: found the fields `resourceProfiles`",
        ),
    ] {
        let found = error(bytes);
        assert!(found.contains(expected), "{found}\nexpected {expected}");
    }
}

#[test]
fn an_error_contains_no_secret() {
    // The key of a value with the wrong type is not known, so no value is quoted.
    let password = one()
        .replace(r#""kind": 3"#, r#""kind": 3, "status": {"code": 2, "message": ["hunter2"]}"#);
    for (text, expected) in [
        (
            r#"{"resourceSpans": "hunter2, expected `x`"}"#.to_owned(),
            "t.jsonl:1: expected requests of OTLP as JSON: invalid type: string, expected a sequence",
        ),
        (
            password,
            "t.jsonl:1: a span, a log record, a resource or a scope is left out, because it is not OTLP: invalid type: sequence, expected a string",
        ),
    ] {
        let found = match read(text) {
            Ok(recording) => notes(&recording).concat(),
            Err(error) => error.to_string(),
        };
        assert!(found.contains(expected), "{found}");
        assert!(!found.contains("hunter2"), "{found}");
    }
}

#[test]
fn fields_of_a_later_version_are_ignored() {
    let text = one().replace(
        r#""kind": 3"#,
        r#""kind": 9, "newField": {"a": [1]}, "status": {"code": 7}, "flags": 769"#,
    );
    let recording = read(text).unwrap();
    assert_eq!(
        (recording.spans[0].kind, &recording.spans[0].status),
        (Kind::Internal, &Status::Unset)
    );
    assert!(recording.notes.is_empty());
}

#[test]
fn ids_and_times_that_cannot_be() {
    let text = line(&[
        span(1, 0, "backwards", 30, 10),
        span(2, 0, "no end", 30, 0),
        span(3, 0, "no start", 0, 40),
        span(0, 0, "no id", 10, 20),
        span(4, 0, "odd parent", 10, 20).replace(r#""name""#, r#""parentSpanId": "01ff", "name""#),
    ]);
    let recording = read(text).unwrap();
    assert_eq!(names(&recording), ["backwards", "no end", "no start", "odd parent"]);
    assert!(recording.spans.iter().all(|span| span.start <= span.end));
    let notes = notes(&recording);
    assert_eq!(notes.len(), 5, "{notes:#?}");
    for (note, part) in notes.iter().zip([
        "found an earlier end",
        "the end of a span, found 0",
        "the start of a span, found 0",
        "the span is left out",
        "the span is a root",
    ]) {
        assert!(note.starts_with("t.jsonl:1: "), "{note}");
        assert!(note.contains(part), "{note}");
    }
    // Zeros are no parent.
    let root = span(5, 0, "root", 10, 20)
        .replace(r#""name""#, r#""parentSpanId": "0000000000000000", "name""#);
    assert!(read(line(&[root])).unwrap().notes.is_empty());
}

#[test]
fn parents_that_are_missing_repeated_or_a_circle() {
    let text = line(&[
        span(1, 3, "circle 1", 30, 40),
        span(2, 1, "circle 2", 10, 40),
        span(3, 2, "circle 3", 20, 40),
        span(4, 4, "its own parent", 50, 60),
        span(5, 99, "orphan", 70, 80),
        span(6, 5, "twice", 71, 72),
        span(6, 5, "twice", 73, 74),
        span(7, 6, "below one", 71, 72),
    ])
    .replace(r#""kind": 3"#, r#""kind": 1"#);
    let recording = read(text).unwrap();
    let forest = Forest::new(&recording);
    let [trace] = forest.traces() else { panic!() };
    let roots: Vec<&str> = trace.roots.iter().map(|root| &*forest.span(*root).name).collect();
    assert_eq!(roots, ["circle 2", "its own parent", "orphan"]);
    let all: usize = forest.tree().below(&trace.roots).count();
    assert_eq!(all, 8);
    let below: Vec<_> = forest.tree().below(&[1]).map(|span| &*forest.span(span).name).collect();
    assert_eq!(below, ["circle 2", "circle 3", "circle 1"]);
    assert_eq!((forest.tree().children(5).len(), forest.tree().children(6).len()), (1, 0));
    let notes: Vec<String> = forest.notes().iter().map(ToString::to_string).collect();
    assert_eq!(notes.len(), 3, "{notes:#?}");
    assert!(notes[0].contains("0000000000000006: this span id was read before"));
    assert!(notes[1].contains("0000000000000005: the parent of this span was not read"));
    assert!(
        notes[2].contains("found a cycle of parents; this span, its earliest one,"),
        "{notes:#?}"
    );
}

#[test]
fn a_chain_of_many_levels_needs_no_stack() {
    let mut text = String::new();
    for id in 1..=50_000 {
        text.push_str(&line(&[span(id, id - 1, "level", id, 1_000_000 - id)]));
    }
    let recording = read(text).unwrap();
    let forest = Forest::new(&recording);
    assert_eq!(forest.tree().below(&[0]).count(), 50_000);
    assert_eq!(forest.self_time(0), 2);
    let path = floe_trace::critical_path(forest.tree(), &[0]);
    assert_eq!(path.iter().map(|step| step.to - step.from).sum::<u64>(), forest.span(0).duration());
    let picture = floe_trace::waterfall(
        &forest,
        &forest.traces()[0],
        floe_trace::WaterfallOptions::default(),
    );
    assert!(picture.contains("⋯"));
    assert!(picture.lines().all(|line| line.chars().count() < 200));
}

/// A line of this many bytes without a line break.
struct Endless(u64);

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(usize::try_from(self.0).unwrap());
        buffer[..length].fill(b'x');
        self.0 -= length as u64;
        Ok(length)
    }
}

#[test]
fn a_line_of_any_length_takes_bounded_memory() {
    let good = one();
    let huge = Endless(LARGEST_MESSAGE as u64 * 2).chain(&b"\n"[..]);
    let mut reader = Reader::new();
    reader.read("t.jsonl", good.as_bytes().chain(huge).chain(good.as_bytes())).unwrap();
    let recording = reader.finish();
    assert_eq!(names(&recording), ["one", "one"]);
    assert!(
        notes(&recording)[0].starts_with("t.jsonl:2: expected at most 67108864 bytes in a line")
    );
}

#[test]
fn what_is_kept_is_bounded() {
    let mut text = String::new();
    for id in 1..=2000 {
        let _ = write!(text, "{}", line(&[span(id, 0, &format!("name {id}"), 10, 30)]));
    }
    let mut reader = Reader::new().max_bytes(100_000);
    reader.read("t.jsonl", text.as_bytes()).unwrap();
    let recording = reader.finish();
    assert!((100..1000).contains(&recording.spans.len()), "{}", recording.spans.len());
    let note = &recording.notes[0];
    assert_eq!(note.times, 2000 - recording.spans.len());
    assert!(note.message.contains("spans and log records from here on are left out"));
    // Equal texts take memory once.
    let recording = read(line(&["one", "two", "one"].map(|it| span(1, 0, it, 10, 30)))).unwrap();
    assert!(Arc::ptr_eq(&recording.spans[0].name, &recording.spans[2].name));
}

#[test]
fn a_read_that_fails_later_keeps_what_came_before() {
    struct Fails;
    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let good = one();
    let mut reader = Reader::new();
    reader.read("t.jsonl", good.as_bytes().chain(Fails)).unwrap();
    let recording = reader.finish();
    assert_eq!(names(&recording), ["one"]);
    assert_eq!(
        notes(&recording),
        ["t.jsonl: the rest of the file cannot be read: the disk is gone"]
    );
    let failed = Reader::new().read("t.jsonl", Fails).unwrap_err();
    assert_eq!(failed.to_string(), "t.jsonl: cannot be read: the disk is gone");
}
