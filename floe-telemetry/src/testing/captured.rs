//! Assertions on one captured span. A failed assertion prints the trace.

use std::fmt;
use std::time::SystemTime;

use opentelemetry::trace::{Event, SpanContext, SpanKind, Status};
use opentelemetry::{SpanId, Value};
use opentelemetry_sdk::trace::SpanData;

use super::spans::{Spans, fail, is_parent};
use crate::attributes::ToAttributeValue;

/// A captured span. Assertions return the span, so that they can be chained.
#[derive(Clone, Copy)]
pub struct CapturedSpan<'a> {
    pub(super) span: &'a SpanData,
    pub(super) all: &'a Spans,
}

impl fmt::Debug for CapturedSpan<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.span.fmt(f)
    }
}

#[expect(
    clippy::return_self_not_must_use,
    reason = "an assertion is called for what it asserts"
)]
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

    /// Asserts that an attribute has this value. A value of `None` asserts that the span does not
    /// have the attribute.
    #[track_caller]
    pub fn assert_attribute(self, key: &str, value: impl ToAttributeValue) -> Self {
        let expected = value.to_attribute_value().map(Value::from);
        let found = self.attribute(key);
        self.check(
            found == expected.as_ref(),
            &format!("attribute `{key}` = {expected:?}"),
            || format!("{found:?}"),
        )
    }

    /// Asserts that the span does not have the attribute.
    #[track_caller]
    pub fn assert_no_attribute(self, key: &str) -> Self {
        let found = self.attribute(key);
        self.check(found.is_none(), &format!("no attribute `{key}`"), || {
            format!("{found:?}")
        })
    }

    /// Asserts that the span has exactly one event of this name.
    #[track_caller]
    pub fn assert_event(self, name: &str) -> Self {
        let found = self
            .events()
            .iter()
            .filter(|event| event.name == name)
            .count();
        self.check(found == 1, &format!("one event `{name}`"), || {
            found.to_string()
        })
    }

    /// Asserts that the span has no parent.
    #[track_caller]
    pub fn assert_root(self) -> Self {
        let parent = self.span.parent_span_id;
        self.check(parent == SpanId::INVALID, "no parent", || {
            parent.to_string()
        })
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
                None => format!("the parent {} was not captured", self.span.parent_span_id),
            },
        )
    }

    /// Returns the name.
    #[must_use]
    pub fn name(self) -> &'a str {
        &self.span.name
    }

    /// Returns the name of the instrumentation scope.
    #[must_use]
    pub fn scope(self) -> &'a str {
        self.span.instrumentation_scope.name()
    }

    /// Returns the kind.
    #[must_use]
    pub const fn kind(self) -> &'a SpanKind {
        &self.span.span_kind
    }

    /// Returns the status.
    #[must_use]
    pub const fn status(self) -> &'a Status {
        &self.span.status
    }

    /// Returns the value of an attribute.
    #[must_use]
    pub fn attribute(self, key: &str) -> Option<&'a Value> {
        let found = self
            .span
            .attributes
            .iter()
            .find(|attribute| attribute.key.as_str() == key);
        found.map(|attribute| &attribute.value)
    }

    /// Returns the events.
    #[must_use]
    pub fn events(self) -> &'a [Event] {
        &self.span.events.events
    }

    /// Returns the trace id, span id, flags and trace state.
    #[must_use]
    pub const fn span_context(self) -> &'a SpanContext {
        &self.span.span_context
    }

    /// Returns the id of the parent; invalid for a root.
    #[must_use]
    pub const fn parent_span_id(self) -> SpanId {
        self.span.parent_span_id
    }

    /// Returns the start and the end time.
    #[must_use]
    pub const fn times(self) -> (SystemTime, SystemTime) {
        (self.span.start_time, self.span.end_time)
    }

    /// Returns the span as exporters receive it.
    #[must_use]
    pub const fn data(self) -> &'a SpanData {
        self.span
    }

    #[track_caller]
    fn check(self, holds: bool, expected: &str, found: impl FnOnce() -> String) -> Self {
        if !holds {
            fail(&format!(
                "span `{}`\n  expected: {expected}\n     found: {}\n{}",
                self.span.name,
                found(),
                self.all,
            ));
        }
        self
    }
}
