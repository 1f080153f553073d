//! Stand-ins for programs: scripts that follow the documented interface of a tool and refuse what it refuses.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) struct Program {
    folder: TempDir,
    name: &'static str,
}

impl Program {
    pub(crate) fn new(name: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract/stand_in");
        // The script is not written here, because it could be busy: another test may fork while a file is open for
        // writing.
        std::os::unix::fs::symlink(scripts.join(name), folder.path().join(name)).unwrap();
        Self { folder, name }
    }

    /// Writes a file that the script reads, for example `answer` or the exit `code`.
    pub(crate) fn with(self, file: &str, text: impl AsRef<[u8]>) -> Self {
        fs::write(self.folder.path().join(file), text).unwrap();
        self
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join(self.name)
    }

    pub(crate) fn received(&self, file: &str) -> String {
        fs::read_to_string(self.folder.path().join(file)).unwrap()
    }

    pub(crate) fn request(&self) -> Value {
        serde_json::from_str(&self.received("request")).unwrap()
    }

    pub(crate) fn assert_traced(&self) {
        let traceparent = self.received("traceparent");
        assert!(traceparent.starts_with("00-"), "{traceparent}");
    }
}
