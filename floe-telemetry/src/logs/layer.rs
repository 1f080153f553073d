//! The layer: an event becomes a safe record, the record a line.

use std::fmt::Write as _;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::{Context, Key};
use tracing::{Event, Subscriber};
use tracing_log::NormalizeEvent as _;
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer;

use super::entry::{Entry, Place};
use super::fields::Fields;
use super::memory::{self, Memory};
use super::{console, delivery, json};
use crate::clock::wall_now;
use crate::collector::Redactor;
use crate::keys;

/// What is said of a value that cannot be written.
const PANICKED: &str = "a value panicked while it was logged";

/// OpenTelemetry's API warns of its `Context` while nobody may ask for it: that would panic.
const OPENTELEMETRY: &str = "opentelemetry";

/// What a line looks like.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    Json,
    Text { has_color: bool },
}

/// Writes each event that it is given.
#[derive(Debug)]
pub(super) struct LogLayer<W> {
    writer: W,
    form: Form,
}

impl<W> LogLayer<W> {
    pub(super) const fn new(writer: W, form: Form) -> Self {
        Self { writer, form }
    }
}

impl<S, W> Layer<S> for LogLayer<W>
where
    S: Subscriber,
    W: for<'w> MakeWriter<'w> + 'static,
{
    fn on_event(&self, event: &Event<'_>, _: layer::Context<'_, S>) {
        let may_ask = event.metadata().target() != OPENTELEMETRY;
        memory::with(may_ask, |memory, has_context| {
            take_down(memory, event, has_context);
            let Memory {
                setting,
                entry,
                timestamp,
                line,
                ..
            } = memory;
            // What exporters log themselves, about records that they could not send for example,
            // would go on for ever.
            if let Some(logger) = &setting.logger
                && has_context
                && !Context::is_current_telemetry_suppressed()
            {
                delivery::emit(logger, entry);
            }
            let timestamp = timestamp.of(entry.time);
            match self.form {
                Form::Json => json::write(entry, timestamp, line),
                Form::Text { has_color } => console::write(entry, timestamp, has_color, line),
            }
            // Nobody may be reading any more, or the writer is poisoned, which is no reason for the
            // host to fail.
            let _ = catch_unwind(AssertUnwindSafe(|| {
                let mut writer = self.writer.make_writer_for(event.metadata());
                writer.write_all(line)
            }));
        });
    }
}

/// Makes the record of an event.
fn take_down(memory: &mut Memory, event: &Event<'_>, has_context: bool) {
    let Memory {
        setting,
        redactor,
        entry,
        ..
    } = memory;
    let metadata = event.metadata();
    entry.begin(wall_now(), *metadata.level());
    let target = redactor.log_name(metadata.target());
    entry.set_target(target.map_or(metadata.target(), Key::as_str));
    let mut fields = Fields {
        entry,
        redactor,
        is_log: event.is_log(),
        has_message: false,
    };
    event.record(&mut fields);
    let has_message = fields.has_message;
    if !has_message {
        entry.set_message(
            |text| text.write_str(metadata.name()),
            |text| redactor.log_message(text),
        );
    }
    if entry.has_panicked {
        let key = Key::from_static_str(keys::FLOE_WARNING);
        entry.add_text(key, |text| text.write_str(PANICKED), |_| None);
    }
    if has_context {
        Context::map_current(|cx| locate(cx, &setting.baggage, entry, redactor));
    }
    for attribute in &setting.identity {
        if !entry.has_identity(&attribute.key) {
            entry.add_identity(attribute.key.clone(), &attribute.value.as_str(), None);
        }
    }
}

/// Adds the span that the record belongs to, and the values of the listed keys of baggage.
fn locate(cx: &Context, listed: &[Key], entry: &mut Entry, redactor: &mut Redactor) {
    let span = cx.span();
    let context = span.span_context();
    entry.place = context.is_valid().then(|| Place {
        trace_id: context.trace_id(),
        span_id: context.span_id(),
        flags: context.trace_flags(),
    });
    if listed.is_empty() {
        return;
    }
    let baggage = cx.baggage();
    for key in listed {
        if let Some(value) = baggage.get(key.as_str()) {
            let value = value.as_str();
            let safe = redactor.log_text(key.as_str(), value);
            entry.add_identity(key.clone(), value, safe);
            entry.is_foreign = true;
        }
    }
}
