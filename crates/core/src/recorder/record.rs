//! The data of a span, written by the caller's thread and read by the collector.

use std::borrow::Cow;
use std::mem;
use std::panic::Location;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{Event, Link, SpanContext, SpanKind, Status, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue, SpanId, TraceFlags, TraceId};

use super::exception::Exception;
use crate::attributes::{Attribute, AttributeList, AttributeValue};
use crate::callsite::{CallSite, Level, Scope};
use crate::clock::{Ticks, WallClock};
use crate::keys;

/// The API that created the span, which determines its instrumentation scope and its source location.
#[derive(Clone, Debug, Default)]
pub enum Origin {
    /// A call site, stored in `Head::callsite`.
    #[default]
    CallSite,
    /// A [`SpanBuilder`](crate::SpanBuilder), with the scope of its tracer if it has one.
    Builder {
        /// The scope of the builder's tracer.
        scope: Option<&'static Scope>,
        /// The place in the source code that creates the span.
        location: &'static Location<'static>,
        /// The level that rules match, if the span has one.
        level: Option<Level>,
    },
    /// The OpenTelemetry API.
    Api(Arc<InstrumentationScope>),
}

impl Origin {
    /// Returns the scope of a builder's span, if it has a tracer.
    #[inline]
    pub const fn scope(&self) -> Option<&'static Scope> {
        match *self {
            Self::Builder { scope, .. } => scope,
            Self::CallSite | Self::Api(_) => None,
        }
    }
}

/// A span, open or finished. Nothing in it is redacted yet.
#[derive(Debug)]
pub struct SpanRecord {
    /// The fields that every span has.
    pub head: Head,
    /// The attributes.
    pub attributes: AttributeList,
    /// The fields that few spans have.
    pub more: Option<Box<More>>,
}

/// The fields that few spans have.
#[derive(Debug, Default)]
pub struct More {
    /// The name; `None` means the call site's name.
    pub name: Option<Cow<'static, str>>,
    /// The API that created the span.
    pub origin: Origin,
    /// The kind; `None` means the call site's kind.
    pub kind: Option<SpanKind>,
    /// The start set through the OpenTelemetry API, which replaces the measured time.
    pub start: Option<SystemTime>,
    /// The end set through the OpenTelemetry API, which replaces the measured time.
    pub end: Option<SystemTime>,
    /// The description of an error status.
    pub description: Cow<'static, str>,
    /// The trace state.
    pub trace_state: TraceState,
    /// The baggage values of the keys in `baggage_attributes`, at the start of the span.
    pub baggage: Option<Arc<[KeyValue]>>,
    pub(crate) capture: Option<u64>,
    pub(crate) dropped_attributes: u32,
    /// The span's attributes on their way to the collector, if their ring has no room for them.
    pub(super) attributes: Vec<Attribute>,
    /// The events.
    pub events: Vec<Event>,
    /// The number of events beyond the limit.
    pub dropped_events: u32,
    /// The links.
    pub links: Vec<Link>,
    /// The number of links beyond the limit.
    pub dropped_links: u32,
    /// The last exception, until its texts are written to their places.
    pub(crate) exception: Option<Exception>,
}

/// OpenTelemetry's status without its description, in ascending order of precedence.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Code {
    /// No status was set.
    #[default]
    Unset,
    /// A call that returned no error and set no status. The collector makes the status OK or unset, as configured.
    Success,
    /// The operation has failed.
    Error,
    /// The operation has succeeded.
    Ok,
}

/// The fields that every span has. They fill one cache line, and are copied into the thread's ring when the span ends.
///
/// The order of the fields prevents that one load copies two fields: they were stored one by one when the span started,
/// so the load would stall after a short body. `end` and the small fields are copied from registers.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Head {
    /// The id of the trace.
    pub trace_id: TraceId,
    /// The id of the span.
    pub span_id: SpanId,
    /// The end of the span.
    pub end: Ticks,
    /// The id of the parent; invalid if there is none.
    pub parent: SpanId,
    /// Whether the parent is in another process.
    pub parent_is_remote: bool,
    /// The flags of the trace.
    pub flags: TraceFlags,
    /// The status.
    pub code: Code,
    /// The number of attributes in the thread's ring that belong to the span.
    pub(super) attributes: u8,
    pub(super) has_more: bool,
    /// The bytes that the span owns outside the rings, in multiples of [`HEAP_UNIT`].
    pub(super) heap: [u8; 3],
    /// The start of the span.
    pub start: Ticks,
    /// The call site, unless a builder or the OpenTelemetry API created the span.
    pub callsite: Option<&'static CallSite>,
}

/// The unit of `Head::heap` in bytes, chosen so that 1 GiB fits into three bytes.
const HEAP_UNIT: usize = 64;

impl Head {
    pub(crate) const BLANK: Self = Self {
        trace_id: TraceId::INVALID,
        span_id: SpanId::INVALID,
        parent: SpanId::INVALID,
        start: Ticks::ZERO,
        end: Ticks::ZERO,
        callsite: None,
        parent_is_remote: false,
        flags: TraceFlags::SAMPLED,
        code: Code::Unset,
        attributes: 0,
        has_more: false,
        heap: [0; 3],
    };

    /// Sets the number of bytes, and returns it rounded like [`heap_bytes`](Self::heap_bytes).
    pub(super) fn set_heap_bytes(&mut self, bytes: usize) -> usize {
        let units = u32::try_from(bytes.div_ceil(HEAP_UNIT)).unwrap_or(u32::MAX);
        let [low, middle, high, _] = units.min(0xff_ffff).to_le_bytes();
        self.heap = [low, middle, high];
        self.heap_bytes()
    }

    /// Returns the number of bytes that the span owned outside the rings when it ended, rounded up.
    #[inline]
    pub fn heap_bytes(&self) -> usize {
        let [low, middle, high] = self.heap;
        u32::from_le_bytes([low, middle, high, 0]) as usize * HEAP_UNIT
    }
}

impl From<Code> for Status {
    #[inline]
    fn from(code: Code) -> Self {
        match code {
            Code::Unset => Self::Unset,
            Code::Error => Self::error(""),
            Code::Ok | Code::Success => Self::Ok,
        }
    }
}

impl SpanRecord {
    /// The maximum number of events and of links of a span, the specification's default.
    pub const MAX_ITEMS: usize = 128;

    /// Creates an empty record.
    #[inline]
    pub fn blank() -> Self {
        Self { head: Head::BLANK, attributes: AttributeList::default(), more: None }
    }

    /// Whether the span has data outside the rings, or rare data.
    #[inline]
    pub(super) const fn owns_memory(&self) -> bool {
        self.attributes.owns_memory() || self.attributes.dropped() > 0 || self.more.is_some()
    }

    #[cold]
    pub(super) fn move_attributes(&mut self) {
        let attributes = mem::take(self.attributes.items_mut());
        self.more_mut().attributes = attributes;
    }

    /// Returns the rare fields, which are created if necessary.
    #[cold]
    pub fn more_mut(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }

    /// Returns the span context, which is propagated to other spans and processes.
    #[inline]
    pub fn context(&self) -> SpanContext {
        let state = match &self.more {
            Some(more) => more.trace_state.clone(),
            None => TraceState::NONE,
        };

        let head = &self.head;
        SpanContext::new(head.trace_id, head.span_id, head.flags, false, state)
    }

    #[inline]
    pub(super) fn is_measured(&self) -> bool {
        self.head.trace_id == TraceId::INVALID
    }

    /// Replaces the name.
    #[inline]
    pub fn set_name(&mut self, name: Cow<'static, str>) {
        self.more_mut().name = Some(name);
    }

    /// Adds an event, or counts it as dropped beyond the limit.
    #[inline]
    pub fn add_event(&mut self, event: Event) {
        let more = self.more_mut();
        if more.events.len() < Self::MAX_ITEMS {
            more.events.push(event);
        } else {
            more.dropped_events += 1;
        }
    }

    /// Records an error or a panic as attributes, an event and the status. The message is stored once, and its places
    /// are empty.
    pub fn set_exception(&mut self, exception: Exception) {
        self.write_exception();
        self.attributes.push_rare(keys::ERROR_TYPE, exception.error_type());
        self.attributes.push_rare(keys::EXCEPTION_TYPE, exception.type_name);
        if cfg!(not(feature = "redact")) {
            self.add_event(exception.event_without_text());
            return self.set_status(Status::error(exception.type_name));
        }

        self.attributes.push_rare(keys::EXCEPTION_MESSAGE, "");
        self.add_event(Exception::empty_event());
        self.set_status(Status::error(""));
        self.await_message(exception);
    }

    /// Stores an exception. If the status is an error, its description is that of the exception from now on.
    fn await_message(&mut self, exception: Exception) {
        let describes = self.head.code == Code::Error && !exception.message.is_empty();
        let more = self.more_mut();
        if describes {
            more.description = Cow::Borrowed("");
        }
        more.exception = Some(exception);
    }

    /// Returns the exception whose texts were not written yet.
    #[inline]
    pub fn exception_mut(&mut self) -> Option<&mut Exception> {
        self.more.as_mut()?.exception.as_mut()
    }

    /// Writes the texts of the exception to their places. Returns its event, unless the event was dropped.
    pub fn write_exception(&mut self) -> Option<&mut Event> {
        // Without redaction, texts are withheld.
        let more = self.more.as_mut().filter(|_| cfg!(feature = "redact"))?;
        let exception = more.exception.take()?;
        for attribute in self.attributes.items_mut() {
            if Exception::is_awaited_by(attribute) {
                attribute.value = AttributeValue::Text(exception.message.as_str().into());
            }
        }

        let event = exception.write_event(&mut more.events);
        if self.head.code == Code::Error && more.description.is_empty() {
            more.description = exception.message.into();
        }
        event
    }

    /// Adds a link. A link without valid ids is recorded only if it has attributes or a trace state ([Add
    /// Link](https://opentelemetry.io/docs/specs/otel/trace/api/#add-link)).
    #[inline]
    pub fn add_link(&mut self, link: Link) {
        let context = &link.span_context;
        let has_state = *context.trace_state() != TraceState::NONE;
        if !context.is_valid() && !has_state && link.attributes.is_empty() {
            return;
        }

        let more = self.more_mut();
        if more.links.len() < Self::MAX_ITEMS {
            more.links.push(link);
        } else {
            more.dropped_links += 1;
        }
    }

    /// Sets the status. OK is final, and no status goes back to unset ([Set
    /// Status](https://opentelemetry.io/docs/specs/otel/trace/api/#set-status)). An error without a description keeps
    /// an earlier description, as in OpenTelemetry's SDK.
    #[inline]
    pub fn set_status(&mut self, status: Status) {
        let (code, description) = match status {
            Status::Unset => return,
            Status::Ok => (Code::Ok, Cow::Borrowed("")),
            Status::Error { description } => (Code::Error, description),
        };

        let describes = code == Code::Error && code == self.head.code && !description.is_empty();
        if code > self.head.code || describes {
            self.head.code = code;
            if self.more.is_some() || !description.is_empty() {
                self.more_mut().description = description;
            }
        }
    }

    /// Forgets the error that the status and the attributes describe. Its event stays.
    pub(super) fn forget_error(&mut self) {
        self.write_exception();
        if self.head.code == Code::Error {
            self.head.code = Code::Unset;
            self.more_mut().description = Cow::Borrowed("");
        }

        let describes = [keys::ERROR_TYPE, keys::EXCEPTION_TYPE, keys::EXCEPTION_MESSAGE];
        self.attributes.items_mut().retain(|it| !describes.contains(&it.key.as_str()));
    }

    /// Merges later updates of the same span.
    pub fn adopt(&mut self, later: &mut Self) {
        if later.exception_mut().is_some() {
            self.write_exception();
        }

        self.attributes.append(&mut later.attributes);
        let Some(more) = later.more.take() else {
            return self.set_status(later.head.code.into());
        };

        let is_described = !more.description.is_empty();
        self.set_status(match later.head.code {
            Code::Error => Status::error(more.description),
            code => code.into(),
        });

        if let Some(name) = more.name {
            self.set_name(name);
        }

        if more.kind.is_some() {
            self.more_mut().kind = more.kind;
        }

        for event in more.events {
            self.add_event(event);
        }

        for link in more.links {
            self.add_link(link);
        }

        if let Some(exception) = more.exception {
            if is_described {
                self.more_mut().exception = Some(exception);
            } else {
                self.await_message(exception);
            }
        }

        let own = self.more_mut();
        own.dropped_events += more.dropped_events;
        own.dropped_links += more.dropped_links;
        own.end = more.end.or(own.end);
    }
}

/// The methods of the collector.
impl SpanRecord {
    /// Replaces the status of a successful call with OK or unset.
    #[inline]
    pub fn settle(&mut self, is_success_ok: bool) {
        if self.head.code == Code::Success {
            self.head.code = if is_success_ok { Code::Ok } else { Code::Unset };
        }
    }

    /// Takes the record and leaves an empty one.
    #[must_use]
    #[inline]
    pub fn take(&mut self) -> Self {
        mem::replace(self, Self::blank())
    }

    /// Removes the attributes and the rare fields. The memory of the attributes is reused.
    #[inline]
    pub fn clear(&mut self) {
        self.attributes.clear();
        self.more = None;
    }

    /// Returns the number of bytes that the span occupies while it is stored as a record.
    #[inline]
    pub fn stored_bytes(&self) -> usize {
        let inline = size_of::<Self>() + size_of_val(self.attributes.as_slice());
        inline + self.head.heap_bytes()
    }

    /// Whether the span has no parent in this process.
    #[inline]
    pub fn is_root(&self) -> bool {
        self.head.parent == SpanId::INVALID || self.head.parent_is_remote
    }

    /// Returns the name, if it is not the call site's.
    #[inline]
    pub fn name(&self) -> Option<&str> {
        self.more.as_ref()?.name.as_deref()
    }

    /// Returns the explicit name, or else the call site's.
    #[inline]
    pub fn name_or_site(&self) -> &str {
        let site = self.head.callsite;
        let name = self.name().or_else(|| Some(site?.name()));
        name.unwrap_or_default()
    }

    /// Returns the kind.
    #[inline]
    pub fn kind(&self) -> SpanKind {
        let set = self.more.as_ref().and_then(|more| more.kind.clone());
        set.or_else(|| Some(self.head.callsite?.kind().clone())).unwrap_or(SpanKind::Internal)
    }

    /// Returns the duration of the span as it is exported.
    #[inline]
    pub fn duration(&self, clock: &WallClock) -> Duration {
        let more = self.more.as_deref();
        let head = &self.head;
        match more.map(|more| (more.start, more.end)) {
            None | Some((None, None)) => clock.duration(head.start, head.end),
            Some((start, end)) => {
                let start = start.unwrap_or_else(|| clock.at(head.start));
                let end = end.unwrap_or_else(|| clock.at(head.end));
                end.duration_since(start).unwrap_or_default()
            }
        }
    }

    /// Returns the status with its description.
    #[inline]
    pub fn status(&self) -> Status {
        match (self.head.code, &self.more) {
            (Code::Error, Some(more)) => Status::error(more.description.clone()),
            (code, _) => code.into(),
        }
    }

    /// Returns the API that created the span.
    #[inline]
    pub fn origin(&self) -> &Origin {
        self.more.as_ref().map_or(&Origin::CallSite, |more| &more.origin)
    }

    /// Returns the name and the version of the instrumentation scope; the name is empty if it is unknown.
    #[inline]
    pub fn scope(&self) -> (&str, Option<&str>) {
        match self.origin() {
            Origin::Api(scope) => (scope.name(), scope.version()),
            _ => self.static_scope(),
        }
    }

    /// Creates the instrumentation scope of a span that the OpenTelemetry API has not created.
    pub fn declared_scope(&self) -> InstrumentationScope {
        let (name, version) = self.static_scope();
        let scope = InstrumentationScope::builder(name);
        match version {
            Some(version) => scope.with_version(version).build(),
            None => scope.build(),
        }
    }

    #[inline]
    fn static_scope(&self) -> (&'static str, Option<&'static str>) {
        match (self.head.callsite, self.origin().scope()) {
            (Some(site), _) => (site.scope_name(), site.scope_version()),
            (None, Some(scope)) => (scope.name(), scope.version()),
            (None, None) => ("", None),
        }
    }

    /// Returns the capture that the span belongs to.
    #[inline]
    pub fn capture(&self) -> Option<u64> {
        self.more.as_ref()?.capture
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_fills_one_cache_line() {
        assert_eq!(size_of::<Head>(), 64);
    }

    #[test]
    fn the_memory_of_a_span_is_rounded_up() {
        let mut head = Head::BLANK;
        for (bytes, stored) in
            [(0, 0), (1, 64), (64, 64), (1 << 20, 1 << 20), (1 << 40, 0x3fff_ffc0)]
        {
            assert_eq!(head.set_heap_bytes(bytes), stored);
            assert_eq!(head.heap_bytes(), stored);
        }
    }
}
