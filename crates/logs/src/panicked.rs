//! Writes and exports the record of a panic.
//!
//! It does not pass the subscriber, because the panic hook must not run code of the program: the panicking thread may
//! hold a lock of a layer, and a second panic would abort the process.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::OnceLock;
use std::time::SystemTime;

use floe_telemetry_sdk::__parts::logs::{ThreadPanic, note_panic};
use opentelemetry::Key;
use opentelemetry::logs::{AnyValue, Severity};
use tracing::Level;
use tracing_subscriber::filter::Targets;

use super::context;
use super::described;
use super::draft::Draft;
use super::layer::Form;
use super::output::Output;
use super::thread_state::{self, ThreadState};
use crate::clock::wall_now;
use crate::keys;
use crate::recorder::context::is_suppressed;

/// The target of the record, which filters know.
const TARGET: &str = "floe_telemetry_sdk::init::panics";
const MESSAGE: &str = "a thread panicked";

/// The lines of this crate on a standard stream.
#[derive(Debug)]
pub(super) struct Lines {
    pub(super) output: Output,
    pub(super) form: Form,
    pub(super) filter: Targets,
}

static LINES: OnceLock<Lines> = OnceLock::new();

/// Writes panics to these lines, unless earlier lines were set.
pub(super) fn write_to(lines: Lines) {
    let _ = LINES.set(lines);
}

impl Lines {
    /// Returns the lines, unless there are none or their filter excludes errors with this target.
    pub(super) fn of(target: &str) -> Option<&'static Self> {
        LINES.get().filter(|it| it.filter.would_enable(target, &Level::ERROR))
    }

    /// Writes the thread's record as a line.
    pub(super) fn write(&self, state: &mut ThreadState) {
        self.form.write(state);
        let mut output = self.output;
        // The reader of a pipe may have ended.
        let _ = output.write_all(&state.line);
    }
}

/// Begins a record of the level `ERROR`.
pub(super) fn begin(draft: &mut Draft, at: SystemTime) {
    draft.record.begin(at);
    draft.record.timestamp = Some(at);
    draft.record.severity_number = Some(Severity::Error);
    draft.record.severity_text = Some("ERROR");
    draft.record.has_message = true;
}

/// Does nothing while the thread writes another record.
pub(super) fn panicked(panic: &ThreadPanic<'_>) {
    let lines = Lines::of(TARGET);
    if lines.is_none() && LINES.get().is_some() {
        return;
    }
    thread_state::with(|state| {
        fill(state, panic);
        if let Some(span) = state.draft.record.span {
            note_panic(span, panic.message);
        }
        if !is_suppressed() {
            state.settings.export(&state.draft.record);
        }
        if let Some(lines) = lines {
            lines.write(state);
        }
    });
}

fn fill(state: &mut ThreadState, panic: &ThreadPanic<'_>) {
    let ThreadState { settings, draft, .. } = state;
    begin(draft, wall_now());
    draft.set_static_target(TARGET);
    draft.set_message(|text| text.write_str(MESSAGE));
    let text = |text: &str| AnyValue::from(text.to_owned());
    let fields = [
        (keys::EXCEPTION_TYPE, Some(keys::PANIC.into())),
        (keys::EXCEPTION_MESSAGE, Some(text(panic.message))),
        (keys::CODE_FILE_PATH, panic.location.map(|it| text(it.file()))),
        (keys::CODE_LINE_NUMBER, panic.location.map(|it| i64::from(it.line()).into())),
    ];
    for (key, value) in fields {
        if let Some(value) = value {
            draft.add_new(&Key::from_static_str(key), &value);
        }
    }
    context::add(draft, settings, true);
    described::add(draft, &settings.span_attributes);
}
