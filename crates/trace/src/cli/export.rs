//! The command `export`.

use std::io::{self, IsTerminal as _, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use floe_trace::Forest;

use super::input::{Input, print_notes};
use super::{Failure, output};

/// What is written.
#[derive(Debug, Args)]
#[group(required = true, multiple = true, args = ["perfetto", "collapsed"])]
pub(crate) struct Export {
    #[command(flatten)]
    input: Input,
    /// Write a trace for Perfetto, <https://ui.perfetto.dev>; `-` is standard output
    #[arg(long, value_name = "OUT")]
    perfetto: Option<PathBuf>,
    /// Write folded stacks of self time in microseconds, for speedscope and inferno; `-` is standard output
    #[arg(long, value_name = "OUT")]
    collapsed: Option<PathBuf>,
}

type Format = fn(&Forest<'_>, &mut dyn Write) -> io::Result<()>;

impl Export {
    pub(crate) fn run(&self) -> Result<ExitCode, Failure> {
        let formats: [(&Option<PathBuf>, Format); 2] = [
            (&self.perfetto, |forest, out| floe_trace::write_perfetto(forest, out)),
            (&self.collapsed, |forest, out| floe_trace::write_collapsed(forest, out)),
        ];
        if formats.iter().all(|(out, _)| out.as_deref().is_some_and(output::is_standard)) {
            return Err(Failure(
                "expected `-` for one of `--perfetto` and `--collapsed`, found it for both"
                    .to_owned(),
            ));
        }
        if self.perfetto.as_deref().is_some_and(output::is_standard) && io::stdout().is_terminal() {
            return Err(Failure(
                "expected a file or a pipe for `--perfetto`, found a terminal".to_owned(),
            ));
        }
        for out in [&self.perfetto, &self.collapsed].into_iter().flatten() {
            output::spare(self.input.files(), out)?;
        }
        let recording = self.input.read()?;
        let forest = Forest::new(&recording);
        print_notes(forest.notes());
        for (out, format) in formats {
            if let Some(out) = out {
                output::write(out, |out| format(&forest, out))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
