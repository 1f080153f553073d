//! Prints each trace as a waterfall in the terminal.

mod metrics;
mod scale;
mod tree;
mod waterfall;

use std::collections::HashMap;
use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::TraceId;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

pub(crate) use self::metrics::ConsoleMetrics;
use self::waterfall::Style;
use crate::environment::is_color_disabled;

/// The maximum number of spans of unfinished traces. Beyond it, the unfinished traces are printed.
const MAX_BUFFERED: usize = 20_000;

/// The width in columns if the output is not a terminal.
const DEFAULT_WIDTH: usize = 110;

/// Prints each trace as a waterfall once its root has ended, and unfinished traces on flush and
/// shutdown.
///
/// ```
/// use floe_telemetry::exporter::ConsoleExporter;
///
/// let exporter = ConsoleExporter::to_writer(Vec::new());
/// # let _ = exporter;
/// ```
pub struct ConsoleExporter {
    state: Mutex<State>,
    style: Style,
    /// Whether nothing is printed before a flush or the shutdown.
    is_deferred: bool,
}

struct State {
    writer: Box<dyn Write + Send>,
    /// The spans of traces whose root has not ended.
    unfinished: HashMap<TraceId, Vec<SpanData>>,
}

impl ConsoleExporter {
    /// Prints to standard output, in colour if it is a terminal and `NO_COLOR` is not set.
    #[must_use]
    pub fn stdout() -> Self {
        Self::new(Box::new(io::stdout()), io::stdout().is_terminal())
    }

    /// Prints to standard error, in colour if it is a terminal and `NO_COLOR` is not set.
    #[must_use]
    pub fn stderr() -> Self {
        Self::new(Box::new(io::stderr()), io::stderr().is_terminal())
    }

    /// Prints to `writer`, without colour and 110 columns wide.
    pub fn to_writer(writer: impl Write + Send + 'static) -> Self {
        Self::new(Box::new(writer), false)
    }

    /// Switches colours on or off.
    #[must_use]
    pub fn with_color(mut self, color: bool) -> Self {
        self.style.color = color;
        self
    }

    /// Sets the width in columns, at least 60.
    #[must_use]
    pub fn with_width(mut self, columns: usize) -> Self {
        self.style.width = columns.max(60);
        self
    }

    /// Defers printing to a flush or the shutdown, for a program that uses the terminal until then.
    #[must_use]
    pub fn deferred(mut self) -> Self {
        self.is_deferred = true;
        self
    }

    fn new(writer: Box<dyn Write + Send>, is_terminal: bool) -> Self {
        let width = if is_terminal {
            terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
        } else {
            None
        };
        Self {
            state: Mutex::new(State {
                writer,
                unfinished: HashMap::new(),
            }),
            style: Style {
                color: is_terminal && !is_color_disabled(),
                width: width.unwrap_or(DEFAULT_WIDTH).clamp(60, 200),
            },
            is_deferred: false,
        }
    }

    fn with_state(&self, act: impl FnOnce(&mut State, Style) -> io::Result<()>) -> OTelSdkResult {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match act(&mut state, self.style) {
            // The reader of a pipe has closed it, which is no failure.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result.map_err(|error| OTelSdkError::InternalFailure(error.to_string())),
        }
    }
}

impl State {
    fn print_unfinished(&mut self, style: Style) -> io::Result<()> {
        for (_, spans) in self.unfinished.drain() {
            self.writer
                .write_all(waterfall::draw(&spans, style).as_bytes())?;
        }
        self.writer.flush()
    }
}

impl fmt::Debug for ConsoleExporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsoleExporter")
            .field("style", &self.style)
            .finish_non_exhaustive()
    }
}

impl SpanExporter for ConsoleExporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.with_state(|state, style| {
            let mut complete = Vec::new();
            for span in batch {
                let trace_id = span.span_context.trace_id();
                if tree::is_root(&span) && !self.is_deferred {
                    complete.push(trace_id);
                }
                state.unfinished.entry(trace_id).or_default().push(span);
            }
            for trace_id in complete {
                if let Some(spans) = state.unfinished.remove(&trace_id) {
                    state
                        .writer
                        .write_all(waterfall::draw(&spans, style).as_bytes())?;
                }
            }
            if state.unfinished.values().map(Vec::len).sum::<usize>() > MAX_BUFFERED {
                return state.print_unfinished(style);
            }
            state.writer.flush()
        })
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.with_state(State::print_unfinished)
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        self.with_state(State::print_unfinished)
    }
}
