//! `floe-trace view`: traces as a page for a browser.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use clap::Args;
use floe_telemetry::printable;
use floe_trace::{Forest, page};

use super::Failure;
use super::input::{Input, print_notes};

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
    let recording = options.input.read()?;
    let forest = Forest::new(&recording);
    print_notes(forest.notes());
    if recording.spans.is_empty() {
        return Err(Failure("expected spans, found none".to_owned()));
    }
    let path = &options.out;
    let failed = |error| Failure(format!("{}: cannot be written: {error}", path.display()));
    if path.as_os_str() == "-" {
        page(&forest, BufWriter::new(io::stdout().lock())).map_err(failed)?;
        return Ok(ExitCode::SUCCESS);
    }
    write(path, &forest).map_err(failed)?;
    let shown = path.display().to_string();
    let _ = writeln!(io::stderr(), "wrote {}", printable(&shown));
    if options.open {
        open(path)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes the page beside its place and moves it there, so that nobody sees a part of it.
fn write(path: &Path, forest: &Forest<'_>) -> io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}", std::process::id()));
    let draft = PathBuf::from(draft);
    let written = File::create_new(&draft)
        .and_then(|file| page(forest, BufWriter::new(file)))
        .and_then(|()| fs::rename(&draft, path));
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written
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
        Failure(format!(
            "{}: cannot be opened by `{program}`: {error}",
            path.display()
        ))
    })
}
