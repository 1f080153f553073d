//! The `tracing` layer that turns events into redacted records, writes them and exports them.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::OnceLock;
use std::time::UNIX_EPOCH;

use floe_telemetry_sdk::__parts::logs::Stored;
use floe_telemetry_tracing::{get_otel_context, mark_exported};
use opentelemetry::logs::Severity;
use opentelemetry::{Context, Key};
use tracing::dispatcher::{Dispatch, WeakDispatch, get_default};
use tracing::{Event, Level, Subscriber};
use tracing_log::NormalizeEvent as _;
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer;

use super::fields::{self, Fields};
use super::thread_state::{self, ThreadState};
use super::{console, context, current, described, json};
use crate::caught::caught;
use crate::clock::wall_now;
use crate::keys;
use crate::recorder::context::is_suppressed;

const PANICKED: &str = "formatting a logged value panicked";

/// The beginning of the name that `tracing` gives to an event without a name.
const UNNAMED: &str = "event ";

#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    Json,
    Text { has_color: bool },
}

impl Form {
    /// Writes the thread's record to its line.
    pub(super) fn write(self, state: &mut ThreadState) {
        let ThreadState { draft, timestamp, line, .. } = state;
        let record = &draft.record;
        let timestamp = timestamp.format(record.observed_timestamp.unwrap_or(UNIX_EPOCH));
        match self {
            Self::Json => json::write(record, timestamp, line),
            Self::Text { has_color } => console::write(record, timestamp, has_color, line),
        }
    }
}

#[derive(Debug)]
pub(super) struct LogLayer<W> {
    writer: W,
    form: Form,
    /// The subscriber, which knows the spans of `tracing`.
    subscriber: OnceLock<WeakDispatch>,
}

impl<W> LogLayer<W> {
    pub(super) const fn new(writer: W, form: Form) -> Self {
        Self { writer, form, subscriber: OnceLock::new() }
    }

    /// Returns the context of an event's explicit parent.
    fn named_parent(&self, event: &Event<'_>) -> Option<Context> {
        // `Option` and `Vec` do not pass the subscriber on to their layers, which then use the current subscriber.
        let subscriber = self
            .subscriber
            .get()
            .and_then(WeakDispatch::upgrade)
            .unwrap_or_else(|| get_default(Dispatch::clone));
        get_otel_context(event.parent()?, &subscriber)
    }
}

impl<S, W> Layer<S> for LogLayer<W>
where
    S: Subscriber,
    W: for<'w> MakeWriter<'w> + 'static,
{
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        let _ = self.subscriber.set(subscriber.downgrade());
    }

    /// Runs before any layer gets the event.
    fn event_enabled(&self, event: &Event<'_>, _: layer::Context<'_, S>) -> bool {
        if current::exports(Some(severity(*event.metadata().level()).0))
            && context::is_readable(event.metadata().target())
            && !is_suppressed()
        {
            mark_exported(event);
        }
        true
    }

    fn on_event(&self, event: &Event<'_>, _: layer::Context<'_, S>) {
        let is_readable = context::is_readable(event.metadata().target());
        let parent = (!event.is_contextual()).then(|| self.named_parent(event).unwrap_or_default());
        thread_state::with(|state| {
            fill_record(state, event, parent, is_readable);
            // Records of the exporters are not exported, because the records about failed exports would otherwise cause
            // new exports without end.
            if is_readable && !is_suppressed() {
                state.settings.export(&state.draft.record);
            }
            self.form.write(state);
            // The reader of a pipe may have ended, or the writer's mutex may be poisoned. The program must not fail
            // because of either.
            let _ = caught(|| {
                let mut writer = self.writer.make_writer_for(event.metadata());
                writer.write_all(&state.line)
            });
        });
    }
}

/// Fills the thread's record with an event. With an explicit `parent`, the record has the ids of that context, if any.
fn fill_record(
    state: &mut ThreadState,
    event: &Event<'_>,
    parent: Option<Context>,
    has_context: bool,
) {
    let ThreadState { settings, draft, .. } = state;
    let metadata = event.metadata();
    let now = wall_now();
    draft.record.begin(now);
    draft.record.timestamp = Some(now);
    let (severity, text) = severity(*metadata.level());
    draft.record.severity_number = Some(severity);
    draft.record.severity_text = Some(text);
    let is_log = event.is_log();
    if !is_log && !metadata.name().starts_with(UNNAMED) {
        draft.record.event_name = Some(draft.constant(metadata.name()));
    }
    draft.set_static_target(metadata.target());
    event.record(&mut Fields { draft, is_log });
    let key_values = if is_log { fields::take_key_values() } else { Vec::new() };
    for (key, value) in key_values {
        draft.add_new(&key, &value);
    }
    // In lines, the explicit name of an event replaces a missing message. `#[instrument(err)]` writes an error alone.
    let record = &mut draft.record;
    if !record.has_message && record.event_name.is_some() {
        draft.set_message(|text| text.write_str(metadata.name()));
    } else if !record.has_message
        && let Some(error) = record.values.iter().find(|it| it.key.as_str() == "error")
        && let Stored::Text(text) = &error.value
    {
        record.message = text.clone();
        record.has_message = true;
    }
    if draft.record.has_panicked {
        let key = Key::from_static_str(keys::FLOE_WARNING);
        draft.add_text(keys::FLOE_WARNING, key, |text| text.write_str(PANICKED));
    }
    context::add(draft, settings, has_context);
    if let Some(parent) = parent {
        draft.record.span = if has_context { context::ids(&parent) } else { None };
    }
    described::add(draft, &settings.span_attributes);
}

/// Returns the severity by OpenTelemetry's
/// [mapping](https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber).
fn severity(level: Level) -> (Severity, &'static str) {
    match level {
        Level::ERROR => (Severity::Error, "ERROR"),
        Level::WARN => (Severity::Warn, "WARN"),
        Level::INFO => (Severity::Info, "INFO"),
        Level::DEBUG => (Severity::Debug, "DEBUG"),
        Level::TRACE => (Severity::Trace, "TRACE"),
    }
}
