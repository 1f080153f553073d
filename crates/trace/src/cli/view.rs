//! `floe-trace view`: traces as a page for a browser.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

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
    /// Open the page in the browser
    #[arg(long)]
    open: bool,
}

/// Writes a page.
pub(crate) fn view(options: &View) -> Result<ExitCode, Failure> {
    let path = &options.out;
    output::spare(options.input.files(), path)?;
    let recording = options.input.read_spans()?;
    let forest = Forest::new(&recording);
    print_notes(forest.notes());
    output::write(path, |out| write_page(&forest, out))?;
    if output::is_standard(path) {
        return Ok(ExitCode::SUCCESS);
    }
    let shown = path.display().to_string();
    let _ = writeln!(io::stderr(), "wrote {}", printable(&shown));
    if options.open {
        open(path)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Starts the program by which this system opens files.
fn open(path: &Path) -> Result<(), Failure> {
    let program = if cfg!(target_os = "macos") {
        "open"
    } else if cfg!(windows) {
        "explorer"
    } else {
        "xdg-open"
    };
    // An absolute path is not taken for an option.
    let absolute = path.canonicalize();
    let started = Command::new(program)
        .arg(absolute.as_deref().unwrap_or(path))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    started.map(drop).map_err(|error| {
        Failure(format!("{}: cannot be opened by `{program}`: {error}", path.display()))
    })
}
