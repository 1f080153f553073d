//! A database that begins as a copy of the warehouse, for what does not build all tables: a run of selected assets, and
//! an asset that Dagster alone builds.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use floe_plugin::PluginType;
use floe_plugin::compute::{ComputeEngine, Session};
use floe_plugins::error::Error;
use floe_plugins::files::{confine, input_file};
use floe_plugins::place::Place;
use floe_plugins::process::interrupt;

use super::metrics;
use super::report::Report;
use super::unusual;
use crate::identity::Identity;
use crate::plugins::active::Active;
use crate::product::OUTPUT_FOLDER;

/// The wait between two attempts to lock the warehouse.
pub(super) const TICK: Duration = Duration::from_millis(50);

/// Locks the warehouse against others that replace it, or that copy it and replace it later. On a file system without
/// locks, the last one wins.
pub(super) fn lock(folder: &Path) -> Result<File, Error> {
    let inner = Path::new(OUTPUT_FOLDER).join("warehouse.lock");
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    let file = confine::open(folder, &inner, &mut options)?;
    loop {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                interrupt::check()?;
                thread::sleep(TICK);
            }
            Ok(()) | Err(TryLockError::Error(_)) => return Ok(file),
        }
    }
}

/// Copies the warehouse to `database` and opens it; an empty one if there is no warehouse. A server copies its own.
pub(super) fn create(folder: &Path, database: &Path, plugins: &Active) -> Result<Session, Error> {
    let engine = plugins.required::<dyn ComputeEngine>()?;
    if engine.plugin().server().is_some() {
        return open_existing(database, plugins);
    }
    let warehouse = warehouse_path(folder);
    if !warehouse.exists() {
        return open(database, plugins);
    }
    fs::copy(&warehouse, database).map_err(Error::io("copy", &warehouse))?;
    open_existing(database, plugins)
}

/// Opens a database that another process has created, or a copy of one.
pub(super) fn open_existing(database: &Path, plugins: &Active) -> Result<Session, Error> {
    let engine = plugins.required::<dyn ComputeEngine>()?;
    let opened = engine.open_database(database);
    opened.map_err(|error| Error::of_plugin(PluginType::Compute, engine.name(), error))
}

/// Locks the warehouse. The time is a stage of the run if another run has the lock.
pub(super) fn lock_warehouse(identity: &Identity, report: &mut Report) -> Result<File, Error> {
    let started = Instant::now();
    let lock = lock(&identity.folder)?;
    if started.elapsed() >= TICK {
        report.end_stage(unusual::WAIT, started.elapsed());
    }
    Ok(lock)
}

/// Checks that no file other than a database would be replaced. The databases of other engines are not recognized.
pub(super) fn check_replaced(folder: &Path, path: &Path, engine: &str) -> Result<(), Error> {
    confine::check_file(folder, path.strip_prefix(folder).unwrap_or(path))?;
    if !matches!(engine, "sqlite" | "duckdb") {
        return Ok(());
    }
    let mut start = Vec::new();
    let read = match input_file::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened.and_then(|file| file.take(16).read_to_end(&mut start)),
    };
    read.map_err(Error::io("read", path))?;
    let is_database = start.is_empty()
        || start.starts_with(b"SQLite format 3\0")
        || start.get(8..12) == Some(b"DUCK");
    if is_database {
        return Ok(());
    }
    let message = "it is a file that does not contain a database, expected a new file, or a database, which is replaced";
    Err(Error::input(Place::file(path), message))
}

/// Creates the database.
pub(super) fn open(database: &Path, plugins: &Active) -> Result<Session, Error> {
    let engine = plugins.required::<dyn ComputeEngine>()?;
    let started = Instant::now();
    let opened = engine.create_database(database);
    let error = opened.as_ref().err().map(|_| "unreachable");
    metrics::validated(engine.name(), started.elapsed(), error);
    opened.map_err(|error| Error::of_plugin(PluginType::Compute, engine.name(), error))
}

/// The path of a product's database.
pub fn warehouse_path(folder: &Path) -> PathBuf {
    folder.join(OUTPUT_FOLDER).join("warehouse.db")
}

/// The path of the database of the last run, if that run failed.
pub fn failed_path(folder: &Path) -> PathBuf {
    folder.join(OUTPUT_FOLDER).join("warehouse.failed.db")
}
