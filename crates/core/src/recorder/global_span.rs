//! A span of OpenTelemetry's global tracer provider. Its data is recorded like any other span's, and passed to the
//! provider when it ends. All text is redacted; without redaction in the build, error text is not passed on.

use std::borrow::Cow;
use std::cell::Cell;
use std::mem;
use std::time::SystemTime;

use opentelemetry::global::{self, BoxedSpan};
use opentelemetry::trace::{Span as _, SpanBuilder, Status, Tracer as _, TracerProvider as _};
use opentelemetry::{Array, Context, InstrumentationScope, KeyValue, StringValue, Value};

use super::record::{Code, More, Origin, SpanRecord};
use crate::callsite::Scope;
use crate::caught::caught;
use crate::clock::{Ticks, wall_now};
use crate::keys;

thread_local! {
    static STARTING: Cell<bool> = const { Cell::new(false) };
}

/// Starts a span. Returns `None` if the provider panics, or if this thread is already starting a span: a global
/// provider of this crate would start it with the global provider again.
pub(super) fn start(record: &mut SpanRecord, parent: &Context) -> Option<BoxedSpan> {
    if STARTING.replace(true) {
        return None;
    }
    let span = caught(|| build(record, parent));
    STARTING.set(false);
    span.ok()
}

fn build(record: &mut SpanRecord, parent: &Context) -> BoxedSpan {
    let mut builder = SpanBuilder::from_name("");
    let mut code = Vec::new();
    builder.span_kind = Some(record.kind());
    let scope = if let Some(site) = record.head.callsite {
        let name = record.more.as_mut().and_then(|more| more.name.take());
        builder.name = safe_name(name.unwrap_or_else(|| site.name().into()));
        code.extend(site.function_or_module());
        code.extend(site.tracing_target().map(|target| KeyValue::new(keys::TARGET, target)));
        if !site.location().file().is_empty() {
            add_location(&mut code, site.location().file(), site.location().line());
        }
        scope(site.scope_name(), site.scope_version())
    } else {
        let more = record.more_mut();
        builder.name = safe_name(more.name.take().unwrap_or_default());
        builder.start_time = more.start;
        match &more.origin {
            Origin::CallSite => scope("", None),
            origin @ Origin::Builder { location, .. } => {
                add_location(&mut code, location.file(), location.line());
                let known = origin.scope();
                scope(known.map_or("", Scope::name), known.and_then(Scope::version))
            }
            Origin::Api(scope) => InstrumentationScope::clone(scope),
        }
    };
    builder.attributes = Some(code);
    let tracer = global::tracer_provider().tracer_with_scope(scope);
    tracer.build_with_context(builder, parent)
}

fn add_location(code: &mut Vec<KeyValue>, file: &'static str, line: u32) {
    code.push(KeyValue::new(keys::CODE_FILE_PATH, file));
    code.push(KeyValue::new(keys::CODE_LINE_NUMBER, i64::from(line)));
}

fn scope(name: &'static str, version: Option<&'static str>) -> InstrumentationScope {
    let scope = InstrumentationScope::builder(name);
    match version {
        Some(version) => scope.with_version(version).build(),
        None => scope.build(),
    }
}

#[cold]
pub(super) fn end(mut span: BoxedSpan, record: &mut SpanRecord, end: Ticks, code: Code) {
    let mut record = mem::replace(record, SpanRecord::blank());
    record.write_exception();
    let more = record.more.take().map_or_else(More::default, |more| *more);
    let at = more.end.unwrap_or_else(|| at(end));
    // The processors of the provider are the user's code, which may panic.
    let _ = caught(|| {
        if let Some(name) = more.name {
            span.update_name(safe_name(name));
        }
        // Duplicates are removed, because OpenTelemetry's SDK would export them.
        record.attributes.keep_distinct(usize::MAX);
        for attribute in record.attributes.items_mut().drain(..) {
            let mut attribute = KeyValue::new(attribute.key, Value::from(attribute.value));
            if !is_withheld(&attribute) {
                redact(&mut attribute);
                span.set_attribute(attribute);
            }
        }
        for mut event in more.events {
            event.attributes.retain(|attribute| !is_withheld(attribute));
            event.attributes.iter_mut().for_each(redact);
            span.add_event_with_timestamp(safe_name(event.name), event.timestamp, event.attributes);
        }
        for mut link in more.links {
            link.attributes.iter_mut().for_each(redact);
            span.add_link(link.span_context, link.attributes);
        }
        match code {
            Code::Unset => {}
            Code::Ok | Code::Success => span.set_status(Status::Ok),
            Code::Error => span.set_status(Status::error(safe_message(&more.description))),
        }
        span.end_with_timestamp(at);
    });
}

fn at(end: Ticks) -> SystemTime {
    let now = wall_now();
    now.checked_sub(Ticks::now().since(end)).unwrap_or(now)
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
