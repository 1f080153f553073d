//! The command `export`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use floe_trace::Forest;

use super::input::{Input, print_notes};
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
    pub(crate) fn run(&self) -> Result<ExitCode, Failure> {
        let out = &self.perfetto;
        output::spare(self.input.files(), out)?;
        let recording = self.input.read()?;
        let forest = Forest::new(&recording);
        print_notes(forest.notes());
        output::write(out, |out| floe_trace::write_perfetto(&forest, out))?;
        Ok(ExitCode::SUCCESS)
    }
}
