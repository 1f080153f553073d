//! A span of OpenTelemetry's global tracer provider. All text is redacted; without redaction in the build, error text is
//! not passed on.

use std::borrow::Cow;
use std::cell::Cell;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use opentelemetry::global::{self, BoxedSpan};
use opentelemetry::trace::{
    Span, SpanBuilder, SpanContext, Status, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Array, Context, InstrumentationScope, KeyValue, StringValue, Value};

use super::record::{Code, Origin, SpanRecord};
use crate::attributes::MAX_ATTRIBUTES;
use crate::callsite::CallSite;
use crate::caught::caught;
use crate::keys;

thread_local! {
    static STARTING: Cell<bool> = const { Cell::new(false) };
}

/// Starts a span. Returns `None` if the provider panics, or if this thread is already starting a span: a global
/// provider of this crate would start it with the global provider again.
pub(super) fn start(record: &mut SpanRecord, parent: &Context) -> Option<GlobalSpan> {
    if STARTING.replace(true) {
        return None;
    }
    let span = caught(|| build(record, parent));
    STARTING.set(false);
    span.ok().map(GlobalSpan::new)
}

fn build(record: &mut SpanRecord, parent: &Context) -> BoxedSpan {
    let site = record.head.callsite;
    let mut code = Vec::new();
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
    let tracer = global::tracer_provider().tracer_with_scope(scope(record));
    let more = record.more_mut();
    let given = more.name.take();
    let name = given.unwrap_or_else(|| site.map_or("", CallSite::name).into());
    let mut builder = SpanBuilder::from_name(safe_name(name));
    builder.start_time = more.start;
    builder.span_kind = Some(record.kind());
    builder.attributes = Some(code);
    tracer.build_with_context(builder, parent)
}

fn scope(record: &SpanRecord) -> InstrumentationScope {
    if let Origin::Api(scope) = record.origin() {
        return InstrumentationScope::clone(scope);
    }
    let (name, version) = record.scope();
    let scope = InstrumentationScope::builder(name.to_owned());
    match version {
        Some(version) => scope.with_version(version.to_owned()).build(),
        None => scope.build(),
    }
}

/// A span of the global provider, in a `Context` and in its recording. Its lock is ours, because OpenTelemetry's own
/// `SpanRef` reports a poisoned lock, with much code.
#[derive(Clone, Debug)]
pub(super) struct GlobalSpan {
    context: SpanContext,
    state: Arc<Mutex<Open>>,
}

#[derive(Debug)]
struct Open {
    span: BoxedSpan,
    /// Collected until the end, because OpenTelemetry's SDK would export both values of a key.
    attributes: Vec<KeyValue>,
    has_status: bool,
}

impl GlobalSpan {
    fn new(span: BoxedSpan) -> Self {
        let context = span.span_context().clone();
        let open = Open { span, attributes: Vec::new(), has_status: false };
        Self { context, state: Arc::new(Mutex::new(open)) }
    }

    /// Calls the provider, whose code may panic.
    fn with(&self, act: impl FnOnce(&mut Open)) {
        let mut open = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = caught(|| act(&mut open));
    }

    /// Takes the data of a record, but its status only if it is final.
    pub(super) fn take_from(&self, record: &mut SpanRecord) {
        record.write_exception();
        self.with(|open| {
            for attribute in record.attributes.items_mut().drain(..) {
                open.set(attribute.into());
            }
            if let Some(more) = &mut record.more {
                if let Some(name) = more.name.take() {
                    open.span.update_name(safe_name(name));
                }
                for event in mem::take(&mut more.events) {
                    open.add_event(event.name, event.timestamp, event.attributes);
                }
                for link in mem::take(&mut more.links) {
                    open.add_link(link.span_context, link.attributes);
                }
            }
            if record.head.code > Code::Success {
                open.set_status(record.status());
            }
        });
    }

    /// Ends the span. A call that has returned is OK, unless a status was set.
    pub(super) fn end_as(&self, record: &SpanRecord) {
        self.with(|open| {
            if record.head.code == Code::Success && !open.has_status {
                open.span.set_status(Status::Ok);
            }
            open.end(record.more.as_ref().and_then(|more| more.end));
        });
    }
}

impl Open {
    fn set(&mut self, mut attribute: KeyValue) {
        if is_withheld(&attribute) || attribute.key.as_str().is_empty() {
            return;
        }
        redact(&mut attribute);
        if let Some(known) = self.attributes.iter_mut().find(|known| known.key == attribute.key) {
            *known = attribute;
        } else if self.attributes.len() < MAX_ATTRIBUTES {
            self.attributes.push(attribute);
        } else {
            // The provider limits the number of attributes, and counts the dropped ones.
            self.span.set_attribute(attribute);
        }
    }

    fn add_event(&mut self, name: Cow<'static, str>, at: SystemTime, mut with: Vec<KeyValue>) {
        with.retain(|attribute| !is_withheld(attribute));
        with.iter_mut().for_each(redact);
        self.span.add_event_with_timestamp(safe_name(name), at, with);
    }

    fn add_link(&mut self, to: SpanContext, mut attributes: Vec<KeyValue>) {
        attributes.iter_mut().for_each(redact);
        self.span.add_link(to, attributes);
    }

    fn set_status(&mut self, status: Status) {
        self.has_status |= status != Status::Unset;
        self.span.set_status(match status {
            Status::Error { description } => Status::error(safe_message(&description)),
            status => status,
        });
    }

    /// Ends the span, which then ignores further calls.
    fn end(&mut self, at: Option<SystemTime>) {
        for attribute in self.attributes.drain(..) {
            self.span.set_attribute(attribute);
        }
        match at {
            Some(at) => self.span.end_with_timestamp(at),
            None => self.span.end(),
        }
    }
}

impl Span for GlobalSpan {
    fn add_event_with_timestamp<T: Into<Cow<'static, str>>>(
        &mut self,
        name: T,
        timestamp: SystemTime,
        attributes: Vec<KeyValue>,
    ) {
        let name = name.into();
        self.with(|open| open.add_event(name, timestamp, attributes));
    }

    fn span_context(&self) -> &SpanContext {
        &self.context
    }

    fn is_recording(&self) -> bool {
        let mut is_recording = false;
        self.with(|open| is_recording = open.span.is_recording());
        is_recording
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        self.with(|open| open.set(attribute));
    }

    fn set_status(&mut self, status: Status) {
        self.with(|open| open.set_status(status));
    }

    fn update_name<T: Into<Cow<'static, str>>>(&mut self, name: T) {
        let name = name.into();
        self.with(|open| open.span.update_name(safe_name(name)));
    }

    fn add_link(&mut self, to: SpanContext, attributes: Vec<KeyValue>) {
        self.with(|open| open.add_link(to, attributes));
    }

    fn end_with_timestamp(&mut self, end: SystemTime) {
        self.with(|open| open.end(Some(end)));
    }

    fn end(&mut self) {
        self.with(|open| open.end(None));
    }
}

/// Whether the attribute contains the text of an error, which is not passed on without redaction.
fn is_withheld(attribute: &KeyValue) -> bool {
    let key = attribute.key.as_str();
    cfg!(not(feature = "redact"))
        && (key == keys::EXCEPTION_MESSAGE || key == keys::EXCEPTION_STACKTRACE)
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
