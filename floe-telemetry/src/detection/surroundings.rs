//! Where detectors look: the variables of the environment, and the files of the system.

use std::io::{self, Read as _};
use std::path::Path;

use crate::char_boundary;
use crate::environment;
use crate::regular_file;

/// The most bytes of a file that are read. A list of mounts may be long.
const MAX_FILE: u64 = 256 * 1024;

/// The most bytes of a value.
const MAX_VALUE: usize = 1024;

/// The variables and the files of a system, which tests replace.
pub(super) struct Surroundings<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    root: &'a Path,
    /// The files that exist and cannot be read, with the reason.
    unreadable: Vec<String>,
}

impl Surroundings<'static> {
    pub(super) fn of_process() -> Self {
        Self::new(&|name| environment::variable(name).ok(), Path::new("/"))
    }
}

impl<'a> Surroundings<'a> {
    pub(super) const fn new(variable: &'a dyn Fn(&str) -> Option<String>, root: &'a Path) -> Self {
        Self {
            variable,
            root,
            unreadable: Vec::new(),
        }
    }

    /// Returns the value of a variable, unless it is blank.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        value(&(self.variable)(name)?)
    }

    /// Returns the value of the first of these variables that has one.
    pub(super) fn any_variable(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.variable(name))
    }

    /// Returns the content of a file with one value, unless it is blank.
    pub(super) fn value(&mut self, path: &str) -> Option<String> {
        value(&self.file(path)?)
    }

    /// Returns the content of a file, given by its absolute path. A file that does not exist is usual.
    pub(super) fn file(&mut self, path: &str) -> Option<String> {
        let full = self.root.join(path.trim_start_matches('/'));
        match read(&full) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                self.unreadable.push(format!("`{path}`: {error}"));
                None
            }
        }
    }

    /// Returns the warning about the files that cannot be read.
    pub(super) fn unreadable(&self) -> Option<String> {
        if self.unreadable.is_empty() {
            return None;
        }
        let files = self.unreadable.join(", ");
        Some(format!(
            "resource detection: some files cannot be read, and their attributes are missing: {files}"
        ))
    }
}

fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    regular_file::open(path)?
        .take(MAX_FILE)
        .read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Returns a value without surrounding spaces and of limited length.
pub(super) fn value(text: &str) -> Option<String> {
    let text = text.trim();
    let end = char_boundary::floor(text, MAX_VALUE.min(text.len()));
    (!text.is_empty()).then(|| text.split_at(end).0.to_owned())
}
