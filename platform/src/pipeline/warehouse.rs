//! A database that begins as a copy of the warehouse, for what does not build all tables: a run of selected assets, and
//! an asset that Dagster alone builds.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::Path;
use std::thread;
use std::time::Duration;

use floe_plugin::PluginType;
use floe_plugin::compute::{ComputeEngine, Session};
use floe_plugins::error::Error;
use floe_plugins::files::confine;
use floe_plugins::process::interrupt;

use super::{open, warehouse_path};
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
