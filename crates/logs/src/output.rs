//! Writes log lines to the standard streams.

use std::io::{self, Write};
use std::time::Duration;

use floe_telemetry_core::__sdk::environment::variable_os;
use floe_telemetry_core::__sdk::internal_log::has_written_to_stderr;
use floe_telemetry_core::__sdk::standard_error::write_within;
use floe_telemetry_sdk::config::LogOutput;
use tracing_subscriber::fmt::MakeWriter;

use crate::program_signals::{Unsignalled, is_of_library};
use floe_waterfall::uses_color;

#[derive(Clone, Copy, Debug)]
pub(super) struct Output(pub(super) LogOutput);

impl Output {
    pub(super) fn has_color(self) -> bool {
        uses_color(self.0.is_terminal(), variable_os)
    }
}

impl MakeWriter<'_> for Output {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        *self
    }
}

/// Blocks SIGPIPE and SIGXFSZ during a write, because they would end the program. A thread of the library omits a line for
/// which a pipe has no room, and cuts lines of more than 4,096 bytes, because a wait for the reader would stop the delivery.
impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0 {
            LogOutput::Stdout if is_of_library() => {
                write_within(&io::stdout(), bytes, Duration::ZERO);
            }
            LogOutput::Stderr if is_of_library() => {
                write_within(&io::stderr(), bytes, Duration::ZERO);
                has_written_to_stderr();
            }
            LogOutput::Stdout => Unsignalled(io::stdout()).write_all(bytes)?,
            LogOutput::Stderr => {
                Unsignalled(io::stderr()).write_all(bytes)?;
                has_written_to_stderr();
            }
            _ => {}
        }
        Ok(bytes.len())
    }

    /// Does nothing, because standard output is flushed at the end of each line, and standard error has no buffer.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
