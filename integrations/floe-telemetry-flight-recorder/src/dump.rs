//! A dump: a file of JSON lines of OTLP, which is complete when it has its name.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::mpsc::sync_channel;
use std::thread;

use bytes::Bytes;
use jiff::Timestamp;

/// Why a dump is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
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

/// A dump that is being written.
const UNFINISHED: &str = ".part";

/// The most threads that encode.
const MAX_THREADS: usize = 4;

/// Creates the folder, which belongs to the user alone.
pub(crate) fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.exists() && !folder.is_dir() {
        return Err(io::Error::other("expected a folder, found a file"));
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
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
    remove_oldest(folder, max_files)?;
    Ok(path)
}

fn write_lines(path: &Path, requests: &[Bytes]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let threads = threads.min(MAX_THREADS);
    thread::scope(|scope| {
        let encoding: Vec<_> = (0..threads)
            .map(|first| {
                let (lines, encoded) = sync_channel(1);
                let own = requests.iter().skip(first).step_by(threads);
                scope.spawn(move || {
                    for request in own {
                        // Nobody takes it after a failure.
                        if lines.send(floe_otlp_json::traces(request)).is_err() {
                            return;
                        }
                    }
                });
                encoded
            })
            .collect();
        for encoded in encoding.iter().cycle().take(requests.len()) {
            // What cannot be encoded is nested too deeply.
            if let Ok(Ok(mut line)) = encoded.recv() {
                line.push(b'\n');
                file.write_all(&line)?;
            }
        }
        Ok(())
    })
}

/// Removes the oldest dumps, also unfinished ones of processes that have ended.
fn remove_oldest(folder: &Path, max_files: usize) -> io::Result<()> {
    let names = fs::read_dir(folder)?
        .flatten()
        .map(|entry| entry.file_name());
    let names = names.filter_map(|name| name.into_string().ok());
    let mut dumps: Vec<_> = names.filter(|name| is_dump(name)).collect();
    // By their time.
    dumps.sort_unstable();
    let surplus = dumps.len().saturating_sub(max_files);
    for name in &dumps[..surplus] {
        // Another process may have removed it.
        let _ = fs::remove_file(folder.join(name));
    }
    Ok(())
}

fn is_dump(name: &str) -> bool {
    let name = name.strip_suffix(UNFINISHED).unwrap_or(name);
    name.starts_with(PREFIX) && name.ends_with(SUFFIX)
}
