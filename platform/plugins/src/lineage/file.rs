//! Lineage as a file of `OpenLineage` events, one on each line.

use std::fs::{self, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use floe_plugin::lineage::{LineageBackend, PRODUCER, RunEvent, RunState};
use floe_plugin::{Error, ErrorKind, Lifecycle, OutputPath};
use serde::Deserialize;

use crate::error::Error as PlatformError;
use crate::files::confine;

floe_plugin::plugin! {
    kind: LineageBackend,
    plugin: Lines,
    name: "file",
    tracer: "floe.lineage.file",
    api: "1.0",
    description: "writes OpenLineage events to a file",
}

/// The longest first line that is read, in bytes.
const LONGEST_LINE: u64 = 16 << 20;

/// The size in bytes from which the next run starts a new file.
const LONGEST_FILE: u64 = 32 << 20;

/// A file of `OpenLineage` events. Each run, and each process that builds assets of a run, adds its events.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lines {
    /// The file. It is new, empty, or begins with an event of floe. A file that has 32 MiB or more at the start of a
    /// run gets the suffix `.1`, and replaces the earlier file of that name. Default: `.floe/lineage.jsonl` in the
    /// folder of the product.
    #[serde(default = "default_path")]
    path: OutputPath,
}

/// The field of an event by which a file of lineage is recognized.
#[derive(Deserialize)]
struct Recognized {
    producer: String,
}

fn default_path() -> OutputPath {
    OutputPath::new(".floe/lineage.jsonl")
}

impl Lines {
    /// Returns the path of the file with the earlier events, relative to the folder of the product.
    fn earlier(&self) -> PathBuf {
        let mut earlier = self.path.inner().as_os_str().to_owned();
        earlier.push(".1");
        earlier.into()
    }

    /// Renames the file if it has reached its maximum size, so that it replaces the file with the earlier events.
    fn rotate(&self) -> Result<(), Error> {
        let folder = self.path.folder();
        let inner = self.path.inner();
        let earlier = self.earlier();
        if self.check(inner)? < LONGEST_FILE {
            return Ok(());
        }
        self.check(&earlier)?;
        let file = confine::open(folder, inner, OpenOptions::new().append(true))
            .map_err(PlatformError::into_plugin)?;
        // Because of the lock, only one of several runs that start at the same time renames the file.
        let _ = file.lock();
        let path = folder.join(inner);
        if fs::metadata(&path).is_ok_and(|found| found.len() >= LONGEST_FILE) {
            fs::rename(path, folder.join(earlier))?;
        }
        Ok(())
    }

    /// Checks that a file does not exist, is empty, or begins with an event of floe. Returns its size.
    fn check(&self, inner: &Path) -> Result<u64, Error> {
        let file = match confine::open(self.path.folder(), inner, OpenOptions::new().read(true)) {
            Ok(file) => file,
            Err(PlatformError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                return Ok(0);
            }
            Err(error) => return Err(error.into_plugin()),
        };
        let size = file.metadata()?.len();
        let mut line = Vec::new();
        BufReader::new(file.take(LONGEST_LINE)).read_until(b'\n', &mut line)?;
        let is_event = serde_json::from_slice::<Recognized>(&line)
            .is_ok_and(|event| without_version(&event.producer) == without_version(PRODUCER));
        if line.is_empty() || is_event {
            return Ok(size);
        }
        let message = format!(
            "`{}` does not begin with a lineage event of floe, expected a new file, or a file of lineage events",
            self.path.folder().join(inner).display()
        );
        Err(Error::new(ErrorKind::InvalidInput, message))
    }
}

fn without_version(producer: &str) -> Option<&str> {
    producer.rsplit_once('/').map(|(name, _)| name)
}

impl Lifecycle for Lines {
    fn start(&self) -> Result<(), Error> {
        self.check(self.path.inner()).map(drop)
    }
}

impl LineageBackend for Lines {
    fn emit_event(&self, event: &RunEvent<'_>) -> Result<(), Error> {
        let line = format!("{}\n", event.to_json());
        if event.parent.is_none() && event.state == RunState::Start {
            self.rotate()?;
        }
        confine::append(&self.path, &line)
    }
}
