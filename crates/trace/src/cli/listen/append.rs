//! The file to which `listen` appends the spans that it receives.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

/// Opens a file to append lines. An incomplete last line, left by a full disk or a crash, is terminated first.
pub(super) fn append(path: &Path) -> io::Result<File> {
    let is_device = fs::metadata(path).is_ok_and(|it| !it.is_file());
    if !is_device && path.is_symlink() {
        return Err(io::Error::other("expected a file, found a link"));
    }
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.append(true).create(true).open(path)?;
    if !file.metadata()?.is_file() {
        return Ok(file);
    }
    // An existing file may be readable by others, so its permissions are restricted.
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    if let Ok(mut written) = File::open(path)
        && written.seek(SeekFrom::End(-1)).is_ok()
    {
        let mut last = [0];
        if written.read(&mut last)? == 1 && last != *b"\n" {
            file.write_all(b"\n")?;
        }
    }
    Ok(file)
}
