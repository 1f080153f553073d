//! The file that a command writes.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use floe_trace::{Forest, Recording};
use tempfile::NamedTempFile;

use super::Failure;
use super::input::{Input, files_of, print_notes};

pub(crate) fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Writes a recording of this input to a file, in another form.
pub(crate) fn convert(
    input: &Input,
    recording: &Recording,
    out: &Path,
    content: impl FnOnce(&Forest<'_>, &mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    spare(input.files(), out)?;
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

/// Writes a file or standard output. A pipe that its reader, such as `head`, has closed is no failure.
fn write(
    path: &Path,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    let (name, written) = if is_standard(path) {
        let written = buffered(io::stdout().lock(), content);
        let is_gone = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
        let gone = written.as_ref().is_err_and(is_gone);
        ("standard output".into(), if gone { Ok(()) } else { written })
    } else {
        let written = if fs::metadata(path).is_ok_and(|it| !it.is_file()) {
            // A device or a pipe is written and not replaced, even through a link such as `/dev/stdout`.
            File::create(path).and_then(|file| buffered(file, content))
        } else if path.is_symlink() {
            Err(io::Error::other("expected a file, found a link"))
        } else {
            replace(path, content)
        };
        (path.display().to_string(), written)
    };
    written.map_err(|error| Failure(format!("{name}: cannot be written: {error}")))
}

/// Writes a temporary file, which only its owner may read, and renames it, so that nobody sees an incomplete file.
fn replace(path: &Path, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    let draft = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    buffered(&draft, content)?;
    draft.persist(path)?;
    Ok(())
}

fn buffered(
    out: impl Write,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    content(&mut out)?;
    out.flush()
}
