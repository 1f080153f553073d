//! A span of OpenTelemetry's global tracer provider. All text is redacted; without redaction in the build, error text is
//! not passed on.

use std::borrow::Cow;
use std::cell::Cell;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::SystemTime;

use opentelemetry::global::BoxedSpan;
use opentelemetry::trace::{Span as _, SpanBuilder, SpanContext, Status, Tracer as _};
use opentelemetry::{Array, Context, InstrumentationScope, KeyValue, StringValue, Value};

use super::fork::lock;
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

/// Starts a span. Returns its ids, without the span if the provider does not record it. Returns `None` if the provider
/// panics, or if this thread is already starting a span: a global provider of this crate would start it with the global
/// provider again.
pub(super) fn start(
    record: &mut SpanRecord,
    scope: InstrumentationScope,
    parent: &Context,
) -> Option<(SpanContext, Option<GlobalSpan>)> {
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
    Some((context, is_recording.then(|| GlobalSpan::new(span))))
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
pub(super) struct GlobalSpan(Arc<Mutex<Open>>);

#[derive(Debug)]
struct Open {
    span: BoxedSpan,
    /// Collected until the end, because OpenTelemetry's SDK would export both values of a key.
    attributes: Vec<KeyValue>,
    has_status: bool,
    has_ended: bool,
}

impl GlobalSpan {
    fn new(span: BoxedSpan) -> Self {
        let open = Open { span, attributes: Vec::new(), has_status: false, has_ended: false };
        Self(Arc::new(Mutex::new(open)))
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        lock(&self.0)
    }

    /// Calls the provider, whose code may panic. `act` is a trait object, because each caller of the provider needs a lock
    /// and a guard against panics, and a program that has no provider would contain all of them.
    #[inline(never)]
    fn apply(&self, act: &mut dyn FnMut(&mut Open)) {
        let mut open = self.lock();
        let _ = caught(|| act(&mut open));
    }

    pub(super) fn is_open(&self) -> bool {
        !self.lock().has_ended
    }

    /// Takes the data of a record, but its status only if it is final.
    pub(super) fn take_from(&self, record: &mut SpanRecord) {
        record.write_exception();
        self.apply(&mut |open| open.take_from(record));
    }

    /// Ends the span. A call that has returned is OK, unless a status was set.
    pub(super) fn end_as(&self, record: &SpanRecord) {
        self.apply(&mut |open| {
            if record.head.code == Code::Success && !open.has_status {
                open.span.set_status(Status::Ok);
            }
        });
        self.end(record.more.as_ref().and_then(|more| more.end));
    }

    pub(super) fn end(&self, at: Option<SystemTime>) {
        self.apply(&mut |open| open.end(at));
    }
}

impl Open {
    fn take_from(&mut self, record: &mut SpanRecord) {
        for attribute in record.attributes.items_mut().drain(..) {
            self.set(attribute.into());
        }

        if let Some(more) = &mut record.more {
            if let Some(name) = more.name.take() {
                self.span.update_name(safe_name(name));
            }

            for mut event in mem::take(&mut more.events) {
                pass(&mut event.attributes);
                let name = safe_name(event.name);
                self.span.add_event_with_timestamp(name, event.timestamp, event.attributes);
            }

            for mut link in mem::take(&mut more.links) {
                pass(&mut link.attributes);
                self.span.add_link(link.span_context, link.attributes);
            }
        }

        if record.head.code > Code::Success {
            self.has_status = true;
            self.span.set_status(match record.status() {
                Status::Error { description } => Status::error(safe_message(&description)),
                status => status,
            });
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
