//! The captured spans of a test, and assertions on them. A failed assertion prints the trace.

use std::fmt::{self, Write as _};
use std::time::SystemTime;

use opentelemetry::trace::{Event, SpanContext, SpanKind, Status};
use opentelemetry::{Array, SpanId, StringValue, Value};
use opentelemetry_sdk::trace::SpanData;

use super::tree;
use crate::attributes::ToAttributeValue;

/// The message about an empty capture, with causes that leave no other trace.
const NONE: &str = "no spans were captured: a future needs `capture_async`, and spans of `tracing` need a \
                    subscriber with the layer `floe_telemetry::tracing_layer()`";

/// Captured spans, in the order in which they ended.
#[derive(Clone, Debug)]
pub struct Spans(pub(super) Vec<SpanData>, Vec<&'static str>);

impl Spans {
    /// Creates captured spans. `missed` are the names of the calls that meanwhile started outside all captures.
    pub(super) const fn new(spans: Vec<SpanData>, missed: Vec<&'static str>) -> Self {
        Self(spans, missed)
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
            (None, _) if self.1.contains(&name) => {
                fail(&format!("no span `{name}`{}\n{self}", missed(name)));
            }
            (None, _) => fail(&format!("no span `{name}`\n{self}")),
            (Some(_), more) => fail(&format!("{} spans `{name}`, expected one\n{self}", more + 1)),
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

    /// Asserts that the spans have this [`tree`](Self::tree). Empty lines and the common indentation do not matter.
    ///
    /// # Panics
    ///
    /// Panics with both trees if they differ.
    ///
    /// ```
    /// # use floe_telemetry::{testing, traced};
    /// #[traced]
    /// fn copy() {
    ///     read();
    ///     (0..3).for_each(|_| write());
    /// }
    ///
    /// #[traced(kind = client)]
    /// fn read() {}
    ///
    /// #[traced]
    /// fn write() {}
    ///
    /// testing::capture(copy).assert_tree("
    ///     copy
    ///       read [client]
    ///       write ×3
    /// ");
    /// ```
    #[track_caller]
    pub fn assert_tree(&self, expected: &str) -> &Self {
        let lines = self.lines();
        let expected = unindented(expected);
        if expected != unindented(&tree::text(&lines)) {
            let is_missed =
                |line: &&&str| self.1.iter().any(|name| line.trim_start().starts_with(name));
            let missed_line = expected.iter().find(is_missed);
            let hint = missed_line.map(|line| missed(line.trim_start())).unwrap_or_default();

            let wanted: Vec<_> = expected.into_iter().map(|it| (0, it.to_owned())).collect();
            let expected = tree::excerpt(&wanted);
            let found = if self.is_empty() { NONE.to_owned() } else { tree::excerpt(&lines) };
            fail(&format!("tree of spans{hint}\nexpected:\n{expected}\nfound:\n{found}"));
        }
        self
    }

    /// Returns the names as an indented tree for snapshots, without a newline at its end. Spans that are not internal
    /// show their kind, and failed spans show `[error]`. There are no ids and no times.
    ///
    /// Siblings are in the order in which they started; siblings that overlap in time are in alphabetical order. Equal
    /// siblings next to each other share a line, `name ×50`. The order of siblings on racing threads may vary.
    pub fn tree(&self) -> String {
        tree::text(&self.lines())
    }

    /// Returns the names of all spans.
    pub fn names(&self) -> Vec<&str> {
        self.0.iter().map(|span| &*span.name).collect()
    }

    /// Returns the number of spans.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether no span was captured.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn lines(&self) -> Vec<tree::Line> {
        tree::lines(&self.0, |span| {
            let mut text = span.name.to_string();
            if span.span_kind != SpanKind::Internal {
                let kind = format!("{:?}", span.span_kind);
                let _ = write!(text, " [{}]", kind.to_lowercase());
            }

            if matches!(span.status, Status::Error { .. }) {
                text.push_str(" [error]");
            }
            text
        })
    }
}

/// Formats the traces as an indented tree, each span with its status, its attributes and the names of its events. Equal
/// siblings are one line, and a long tree is cut.
impl fmt::Display for Spans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str(NONE);
        }

        let lines = tree::lines(&self.0, |span| {
            let mut text = format!("{} [{:?}]", span.name, span.status);
            for attribute in &span.attributes {
                let _ = write!(text, " {}={}", attribute.key, attribute.value);
            }

            for event in &span.events.events {
                let _ = write!(text, " event:{}", event.name);
            }
            text
        });

        write!(f, "captured spans:\n{}", tree::excerpt(&lines))
    }
}

/// A captured span. Assertions return the span, so that they can be chained. A failed assertion panics with the
/// expected and the actual value and the trace.
///
/// ```
/// use floe_telemetry::{span, testing};
///
/// let spans = testing::capture(|| {
///     let _span = span("orders.load").attribute("rows", 3).start();
/// });
/// spans.single("orders.load").assert_root().assert_attribute("rows", 3);
/// ```
#[derive(Clone, Copy)]
pub struct CapturedSpan<'a> {
    span: &'a SpanData,
    all: &'a Spans,
}

impl fmt::Debug for CapturedSpan<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.span.fmt(f)
    }
}

#[expect(clippy::return_self_not_must_use, reason = "an assertion is called for its panic")]
impl<'a> CapturedSpan<'a> {
    /// Asserts that the status is OK.
    #[track_caller]
    pub fn assert_ok(self) -> Self {
        self.check(self.span.status == Status::Ok, "status OK", || {
            format!("{:?}", self.span.status)
        })
    }

    /// Asserts that the status is unset.
    #[track_caller]
    pub fn assert_unset(self) -> Self {
        self.check(self.span.status == Status::Unset, "no status", || {
            format!("{:?}", self.span.status)
        })
    }

    /// Asserts that the status is ERROR with this description.
    #[track_caller]
    pub fn assert_error(self, description: &str) -> Self {
        let matches = matches!(&self.span.status, Status::Error { description: found } if found == description);
        self.check(matches, &format!("status ERROR `{description}`"), || {
            format!("{:?}", self.span.status)
        })
    }

    /// Asserts that an attribute has this value. A value of `None` asserts that the span does not have the attribute.
    #[track_caller]
    pub fn assert_attribute(self, key: &str, value: impl ToAttributeValue) -> Self {
        let expected = value.to_attribute_value().map(Value::from);
        let found = self.attribute(key);
        self.check(
            found == expected.as_ref(),
            &format!("attribute `{key}` = {}", shown(expected.as_ref())),
            || shown(found),
        )
    }

    /// Asserts that the span does not have the attribute.
    #[track_caller]
    pub fn assert_no_attribute(self, key: &str) -> Self {
        let found = self.attribute(key);
        self.check(found.is_none(), &format!("no attribute `{key}`"), || shown(found))
    }

    /// Asserts that the span has exactly one event of this name.
    #[track_caller]
    pub fn assert_event(self, name: &str) -> Self {
        let found = self.events().iter().filter(|event| event.name == name).count();
        self.check(found == 1, &format!("one event `{name}`"), || found.to_string())
    }

    /// Asserts that the span has no parent.
    #[track_caller]
    pub fn assert_root(self) -> Self {
        let parent = self.span.parent_span_id;
        self.check(parent == SpanId::INVALID, "no parent", || parent.to_string())
    }

    /// Asserts that the parent is the captured span of this name.
    #[track_caller]
    pub fn assert_child_of(self, name: &str) -> Self {
        let parent = self.all.0.iter().find(|other| is_parent(other, self.span));
        let same_trace = parent.is_some_and(|parent| {
            parent.span_context.trace_id() == self.span.span_context.trace_id()
        });

        self.check(
            same_trace && parent.is_some_and(|parent| parent.name == name),
            &format!("child of `{name}`"),
            || match parent {
                Some(parent) => format!("child of `{}`", parent.name),
                None if self.span.parent_span_id == SpanId::INVALID => "no parent".to_owned(),
                None => format!("the parent {} was not captured", self.span.parent_span_id),
            },
        )
    }

    /// Returns the name.
    pub fn name(self) -> &'a str {
        &self.span.name
    }

    /// Returns the name of the instrumentation scope.
    pub fn scope(self) -> &'a str {
        self.span.instrumentation_scope.name()
    }

    /// Returns the kind.
    pub const fn kind(self) -> &'a SpanKind {
        &self.span.span_kind
    }

    /// Returns the status.
    pub const fn status(self) -> &'a Status {
        &self.span.status
    }

    /// Returns the value of an attribute.
    pub fn attribute(self, key: &str) -> Option<&'a Value> {
        let found = self.span.attributes.iter().find(|attribute| attribute.key.as_str() == key);
        found.map(|attribute| &attribute.value)
    }

    /// Returns the events.
    pub fn events(self) -> &'a [Event] {
        &self.span.events.events
    }

    /// Returns the trace id, span id, flags and trace state.
    pub const fn span_context(self) -> &'a SpanContext {
        &self.span.span_context
    }

    /// Returns the id of the parent; invalid for a root.
    pub const fn parent_span_id(self) -> SpanId {
        self.span.parent_span_id
    }

    /// Returns the start and the end time.
    pub const fn times(self) -> (SystemTime, SystemTime) {
        (self.span.start_time, self.span.end_time)
    }

    /// Returns the span as exporters receive it.
    pub const fn data(self) -> &'a SpanData {
        self.span
    }

    #[track_caller]
    fn check(self, holds: bool, expected: &str, found: impl FnOnce() -> String) -> Self {
        if !holds {
            let name = &self.span.name;
            let found = found();

            fail(&format!(
                "span `{name}`\n  expected: {expected}\n     found: {found}\n{}",
                self.all
            ));
        }
        self
    }
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None => "no attribute".to_owned(),
        Some(Value::String(text)) => format!("{:?}", text.as_str()),
        Some(Value::F64(number)) => format!("{number:?}"),
        Some(Value::Array(Array::String(texts))) => {
            format!("{:?}", texts.iter().map(StringValue::as_str).collect::<Vec<_>>())
        }
        Some(value) => value.to_string(),
    }
}

fn is_parent(parent: &SpanData, child: &SpanData) -> bool {
    parent.span_context.span_id() == child.parent_span_id
}

fn unindented(text: &str) -> Vec<&str> {
    let lines: Vec<_> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();

    let margins = lines.iter().map(|it| it.len() - it.trim_start().len());
    let margin = margins.min().unwrap_or(0);

    lines.into_iter().filter_map(|it| it.get(margin..)).collect()
}

fn missed(name: &str) -> String {
    format!(
        ", but `{name}` started on a thread or in a task without the context of the capture: `in_current_span` carries \
         it there"
    )
}

#[track_caller]
#[expect(clippy::panic, reason = "this is how a test fails")]
fn fail(message: &str) -> ! {
    panic!("{message}")
}
