//! The input of resource detectors, which consists of environment variables and files of the system, and their results.

use std::fmt;
use std::io::{self, Read as _};
use std::path::Path;

use opentelemetry::{KeyValue, Value};

use crate::char_boundary;
use crate::environment;
use crate::regular_file;

/// The maximum size of a file, in bytes. A list of mounts may be long.
const MAX_FILE: u64 = 256 * 1024;

/// The maximum size of a value, in bytes.
const MAX_VALUE: usize = 1024;

/// The input of a resource detector: the variables of the environment and the files of the system.
///
/// At most 256 KiB of a file are read, and it must be a regular file. A value has at most 1024 bytes.
pub struct Surroundings<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    root: &'a Path,
    /// Existing but unreadable files, with the reason.
    unreadable: Vec<String>,
}

/// The attributes found by resource detectors. The first value of a key is kept.
#[derive(Clone, Debug, Default)]
pub struct DetectedAttributes(Vec<KeyValue>);

impl fmt::Debug for Surroundings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings")
            .field("root", &self.root)
            .field("unreadable", &self.unreadable)
            .finish_non_exhaustive()
    }
}

impl Surroundings<'static> {
    pub(crate) fn of_process() -> Self {
        Self::new(&|name| environment::variable(name).ok(), Path::new("/"))
    }
}

impl<'a> Surroundings<'a> {
    /// Creates surroundings for the test of a detector: the variables from `variable`, and the files below `root`.
    pub const fn new(variable: &'a dyn Fn(&str) -> Option<String>, root: &'a Path) -> Self {
        Self { variable, root, unreadable: Vec::new() }
    }

    /// Returns the value of a variable, unless it is blank.
    pub fn variable(&self, name: &str) -> Option<String> {
        value(&(self.variable)(name)?)
    }

    /// Returns the value of the first of these variables that is not blank.
    pub fn any_variable(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.variable(name))
    }

    /// Returns the content of a file with one value, unless it is blank.
    pub fn value(&mut self, path: &str) -> Option<String> {
        value(&self.file(path)?)
    }

    /// Returns the content of a file with this absolute path. A missing file is not an error.
    pub fn file(&mut self, path: &str) -> Option<String> {
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

    /// Returns the warning about existing but unreadable files.
    pub fn unreadable(&self) -> Option<String> {
        if self.unreadable.is_empty() {
            return None;
        }
        let files = self.unreadable.join(", ");
        Some(format!(
            "resource detection: some files cannot be read, so attributes may be missing: {files}"
        ))
    }
}

impl DetectedAttributes {
    /// Adds an attribute, unless the value is missing or the key is set.
    pub fn add(&mut self, key: &'static str, value: Option<impl Into<Value>>) {
        let is_new = self.0.iter().all(|known| known.key.as_str() != key);
        if let Some(value) = value.filter(|_| is_new) {
            self.0.push(KeyValue::new(key, value));
        }
    }

    /// Returns the attributes in the order in which they were added.
    pub fn into_vec(self) -> Vec<KeyValue> {
        self.0
    }
}

fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    regular_file::open(path)?.take(MAX_FILE).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Removes surrounding spaces, and limits the length. Returns `None` for a blank text.
pub(crate) fn value(text: &str) -> Option<String> {
    let text = text.trim();
    let end = char_boundary::floor(text, MAX_VALUE);
    (!text.is_empty()).then(|| text.split_at(end).0.to_owned())
}
