//! Lineage as a file of `OpenLineage` events, one on each line.

use std::fs::{File, OpenOptions};
use std::io::Write as _;

use floe_plugin::lineage::{LineageBackend, RunEvent, RunState};
use floe_plugin::{Error, Lifecycle, LocalPath};
use schemars::JsonSchema;
use serde::Deserialize;

floe_plugin::plugin! {
    kind: LineageBackend,
    plugin: Lines,
    name: "file",
    tracer: "floe.lineage.file",
    api: "1.0",
    description: "writes OpenLineage events to a file",
}

/// A file of `OpenLineage` events, which the next run replaces. Processes that build assets of a run add theirs.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Lines {
    /// The file. Default: `.floe/lineage.jsonl` in the folder of the product.
    #[serde(default = "default_path")]
    path: LocalPath,
}

fn default_path() -> LocalPath {
    LocalPath::new(".floe/lineage.jsonl")
}

impl Lines {
    fn open(&self, options: &mut OpenOptions) -> Result<File, Error> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;

            // Queries may contain data of the product.
            options.mode(0o600);
        }
        Ok(options.create(true).open(&*self.path)?)
    }
}

impl Lifecycle for Lines {
    fn start(&self) -> Result<(), Error> {
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        self.open(OpenOptions::new().append(true))?;
        Ok(())
    }
}

impl LineageBackend for Lines {
    fn emit_event(&self, event: &RunEvent<'_>) -> Result<(), Error> {
        // One write: a reader never sees a part of a line of another writer.
        let line = format!("{}\n", event.to_json());
        let is_first = event.parent.is_none() && matches!(event.state, RunState::Start);
        if is_first {
            self.open(OpenOptions::new().write(true).truncate(true))?;
        }
        self.open(OpenOptions::new().append(true))?
            .write_all(line.as_bytes())?;
        Ok(())
    }
}
