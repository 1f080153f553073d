//! The `tracing` layer that turns events into redacted records, writes them and exports them.

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

use super::entry::{Entry, SpanIds};
use super::fields::Fields;
use super::thread_state::{self, ThreadState};
use super::{console, delivery, json};
use crate::clock::wall_now;
use crate::collector::Redactor;
use crate::keys;
use crate::recorder::span_context_within;

/// The value of `floe.warning` if formatting a value panics.
const PANICKED: &str = "a value panicked while it was logged";

/// The target of OpenTelemetry's API, which logs while it borrows the current `Context` mutably.
/// Reading the `Context` then would panic.
const OPENTELEMETRY: &str = "opentelemetry";

/// The format of a line.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    Json,
    Text { has_color: bool },
}

/// Writes and exports each event.
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
        let has_context = event.metadata().target() != OPENTELEMETRY;
        thread_state::with(has_context, |state, has_context| {
            fill_entry(state, event, has_context);
            let ThreadState {
                setting,
                entry,
                timestamp,
                line,
                ..
            } = state;
            // Exporting the exporters' own records, for example about failed exports, would be an
            // endless loop.
            if let Some(logger) = &setting.logger
                && has_context
                && !Context::is_current_telemetry_suppressed()
            {
                delivery::emit(logger, entry);
            }
            let timestamp = timestamp.format(entry.time);
            match self.form {
                Form::Json => json::write(entry, timestamp, line),
                Form::Text { has_color } => console::write(entry, timestamp, has_color, line),
            }
            // The reader of a pipe may be gone, or the writer's mutex poisoned. Neither may make the
            // host fail.
            let _ = catch_unwind(AssertUnwindSafe(|| {
                let mut writer = self.writer.make_writer_for(event.metadata());
                writer.write_all(line)
            }));
        });
    }
}

/// Fills the thread's entry with an event.
fn fill_entry(state: &mut ThreadState, event: &Event<'_>, has_context: bool) {
    let ThreadState {
        setting,
        redactor,
        entry,
        ..
    } = state;
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
        Context::map_current(|cx| add_context(cx, &setting.baggage, entry, redactor));
    }
    for attribute in &setting.identity {
        if !entry.has_identity(&attribute.key) {
            entry.add_identity(attribute.key.clone(), &attribute.value.as_str(), None);
        }
    }
}

/// Adds the ids of the current span, and the baggage values of the `listed` keys.
fn add_context(cx: &Context, listed: &[Key], entry: &mut Entry, redactor: &mut Redactor) {
    let span = cx.span();
    let below = span_context_within(cx);
    let context = below.as_ref().unwrap_or_else(|| span.span_context());
    entry.span = context.is_valid().then(|| SpanIds {
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
            entry.has_baggage = true;
        }
    }
}
