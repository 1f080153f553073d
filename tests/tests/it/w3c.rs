//! The cases of the W3C's trace-context test suite: the headers of a request, and the headers of the calls that the
//! service makes while it serves the request.
//!
//! | of the suite | here |
//! |---|---|
//! | `test_both_traceparent_and_tracestate_missing`, `test_multiple_requests_*` | [`each_call_has_its_own_span_in_one_trace`] |
//! | `test_traceparent_*` | [`a_valid_header_continues_the_trace`], [`an_invalid_header_starts_a_new_trace`] |
//! | `test_tracestate_*`, at the strict level | [`a_valid_trace_state_is_propagated`], [`an_invalid_trace_state_is_discarded`], [`the_trace_state_header_needs_its_name_and_a_trace`] |
//! | `test_propagates_random_flag` | [`known_flags_are_kept`] |
//!
//! Keys follow level 2, which has no separate rule for what follows an `@`. Blanks around the value of a header belong
//! to HTTP.

use std::collections::HashMap;

use floe_telemetry::propagation::{extract_context, inject_headers};
use floe_telemetry::{create_span, testing};
use opentelemetry::trace::TraceContextExt as _;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

struct Call {
    trace_id: String,
    parent_id: String,
    flags: String,
    state: Option<String>,
}

impl Call {
    fn of(mut headers: HashMap<String, String>) -> Self {
        let parent = &headers["traceparent"];
        let parts: Vec<_> = parent.split('-').map(str::to_owned).collect();
        let Ok([version, trace_id, parent_id, flags]) = <[String; 4]>::try_from(parts) else {
            panic!("{parent}");
        };

        for (part, digits) in [(&version, 2), (&trace_id, 32), (&parent_id, 16), (&flags, 2)] {
            assert_eq!(part.len(), digits, "{parent}");
            assert!(part.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')), "{parent}");
        }

        assert_eq!(version, "00");
        assert!([&trace_id, &parent_id].iter().all(|id| id.contains(|c| c != '0')));
        Self { trace_id, parent_id, flags, state: headers.remove("tracestate") }
    }
}

/// Returns the headers of three calls that a service makes while it serves a request with `headers`.
fn calls(headers: &[(&str, &str)]) -> [Call; 3] {
    let mut calls = None;
    testing::capture(|| {
        let _request = extract_context(headers).attach();
        let _server = create_span("server");
        calls = Some([(); 3].map(|()| {
            let _client = create_span("client");
            Call::of(inject_headers())
        }));
    });
    calls.unwrap()
}

fn call(headers: &[(&str, &str)]) -> Call {
    let [first, ..] = calls(headers);
    first
}

/// A valid header. [`filled`] replaces the words.
const VALID: &str = "00-TRACE-PARENT-01";

fn filled(header: &str) -> String {
    header.replace("TRACE", TRACE).replace("PARENT", PARENT)
}

#[test]
fn a_valid_header_continues_the_trace() {
    for (name, value) in [
        ("traceparent", VALID),
        ("tRaCePaReNt", VALID),
        ("traceparent", "cc-TRACE-PARENT-01"),
        ("traceparent", "01-TRACE-PARENT-01-"),
        ("traceparent", "fe-TRACE-PARENT-01-and-what-comes-then"),
        ("traceparent", "00-TRACE-PARENT-ff"),
    ] {
        let call = call(&[(name, &filled(value))]);
        assert_eq!(call.trace_id, TRACE, "{name}: {value}");
        assert_ne!(call.parent_id, PARENT, "{name}: {value}");
    }
}

#[test]
fn an_invalid_header_starts_a_new_trace() {
    let values = [
        // Invalid versions, and fields that version 00 does not have.
        "ff-TRACE-PARENT-01",
        ".0-TRACE-PARENT-01",
        "0.-TRACE-PARENT-01",
        "+0-TRACE-PARENT-01",
        "0-TRACE-PARENT-01",
        "000-TRACE-PARENT-01",
        "0000-TRACE-PARENT-01",
        "00_TRACE-PARENT-01",
        "00-TRACE_PARENT-01",
        "00-TRACE-PARENT_01",
        "00-TRACE-PARENT-01.",
        "00-TRACE-PARENT-01-",
        "00-TRACE-PARENT-01-more",
        "cc-TRACE-PARENT-01.more",
        // Ids that are too short, too long, zero, or have invalid characters.
        "00-af7651916cd43dd8448eb211c80319c-PARENT-01",
        "00-TRACE0-PARENT-01",
        "00-.af7651916cd43dd8448eb211c80319c-PARENT-01",
        "00-af7651916cd43dd8448eb211c80319c.-PARENT-01",
        "00-0AF7651916CD43DD8448EB211C80319C-PARENT-01",
        "00-00000000000000000000000000000000-PARENT-01",
        "00-TRACE-7ad6b7169203331-01",
        "00-TRACE-PARENT1-01",
        "00-TRACE-.7ad6b7169203331-01",
        "00-TRACE-7ad6b7169203331.-01",
        "00-TRACE-0000000000000000-01",
        // Invalid flags.
        "00-TRACE-PARENT-.1",
        "00-TRACE-PARENT-0.",
        "00-TRACE-PARENT-1",
        "00-TRACE-PARENT-001",
        "00-TRACE-PARENT-0A",
        "",
    ];
    let other_names = [("trace-parent", VALID), ("trace.parent", VALID)];
    for (name, value) in other_names.into_iter().chain(values.map(|it| ("traceparent", it))) {
        let call = call(&[(name, &filled(value))]);
        assert_ne!(call.trace_id, TRACE, "{name}: {value}");
        assert_eq!(call.flags, "01", "a new trace is sampled");
    }

    // Two headers contradict each other.
    let other = format!("00-{}-{PARENT}-01", "d".repeat(32));
    let call = call(&[("traceparent", &filled(VALID)), ("traceparent", &other)]);
    assert_ne!(call.trace_id, TRACE);
    assert_ne!(call.trace_id, "d".repeat(32));
}

fn trace_state(states: &[&str]) -> Option<String> {
    let parent = format!("00-{TRACE}-{PARENT}-00");
    let mut headers = vec![("traceparent", &*parent)];
    headers.extend(states.iter().map(|state| ("TraceState", *state)));
    let call = call(&headers);
    assert_eq!(call.trace_id, TRACE, "an invalid trace state keeps the trace");
    call.state
}

fn numbered(count: usize) -> Vec<String> {
    (1..=count).map(|n| format!("k{n}={n}")).collect()
}

#[test]
fn a_valid_trace_state_is_propagated() {
    let key = "abcdefghijklmnopqrstuvwxyz0123456789_-*/";
    let value: String = (' '..='~').filter(|c| !matches!(c, ',' | '=')).collect();
    let at_most = numbered(32);
    for (states, expected) in [
        (&["one=1,two=2"][..], "one=1,two=2"),
        // Several headers are one list, in their order; empty members are ignored.
        (&["one=1,two=2", "three=3", "four=4"], "one=1,two=2,three=3,four=4"),
        (&["one=1", ""], "one=1"),
        (&["", "one=1"], "one=1"),
        (&["one=1,,two=2,"], "one=1,two=2"),
        (&[" one=1 \t,\t two=2\t"], "one=1,two=2"),
        (&["one=1\t \t,\t \ttwo=2"], "one=1,two=2"),
        (&[&format!("{key}={}", value.trim_end())], &format!("{key}={}", value.trim_end())),
        (&[&format!("{key}@a-z0-9_-*/=1")], &format!("{key}@a-z0-9_-*/=1")),
        (&[&at_most[..16].join(","), &at_most[16..].join(",")], &at_most.join(",")),
        (&["one=1", &format!("{}=1", "z".repeat(256))], &format!("one=1,{}=1", "z".repeat(256))),
        // A duplicate key is not valid to send, but a service does not change what others sent.
        (&["one=1", "one=1"], "one=1,one=1"),
        (&["one=1", "one=2"], "one=1,one=2"),
    ] {
        assert_eq!(trace_state(states).as_deref(), Some(expected), "{states:?}");
    }

    // A key may contain `@` anywhere but at its beginning, although OpenTelemetry's type restricts its place.
    for (tenant, system) in [(241, 13), (241, 14), (242, 1), (1, 15)] {
        let member = format!("{}@{}=1", "t".repeat(tenant), "v".repeat(system));
        let expected = format!("one=1,{member}");
        assert_eq!(trace_state(&["one=1", &member]), Some(expected));
    }
}

#[test]
fn an_invalid_trace_state_is_discarded() {
    let too_many = numbered(33);
    for states in [
        &[][..],
        &[""],
        &[&too_many.join(",")],
        &["one =1,two=2"],
        &["ONE=1,two=2"],
        &["o.ne=1,two=2"],
        &["@one=1,two=2"],
        &["one=1", &format!("{}=1", "z".repeat(257))],
        &["one=1", &format!("{}@v=1", "t".repeat(255))],
        &["one=1=2,two=2"],
        &["one=,two=2"],
        &["one,two=2"],
        &[&format!("one={}", "v".repeat(257))],
    ] {
        assert_eq!(trace_state(states), None, "{states:?}");
    }
}

#[test]
fn the_trace_state_header_needs_its_name_and_a_trace() {
    let parent = format!("00-{TRACE}-{PARENT}-00");
    for (name, expected) in [
        ("tracestate", Some("one=1")),
        ("TrAcEsTaTe", Some("one=1")),
        ("trace-state", None),
        ("trace.state", None),
    ] {
        let headers = [("traceparent", &*parent), (name, "one=1")];
        assert_eq!(call(&headers).state.as_deref(), expected);
    }

    // A trace state is not sent without a trace.
    assert_eq!(call(&[("tracestate", "one=1")]).state, None);
}

#[test]
fn each_call_has_its_own_span_in_one_trace() {
    for (header, expected) in [
        (Some(filled(VALID)), Some(TRACE)),
        (Some(format!("00-{TRACE}-{PARENT}-00")), Some(TRACE)),
        (None, None),
        (Some(format!("00-{}-{PARENT}-01", "0".repeat(32))), None),
    ] {
        let headers: Vec<_> = header.iter().map(|value| ("traceparent", &**value)).collect();
        let calls = calls(&headers);
        assert_eq!(calls.len(), 3);
        let first = &calls[0];
        assert!(expected.is_none_or(|expected| first.trace_id == expected));
        assert!(calls.iter().all(|call| call.trace_id == first.trace_id));
        let mut parents: Vec<_> = calls.iter().map(|call| &call.parent_id).collect();
        parents.sort();
        parents.dedup();
        assert_eq!(parents.len(), 3);
    }
}

#[test]
fn known_flags_are_kept() {
    for (received, sent) in [("00", "00"), ("01", "01"), ("02", "02"), ("03", "03"), ("fd", "01")] {
        let header = format!("00-{TRACE}-{PARENT}-{received}");
        let read = extract_context(&[("traceparent", &*header)]);
        assert_eq!(format!("{:02x}", read.span().span_context().trace_flags()), sent);
        let call = call(&[("traceparent", &header)]);
        assert_eq!(call.flags, sent);
        assert_eq!(call.trace_id, TRACE);
        assert_ne!(call.parent_id, PARENT, "sampled or not, a span has its own id");
    }
}
