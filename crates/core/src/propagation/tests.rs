//! Checks with arbitrary and nearly valid headers that a `traceparent` is extracted if and only if it is valid.

use std::collections::HashMap;

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags};
use proptest::prelude::*;

use super::{extract_onto, inject_from};

fn extract(headers: &[(&str, &str)]) -> Context {
    extract_onto(Context::new(), headers)
}

fn span_context(headers: &[(&str, &str)]) -> SpanContext {
    extract(headers).span().span_context().clone()
}

fn inject(cx: &Context) -> HashMap<String, String> {
    let mut headers = HashMap::new();
    inject_from(cx, &mut headers);
    headers
}

/// Whether the header is valid by the specification, without use of the implementation.
fn is_traceparent(header: &str) -> bool {
    let parts: Vec<&str> = header.splitn(5, '-').collect();
    let is_hex = |part: &str, digits: usize| {
        part.len() == digits && part.chars().all(|c| "0123456789abcdef".contains(c))
    };

    let is_id = |part: &str, digits| is_hex(part, digits) && part.chars().any(|c| c != '0');
    parts.len() >= 4
        && is_hex(parts[0], 2)
        && parts[0] != "ff"
        && is_id(parts[1], 32)
        && is_id(parts[2], 16)
        && is_hex(parts[3], 2)
        && (parts[0] != "00" || parts.len() == 4)
}

fn nearly_traceparent() -> impl Strategy<Value = String> {
    let valid = "(00|01|cc|fe|ff)-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-[a-z0-9.]{0,8})?";
    let edit = (any::<prop::sample::Index>(), "[ 0+-Fg\u{e9}]?", 0..2_usize);
    (valid, prop::collection::vec(edit, 0..3)).prop_map(|(header, edits)| {
        let mut chars: Vec<char> = header.chars().collect();
        for (at, with, skipped) in edits {
            let at = at.index(chars.len());
            let end = (at + skipped).min(chars.len());
            chars.splice(at..end, with.chars());
        }

        chars.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_traceparent_is_extracted_if_and_only_if_it_is_valid(
        header in prop_oneof![nearly_traceparent(), any::<String>()],
    ) {
        let read = span_context(&[("traceparent", &header)]);
        let trimmed = header.trim_matches([' ', '\t']);
        prop_assert_eq!(read.is_valid(), is_traceparent(trimmed), "{:?}", header);
        if read.is_valid() {
            prop_assert!(read.is_remote());
            let written = inject(&Context::new().with_remote_span_context(read.clone()));
            prop_assert_eq!(&written["traceparent"][3..52], &trimmed[3..52]);
            prop_assert_eq!(read.trace_flags() & TraceFlags::new(0xfc), TraceFlags::default());
        }
    }
}
