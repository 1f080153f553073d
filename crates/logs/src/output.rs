//! The standard streams for log lines.

use std::io::{self, Write};

use floe_telemetry_core::__sdk::environment::variable_os;
use floe_telemetry_core::__sdk::internal_log::has_written_to_stderr;
use floe_telemetry_sdk::__parts::init::is_terminal;
use floe_telemetry_sdk::config::LogOutput;
use tracing_subscriber::fmt::MakeWriter;

use crate::program_signals::Unsignalled;
use floe_waterfall::uses_color;

#[derive(Clone, Copy, Debug)]
pub(super) struct Output(pub(super) LogOutput);

impl Output {
    pub(super) fn has_color(self) -> bool {
        uses_color(is_terminal(self.0), variable_os)
    }
}

impl MakeWriter<'_> for Output {
    type Writer = Stream;

    fn make_writer(&self) -> Stream {
        match self.0 {
            LogOutput::Stdout => Stream::Stdout(Unsignalled(io::stdout())),
            LogOutput::Stderr => Stream::Stderr(Unsignalled(io::stderr())),
            _ => Stream::None,
        }
    }
}

/// A standard stream. A thread of the program writes the line, and the write must not end the program.
pub(super) enum Stream {
    Stdout(Unsignalled<io::Stdout>),
    Stderr(Unsignalled<io::Stderr>),
    None,
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(stream) => stream.write(bytes),
            Self::Stderr(stream) => stream.write(bytes),
            Self::None => Ok(bytes.len()),
        }
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Stdout(stream) => stream.write_all(bytes),
            Self::Stderr(stream) => {
                stream.write_all(bytes)?;
                has_written_to_stderr();
                Ok(())
            }
            Self::None => Ok(()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(stream) => stream.flush(),
            Self::Stderr(stream) => stream.flush(),
            Self::None => Ok(()),
        }
    }
}
