//! The measurements of a product's last runs, in `.floe/measured.jsonl`: a line with the version, then a line for each
//! run, the oldest first. Only a few lines are parsed; the others are copied unchanged.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use floe_plugin::rfc3339;
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

/// The version of the file.
const VERSION: u64 = 1;

/// A run that ended.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct MeasuredRun {
    /// The number of this run, counted from 1.
    pub(crate) number: u64,
    pub(crate) run_id: String,
    pub(crate) started_at: String,
    pub(crate) environment: String,
    /// `success` or `failed`.
    pub(crate) status: String,
    pub(crate) seconds: f64,
    pub(crate) engine: String,
    pub(crate) host: String,
    pub(crate) cores: usize,
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
    /// `built`, `failed` or `skipped`.
    pub(crate) status: String,
    pub(crate) seconds: f64,
    /// The number of rows of all inputs, if the run has built all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rows_in: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rows: Option<u64>,
    /// The size of the file of a source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) bytes: Option<u64>,
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
            if asset.is_built() && !asset.is_bad() {
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

pub(crate) fn host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = name.or_else(|| env::var("COMPUTERNAME").ok());
    name.unwrap_or_default().trim().to_owned()
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
    let text = read(folder, warnings)?;
    let mut past = Past::of(&text, run);
    if past.damaged > 0 {
        let file = path(folder);
        let (file, lines) = (file.display(), Count(past.damaged, "damaged line"));
        warnings.push(format!("`{file}`: removed {lines}"));
    }
    // A run that ended before may have begun later.
    if past.last.1 > rfc3339(SystemTime::now()) {
        warnings.push(format!(
            "the clock has gone back: the run began at {}, and the one before it at {}",
            run.started_at, past.last.1
        ));
    }
    run.number = past.last.0.saturating_add(1);
    run.continue_failures(&past.alike);
    run.unusual = explain(&past.alike, run);
    let line = serde_json::to_string(&run).unwrap_or_default();
    past.lines.insert(0, &line);
    write(folder, &past.lines)
}

/// The runs before the current one, the newest first.
#[derive(Default)]
struct Past<'a> {
    /// The lines without detected damage.
    lines: Vec<&'a str>,
    /// The number of damaged lines.
    damaged: usize,
    /// The number and the start of the last run.
    last: (u64, String),
    /// The last runs in the same environment.
    alike: Vec<MeasuredRun>,
}

impl<'a> Past<'a> {
    fn of(text: &'a str, run: &MeasuredRun) -> Self {
        let mut past = Self::default();
        for line in newest_first(text) {
            if past.alike.len() < WINDOW {
                let Ok(other) = serde_json::from_str::<MeasuredRun>(line) else {
                    past.damaged += 1;
                    continue;
                };
                if past.lines.is_empty() {
                    past.last = (other.number, other.started_at.clone());
                }
                if other.environment == run.environment {
                    past.alike.push(other);
                }
            }
            past.lines.push(line);
        }
        past
    }
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
        writeln!(file, "{}", serde_json::json!(Head { version: VERSION }))?;
        let mut lines = newest_first[..kept].iter().rev();
        lines.try_for_each(|line| writeln!(file, "{line}"))
    })
}

/// The first line.
#[derive(Deserialize, Serialize)]
struct Head {
    version: u64,
}

/// The text of the file; empty if the file is missing or damaged as a whole.
fn read(folder: &Path, warnings: &mut Vec<String>) -> Result<String, Error> {
    let path = path(folder);
    let text = match input_file::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(String::new()),
        Err(error) if error.kind() == ErrorKind::InvalidData => String::new(),
        Err(error) => return Err(Error::io("read", &path)(error)),
    };
    let head = text.lines().next().unwrap_or_default();
    match serde_json::from_str(head) {
        Ok(Head { version: VERSION }) => Ok(text),
        Ok(Head { version }) => Err(Error::Setting(format!(
            "`{}`: expected version {VERSION}, found {version}",
            path.display()
        ))),
        Err(_) => {
            let path = path.display();
            warnings.push(format!("`{path}` is damaged, and a run replaces it"));
            Ok(String::new())
        }
    }
}

/// The measured runs, the newest first. Problems of the file are added to the warnings.
///
/// # Errors
/// The file cannot be read, or has another version.
pub(crate) fn read_all(
    folder: &Path,
    warnings: &mut Vec<String>,
) -> Result<Vec<MeasuredRun>, Error> {
    let text = read(folder, warnings)?;
    let lines = newest_first(&text);
    Ok(lines.filter_map(|line| serde_json::from_str(line).ok()).collect())
}

/// The lines of the runs.
fn newest_first(text: &str) -> impl Iterator<Item = &str> {
    let (_, runs) = text.split_once('\n').unwrap_or_default();
    runs.lines().rev().filter(|line| !line.is_empty())
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
        let kept = read_all(folder, &mut warnings).unwrap();
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
