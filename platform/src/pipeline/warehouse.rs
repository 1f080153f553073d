//! The warehouse of a product: a file beside its artifacts. A run builds a draft, which replaces the warehouse as a
//! whole.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use floe_plugin::compute::{ComputeEngine, DatabaseLock, Session};
use floe_plugin::{Error as PluginError, ErrorKind, Handle};
use floe_plugins::error::Error;
use floe_plugins::files::atomic::{self, Access, Draft};
use floe_plugins::files::confine;
use floe_plugins::place::Place;
use floe_plugins::process::interrupt;
use floe_telemetry::{ErrorType as _, traced};

use super::failed_path;
use super::report::Report;
use super::run::{TRACER_NAME, Tables};
use crate::history::unusual;
use crate::identity::Identity;
use crate::metrics;
use crate::plugins::active::{Active, failed};
use crate::product::{OUTPUT_FOLDER, warehouse_path};

/// The wait between two attempts to lock the warehouse.
const TICK: Duration = Duration::from_millis(50);

/// The draft of the warehouse that a run builds.
pub(crate) struct Warehouse {
    folder: PathBuf,
    draft: Draft,
}

impl Warehouse {
    /// Checks whether the warehouse may be replaced.
    pub(crate) fn prepare(
        identity: &Identity,
        plugins: &Active,
        report: &mut Report,
    ) -> Result<Self, Error> {
        let engine = plugins.required::<dyn ComputeEngine>()?;
        engine.name().clone_into(&mut report.engine);
        let folder = identity.folder.clone();
        let path = warehouse_path(&folder);
        validate(&folder, &path, plugins)?;
        let failed = failed_path(&folder);
        check_path(&folder, &failed)?;
        engine.plugin().validate_connection(&failed).map_err(refused(&failed, &engine))?;
        let draft = Draft::new(&path, Access::Private)?;
        Ok(Self { folder, draft })
    }

    /// The file of the draft.
    pub(crate) fn database(&self) -> &Path {
        self.draft.path()
    }

    pub(crate) fn create(&self, plugins: &Active) -> Result<Session, Error> {
        create(self.database(), plugins)
    }

    #[traced(name = "floe.warehouse.replace", tracer = TRACER_NAME)]
    pub(crate) fn replace(
        self,
        tables: Tables,
        plugins: &Active,
        report: &mut Report,
    ) -> Result<(), Error> {
        let Self { folder, draft } = self;
        tables.close()?;
        interrupt::check()?;
        let _lock = lock_for(&folder, report)?;
        let locked = settle(&draft, &warehouse_path(&folder), plugins)?;
        draft.publish()?;
        drop(locked);
        report.is_published = true;
        let failed = failed_path(&folder);
        let _locked = lock_database(&failed, plugins)?;
        atomic::remove(&failed)
    }

    /// Keeps the draft of a run with failed assets for debugging: it contains their inputs.
    pub(crate) fn keep_failed(self, plugins: &Active) -> Result<(), Error> {
        let failed = failed_path(&self.folder);
        let _locked = settle(&self.draft, &failed, plugins)?;
        self.draft.publish_as(&failed)
    }
}

pub(crate) fn create(database: &Path, plugins: &Active) -> Result<Session, Error> {
    let engine = plugins.required::<dyn ComputeEngine>()?;
    engine.create_database(database).map_err(failed(&engine))
}

/// Opens a database of another process, or a copy of a database.
pub(crate) fn open(database: &Path, plugins: &Active) -> Result<Session, Error> {
    let engine = plugins.required::<dyn ComputeEngine>()?;
    engine.open_database(database).map_err(failed(&engine))
}

/// Copies the warehouse file, and opens the copy; opens an empty database without a warehouse.
pub(crate) fn copy(folder: &Path, database: &Path, plugins: &Active) -> Result<Session, Error> {
    let warehouse = warehouse_path(folder);
    if !warehouse.exists() {
        return create(database, plugins);
    }
    let engine = plugins.required::<dyn ComputeEngine>()?;
    let copied = engine.plugin().copy_database(&warehouse, database);
    copied.map_err(failed(&engine))?;
    open(database, plugins)
}

/// Prepares the replacement of a database by a draft: removes files that belong to either of them, and keeps other
/// programs from writing to the old one until the lock is dropped.
pub(crate) fn settle(
    draft: &Draft,
    target: &Path,
    plugins: &Active,
) -> Result<Option<Box<dyn DatabaseLock>>, Error> {
    drop(lock_database(draft.path(), plugins)?);
    lock_database(target, plugins)
}

/// Locks a database against other programs.
fn lock_database(file: &Path, plugins: &Active) -> Result<Option<Box<dyn DatabaseLock>>, Error> {
    let engine = plugins.required::<dyn ComputeEngine>()?;
    engine.plugin().lock_database(file).map_err(failed(&engine))
}

/// Locks the warehouse against processes that replace it, or that copy it and replace it later. On a file system
/// without locks, the last one wins.
pub(crate) fn lock(folder: &Path) -> Result<File, Error> {
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

/// Locks the warehouse for a run. A wait for another run becomes a stage.
fn lock_for(folder: &Path, report: &mut Report) -> Result<File, Error> {
    let started = Instant::now();
    let lock = lock(folder)?;
    if started.elapsed() >= TICK {
        report.end_stage(unusual::WAIT, started.elapsed());
    }
    Ok(lock)
}

/// Checks that the engine can use a database file.
pub(crate) fn validate(folder: &Path, path: &Path, plugins: &Active) -> Result<(), Error> {
    check_path(folder, path)?;
    let engine = plugins.required::<dyn ComputeEngine>()?;
    let started = Instant::now();
    let validated = engine.validate_connection(path);
    let error = validated.as_ref().err().map(PluginError::error_type);
    metrics::validated(engine.name(), started.elapsed(), error);
    validated.map_err(refused(path, &engine))
}

fn check_path(folder: &Path, path: &Path) -> Result<(), Error> {
    confine::check_file(folder, path.strip_prefix(folder).unwrap_or(path))
}

/// The error of an unreadable file, or of a file that is no database.
fn refused(path: &Path, engine: &Handle<dyn ComputeEngine>) -> impl Fn(PluginError) -> Error {
    move |error| match error.kind() {
        ErrorKind::InvalidInput => Error::input(Place::file(path), error.to_string()),
        _ => failed(engine)(error),
    }
}
