//! Lineage as a file of `OpenLineage` events, one on each line.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};

use floe_plugin::lineage::{JobType, LineageBackend, PRODUCER, RunEvent, RunState};
use floe_plugin::{Error, ErrorKind, Lifecycle, OutputPath};
use schemars::JsonSchema;
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

/// A file of `OpenLineage` events, which the next run replaces. Processes that build assets of a run add theirs.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Lines {
    /// The file. A file that does not begin with such an event is not replaced. Default: `.floe/lineage.jsonl` in
    /// the folder of the product.
    #[serde(default = "default_path")]
    path: OutputPath,
}

/// The part of an event by which it is recognized.
#[derive(Deserialize)]
struct Recognized {
    producer: String,
}

fn default_path() -> OutputPath {
    OutputPath::new(".floe/lineage.jsonl")
}

impl Lines {
    fn open(&self, options: &mut OpenOptions) -> Result<File, PlatformError> {
        confine::open(self.path.folder(), self.path.inner(), options)
    }

    /// Checks that no other file would be replaced.
    fn check_replaced(&self) -> Result<(), Error> {
        let file = match self.open(OpenOptions::new().read(true)) {
            Ok(file) => file,
            Err(PlatformError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                return Ok(());
            }
            Err(error) => return Err(error.into_plugin()),
        };
        let mut line = Vec::new();
        BufReader::new(file.take(LONGEST_LINE)).read_until(b'\n', &mut line)?;
        let is_event = serde_json::from_slice::<Recognized>(&line)
            .is_ok_and(|event| without_version(&event.producer) == without_version(PRODUCER));
        if line.is_empty() || is_event {
            return Ok(());
        }
        let message = format!(
            "`{}` is a file that does not begin with lineage, expected a new file, or lineage, which is replaced",
            self.path.display()
        );
        Err(Error::new(ErrorKind::InvalidInput, message))
    }
}

/// The URI of a producer without the version at its end.
fn without_version(producer: &str) -> Option<&str> {
    producer.rsplit_once('/').map(|(name, _)| name)
}

impl Lifecycle for Lines {
    fn start(&self) -> Result<(), Error> {
        self.check_replaced()?;
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        Ok(())
    }
}

impl LineageBackend for Lines {
    fn emit_event(&self, event: &RunEvent<'_>) -> Result<(), Error> {
        // One write: a reader never sees a part of a line of another writer.
        let line = format!("{}\n", event.to_json());
        let mut options = OpenOptions::new();
        options.create(true);
        let is_of_product = event.job_type == Some(JobType::PRODUCT);
        if is_of_product && matches!(event.state, RunState::Start) {
            self.check_replaced()?;
            options.write(true).truncate(true);
        } else {
            options.append(true);
        }
        let mut file = self.open(&mut options).map_err(PlatformError::into_plugin)?;
        file.write_all(line.as_bytes())?;
        Ok(())
    }
}
