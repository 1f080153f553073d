//! The commands `view` and `export`, which write a file.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use floe_redact::printable;
use floe_trace::{Forest, Recording, write_page, write_perfetto};
use tempfile::NamedTempFile;

use super::input::{Input, files_of, print_notes};
use super::{Failure, write_out};

/// The traces of a page for a browser.
#[derive(Debug, Args)]
pub(crate) struct View {
    #[command(flatten)]
    input: Input,
    /// The file to write; `-` is standard output
    #[arg(long, short, value_name = "FILE", default_value = "trace.html")]
    out: PathBuf,
}

/// The traces to export, and the form of the output.
#[derive(Debug, Args)]
pub(crate) struct Export {
    #[command(flatten)]
    input: Input,
    /// Write a trace for Perfetto, <https://ui.perfetto.dev>; `-` is standard output
    #[arg(long, value_name = "OUT")]
    perfetto: PathBuf,
}

impl View {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let Self { input, out } = self;
        convert(input, &input.read_spans()?, out, |forest, file| write_page(forest, file))?;
        if !is_standard(out) {
            let _ = writeln!(io::stderr(), "wrote {}", printable(&out.to_string_lossy()));
        }
        Ok(())
    }
}

impl Export {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let Self { input, perfetto: out } = self;
        convert(input, &input.read()?, out, |forest, file| write_perfetto(forest, file))
    }
}

fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Writes a recording of this input to a file, in another form.
fn convert(
    input: &Input,
    recording: &Recording,
    out: &Path,
    content: impl FnOnce(&Forest<'_>, &mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    spare(&input.files, out)?;
    let forest = Forest::new(recording);
    print_notes(forest.notes());
    write(out, |out| content(&forest, out))
}

/// Refuses to overwrite an input file.
fn spare(inputs: &[PathBuf], out: &Path) -> Result<(), Failure> {
    let Ok(place) = out.canonicalize() else {
        return Ok(());
    };
    for input in inputs {
        for file in files_of(input)? {
            if place.is_file() && file.canonicalize().is_ok_and(|file| file == place) {
                return Err(Failure(format!(
                    "expected an output that is not an input, found {}",
                    out.display()
                )));
            }
        }
    }
    Ok(())
}

fn write(
    path: &Path,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    if is_standard(path) {
        return write_out(content);
    }
    let written = if fs::metadata(path).is_ok_and(|it| !it.is_file()) {
        // A device or a pipe is written and not replaced, even through a link such as `/dev/stdout`.
        File::create(path).and_then(|mut file| content(&mut file))
    } else if path.is_symlink() {
        Err(io::Error::other("expected a file, found a link"))
    } else {
        replace(path, content)
    };
    written.map_err(|error| Failure(format!("{}: cannot be written: {error}", path.display())))
}

/// Writes a temporary file, which only its owner may read, and renames it, so that nobody sees an incomplete file.
fn replace(path: &Path, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    let mut draft = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    content(&mut draft)?;
    draft.persist(path)?;
    Ok(())
}
