//! The data that a run shares with the processes that build its assets, in two files of a private folder: the run
//! writes the first one at its start, and each process adds lines to the second one.

use std::env;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use floe_plugins::error::{Error, reason};
use floe_plugins::files::input_file;
use floe_plugins::place::Place;
use floe_plugins::runs::run_id::RunId;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::report::Details;

/// The variable with the path of the first file.
pub(super) const VARIABLE: &str = "FLOE_RUN";

/// The run for which a process builds an asset.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SharedRun {
    pub(super) run_id: String,
    /// The database that the run creates, unless dbt owns the tables.
    pub(super) database: Option<PathBuf>,
    pub(super) artifacts: PathBuf,
    /// The file with the attempts.
    attempts: PathBuf,
}

/// A change of an attempt to build an asset.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Attempt {
    pub(super) key: String,
    /// The number of attempts before this one.
    pub(super) number: u32,
    /// The id of the run in the orchestrator.
    pub(super) orchestrator_run_id: String,
    /// The key of the orchestrator's step.
    pub(super) step_key: Option<String>,
    /// The id of the run of the job that builds the asset, in its lineage.
    pub(super) lineage_run_id: RunId,
    /// Facts about the asset at its end.
    pub(super) details: Details,
    /// The time of the change, in milliseconds since 1970.
    pub(super) at: u64,
    pub(super) state: State,
}

/// The state of an attempt.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    Started,
    Built {
        rows: Option<u64>,
    },
    Failed {
        message: String,
    },
    /// A signal stopped it.
    Canceled {
        message: String,
    },
}

impl SharedRun {
    /// Writes the first file. Both files are removed with the folder.
    pub(super) fn create(
        run_id: &str,
        database: Option<&Path>,
        artifacts: &Path,
    ) -> Result<(TempDir, PathBuf, Self), Error> {
        let parent = env::temp_dir();
        let folder = tempfile::Builder::new().prefix("floe-run-").tempdir();
        let folder = folder.map_err(Error::io("create a folder in", &parent))?;
        let absolute = |path: &Path| std::path::absolute(path).map_err(Error::io("resolve", path));
        let run = Self {
            run_id: run_id.to_owned(),
            database: database.map(absolute).transpose()?,
            artifacts: absolute(artifacts)?,
            attempts: folder.path().join("attempts.jsonl"),
        };
        let path = folder.path().join("run.json");
        let text = serde_json::to_vec(&run).unwrap_or_default();
        fs::write(&path, text).map_err(Error::io("write", &path))?;
        Ok((folder, path, run))
    }

    /// The run that started this process; `None` if Dagster alone did.
    pub(super) fn from_environment() -> Result<Option<Self>, Error> {
        let Some(path) = env::var_os(VARIABLE).map(PathBuf::from) else {
            return Ok(None);
        };
        let refused = |message: String| Error::input(Place::file(&path), message);
        let text = input_file::read(&path)
            .map_err(|error| refused(format!("cannot read it: {}", reason(&error))))?;
        let run = serde_json::from_str(&text)
            .map_err(|error| refused(format!("this is not a run of `floe`: {error}")))?;
        Ok(Some(run))
    }

    /// Adds a line in a single write, so that lines of several processes do not mix.
    pub(super) fn add(&self, attempt: &Attempt) -> Result<(), Error> {
        let mut line = serde_json::to_string(attempt).unwrap_or_default();
        line.push('\n');
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.attempts)
            .and_then(|mut file| file.write_all(line.as_bytes()))
            .map_err(Error::io("write", &self.attempts))
    }

    /// The attempts, in order. An incomplete line of a killed process is skipped.
    pub(super) fn attempts(&self) -> Vec<Attempt> {
        let text = input_file::read(&self.attempts).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }
}

/// The current time in milliseconds since 1970.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |it| u64::try_from(it.as_millis()).unwrap_or(u64::MAX))
}
