//! The open file by which `floe-trace dump` finds the folder of a process. It is in memory, in no folder.

use std::io;
use std::path::Path;

#[cfg(target_os = "linux")]
#[derive(Debug)]
pub(crate) struct Marker(#[expect(dead_code, reason = "it is open")] std::fs::File);

#[cfg(target_os = "linux")]
impl Marker {
    /// Its content is the process, as it knows itself, and the folder.
    pub(crate) fn new(folder: &Path) -> io::Result<Self> {
        use std::io::Write as _;
        use std::os::unix::ffi::OsStrExt as _;

        use rustix::fs::{MemfdFlags, memfd_create};

        let file = memfd_create("floe-flight-recorder", MemfdFlags::CLOEXEC)?;
        let mut file = std::fs::File::from(file);
        writeln!(file, "{}", std::process::id())?;
        file.write_all(folder.as_os_str().as_bytes())?;
        Ok(Self(file))
    }
}

#[cfg(not(target_os = "linux"))]
#[derive(Debug)]
pub(crate) struct Marker;

#[cfg(not(target_os = "linux"))]
impl Marker {
    #[expect(clippy::unnecessary_wraps, reason = "as the other one")]
    pub(crate) const fn new(_: &Path) -> io::Result<Self> {
        Ok(Self)
    }
}
