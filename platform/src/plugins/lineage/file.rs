//! Lineage as a file of `OpenLineage` events, one on each line.

use std::fs::{File, OpenOptions};
use std::io::Write as _;

use floe_plugin::lineage::{JobType, LineageBackend, RunEvent, RunState};
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
        Ok(())
    }
}

impl LineageBackend for Lines {
    fn emit_event(&self, event: &RunEvent<'_>) -> Result<(), Error> {
        // One write: a reader never sees a part of a line of another writer.
        let line = format!("{}\n", event.to_json());
        let is_of_product = event.job_type == Some(JobType::PRODUCT);
        let is_first = is_of_product && matches!(event.state, RunState::Start);
        if is_first {
            self.open(OpenOptions::new().write(true).truncate(true))?;
        }
        self.open(OpenOptions::new().append(true))?
            .write_all(line.as_bytes())?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use floe_plugin::lineage::{Job, Parent};

    use super::*;

    #[test]
    fn the_start_of_a_run_replaces_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let lines: Lines = serde_json::from_value(serde_json::json!({ "path": path })).unwrap();
        let id = "2866553f-1347-41ca-bd56-95659a3e1c5d";
        let job = Job {
            namespace: "retail",
            name: "shop",
        };
        let event = |state| RunEvent::new(state, SystemTime::UNIX_EPOCH, id, job);
        let of_product = |state| RunEvent {
            job_type: Some(JobType::PRODUCT),
            // A run can be a part of another one.
            parent: Some(Parent {
                run_id: id,
                job,
                root: None,
            }),
            ..event(state)
        };
        for _ in 0..2 {
            lines.emit_event(&of_product(RunState::Start)).unwrap();
            lines.emit_event(&event(RunState::Start)).unwrap();
            let text = std::fs::read_to_string(&path).unwrap();
            assert_eq!(text.lines().count(), 2);
        }
    }
}
