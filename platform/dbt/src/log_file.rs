//! Writes dbt's log file, because dbt itself writes into a pipe in place of the file.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use floe_plugins::error::Error;
use floe_plugins::files::confine;

use crate::event::Event;

pub(crate) const LOG: &str = "dbt.log";

/// The number of older log files that are kept, as by dbt.
const BACKUPS: u32 = 5;

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The folder that the user chose, for the project or for `dbt.log`. Nothing below it is written through a symbolic
    /// link.
    pub(crate) base: PathBuf,
    pub(crate) folder: PathBuf,
    /// Whether lines are written as dbt's JSON; otherwise they are text.
    pub(crate) is_json: bool,
    /// The least severe level that is written; `none` for no file.
    pub(crate) level: String,
    /// The size at which a new file is started; 0 for no limit.
    pub(crate) max_bytes: u64,
}

/// The log file, which is opened for the first line.
#[derive(Debug)]
pub(crate) struct LogFile {
    settings: Settings,
    file: Option<(File, u64)>,
    failure: Option<String>,
}

impl LogFile {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings, file: None, failure: None }
    }

    /// Writes an event if its level is wanted. `line` is its original line. After an error, nothing more is written.
    pub(crate) fn write(&mut self, event: &Event, line: &[u8]) {
        let is_printed = matches!(event.name(), "PrintEvent" | "ShowNode" | "CompiledNode");
        let level = if is_printed { "error" } else { event.level() };
        let is_wanted = self.settings.level != "none" && rank(level) >= rank(&self.settings.level);
        if !is_wanted || self.failure.is_some() {
            return;
        }
        let text = if self.settings.is_json {
            [line, b"\n"].concat()
        } else {
            debug_line(event).into_bytes()
        };
        if let Err(error) = self.append(&text) {
            self.failure = Some(error.redacted());
        }
    }

    fn append(&mut self, text: &[u8]) -> Result<(), Error> {
        let path = self.settings.folder.join(LOG);
        let size = text.len() as u64;
        let max = self.settings.max_bytes;
        let (mut file, mut written) = match self.file.take() {
            Some(open) => open,
            None => self.open()?,
        };
        if max > 0 && written > 0 && written + size >= max {
            rotate(&self.settings.folder).map_err(Error::io("write", &path))?;
            (file, written) = self.open()?;
        }
        file.write_all(text).map_err(Error::io("write", &path))?;
        self.file = Some((file, written + size));
        Ok(())
    }

    fn open(&self) -> Result<(File, u64), Error> {
        let file = self.create(OsStr::new(LOG), OpenOptions::new().append(true))?;
        let path = self.settings.folder.join(LOG);
        let metadata = file.metadata().map_err(Error::io("write", &path))?;
        Ok((file, metadata.len()))
    }

    /// Opens a file in the log folder. Creates the folder and the file if necessary.
    fn create(&self, name: &OsStr, options: &mut OpenOptions) -> Result<File, Error> {
        let Settings { base, folder, .. } = &self.settings;
        let inner = folder.strip_prefix(base).unwrap_or(folder);
        confine::create(base, &inner.join(name), options)
    }

    /// Copies dbt's other log files into the log folder. Returns the error of this or of [`write`](Self::write).
    pub(crate) fn finish(self, private: &Path) -> Option<String> {
        let entries = fs::read_dir(private).into_iter().flatten().flatten();
        for entry in entries.filter(|entry| entry.file_name() != LOG) {
            if entry.file_type().is_ok_and(|kind| kind.is_file())
                && let Err(error) = self.copy(&entry.path(), &entry.file_name())
            {
                return Some(error.redacted());
            }
        }
        self.failure
    }

    fn copy(&self, from: &Path, name: &OsStr) -> Result<(), Error> {
        let mut file = self.create(name, OpenOptions::new().write(true).truncate(true))?;
        let copied = File::open(from).and_then(|mut from| io::copy(&mut from, &mut file));
        let path = self.settings.folder.join(name);
        copied.map(drop).map_err(Error::io("write", &path))
    }
}

/// Formats an event as a line of dbt's log file, in dbt's text format.
fn debug_line(event: &Event) -> String {
    let time = clock(event);
    let thread: String = event.thread().chars().take(10).collect();
    let line = format!("{time} [{:<5}] [{thread:<10}]: {}\n", event.level(), event.message());
    if event.name() != "MainReportVersion" {
        return line;
    }
    let separator = "=".repeat(30);
    format!("\n\n{separator} {time} | {} {separator}\n{line}", event.invocation_id())
}

fn clock(event: &Event) -> &str {
    let time = event.timestamp().split_once('T').map_or("", |(_, time)| time);
    time.trim_end_matches('Z')
}

fn rank(level: &str) -> u8 {
    match level {
        "error" => 3,
        "warn" => 2,
        "info" => 1,
        _ => 0,
    }
}

/// Renames `dbt.log` to `dbt.log.1`, `dbt.log.1` to `dbt.log.2` and so on.
fn rotate(folder: &Path) -> io::Result<()> {
    let backup = |number: u32| folder.join(format!("dbt.log.{number}"));
    for number in (1..BACKUPS).rev() {
        if backup(number).exists() {
            fs::rename(backup(number), backup(number + 1))?;
        }
    }
    fs::rename(folder.join(LOG), backup(1))
}
