//! The file that a command writes.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::Failure;
use super::input::files_of;

/// Whether a name stands for standard output.
pub(crate) fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Refuses to write over a file that is read.
pub(crate) fn spare(inputs: &[PathBuf], out: &Path) -> Result<(), Failure> {
    let Ok(place) = out.canonicalize() else {
        return Ok(());
    };
    for input in inputs {
        for file in files_of(input)? {
            if place.is_file() && file.canonicalize().is_ok_and(|file| file == place) {
                return Err(Failure(format!(
                    "expected another file to write than those that are read, found {}",
                    out.display()
                )));
            }
        }
    }
    Ok(())
}

/// Writes a file. A reader of standard output that has gone, as `head` does, is no failure.
pub(crate) fn write(
    path: &Path,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    let (name, written) = if is_standard(path) {
        let written = buffered(io::stdout().lock(), content);
        let is_gone = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
        let gone = written.as_ref().is_err_and(is_gone);
        (
            "standard output".into(),
            if gone { Ok(()) } else { written },
        )
    } else {
        let is_replaced = fs::symlink_metadata(path).map_or(true, |it| it.is_file());
        let written = if is_replaced {
            replace(path, content)
        } else {
            // A device, a pipe, or a link stays what it is.
            File::create(path).and_then(|file| buffered(file, content))
        };
        (path.display().to_string(), written)
    };
    written.map_err(|error| Failure(format!("{name}: cannot be written: {error}")))
}

/// Writes the file beside its place and moves it there, so that nobody sees a part of it.
fn replace(path: &Path, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}", std::process::id()));
    let draft = PathBuf::from(draft);
    let written = File::create_new(&draft)
        .and_then(|file| buffered(file, content))
        .and_then(|()| fs::rename(&draft, path));
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written
}

fn buffered(
    out: impl Write,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    content(&mut out)?;
    out.flush()
}
