//! The span processors of the program, which see finished spans before they are redacted and exported.
//!
//! They run on the collector's thread, so that they do not delay the traced code, and before redaction, so that a
//! secret that they add is redacted. The trait is our own, because the SDK's processors run on the traced thread, or
//! cannot change a finished span.

use std::borrow::Cow;
use std::time::Duration;

use opentelemetry::trace::{Event, Link, SpanContext, SpanKind, Status};
use opentelemetry::{Key, SpanId};

use crate::attributes::{AttributeValue, ToAttributeValue};
use crate::clock::WallClock;
use crate::recorder::SpanRecord;

/// Reads, changes or discards finished spans before they are exported, like `OnEnding` of OpenTelemetry's
/// [span processors](https://opentelemetry.io/docs/specs/otel/trace/sdk/#onending).
///
/// A thread of the library calls a processor once for each recorded span that tail sampling does not discard, so that
/// the traced code is not delayed. A processor must not block, because meanwhile nothing is exported: spans stay in the
/// threads' buffers, and surplus spans are dropped and counted. A flush or a shutdown that a processor calls fails at
/// once. Processors see the data before redaction and limits, which also apply to their changes. Spans that they start
/// are not recorded, and their log records are not exported. A panic is caught and counted, and the span is exported in
/// its current state. Spans that were not processed before the timeout of a shutdown are dropped.
///
/// A closure is a processor:
///
/// ```standalone_crate
/// use floe_telemetry::exporter::MemoryExporter;
/// use floe_telemetry::{EndingSpan, TelemetryConfig, TelemetryProvider};
///
/// let telemetry = TelemetryProvider::builder(TelemetryConfig::new("orders"))
///     .with_span_exporter(MemoryExporter::new())
///     .with_span_processor(|span: &mut EndingSpan<'_>| {
///         if span.name() == "health" {
///             span.discard();
///         }
///         span.set_attribute("team", "checkout");
///     })
///     .initialize()?;
/// # drop(telemetry);
/// # Ok::<(), floe_telemetry::Error>(())
/// ```
pub trait SpanProcessor: Send {
    /// Reads, changes or discards a finished span.
    fn on_ending(&mut self, span: &mut EndingSpan<'_>);
}

impl<F: FnMut(&mut EndingSpan<'_>) + Send> SpanProcessor for F {
    fn on_ending(&mut self, span: &mut EndingSpan<'_>) {
        self(span);
    }
}

/// A finished span that a [`SpanProcessor`] can change.
///
/// The attributes of the configuration and of the source location are added later.
///
/// ```
/// use std::time::Duration;
///
/// use floe_telemetry::EndingSpan;
///
/// /// A processor, for `with_span_processor` of a builder.
/// fn mark_slow(span: &mut EndingSpan<'_>) {
///     if span.duration() > Duration::from_secs(1) {
///         span.set_attribute("orders.slow", true);
///     }
/// }
/// ```
#[derive(Debug)]
pub struct EndingSpan<'a> {
    pub(super) record: &'a mut SpanRecord,
    pub(super) clock: &'a WallClock,
    pub(super) is_discarded: bool,
}

impl EndingSpan<'_> {
    /// Returns the name.
    pub fn name(&self) -> &str {
        self.record.name_or_site()
    }

    /// Replaces the name.
    pub fn set_name(&mut self, name: impl Into<Cow<'static, str>>) {
        self.record.set_name(name.into());
    }

    /// Returns the kind.
    pub fn kind(&self) -> SpanKind {
        self.record.kind()
    }

    /// Returns the trace id, the span id, the flags and the trace state.
    pub fn span_context(&self) -> SpanContext {
        self.record.context()
    }

    /// Returns the id of the parent, which is [`SpanId::INVALID`] for a root.
    pub fn parent_span_id(&self) -> SpanId {
        self.record.head.parent
    }

    /// Returns the name of the instrumentation scope.
    pub fn scope_name(&self) -> &str {
        self.record.scope().0
    }

    /// Returns the time from the start to the end.
    pub fn duration(&self) -> Duration {
        self.record.duration(self.clock)
    }

    /// Returns the status.
    pub fn status(&self) -> Status {
        self.record.status()
    }

    /// Sets the status according to OpenTelemetry's
    /// [rules](https://opentelemetry.io/docs/specs/otel/trace/api/#set-status): `Ok` is final.
    pub fn set_status(&mut self, status: Status) {
        self.record.set_status(status);
    }

    /// Returns the attributes. Their keys are distinct.
    pub fn attributes(&self) -> impl Iterator<Item = (&Key, &AttributeValue)> {
        let attributes = self.record.attributes.as_slice().iter();
        attributes.map(|attribute| (&attribute.key, &attribute.value))
    }

    /// Returns the value of an attribute.
    pub fn attribute(&self, key: &str) -> Option<&AttributeValue> {
        let mut attributes = self.attributes();
        let found = attributes.find(|(own, _)| own.as_str() == key);
        found.map(|(_, value)| value)
    }

    /// Sets an attribute and replaces an earlier value. A `value` of `None` changes nothing.
    pub fn set_attribute(&mut self, key: impl Into<Key>, value: impl ToAttributeValue) {
        let Some(value) = value.to_attribute_value() else {
            return;
        };
        let key = key.into();
        let mut attributes = self.record.attributes.items_mut().iter_mut();
        match attributes.find(|attribute| attribute.key == key) {
            Some(attribute) => attribute.value = value,
            None => self.record.attributes.push(key, value),
        }
    }

    /// Returns the events.
    pub fn events(&self) -> &[Event] {
        self.record.more.as_ref().map_or(&[], |more| &more.events)
    }

    /// Returns the links.
    pub fn links(&self) -> &[Link] {
        self.record.more.as_ref().map_or(&[], |more| &more.links)
    }

    /// Discards the span: it is not exported, and later processors do not see it. Its children keep its id as their
    /// parent.
    pub fn discard(&mut self) {
        self.is_discarded = true;
    }
}
