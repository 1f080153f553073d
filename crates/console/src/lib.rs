//! Prints traces, as waterfalls, and metrics to the terminal.
//!
//! Programs depend on [`floe-telemetry`](https://docs.rs/floe-telemetry), which re-exports its exporter. Any release of
//! this crate may change its interface.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod metrics;
mod tree;

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use floe_waterfall::{Options, waterfall};
use opentelemetry::TraceId;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use floe_telemetry_core::__sdk::environment::variable_os;
use floe_telemetry_core::keys;
use floe_telemetry_sdk::__parts::collector::{ExporterId, span_data_bytes};
use floe_telemetry_sdk::__parts::exporter::{ConsoleExporters, plain};
use floe_telemetry_sdk::__parts::metrics::MetricDestination;
use floe_telemetry_sdk::__parts::parts::Part;
use floe_telemetry_sdk::exporter::StandardStream;

use self::metrics::ConsoleMetrics;
use self::tree::{Spans, is_root};

floe_telemetry_sdk::__part!(
    Part::of(&[("console", true)]);
    "fl_console_0_1": exporter::ConsoleExporters = ConsoleExporters {
        spans: |max_bytes, resource, settings| {
            let exporter = ConsoleExporter::stderr().with_max_bytes(max_bytes);
            let id = ExporterId::of::<ConsoleExporter>().named("console");
            plain(&id, exporter, resource, settings)
        },
        metrics: || {
            let id = ExporterId::of::<ConsoleMetrics>().named("console");
            MetricDestination::new(id, ConsoleMetrics, Arc::default())
        },
    };
);

/// The default of [`ConsoleExporter::with_max_bytes`].
const MAX_BYTES: usize = 16 * 1024 * 1024;

const DEFAULT_WIDTH: usize = 110;

/// Prints each trace as a waterfall when its root has ended, and unfinished traces on flush and shutdown.
///
/// Waiting spans occupy at most 16 MiB ([`with_max_bytes`](Self::with_max_bytes)). Beyond this limit, all unfinished
/// traces are printed. A [`deferred`](Self::deferred) exporter must not print then, so it rejects further batches, whose
/// spans the provider counts as failed.
///
/// ```
/// use floe_telemetry::exporter::ConsoleExporter;
///
/// let exporter = ConsoleExporter::to_writer(Vec::new());
/// # let _ = exporter;
/// ```
pub struct ConsoleExporter {
    state: Mutex<State>,
    look: Options,
    is_deferred: bool,
    max_bytes: usize,
}

struct State {
    writer: Box<dyn Write + Send>,
    /// The spans that wait to be printed.
    unfinished: HashMap<TraceId, Vec<SpanData>>,
    bytes: usize,
}

impl ConsoleExporter {
    /// Creates an exporter that prints to standard output, in colour if [`uses_color`] returns `true`.
    pub fn stdout() -> Self {
        Self::to_stream(StandardStream::stdout())
    }

    /// Creates an exporter that prints to standard error, in colour if [`uses_color`] returns `true`.
    pub fn stderr() -> Self {
        Self::to_stream(StandardStream::stderr())
    }

    fn to_stream(stream: StandardStream) -> Self {
        let is_terminal = stream.is_terminal();
        Self::new(Box::new(stream), is_terminal)
    }

    /// Creates an exporter that prints to `writer`, without colour and 110 columns wide.
    pub fn to_writer(writer: impl Write + Send + 'static) -> Self {
        Self::new(Box::new(writer), false)
    }

    /// Sets the width in columns, at least 60.
    #[must_use]
    pub fn with_width(mut self, columns: usize) -> Self {
        self.look.width = columns.max(60);
        self
    }

    /// Prints the attributes of all spans, each below its span, instead of those of failed spans alone. Attributes of
    /// the code, of exceptions, of threads and of the floe platform are left out.
    ///
    /// ```no_run
    /// use floe_telemetry::exporter::ConsoleExporter;
    ///
    /// let screen = ConsoleExporter::stderr().with_all_attributes();
    /// let _telemetry = floe_telemetry::builder().with_span_exporter(screen).init()?;
    /// # Ok::<(), floe_telemetry::Error>(())
    /// ```
    #[must_use]
    pub fn with_all_attributes(mut self) -> Self {
        self.look.attributes = true;
        self
    }

    /// Sets the maximum number of spans of a trace that is drawn completely, 60 by default. A larger trace shows its
    /// errors first and is folded: mainly failed spans, spans that take much of the critical path, and the longest of
    /// siblings with the same name have rows of their own. Their siblings are counted by name.
    #[must_use]
    pub fn with_max_unfolded(mut self, spans: usize) -> Self {
        self.look.unfolded = spans;
        self
    }

    /// Defers printing to a flush or the shutdown, for a program that uses the terminal until then.
    #[must_use]
    pub fn deferred(mut self) -> Self {
        self.is_deferred = true;
        self
    }

    /// Sets the maximum size, in bytes, of the spans that wait for the end of their trace or, if printing is deferred,
    /// for a flush. The default is 16 MiB; an exporter that a provider creates gets a part of the provider's
    /// [`max_memory_bytes`](floe_telemetry_sdk::TelemetryConfig::max_memory_bytes).
    #[must_use]
    pub fn with_max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    fn new(writer: Box<dyn Write + Send>, is_terminal: bool) -> Self {
        let width = if is_terminal {
            terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
        } else {
            None
        };

        Self {
            state: Mutex::new(State { writer, unfinished: HashMap::new(), bytes: 0 }),
            look: Options {
                color: uses_color(is_terminal),
                width: width.unwrap_or(DEFAULT_WIDTH).clamp(60, 200),
                ..Options::default()
            },
            is_deferred: false,
            max_bytes: MAX_BYTES,
        }
    }

    fn with_state(&self, act: impl FnOnce(&mut State, Options) -> io::Result<()>) -> OTelSdkResult {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match act(&mut state, self.look) {
            // A reader that has closed its pipe is no failure.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result.map_err(|error| OTelSdkError::InternalFailure(error.to_string())),
        }
    }
}

impl State {
    fn print_unfinished(&mut self, look: Options) -> io::Result<()> {
        self.bytes = 0;
        for (_, spans) in mem::take(&mut self.unfinished) {
            self.print(&spans, look)?;
        }

        self.writer.flush()
    }

    fn print(&mut self, spans: &[SpanData], look: Options) -> io::Result<()> {
        let Some(first) = spans.first() else {
            return Ok(());
        };

        let id = first.span_context.trace_id().to_string();
        let spans = Spans { spans };
        let tree = spans.tree();

        let mut picture = waterfall(&tree, &spans, &id, tree.roots(), look);
        picture.push('\n');
        self.writer.write_all(picture.as_bytes())
    }
}

impl fmt::Debug for ConsoleExporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsoleExporter").field("look", &self.look).finish_non_exhaustive()
    }
}

impl SpanExporter for ConsoleExporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let max_bytes = self.max_bytes;
        self.with_state(|state, look| {
            let bytes: usize = batch.iter().map(bytes_of).sum();
            if self.is_deferred && state.bytes + bytes > max_bytes {
                return Err(io::Error::other(format!(
                    "expected at most {max_bytes} bytes of spans before a flush, found more"
                )));
            }

            state.bytes += bytes;
            let mut complete = Vec::new();
            for span in batch {
                let trace_id = span.span_context.trace_id();
                if is_root(&span) && !self.is_deferred {
                    complete.push(trace_id);
                }

                state.unfinished.entry(trace_id).or_default().push(span);
            }

            for trace_id in complete {
                if let Some(spans) = state.unfinished.remove(&trace_id) {
                    state.bytes -= spans.iter().map(bytes_of).sum::<usize>();
                    state.print(&spans, look)?;
                }
            }

            if state.bytes > max_bytes {
                return state.print_unfinished(look);
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

/// Returns the size of a span in memory, in bytes, with one more element of its vector for the unused capacity.
fn bytes_of(span: &SpanData) -> usize {
    span_data_bytes(span) + size_of::<SpanData>()
}

/// Returns whether output has colours: never with `NO_COLOR` (<https://no-color.org>), else always with `FORCE_COLOR`
/// (<https://force-color.org>) other than `0`, else on a terminal unless `TERM` is `dumb`. Empty variables do not
/// count.
pub fn uses_color(is_terminal: bool) -> bool {
    floe_waterfall::uses_color(is_terminal, variable_os)
}
