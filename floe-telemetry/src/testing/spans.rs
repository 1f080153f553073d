//! The spans of a capture.

use std::fmt::{self, Write as _};

use opentelemetry_sdk::trace::SpanData;

use super::captured::CapturedSpan;

/// Captured spans, in the order in which they ended on each thread. The root spans of traces come
/// after all other spans.
#[derive(Clone, Debug)]
pub struct Spans(pub(super) Vec<SpanData>);

impl Spans {
    pub(super) const fn new(spans: Vec<SpanData>) -> Self {
        Self(spans)
    }

    /// Returns the only span of this name.
    ///
    /// # Panics
    ///
    /// Panics if there is no span of this name, or more than one.
    #[track_caller]
    pub fn single(&self, name: &str) -> CapturedSpan<'_> {
        let mut named = self.named(name);
        match (named.next(), named.count()) {
            (Some(span), 0) => span,
            (None, _) => fail(&format!("no span `{name}`\n{self}")),
            (Some(_), more) => fail(&format!(
                "{} spans `{name}`, expected one\n{self}",
                more + 1
            )),
        }
    }

    /// Iterates over the spans of this name.
    pub fn named<'a>(&'a self, name: &str) -> impl Iterator<Item = CapturedSpan<'a>> {
        self.iter().filter(move |span| span.name() == name)
    }

    /// Iterates over all spans.
    pub fn iter(&self) -> impl Iterator<Item = CapturedSpan<'_>> {
        self.0.iter().map(|span| CapturedSpan { span, all: self })
    }

    /// Returns the names of all spans.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.0.iter().map(|span| &*span.name).collect()
    }

    /// Returns the number of spans.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether no span was captured.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Formats the traces as an indented tree; each span with its status and attributes.
impl fmt::Display for Spans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no spans were captured");
        }
        f.write_str("captured spans:")?;
        let mut text = String::new();
        for span in self
            .0
            .iter()
            .filter(|span| !self.0.iter().any(|other| is_parent(other, span)))
        {
            write_tree(&mut text, &self.0, span, 1);
        }
        f.write_str(&text)
    }
}

pub(super) fn is_parent(parent: &SpanData, child: &SpanData) -> bool {
    parent.span_context.span_id() == child.parent_span_id
}

fn write_tree(text: &mut String, all: &[SpanData], span: &SpanData, depth: usize) {
    let _ = write!(
        text,
        "\n{}{} [{:?}]",
        "  ".repeat(depth),
        span.name,
        span.status
    );
    for attribute in &span.attributes {
        let _ = write!(text, " {}={}", attribute.key, attribute.value);
    }
    for event in &span.events.events {
        let _ = write!(text, " event:{}", event.name);
    }
    for child in all.iter().filter(|other| is_parent(span, other)) {
        write_tree(text, all, child, depth + 1);
    }
}

/// Fails the test with the expected value, the actual value and the trace.
#[track_caller]
#[expect(clippy::panic, reason = "this is how a test fails")]
pub(super) fn fail(message: &str) -> ! {
    panic!("{message}")
}
