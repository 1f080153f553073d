//! The measurements of a product's last runs, in `.floe/measured.jsonl`: a line for each run, the oldest first. Only a few
//! lines are parsed; the others are copied unchanged.

use std::env;
use std::fs;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::thread;

use floe_plugins::error::Error;
use floe_plugins::files::atomic::{self, Access};
use floe_plugins::files::input_file;
use serde::{Deserialize, Serialize};

use crate::product::OUTPUT_FOLDER;
use crate::text::Count;

/// The number of runs that are kept, if they fit into [`MOST_BYTES`].
const KEPT: usize = 400;

/// The maximum size of the file: about 80 runs of a thousand assets.
const MOST_BYTES: usize = 8 << 20;

/// The number of runs that a run is compared with.
pub(super) const WINDOW: usize = 28;

/// A run that ended.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct MeasuredRun {
    /// The number of this run, counted from 1.
    pub(crate) number: u64,
    pub(crate) run_id: String,
    /// `run`, or a command of dbt with its selection, for example `dbt build --select tag:daily`.
    #[serde(default)]
    pub(crate) command: String,
    pub(crate) started_at: String,
    /// The environment; of dbt, the target.
    pub(crate) environment: String,
    /// `success` or `failed`.
    pub(crate) status: String,
    pub(crate) seconds: f64,
    /// The host, with the number of its cores.
    #[serde(default)]
    pub(crate) machine: String,
    /// The stages that build no assets, with their seconds.
    pub(crate) stages: Vec<(String, f64)>,
    pub(crate) assets: Vec<MeasuredAsset>,
    /// The unusual findings of the run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) unusual: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct MeasuredAsset {
    pub(crate) name: String,
    /// `built`, `failed`, `skipped`, or `tested` for what dbt has tested and not built.
    pub(crate) status: String,
    pub(crate) seconds: f64,
    /// The number of rows of all inputs, if the run has built all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rows_in: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rows: Option<u64>,
    pub(crate) checks_passed: u64,
    pub(crate) checks_failed: u64,
    /// A hash of the definition: the compiled query, or the columns of a source.
    pub(crate) query: String,
    /// The number and the start of the first run of the ongoing failures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failed_since: Option<(u64, String)>,
    #[serde(skip)]
    pub(crate) inputs: Vec<String>,
}

impl MeasuredAsset {
    pub(crate) fn is_built(&self) -> bool {
        self.status == "built"
    }

    pub(crate) fn is_tested(&self) -> bool {
        self.status == "tested"
    }

    /// Whether the asset failed, or one of its tolerated checks.
    pub(super) fn is_bad(&self) -> bool {
        self.status == "failed" || self.checks_failed > 0
    }
}

impl MeasuredRun {
    pub(crate) fn asset(&self, name: &str) -> Option<&MeasuredAsset> {
        self.assets.iter().find(|asset| asset.name == name)
    }

    /// Records since which run each asset has been failing. A failure lasts until a run builds the asset.
    fn continue_failures(&mut self, past: &[Self]) {
        let now = (self.number, self.started_at.clone());
        for asset in &mut self.assets {
            if (asset.is_built() || asset.is_tested()) && !asset.is_bad() {
                continue;
            }
            let before = past.iter().find_map(|run| run.asset(&asset.name));
            let before = before.and_then(|before| before.failed_since.clone());
            asset.failed_since = before.or_else(|| asset.is_bad().then(|| now.clone()));
        }
    }
}

/// A hash that is equal in all builds of the program (FNV-1a).
pub(crate) fn hash<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    let bytes = parts.flat_map(|part| part.bytes().chain([0]));
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// The name of this host, with the number of its cores.
pub(crate) fn machine() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = name.or_else(|| env::var("COMPUTERNAME").ok()).unwrap_or_default();
    let cores = thread::available_parallelism().map_or(0, usize::from);
    format!("{} ({})", name.trim(), Count(cores, "core"))
}

fn path(folder: &Path) -> PathBuf {
    folder.join(OUTPUT_FOLDER).join("measured.jsonl")
}

/// Finds unusual properties of a run, compared with earlier runs of the same kind, the newest first.
type Explain = fn(&[MeasuredRun], &MeasuredRun) -> Vec<String>;

/// Adds a run that ended to those that were measured, with what was unusual about it. Returns what is wrong with the file:
/// the run is the same without.
pub(crate) fn add(folder: &Path, run: &mut MeasuredRun, explain: Explain) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Err(error) = add_run(folder, run, explain, &mut warnings) {
        warnings.push(format!("the measurements of the run are not kept: {}", error.redacted()));
    }
    warnings
}

fn add_run(
    folder: &Path,
    run: &mut MeasuredRun,
    explain: Explain,
    warnings: &mut Vec<String>,
) -> Result<(), Error> {
    let _lock = super::lock(folder);
    let text = read(folder)?;
    let (mut lines, mut alike, mut damaged) = (Vec::new(), Vec::new(), 0);
    for line in text.lines().rev() {
        if alike.len() < WINDOW {
            let Ok(other) = serde_json::from_str::<MeasuredRun>(line) else {
                damaged += 1;
                continue;
            };
            if lines.is_empty() {
                run.number = other.number;
            }
            if (&other.environment, &other.command) == (&run.environment, &run.command) {
                alike.push(other);
            }
        }
        lines.push(line);
    }
    if damaged > 0 {
        let (file, lines) = (path(folder), Count(damaged, "damaged line"));
        warnings.push(format!("`{}`: removed {lines}", file.display()));
    }
    run.number = run.number.saturating_add(1);
    run.continue_failures(&alike);
    run.unusual = explain(&alike, run);
    let line = serde_json::to_string(&run).unwrap_or_default();
    lines.insert(0, &line);
    write(folder, &lines)
}

/// Replaces the file with the lines that are kept.
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

/// The text of the file; empty if there is none. Invalid UTF-8 damages only its line.
fn read(folder: &Path) -> Result<String, Error> {
    let path = path(folder);
    let mut bytes = Vec::new();
    let most = 2 * MOST_BYTES as u64;
    match input_file::open(&path).and_then(|file| file.take(most).read_to_end(&mut bytes)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::io("read", &path)(error)),
        _ => Ok(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

/// The measured runs, the newest first.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn read_all(folder: &Path) -> Result<Vec<MeasuredRun>, Error> {
    let text = read(folder)?;
    Ok(text.lines().rev().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(environment: String) -> MeasuredRun {
        MeasuredRun { environment, started_at: "2026-11-25".to_owned(), ..MeasuredRun::default() }
    }

    #[test]
    fn large_runs_are_fewer() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::create_dir(folder.join(OUTPUT_FOLDER)).unwrap();
        let mut warnings = Vec::new();
        for _ in 0..4 {
            let mut large = run("x".repeat(MOST_BYTES / 3));
            add_run(folder, &mut large, |_, _| Vec::new(), &mut warnings).unwrap();
        }
        let kept = read_all(folder).unwrap();
        let numbers: Vec<u64> = kept.iter().map(|run| run.number).collect();
        assert_eq!(numbers, [4, 3]);
        assert_eq!(warnings, [""; 0]);
    }

    #[test]
    fn an_asset_fails_since_a_run_in_the_same_environment() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::create_dir(folder.join(OUTPUT_FOLDER)).unwrap();
        let add = |environment: &str, status: &str| {
            let mut run = run(environment.to_owned());
            run.assets = vec![MeasuredAsset {
                name: "daily".to_owned(),
                status: status.to_owned(),
                ..MeasuredAsset::default()
            }];
            add_run(folder, &mut run, |_, _| Vec::new(), &mut Vec::new()).unwrap();
            run.assets.remove(0).failed_since.map(|(number, _)| number)
        };
        assert_eq!(add("dev", "failed"), Some(1));
        assert_eq!(add("prod", "built"), None);
        assert_eq!(add("dev", "skipped"), Some(1));
        assert_eq!(add("dev", "failed"), Some(1));
        assert_eq!(add("dev", "built"), None);
        assert_eq!(add("dev", "failed"), Some(6));
    }
}
