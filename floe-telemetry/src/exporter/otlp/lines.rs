//! OTLP as JSON lines, to the standard output or to files
//! ([OTLP file](https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/)): a line for each request.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;

use super::response::Outcome;
use super::rotating_file::RotatingFile;
use super::standard_output::StandardOutput;
use super::{Transport, json};
use crate::config::{FileConfig, Signal};
use crate::error::Error;

/// Where the lines of a signal go.
#[derive(Debug)]
enum Output {
    Stdout(StandardOutput),
    File(RotatingFile),
}

/// Writes requests as lines.
#[derive(Debug)]
pub(super) struct Lines {
    signal: Signal,
    output: Output,
}

impl Lines {
    pub(super) fn to_stdout(signal: Signal) -> Self {
        Self {
            signal,
            output: Output::Stdout(StandardOutput::default()),
        }
    }

    /// Writes to the configured file of the signal.
    ///
    /// # Errors
    ///
    /// The file cannot be opened.
    pub(super) fn to_file(signal: Signal, config: &FileConfig) -> Result<Self, Error> {
        let file = RotatingFile::open(signal, config)
            .map_err(|reason| Error::config(format!("exporters.file: {reason}")))?;
        Ok(Self {
            signal,
            output: Output::File(file),
        })
    }

    async fn write(&mut self, line: &[u8]) -> Result<(), String> {
        match &mut self.output {
            Output::Stdout(output) => {
                let written = output.write(line).await;
                written.map_err(|error| format!("the standard output: {error}"))
            }
            Output::File(file) => file.write(line),
        }
    }
}

impl Transport for Lines {
    fn encode(&self, request: Bytes) -> Result<Bytes, String> {
        let mut line = Vec::from(json::encode(self.signal, &request)?);
        line.push(b'\n');
        Ok(line.into())
    }

    fn send(&mut self, line: Bytes, _: Duration) -> Pin<Box<dyn Future<Output = Outcome> + '_>> {
        Box::pin(async move {
            match self.write(&line).await {
                Ok(()) => Outcome::Accepted {
                    rejected: 0,
                    message: String::new(),
                },
                Err(reason) => Outcome::Rejected(reason),
            }
        })
    }
}
