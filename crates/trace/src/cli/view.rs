//! `floe-trace view`: traces as a page for a browser.

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::Args;
use floe_redact::printable;
use floe_trace::write_page;

use super::input::Input;
use super::{Failure, output};

#[derive(Clone, Debug, Args)]
pub(crate) struct View {
    #[command(flatten)]
    input: Input,
    /// The file to write; `-` is standard output
    #[arg(long, short, value_name = "FILE", default_value = "trace.html")]
    out: PathBuf,
}

pub(crate) fn view(options: &View) -> Result<(), Failure> {
    let out = &options.out;
    let recording = options.input.read_spans()?;
    output::convert(&options.input, &recording, out, |forest, file| write_page(forest, file))?;
    if output::is_standard(out) {
        return Ok(());
    }
    let shown = out.display().to_string();
    let _ = writeln!(io::stderr(), "wrote {}", printable(&shown));
    Ok(())
}
