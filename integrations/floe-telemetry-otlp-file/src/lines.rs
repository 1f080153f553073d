//! A line of JSON for each request.

use std::error::Error;
use std::time::Duration;

use floe_telemetry::exporter::{OtlpRequest, OtlpWriter};

use crate::rotating_file::RotatingFile;
use floe_telemetry::exporter::StandardStream;

/// Where the lines of a signal go.
#[derive(Debug)]
pub(crate) enum Lines {
    File(RotatingFile),
    Stdout(StandardStream),
}

impl OtlpWriter for Lines {
    fn name(&self) -> &'static str {
        match self {
            Self::File(_) => "file",
            Self::Stdout(_) => "stdout",
        }
    }

    fn write(
        &mut self,
        request: OtlpRequest<'_>,
        timeout: Duration,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        let mut line = request.to_json()?;
        line.push(b'\n');
        match self {
            Self::File(file) => file.write(&line)?,
            Self::Stdout(stdout) => (stdout.write_within(&line, timeout))
                .map_err(|error| format!("standard output: {error}"))?,
        }
        Ok(())
    }
}
