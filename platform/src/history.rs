//! The last runs of a product on this host, in `.floe/runs.jsonl`: a line for each run, the oldest first. The line that
//! a run adds at its start is replaced at its end.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use floe_plugins::error::Error;
use floe_plugins::files::atomic::{self, Access};
use floe_plugins::files::input_file;
use floe_plugins::runs::run_id::RunId;

use crate::product::{OUTPUT_FOLDER, open_lock};
use crate::record::{Record, Status};
use crate::text::Count;

/// The maximum number of runs that are kept; fewer if they do not fit into [`MOST_BYTES`].
pub(crate) const KEPT: usize = 400;

/// The maximum size of the file: about 80 runs of a thousand assets.
const MOST_BYTES: usize = 8 << 20;

impl Record {
    fn id(&self) -> Option<&str> {
        let ids = [&self.run_id, &self.lineage_run_id, &self.dbt_invocation_id];
        ids.into_iter().find_map(Option::as_deref)
    }

    /// Whether a tool gave this id to the run or to one of its assets.
    fn has(&self, id: &str) -> bool {
        let own = [
            &self.run_id,
            &self.trace_id,
            &self.span_id,
            &self.dbt_invocation_id,
            &self.dagster_run_id,
            &self.lineage_run_id,
        ];
        let own = own.into_iter().flatten().map(String::as_str);
        let of_assets = self.assets.iter().flat_map(|asset| {
            let lineage = asset.lineage_run_id.as_ref().map(RunId::as_str);
            lineage.into_iter().chain(asset.dbt_invocation_id.as_deref())
        });
        own.chain(of_assets).any(|own| !own.is_empty() && own.eq_ignore_ascii_case(id))
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join(OUTPUT_FOLDER).join("runs.jsonl")
}

/// Prepares a folder that is not a product for its first history, which its owner's Git then ignores. Returns the path of
/// the history, unless it exists or its folder cannot be written.
pub(crate) fn begin(folder: &Path) -> Option<PathBuf> {
    let path = path(folder);
    let ignored = path.with_file_name(".gitignore");
    let write = || atomic::replace(&ignored, Access::Private, |file| writeln!(file, "*"));
    (!path.exists() && write().is_ok()).then_some(path)
}

/// Whether the folder has a history.
pub(crate) fn exists(folder: &Path) -> bool {
    path(folder).is_file()
}

/// Adds a run, or replaces its record. Returns warnings about the file, which do not fail the run.
pub(crate) fn add(folder: &Path, run: &Record) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Err(error) = add_run(folder, run, &mut warnings) {
        warnings.push(format!("the run was not added to the history: {}", error.redacted()));
    }
    warnings
}

fn add_run(folder: &Path, run: &Record, warnings: &mut Vec<String>) -> Result<(), Error> {
    let _lock = lock(folder);
    let text = read_text(folder)?;
    let added = serde_json::to_string(run).unwrap_or_default();
    let mut lines = vec![&*added];
    let mut damaged = 0;
    for line in text.lines().rev() {
        match serde_json::from_str::<Record>(line) {
            Err(_) => damaged += 1,
            Ok(other) if other.status == Status::Started && other.id() == run.id() => {}
            Ok(_) => lines.push(line),
        }
    }
    if damaged > 0 {
        let (file, lines) = (path(folder), Count(damaged, "damaged line"));
        warnings.push(format!("`{}`: removed {lines}", file.display()));
    }
    write(folder, &lines)
}

/// Locks the history against other processes, such as parallel steps of Dagster. If the lock cannot be opened, or is
/// not free within five seconds, the record is written without it, and a record of another process may be lost.
fn lock(folder: &Path) -> Option<File> {
    let file = open_lock(folder, "runs.lock").ok()?;
    for _ in 0..500 {
        if file.try_lock().is_ok() {
            return Some(file);
        }
        thread::sleep(Duration::from_millis(10));
    }
    None
}

fn write(folder: &Path, newest_first: &[&str]) -> Result<(), Error> {
    let mut bytes = 0;
    let fits = |line: &&&str| {
        bytes += line.len();
        bytes <= MOST_BYTES
    };
    let kept = newest_first.iter().take(KEPT).take_while(fits).count();
    atomic::replace(&path(folder), Access::Private, |file| {
        let mut lines = newest_first[..kept].iter().rev();
        lines.try_for_each(|line| writeln!(file, "{line}"))
    })
}

/// Returns the text of the file; empty if the file does not exist. Invalid UTF-8 damages only the line that has it.
fn read_text(folder: &Path) -> Result<String, Error> {
    let path = path(folder);
    let mut bytes = Vec::new();
    let most = 2 * MOST_BYTES as u64;
    match input_file::open(&path).and_then(|file| file.take(most).read_to_end(&mut bytes)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::io("read", &path)(error)),
        _ => Ok(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

/// Returns the last runs, the newest first.
pub(crate) fn read(folder: &Path) -> Result<Vec<Record>, Error> {
    let text = read_text(folder)?;
    Ok(text.lines().rev().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

/// Returns the runs with this id, and other runs of the same traces.
pub(crate) fn find(folder: &Path, id: &str) -> Result<Vec<Record>, Error> {
    let mut records = read(folder)?;
    records.sort_by(|one, other| other.started_at.cmp(&one.started_at));
    let found = records.iter().filter(|record| record.has(id));
    let traces: Vec<String> = found.filter_map(|record| record.trace_id.clone()).collect();
    records.retain(|record| {
        let trace = record.trace_id.as_ref();
        record.has(id) || trace.is_some_and(|trace| traces.contains(trace))
    });
    Ok(records)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::record::Step;

    fn record(number: usize) -> Record {
        Record {
            run_id: Some(format!("run-{number}")),
            trace_id: Some(format!("trace-{}", number / 2)),
            status: Status::Success,
            assets: vec![Step {
                key: "orders".to_owned(),
                dbt_invocation_id: Some(format!("dbt-{number}")),
                ..Step::default()
            }],
            ..Record::default()
        }
    }

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(OUTPUT_FOLDER)).unwrap();
        folder
    }

    #[test]
    fn a_run_is_replaced_when_it_ends_and_found_with_those_of_its_trace() {
        let folder = folder();
        let folder = folder.path();
        fs::write(path(folder), "not a run\n").unwrap();
        let removed = format!("`{}`: removed 1 damaged line", path(folder).display());
        assert_eq!(add(folder, &record(0)), [removed]);
        for number in 1..4 {
            add(folder, &Record { status: Status::Started, ..record(number) });
        }
        add(folder, &record(2));
        let runs = |id: &str| {
            let found = find(folder, id).unwrap();
            found.iter().map(|it| (it.run_id.clone().unwrap(), it.status)).collect::<Vec<_>>()
        };
        let [two, three] = [("run-2", Status::Success), ("run-3", Status::Started)]
            .map(|(id, it)| (id.to_owned(), it));
        assert_eq!(runs("RUN-2"), [two.clone(), three.clone()]);
        assert_eq!(runs("dbt-3"), [two, three]);
        assert_eq!(runs("run-7"), []);
        assert_eq!(runs(""), []);
        assert_eq!(read(folder).unwrap().len(), 4);
    }

    #[test]
    fn processes_that_end_at_the_same_time_are_all_recorded() {
        let folder = folder();
        let folder = folder.path();
        thread::scope(|scope| {
            for first in [0, 20] {
                scope.spawn(move || {
                    for number in first..first + 20 {
                        add(folder, &record(number));
                    }
                });
            }
        });
        assert_eq!(read(folder).unwrap().len(), 40);
    }

    #[test]
    fn large_runs_are_fewer() {
        let folder = folder();
        let folder = folder.path();
        for number in 0..4 {
            let environment = "x".repeat(MOST_BYTES / 3);
            assert_eq!(add(folder, &Record { environment, ..record(number) }), [""; 0]);
        }
        let kept = read(folder).unwrap();
        let ids: Vec<&str> = kept.iter().filter_map(Record::id).collect();
        assert_eq!(ids, ["run-3", "run-2"]);
    }
}
