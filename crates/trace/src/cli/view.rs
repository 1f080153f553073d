//! `floe-trace view`: traces as a page for a browser.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use floe_redact::printable;
use floe_trace::{Forest, write_page};

use super::input::{Input, print_notes};
use super::{Failure, output};

#[derive(Clone, Debug, Args)]
pub(crate) struct View {
    #[command(flatten)]
    input: Input,
    /// The file to write; `-` is standard output
    #[arg(long, short, value_name = "FILE", default_value = "trace.html")]
    out: PathBuf,
}

pub(crate) fn view(options: &View) -> Result<ExitCode, Failure> {
    let path = &options.out;
    output::spare(options.input.files(), path)?;
    let recording = options.input.read_spans()?;
    let forest = Forest::new(&recording);
    print_notes(forest.notes());
    output::write(path, |out| write_page(&forest, 0, out))?;
    if output::is_standard(path) {
        return Ok(ExitCode::SUCCESS);
    }
    let shown = path.display().to_string();
    let _ = writeln!(io::stderr(), "wrote {}", printable(&shown));
    Ok(ExitCode::SUCCESS)
}
