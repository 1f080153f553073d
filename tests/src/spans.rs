//! Assertions about received spans.

use crate::tree::tree;
use crate::{ReceivedSpan, Value};

/// Returns the only span with this name.
///
/// # Panics
/// There is none, or there are several.
#[track_caller]
pub fn single<'a>(spans: &'a [ReceivedSpan], name: &str) -> &'a ReceivedSpan {
    let found: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
    match found[..] {
        [span] => span,
        _ => panic!("{} spans are named `{name}`:\n{}", found.len(), tree(spans)),
    }
}

/// Returns the names of the spans, in alphabetical order.
#[must_use]
pub fn names(spans: &[ReceivedSpan]) -> Vec<&str> {
    let mut names: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
    names.sort_unstable();
    names
}

/// Returns the names of those of the `spans` to which `span` links, in alphabetical order.
#[must_use]
pub fn linked<'a>(spans: &'a [ReceivedSpan], span: &ReceivedSpan) -> Vec<&'a str> {
    let name = |id: &String| spans.iter().find(|it| it.span_id == *id).map(|it| it.name.as_str());
    let mut names: Vec<_> = span.links.iter().filter_map(|link| name(&link.span_id)).collect();
    names.sort_unstable();
    names
}

/// Asserts that a span has the attributes in an object.
///
/// # Panics
///
/// An attribute is missing or has another value.
#[track_caller]
pub fn assert_attributes(span: &ReceivedSpan, expected: &Value) {
    for (key, value) in expected.as_object().expect("an object") {
        assert_eq!(span.attributes.get(key), Some(value), "{key} of {}", span.name);
    }
}
