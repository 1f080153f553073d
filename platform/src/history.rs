//! The last runs of a product on this host, in `.floe/runs.json`, with their ids in other tools. A run is added when it
//! starts.

pub(crate) mod measured;
pub(crate) mod unusual;

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use floe_plugins::error::Error;
use floe_plugins::files::atomic::{self, Access};
use floe_plugins::files::confine;
use floe_plugins::files::input_file;
use serde::{Deserialize, Serialize};

use crate::product::OUTPUT_FOLDER;

/// The number of runs that are kept. All assets that Dagster alone builds in one of its runs count as one run.
pub(crate) const KEPT: usize = 50;

const KEPT_RECORDS: usize = 1000;

pub(crate) const KEPT_JOBS: usize = 1000;

/// A run of a product, of an asset built by Dagster alone, or of dbt in the product's folder.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub(crate) struct Record {
    /// The command, for example `run`, `build-asset orders` or `dbt build`.
    pub(crate) command: String,
    /// The product, or the dbt project.
    pub(crate) name: String,
    /// `started`, `success` or `failed`.
    pub(crate) status: String,
    pub(crate) started_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ended_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) run_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trace_id: Option<String>,
    /// The id of the run's first span.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) span_id: Option<String>,
    /// The id of the run in `OpenLineage`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lineage_run_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dbt_invocation_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dagster_run_id: Option<String>,
    /// The parts of the run with a run of their own in `OpenLineage`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) jobs: Vec<Job>,
}

/// An asset or a node of dbt.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub(crate) struct Job {
    pub(crate) name: String,
    pub(crate) lineage_run_id: String,
    /// The id of the dbt command that built the asset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dbt_invocation_id: Option<String>,
}

impl Record {
    /// The unique id of the run.
    fn key(&self) -> Option<&str> {
        let ids = [&self.run_id, &self.lineage_run_id, &self.dbt_invocation_id];
        ids.into_iter().find_map(Option::as_deref)
    }

    /// The group that counts as one run: a run of Dagster without a run of ours around it, or else the record itself.
    fn group(&self) -> Option<&str> {
        let of_dagster = self.dagster_run_id.as_deref();
        of_dagster.filter(|_| self.run_id.is_none()).or_else(|| self.key())
    }

    /// Whether this run or one of its jobs has the id in any tool.
    fn has(&self, id: &str) -> bool {
        let own = [
            &self.run_id,
            &self.trace_id,
            &self.span_id,
            &self.dbt_invocation_id,
            &self.dagster_run_id,
            &self.lineage_run_id,
        ];
        let own = own.into_iter().flatten();
        let of_jobs = self.jobs.iter().flat_map(|job| {
            let own = Some(&job.lineage_run_id);
            own.into_iter().chain(&job.dbt_invocation_id)
        });
        own.chain(of_jobs).any(|own| !own.is_empty() && own.eq_ignore_ascii_case(id))
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join(OUTPUT_FOLDER).join("runs.json")
}

/// The last runs, the newest first; empty if the file is unreadable or not a history.
pub(crate) fn read(folder: &Path) -> Vec<Record> {
    let text = input_file::read(&path(folder)).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// Adds a run, or replaces its record.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn add(folder: &Path, mut record: Record) -> Result<(), Error> {
    record.jobs.truncate(KEPT_JOBS);
    let _lock = lock(folder);
    let mut records = read(folder);
    records.retain(|other| other.key() != record.key());
    records.insert(0, record);
    let mut groups = HashSet::new();
    let kept = records.iter().take(KEPT_RECORDS).take_while(|record| {
        groups.insert(record.group());
        groups.len() <= KEPT
    });
    let kept = kept.count();
    records.truncate(kept);
    atomic::replace(&path(folder), Access::Private, |file| {
        serde_json::to_writer_pretty(&mut *file, &records)?;
        file.write_all(b"\n")
    })
}

/// Locks the history against other processes, such as parallel steps of Dagster. After five seconds the record is
/// written without the lock, and a record of another process may be lost.
fn lock(folder: &Path) -> Option<File> {
    let inner = Path::new(OUTPUT_FOLDER).join("runs.lock");
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    let file = confine::open(folder, &inner, &mut options).ok()?;
    for _ in 0..500 {
        if file.try_lock().is_ok() {
            return Some(file);
        }
        thread::sleep(Duration::from_millis(10));
    }
    None
}

/// The runs with this id, and other runs of the same traces.
pub(crate) fn find(folder: &Path, id: &str) -> Vec<Record> {
    let mut records = read(folder);
    records.sort_by(|one, other| other.started_at.cmp(&one.started_at));
    let traces: Vec<String> = records
        .iter()
        .filter(|record| record.has(id))
        .filter_map(|record| record.trace_id.clone())
        .collect();
    let is_found = |record: &Record| {
        let trace = record.trace_id.as_ref();
        record.has(id) || trace.is_some_and(|trace| traces.contains(trace))
    };
    records.into_iter().filter(is_found).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(number: usize) -> Record {
        Record {
            run_id: Some(format!("run-{number}")),
            trace_id: Some(format!("trace-{}", number / 2)),
            jobs: vec![Job {
                name: "orders".to_owned(),
                lineage_run_id: format!("job-{number}"),
                dbt_invocation_id: Some(format!("dbt-{number}")),
            }],
            ..Record::default()
        }
    }

    #[test]
    fn the_last_runs_are_kept_and_found_with_those_of_their_trace() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        std::fs::create_dir(folder.join(OUTPUT_FOLDER)).unwrap();
        std::fs::write(path(folder), "not a history").unwrap();
        for number in 0..KEPT + 2 {
            add(folder, record(number)).unwrap();
        }
        let ended = Record { status: "success".to_owned(), ..record(KEPT) };
        add(folder, ended.clone()).unwrap();
        let records = read(folder);
        assert_eq!(records.len(), KEPT);
        assert_eq!(records[..2], [ended.clone(), record(KEPT + 1)]);
        assert_eq!(find(folder, "RUN-2"), [record(3), record(2)]);
        assert_eq!(find(folder, "job-50"), [ended.clone(), record(KEPT + 1)]);
        assert_eq!(find(folder, "dbt-50"), [ended, record(KEPT + 1)]);
        assert_eq!(find(folder, "run-1"), []);
        assert_eq!(find(folder, ""), []);
    }

    #[test]
    fn assets_of_one_run_of_dagster_count_as_one() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        add(folder, record(0)).unwrap();
        let asset = |number| Record {
            run_id: None,
            lineage_run_id: Some(format!("asset-{number}")),
            dagster_run_id: Some("dagster".to_owned()),
            ..record(number)
        };
        for number in 0..KEPT {
            add(folder, asset(number)).unwrap();
        }
        assert_eq!(find(folder, "dagster").len(), KEPT + 1);
        for number in 1..KEPT {
            add(folder, record(number)).unwrap();
        }
        // The run before the assets is not kept.
        assert_eq!(read(folder).len(), 2 * KEPT - 1);
        assert_eq!(find(folder, "run-0"), []);
    }

    #[test]
    fn processes_that_end_at_the_same_time_are_all_recorded() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        std::fs::create_dir(folder.join(OUTPUT_FOLDER)).unwrap();
        thread::scope(|scope| {
            for first in [0, 20] {
                scope.spawn(move || {
                    for number in first..first + 20 {
                        add(folder, record(number)).unwrap();
                    }
                });
            }
        });
        assert_eq!(read(folder).len(), 40);
    }

    #[test]
    fn a_run_has_at_most_a_thousand_jobs_in_its_record() {
        let folder = tempfile::tempdir().unwrap();
        let record = Record { jobs: vec![Job::default(); KEPT_JOBS + 1], ..Record::default() };
        add(folder.path(), record).unwrap();
        assert_eq!(read(folder.path())[0].jobs.len(), KEPT_JOBS);
    }
}
