//! The `tracing` layer that turns events into redacted records, writes them and exports them.

use std::fmt::Write as _;
use std::io::Write as _;

use opentelemetry::{Context, Key};
use tracing::{Event, Subscriber};
use tracing_log::NormalizeEvent as _;
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer;

use super::fields::Fields;
use super::thread_state::{self, ThreadState};
use super::{console, context, described, json};
use crate::caught::caught;
use crate::clock::wall_now;
use crate::keys;

/// The value of `floe.warning` if formatting a value panics.
const PANICKED: &str = "a value panicked while it was logged";

/// How `tracing` begins the name of an event to which the code gives none.
const UNNAMED: &str = "event ";

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
        let has_context = context::is_readable(event.metadata().target());
        thread_state::with(has_context, |state, has_context| {
            fill_entry(state, event, has_context);
            let ThreadState { setting, entry, timestamp, line, .. } = state;
            // Exporting the exporters' own records, for example about failed exports, would be an
            // endless loop.
            if has_context && !Context::is_current_telemetry_suppressed() {
                match (&setting.exporters, &setting.ended) {
                    (Some(exporters), _) => exporters.emit_entry(entry, setting.limits),
                    (None, Some(ended)) => ended.count_late(),
                    (None, None) => {}
                }
            }
            let timestamp = timestamp.format(entry.time);
            match self.form {
                Form::Json => json::write(entry, timestamp, line),
                Form::Text { has_color } => console::write(entry, timestamp, has_color, line),
            }
            // The reader of a pipe may be gone, or the writer's mutex poisoned. Neither may make the
            // host fail.
            let _ = caught(|| {
                let mut writer = self.writer.make_writer_for(event.metadata());
                writer.write_all(line)
            });
        });
    }
}

/// Fills the thread's entry with an event.
fn fill_entry(state: &mut ThreadState, event: &Event<'_>, has_context: bool) {
    let ThreadState { setting, redactor, entry, .. } = state;
    let metadata = event.metadata();
    entry.begin(wall_now());
    entry.level = *metadata.level();
    let is_log = event.is_log();
    if !is_log && !metadata.name().starts_with(UNNAMED) {
        entry.event_name = Some(redactor.log_constant(metadata.name()));
    }
    match redactor.log_name(metadata.target()) {
        Some(target) => entry.set_target(target.as_str()),
        None => entry.set_static_target(metadata.target()),
    }
    let mut fields = Fields { entry, redactor, is_log, has_message: false };
    event.record(&mut fields);
    entry.has_message = fields.has_message;
    // Lines have the name in its place, if the code gives one.
    if !entry.has_message && entry.event_name.is_some() {
        entry
            .set_message(|text| text.write_str(metadata.name()), |text| redactor.log_message(text));
    }
    if entry.has_panicked {
        let key = Key::from_static_str(keys::FLOE_WARNING);
        entry.add_text(key, |text| text.write_str(PANICKED), |_| None);
    }
    context::add(entry, redactor, setting, has_context);
    described::add(entry, redactor, &setting.span_attributes, |_| false);
}
