//! Redacts the lines that a program's own `fmt` layer writes, and adds the trace id and the span id to them.

use std::io::{self, Write};

use tracing::Metadata;
use tracing_subscriber::fmt::MakeWriter;

use super::context;
use super::thread_state;
use crate::recorder::Sampling;
use crate::recorder::context::read;
use floe_telemetry_sdk::__parts::logs::SpanIds;

/// The writer that [`safe_writer`] returns: it redacts lines and passes them to another writer.
#[derive(Clone, Debug)]
pub struct SafeWriter<M>(M);

/// Redacts the lines of a layer of `tracing_subscriber::fmt` on their way to `writer`, and adds the ids of the current
/// span: as the last fields of a line that is a JSON object, and as ` trace_id=… span_id=…` after any other line.
///
/// Each line is redacted as a whole, by the provider's configuration. Colours make some secrets harder to recognize, so
/// call `with_ansi(false)`. The layers of this module redact each value separately.
///
/// ```standalone_crate
/// use floe_telemetry::logs::safe_writer;
/// use tracing_subscriber::{Layer as _, filter::LevelFilter, fmt};
///
/// let lines = fmt::layer().with_ansi(false).with_writer(safe_writer(std::io::stdout));
/// let telemetry = floe_telemetry::builder()
///     .with_layer(lines.with_filter(LevelFilter::INFO))
///     .init()?;
/// # drop(telemetry);
/// # Ok::<(), floe_telemetry::Error>(())
/// ```
pub fn safe_writer<M>(writer: M) -> SafeWriter<M> {
    Sampling::make_ids();
    SafeWriter(writer)
}

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for SafeWriter<M> {
    type Writer = SafeLine<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        SafeLine { writer: self.0.make_writer(), has_context: false }
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> Self::Writer {
        SafeLine {
            writer: self.0.make_writer_for(metadata),
            has_context: context::is_readable(metadata.target()),
        }
    }
}

/// Writes the line of one event, which a layer passes in one piece.
#[derive(Debug)]
pub struct SafeLine<W> {
    writer: W,
    has_context: bool,
}

impl<W: Write> Write for SafeLine<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut line = None;
        thread_state::with(|state| {
            let text = state
                .draft
                .redactor
                .rules()
                .error_text_or_same(String::from_utf8_lossy(bytes).into_owned());
            let ids = self.has_context.then(|| read(context::ids)).flatten();
            line = Some(with_ids(text, ids.flatten()));
        });
        // The line of an event that was created while another line was redacted is dropped.
        if let Some(line) = line {
            self.writer.write_all(line.as_bytes())?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

fn with_ids(mut line: String, ids: Option<SpanIds>) -> String {
    let Some(SpanIds { trace_id, span_id, .. }) = ids else {
        return line;
    };
    let end = line.trim_end().len();
    let is_object = line.starts_with('{') && line[..end].ends_with('}');
    if is_object {
        let fields = format!(",\"trace_id\":\"{trace_id}\",\"span_id\":\"{span_id}\"");
        line.insert_str(end - 1, &fields);
    } else {
        line.insert_str(end, &format!(" trace_id={trace_id} span_id={span_id}"));
    }
    line
}
