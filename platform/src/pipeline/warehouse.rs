//! The warehouse of a product: a database file beside its artifacts. A run builds another file, the draft, which
//! replaces the warehouse as a whole. If assets fail, the draft is kept, and the warehouse stays unchanged.

use std::any::Any;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use floe_plugin::compute::{ComputeEngine, QueryEngine, Session};
use floe_plugin::{Error as PluginError, ErrorKind, Handle, Kind};
use floe_plugins::error::Error;
use floe_plugins::files::{atomic, confine};
use floe_plugins::place::Place;
use floe_plugins::process::interrupt;
use floe_telemetry::{ErrorType as _, traced};

use super::run::{TRACER_NAME, Tables};
use super::{failed_path, progress};
use crate::metrics;
use crate::plugins::active::{Active, failed};
use crate::product::{open_lock, warehouse_path};

const WAITING: &str = "warning: waiting for another run of the product";

pub(crate) const TICK: Duration = Duration::from_millis(50);

/// The draft of a run. Its file is removed unless it is published or kept.
pub(crate) struct Warehouse {
    folder: PathBuf,
    is_kept: bool,
    pub(crate) waited: Duration,
    _lock: File,
}

impl Warehouse {
    /// Checks that the warehouse may be replaced, waits until no other run builds a draft, and creates an empty draft.
    pub(crate) fn prepare(folder: &Path, plugins: &Active) -> Result<Self, Error> {
        let engine = plugins.required::<dyn QueryEngine>()?;
        let path = warehouse_path(folder);
        validate(folder, &path, &engine)?;
        let draft = failed_path(folder);
        check_path(folder, &draft)?;
        engine.plugin().validate_connection(&draft).map_err(refused(&draft, &engine))?;
        let started = Instant::now();
        let lock = lock(folder)?;
        let waited = started.elapsed();
        // The lock waits for programs that use the tables of a failed run.
        drop(lock_whole(&draft, plugins)?);
        atomic::remove(&draft)?;
        atomic::create(&draft, &path)?;
        Ok(Self { folder: folder.to_path_buf(), is_kept: false, waited, _lock: lock })
    }

    pub(crate) fn database(&self) -> PathBuf {
        failed_path(&self.folder)
    }

    pub(crate) fn create(&self, plugins: &Active) -> Result<Session, Error> {
        let engine = plugins.required::<dyn QueryEngine>()?;
        engine.create_database(&self.database()).map_err(failed(&engine))
    }

    /// Copies the warehouse to the draft and opens the draft, which is empty if there is no warehouse.
    pub(crate) fn copy(&self, plugins: &Active) -> Result<Session, Error> {
        let warehouse = warehouse_path(&self.folder);
        if !warehouse.exists() {
            return self.create(plugins);
        }
        let draft = self.database();
        // The lock keeps other programs from writing to the warehouse while it is copied.
        let locked = lock_database(&warehouse, plugins)?;
        fs::copy(&warehouse, &draft).map_err(Error::io("write", &draft))?;
        drop(locked);
        open(&draft, plugins)
    }

    #[traced(name = "floe.warehouse.replace", tracer = TRACER_NAME)]
    pub(crate) fn replace(self, tables: Tables, plugins: &Active) -> Result<(), Error> {
        drop(tables);
        interrupt::check()?;
        let draft = self.database();
        let target = warehouse_path(&self.folder);
        // The locks merge the files beside each database into it, and keep other programs from writing to the old one.
        drop(lock_whole(&draft, plugins)?);
        let _locked = lock_whole(&target, plugins)?;
        atomic::publish(&draft, &target)
    }

    /// Keeps the tables of a run with failed assets for debugging: they include the inputs of the failed assets.
    pub(crate) fn keep_failed(mut self) {
        self.is_kept = true;
    }
}

impl Drop for Warehouse {
    fn drop(&mut self) {
        if !self.is_kept {
            let draft = self.database();
            // The next run removes the files that cannot be removed now.
            let _ = atomic::remove_beside(&draft);
            let _ = atomic::remove(&draft);
        }
    }
}

/// Opens a database that another process wrote, or a copy of a database.
pub(crate) fn open(database: &Path, plugins: &Active) -> Result<Session, Error> {
    let engine = plugins.required::<dyn QueryEngine>()?;
    engine.open_database(database).map_err(failed(&engine))
}

/// Locks a database, which merges the files beside the database into its file, and then removes those files.
fn lock_whole(file: &Path, plugins: &Active) -> Result<Option<Box<dyn Any>>, Error> {
    let locked = lock_database(file, plugins)?;
    atomic::remove_beside(file).map_err(Error::io("remove", file))?;
    Ok(locked)
}

fn lock_database(file: &Path, plugins: &Active) -> Result<Option<Box<dyn Any>>, Error> {
    let engine = plugins.required::<dyn QueryEngine>()?;
    engine.plugin().lock_database(file).map_err(failed(&engine))
}

/// Waits for the lock of the warehouse, and takes it. If locking fails, parallel runs may build the same draft.
fn lock(folder: &Path) -> Result<File, Error> {
    let file = open_lock(folder, "warehouse.lock")?;
    for attempt in 0_u64.. {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) if attempt == 0 => progress::print(WAITING),
            Err(TryLockError::WouldBlock) => {
                interrupt::check()?;
                thread::sleep(TICK);
            }
            Ok(()) | Err(TryLockError::Error(_)) => break,
        }
    }
    Ok(file)
}

pub(crate) fn validate<K: ?Sized + Kind + ComputeEngine>(
    folder: &Path,
    path: &Path,
    engine: &Handle<K>,
) -> Result<(), Error> {
    check_path(folder, path)?;
    let started = Instant::now();
    let validated = engine.validate_connection(path);
    let error = validated.as_ref().err().map(PluginError::error_type);
    metrics::validated(engine, started.elapsed(), error);
    validated.map_err(refused(path, engine))
}

fn check_path(folder: &Path, path: &Path) -> Result<(), Error> {
    confine::check_file(folder, path.strip_prefix(folder).unwrap_or(path))
}

fn refused<K: ?Sized + Kind>(path: &Path, engine: &Handle<K>) -> impl Fn(PluginError) -> Error {
    move |error| match error.kind() {
        ErrorKind::InvalidInput => Error::input(Place::file(path), error.to_string()),
        _ => failed(engine)(error),
    }
}
