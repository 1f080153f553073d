//! Writes the figures to a file.

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::SystemTime;

use serde::Serialize;
use serde_json::Value;

#[derive(Debug, Serialize)]
struct Machine {
    processor: String,
    threads: usize,
    kernel: String,
}

#[derive(Debug, Serialize)]
struct Report<'a, T> {
    machine: Machine,
    /// Seconds since 1970.
    measured_at: u64,
    quick: bool,
    rows: &'a [T],
}

/// Writes `target/bench/{name}.json` and prints its path.
///
/// # Panics
///
/// The file cannot be written.
pub fn write<T: Serialize>(name: &str, rows: &[T]) {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let report = Report {
        machine: Machine::this(),
        measured_at: since_1970.map_or(0, |since| since.as_secs()),
        quick: crate::arguments::quick(),
        rows,
    };
    let folder = target().join("bench");
    fs::create_dir_all(&folder).expect("a folder for the figures");
    let path = folder.join(format!("{name}.json"));
    let json = serde_json::to_string_pretty(&report).expect("figures are plain data");
    fs::write(&path, json).expect("a file for the figures");
    println!("\nwritten: {}", path.display());
}

/// Reads the file that [`write()`] has written, if there is one.
///
/// # Panics
///
/// The file is not JSON.
#[must_use]
pub fn read(name: &str) -> Option<Value> {
    let path = target().join("bench").join(format!("{name}.json"));
    let json = fs::read_to_string(path).ok()?;
    Some(serde_json::from_str(&json).expect("a file of figures"))
}

/// The build folder of this program, which is `target/release/deps/peers-0123` or
/// `target/release/instructions`.
#[must_use]
pub fn target() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    let folder = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists());
    folder.map_or_else(|| PathBuf::from("target"), PathBuf::from)
}

impl Machine {
    fn this() -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        let processor = read("/proc/cpuinfo");
        let model = processor.lines().find_map(|line| line.strip_prefix("model name"));
        Self {
            processor: model.unwrap_or_default().trim_start_matches([' ', '\t', ':']).to_owned(),
            threads: thread::available_parallelism().map_or(0, usize::from),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
        }
    }
}
