//! The command `export`.

use std::path::PathBuf;

use clap::Args;
use floe_trace::write_perfetto;

use super::input::Input;
use super::{Failure, output};

/// The traces to export, and the form of the output.
#[derive(Debug, Args)]
pub(crate) struct Export {
    #[command(flatten)]
    input: Input,
    /// Write a trace for Perfetto, <https://ui.perfetto.dev>; `-` is standard output
    #[arg(long, value_name = "OUT")]
    perfetto: PathBuf,
}

impl Export {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let recording = self.input.read()?;
        output::convert(&self.input, &recording, &self.perfetto, |forest, out| {
            write_perfetto(forest, out)
        })
    }
}
