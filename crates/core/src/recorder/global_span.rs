//! A span of OpenTelemetry's global tracer provider. All text is redacted; without redaction in the build, error text is
//! not passed on.

use std::borrow::Cow;
use std::cell::Cell;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use opentelemetry::global::BoxedSpan;
use opentelemetry::trace::{Event, Link, Span, SpanBuilder, SpanContext, Status, Tracer as _};
use opentelemetry::{Array, Context, InstrumentationScope, KeyValue, StringValue, Value};

use super::global_lookup::tracer;
use super::record::{Code, Origin, SpanRecord};
use crate::attributes::MAX_ATTRIBUTES;
use crate::callsite::CallSite;
use crate::caught::caught;
use crate::clock::wall_now;
use crate::keys;

thread_local! {
    static STARTING: Cell<bool> = const { Cell::new(false) };
}

/// Starts a span, and returns only its ids if the provider does not record it. Returns `None` if the provider panics, or
/// if this thread is already starting a span: a global provider of this crate would start it with the global provider
/// again.
pub(super) fn start(
    record: &mut SpanRecord,
    scope: InstrumentationScope,
    parent: &Context,
) -> Option<Result<GlobalSpan, SpanContext>> {
    if STARTING.replace(true) {
        return None;
    }

    let started = caught(|| {
        let span = tracer(scope).build_with_context(builder(record), parent);
        let is_recording = span.is_recording();
        (span, is_recording)
    });
    STARTING.set(false);
    let (span, is_recording) = started.ok()?;
    let context = span.span_context().clone();
    Some(if is_recording { Ok(GlobalSpan::new(context, span)) } else { Err(context) })
}

fn builder(record: &mut SpanRecord) -> SpanBuilder {
    let site = record.head.callsite;
    let mut code = Vec::with_capacity(4);
    if let Some(site) = site {
        code.extend(site.function_or_module());
        code.extend(site.tracing_target().map(|target| KeyValue::new(keys::TARGET, target)));
    }

    let place = match record.origin() {
        Origin::Builder { location, .. } => Some((location.file(), location.line())),
        _ => site.map(|site| (site.location().file(), site.location().line())),
    };
    if let Some((file, line)) = place.filter(|(file, _)| !file.is_empty()) {
        code.push(KeyValue::new(keys::CODE_FILE_PATH, file));
        code.push(KeyValue::new(keys::CODE_LINE_NUMBER, i64::from(line)));
    }

    let kind = record.kind();
    let more = record.more_mut();
    let given = more.name.take();
    let name = given.unwrap_or_else(|| site.map_or("", CallSite::name).into());
    let mut builder = SpanBuilder::from_name(safe_name(name));
    builder.start_time = more.start;
    builder.span_kind = Some(kind);
    builder.attributes = Some(code);
    builder
}

/// A span of the global provider, in a `Context` and in its recording. Its lock is ours, because OpenTelemetry's own
/// `SpanRef` reports a poisoned lock, with much code.
#[derive(Clone, Debug)]
pub(super) struct GlobalSpan(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    context: SpanContext,
    state: Mutex<Open>,
}

#[derive(Debug)]
struct Open {
    span: BoxedSpan,
    /// Collected until the end, because OpenTelemetry's SDK would export both values of a key.
    attributes: Vec<KeyValue>,
    has_status: bool,
    has_ended: bool,
}

/// A change of a span. All changes pass one function, because each caller of the provider needs a lock and a guard
/// against panics, and a program that has no provider would contain all of them.
enum Change {
    Attribute(KeyValue),
    Event(Event),
    Link(Link),
    Status(Status),
    Name(Cow<'static, str>),
    Returned,
    End(Option<SystemTime>),
}

impl GlobalSpan {
    fn new(context: SpanContext, span: BoxedSpan) -> Self {
        let open = Open { span, attributes: Vec::new(), has_status: false, has_ended: false };
        Self(Arc::new(Shared { context, state: Mutex::new(open) }))
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls the provider, whose code may panic.
    #[inline(never)]
    fn apply(&self, change: Change) {
        let mut open = self.lock();
        let _ = caught(|| open.apply(change));
    }

    /// Takes the data of a record, but its status only if it is final.
    pub(super) fn take_from(&self, record: &mut SpanRecord) {
        record.write_exception();
        for attribute in record.attributes.items_mut().drain(..) {
            self.apply(Change::Attribute(attribute.into()));
        }

        if let Some(more) = &mut record.more {
            if let Some(name) = more.name.take() {
                self.apply(Change::Name(name));
            }

            for event in mem::take(&mut more.events) {
                self.apply(Change::Event(event));
            }

            for link in mem::take(&mut more.links) {
                self.apply(Change::Link(link));
            }
        }

        if record.head.code > Code::Success {
            self.apply(Change::Status(record.status()));
        }
    }

    /// Ends the span. A call that has returned is OK, unless a status was set.
    pub(super) fn end_as(&self, record: &SpanRecord) {
        if record.head.code == Code::Success {
            self.apply(Change::Returned);
        }

        self.apply(Change::End(record.more.as_ref().and_then(|more| more.end)));
    }
}

impl Open {
    fn apply(&mut self, change: Change) {
        match change {
            Change::Attribute(attribute) => self.set(attribute),
            Change::Event(mut event) => {
                pass(&mut event.attributes);
                let name = safe_name(event.name);
                self.span.add_event_with_timestamp(name, event.timestamp, event.attributes);
            }
            Change::Link(mut link) => {
                pass(&mut link.attributes);
                self.span.add_link(link.span_context, link.attributes);
            }
            Change::Status(status) => {
                self.has_status |= status != Status::Unset;
                self.span.set_status(match status {
                    Status::Error { description } => Status::error(safe_message(&description)),
                    status => status,
                });
            }
            Change::Name(name) => self.span.update_name(safe_name(name)),
            Change::Returned if self.has_status => {}
            Change::Returned => self.span.set_status(Status::Ok),
            Change::End(at) => self.end(at),
        }
    }

    fn set(&mut self, mut attribute: KeyValue) {
        if attribute.key.as_str().is_empty() || !passes(&mut attribute) {
            return;
        }

        if let Some(known) = self.attributes.iter_mut().find(|known| known.key == attribute.key) {
            *known = attribute;
        } else if self.attributes.len() < MAX_ATTRIBUTES {
            self.attributes.push(attribute);
        } else {
            // The provider limits the number of attributes, and counts the dropped ones.
            self.span.set_attribute(attribute);
        }
    }

    /// Ends the span, which then ignores further calls.
    fn end(&mut self, at: Option<SystemTime>) {
        self.has_ended = true;
        for attribute in mem::take(&mut self.attributes) {
            self.span.set_attribute(attribute);
        }

        self.span.end_with_timestamp(at.unwrap_or_else(wall_now));
    }
}

impl Span for GlobalSpan {
    fn add_event_with_timestamp<T: Into<Cow<'static, str>>>(
        &mut self,
        name: T,
        timestamp: SystemTime,
        attributes: Vec<KeyValue>,
    ) {
        self.apply(Change::Event(Event::new(name, timestamp, attributes, 0)));
    }

    fn span_context(&self) -> &SpanContext {
        &self.0.context
    }

    fn is_recording(&self) -> bool {
        !self.lock().has_ended
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        self.apply(Change::Attribute(attribute));
    }

    fn set_status(&mut self, status: Status) {
        self.apply(Change::Status(status));
    }

    fn update_name<T: Into<Cow<'static, str>>>(&mut self, name: T) {
        self.apply(Change::Name(name.into()));
    }

    fn add_link(&mut self, to: SpanContext, attributes: Vec<KeyValue>) {
        self.apply(Change::Link(Link::new(to, attributes, 0)));
    }

    fn end_with_timestamp(&mut self, end: SystemTime) {
        self.apply(Change::End(Some(end)));
    }

    fn end(&mut self) {
        self.apply(Change::End(None));
    }
}

fn pass(attributes: &mut Vec<KeyValue>) {
    // Smaller than `retain_mut`, and texts of errors are rare.
    while let Some(withheld) = attributes.iter_mut().position(|it| !passes(it)) {
        attributes.remove(withheld);
    }
}

/// Redacts an attribute. Without redaction, returns false for the text of an error, which is not passed on.
fn passes(attribute: &mut KeyValue) -> bool {
    if cfg!(feature = "redact") {
        redact(attribute);
        return true;
    }

    let key = attribute.key.as_str();
    key != keys::EXCEPTION_MESSAGE && key != keys::EXCEPTION_STACKTRACE
}

fn redact(attribute: &mut KeyValue) {
    use crate::redaction::{hidden, sanitize, sanitize_error_message, sanitize_sent_value};

    let key = attribute.key.as_str();
    let redact = |text: &mut StringValue| {
        let safe = match key {
            keys::EXCEPTION_MESSAGE => sanitize_error_message(text.as_str()),
            keys::EXCEPTION_STACKTRACE => sanitize(text.as_str()),
            key => sanitize_sent_value(key, text.as_str()),
        };
        if safe != text.as_str() {
            *text = safe.into_owned().into();
        }
    };
    match &mut attribute.value {
        Value::String(text) => redact(text),
        Value::Array(Array::String(texts)) => texts.iter_mut().for_each(redact),
        value => {
            if let Some(hidden) = hidden(key, value) {
                *value = hidden.into();
            }
        }
    }
}

fn safe_name(name: Cow<'static, str>) -> Cow<'static, str> {
    match crate::redaction::sanitize(&name) {
        safe if safe == name => name,
        safe => Cow::Owned(safe.into_owned()),
    }
}

fn safe_message(message: &str) -> String {
    crate::redaction::sanitize_error_message(message).into_owned()
}
