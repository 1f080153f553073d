//! Tests B3: a valid parent is passed on, and an invalid one is ignored.

use std::collections::HashMap;

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;

use crate::config::Propagator::{self, B3, B3Multi};
use crate::propagation::by_name;
use floe_telemetry_core::propagation::ExtractFrom as _;

const TRACE: &str = "80f198ee56343ba864fe8b2a57d3eff7";
const SPAN: &str = "e457b5a2e4d86bd1";

/// Parses headers, with ids in place of `TRACE` and `SPAN`.
fn headers(text: &str) -> Vec<(String, String)> {
    let text = text.replace("TRACE", TRACE).replace("SPAN", SPAN);
    let pairs = text.split(", ").filter_map(|pair| pair.split_once(": "));
    let mut headers: Vec<_> =
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    headers.sort();
    headers
}

/// Returns the headers that a service sends after it has received `received`.
fn passed_on(format: Propagator, received: &[(String, String)]) -> Vec<(String, String)> {
    let propagator = by_name(format.as_str()).unwrap();
    let mut cx = Context::new();
    received.extract(&mut |extractor| {
        cx = propagator.extract_with_context(&Context::new(), extractor);
    });
    let mut sent = HashMap::new();
    propagator.inject_context(&cx, &mut sent);
    let mut sent: Vec<_> = sent.into_iter().collect();
    sent.sort();
    let parent = cx.span().span_context().clone();
    let is_trace = format != Propagator::Baggage && !sent.is_empty();
    assert_eq!([parent.is_valid(), parent.is_remote()], [is_trace; 2]);
    sent
}

#[test]
fn b3_is_received_and_sent_in_both_forms() {
    let ids = "x-b3-traceid: TRACE, x-b3-spanid: SPAN";
    for (received, single, multi) in [
        ("b3: TRACE-SPAN-1", "1", "sampled: 1"),
        ("b3: TRACE-SPAN-0", "0", "sampled: 0"),
        ("b3: TRACE-SPAN", "0", "sampled: 0"),
        ("b3: TRACE-SPAN-1-05e3ac9a4f6e3b90", "1", "sampled: 1"),
        ("b3: TRACE-SPAN-d", "d", "flags: 1"),
        ("IDS, x-b3-sampled: 1", "1", "sampled: 1"),
        ("IDS, X-B3-Sampled: true", "1", "sampled: 1"),
        ("IDS, x-b3-flags: 1", "d", "flags: 1"),
        ("IDS", "0", "sampled: 0"),
    ] {
        let received = headers(&received.replace("IDS", ids));
        let sent = passed_on(B3, &received);
        assert_eq!(sent, headers(&format!("b3: TRACE-SPAN-{single}")), "{received:?}");
        let sent = passed_on(B3Multi, &received);
        assert_eq!(sent, headers(&format!("{ids}, x-b3-{multi}")), "{received:?}");
    }
    let short = passed_on(B3, &headers("b3: SPAN-SPAN-1"));
    assert_eq!(short, headers("b3: 0000000000000000SPAN-SPAN-1"));
}

#[test]
fn an_invalid_parent_is_ignored() {
    let zeros = "0".repeat(32);
    let long = "a".repeat(1000);
    let rows: &[(Propagator, &str, &[&str])] = &[
        (
            B3,
            "b3",
            &[
                "",
                "0",
                "d",
                TRACE,
                "TRACE-",
                "TRACE-SPAN-2",
                "TRACE-SPAN-1-",
                "TRACE-SPAN-1-SPAN-",
                &format!("{zeros}-SPAN-1"),
                &format!("+{}-SPAN-1", TRACE.split_at(1).1),
                &format!("{}-SPAN-1", TRACE.split_at(1).1),
                &format!("TRACE-SPAN-1-{long}"),
                &"\u{e4}".repeat(40),
                "TRACE-SPAN-1, b3: TRACE-SPAN-1",
            ],
        ),
        (B3, "x-b3-traceid", &["TRACE", "TRACE, x-b3-spanid: SPAN, x-b3-sampled: yes"]),
    ];
    for (format, name, values) in rows {
        for value in *values {
            let received = headers(&format!("{name}: {value}"));
            assert!(!received.is_empty());
            assert_eq!(passed_on(*format, &received), [], "{name}: {value}");
        }
    }
}
