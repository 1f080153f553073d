//! A dump: a file of JSON lines of OTLP, which is complete when it has its name.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use jiff::Timestamp;

/// Why a dump is written.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Reason {
    Error,
    Slow,
    Panic,
    Signal,
}

impl Reason {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Slow => "slow",
            Self::Panic => "panic",
            Self::Signal => "signal",
        }
    }
}

/// What the names of dumps begin and end with. Between them are the time, the process and the reason.
const PREFIX: &str = "flight-";
const SUFFIX: &str = ".jsonl";

/// What is behind the name of a dump that is being written.
const UNFINISHED: &str = ".part";

/// The age of such a file whose process has ended.
const ABANDONED: Duration = Duration::from_secs(60 * 60);

/// The most threads that encode.
const MAX_THREADS: usize = 4;

/// Creates the folder, which belongs to the user alone.
fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.exists() && !folder.is_dir() {
        return Err(io::Error::other("expected a folder, found a file"));
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// Whether files can be created in the folder, which is created if it does not exist.
pub(crate) fn check_folder(folder: &Path) -> io::Result<()> {
    create_folder(folder)?;
    let path = folder.join(format!("{PREFIX}{}{UNFINISHED}", process::id()));
    // One that was killed may have had the same number.
    let _ = fs::remove_file(&path);
    write_lines(&path, &[])?;
    fs::remove_file(path)
}

/// Writes the requests into a new file of `folder`, and removes the oldest dumps above `max_files`.
pub(crate) fn write(
    folder: &Path,
    reason: Reason,
    requests: &[Bytes],
    max_files: usize,
) -> io::Result<PathBuf> {
    create_folder(folder)?;
    let time = Timestamp::now().strftime("%Y%m%dT%H%M%S.%6fZ");
    let (process, reason) = (process::id(), reason.name());
    let name = format!("{PREFIX}{time}-{process}-{reason}{SUFFIX}");
    let path = folder.join(&name);
    let unfinished = folder.join(name + UNFINISHED);
    let written = write_lines(&unfinished, requests).and_then(|()| fs::rename(&unfinished, &path));
    if let Err(error) = written {
        let _ = fs::remove_file(&unfinished);
        return Err(error);
    }
    let _ = remove_oldest(folder, &path, max_files);
    Ok(path)
}

fn write_lines(path: &Path, requests: &[Bytes]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    if requests.is_empty() {
        return file.write_all(b"{}\n");
    }
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let threads = threads.min(MAX_THREADS);
    thread::scope(|scope| {
        let encode = |request: &Bytes| floe_otlp_json::traces(request);
        let start = |first| {
            let (lines, encoded) = sync_channel(1);
            let own = requests.iter().skip(first).step_by(threads);
            let encode_all = move || {
                for request in own {
                    // Nobody takes it after a failure.
                    if lines.send(encode(request)).is_err() {
                        return;
                    }
                }
            };
            let thread = thread::Builder::new().name("floe-flight-lines".to_owned());
            let started = thread.spawn_scoped(scope, encode_all);
            started.is_ok().then_some(encoded)
        };
        let encoded: Vec<_> = (0..threads).map(start).collect();
        for (request, encoded) in requests.iter().zip(encoded.iter().cycle()) {
            // The system may have no more threads.
            let line = match encoded {
                Some(encoded) => encoded.recv().ok(),
                None => Some(encode(request)),
            };
            // What cannot be encoded is nested too deeply.
            if let Some(Ok(mut line)) = line {
                line.push(b'\n');
                file.write_all(&line)?;
            }
        }
        Ok(())
    })
}

/// Removes the oldest dumps but `newest`, and what a process that was killed has left unfinished.
fn remove_oldest(folder: &Path, newest: &Path, max_files: usize) -> io::Result<()> {
    let mut dumps = Vec::new();
    for entry in fs::read_dir(folder)?.flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else {
            continue;
        };
        let Some(file) = entry.metadata().ok().filter(fs::Metadata::is_file) else {
            continue;
        };
        let modified = file.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        if name.ends_with(SUFFIX) && path != newest {
            dumps.push((modified, path));
        } else if name.ends_with(UNFINISHED) && modified.elapsed().is_ok_and(|age| age > ABANDONED)
        {
            let _ = fs::remove_file(path);
        }
    }
    dumps.sort_unstable();
    let surplus = (dumps.len() + 1).saturating_sub(max_files);
    for (_, path) in dumps.iter().take(surplus) {
        // Another process may have removed it.
        let _ = fs::remove_file(path);
    }
    Ok(())
}
