//! The command `export`.

use std::fs::File;
use std::io::{self, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use floe_trace::Forest;

use super::Failure;
use super::input::Input;

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
            (&self.perfetto, |forest, out| {
                floe_trace::perfetto(forest, out)
            }),
            (&self.collapsed, |forest, out| {
                floe_trace::collapsed(forest, out)
            }),
        ];
        if formats
            .iter()
            .all(|(out, _)| out.as_deref().is_some_and(is_standard))
        {
            return Err(Failure(
                "expected `-` for one of `--perfetto` and `--collapsed`, found it for both"
                    .to_owned(),
            ));
        }
        if self.perfetto.as_deref().is_some_and(is_standard) && io::stdout().is_terminal() {
            return Err(Failure(
                "expected a file or a pipe for `--perfetto`, found a terminal".to_owned(),
            ));
        }
        let recording = self.input.read()?;
        let forest = Forest::new(&recording);
        for (out, format) in formats {
            if let Some(out) = out {
                write(&forest, out, format)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn is_standard(out: &Path) -> bool {
    out.as_os_str() == "-"
}

/// A reader of standard output that has gone, as `head` does, is no failure.
fn write(forest: &Forest<'_>, out: &Path, format: Format) -> Result<(), Failure> {
    let (name, result) = if is_standard(out) {
        let result = format(forest, &mut io::stdout().lock());
        let gone = result
            .as_ref()
            .is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
        (
            "standard output".to_owned(),
            if gone { Ok(()) } else { result },
        )
    } else {
        let result = File::create(out).and_then(|mut file| format(forest, &mut file));
        (out.display().to_string(), result)
    };
    result.map_err(|error| Failure(format!("{name}: cannot be written: {error}")))
}
