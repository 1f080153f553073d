//! The command `dump`.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use floe_redact::printable;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::{Failure, print, view};

/// The link of the open file by which a process says where its dumps are.
const MARKER: &str = "/memfd:floe-flight-recorder (deleted)";

/// More than a process and the longest path.
const MAX_MARKER: u64 = 8192;

/// How long a dump may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often the folder is read.
const PAUSE: Timespec = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };

/// What is dumped.
#[derive(Debug, Args)]
pub(crate) struct Dump {
    /// The process, which has the exporter `flight_recorder`
    #[arg(value_name = "PID")]
    process: i32,
    /// Also write a page for a browser
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
}

/// Asks a process for a dump, and prints its path.
pub(crate) fn dump(options: &Dump) -> Result<ExitCode, Failure> {
    let path = ask(options.process)?;
    print(format_args!("{}\n", printable(&path.display().to_string())))?;
    match &options.page {
        Some(page) => view::view(&view::View::new(path, page.clone())),
        None => Ok(ExitCode::SUCCESS),
    }
}

fn ask(id: i32) -> Result<PathBuf, Failure> {
    let unusable = |expected: &str, found: &str| {
        Failure(format!("expected {expected}, found that {id} {found}"))
    };
    let process = (id > 0).then(|| Pid::from_raw(id)).flatten();
    let process = process.and_then(|id| pidfd_open(id, PidfdFlags::empty()).ok());
    let process = process.ok_or_else(|| Failure(format!("there is no process {id}")))?;
    let folder = Path::new("/proc").join(id.to_string());
    let recorder = Recorder::find(&folder).map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => {
            unusable("a process of this user", "is one of another user")
        }
        _ => Failure(format!("process {id} cannot be read: {error}")),
    })?;
    let recorder =
        recorder.ok_or_else(|| unusable("a process with a flight recorder", "has none"))?;
    if recorder.is_stopped {
        return Err(unusable("a process that runs", "is stopped"));
    }
    if !recorder.takes_signal {
        return Err(unusable(
            "a process that handles the signal USR2",
            "does not, and would end by it",
        ));
    }
    let before = recorder.dumps();
    let sent = pidfd_send_signal(&process, Signal::USR2);
    sent.map_err(|error| Failure(format!("process {id} cannot be asked: {error}")))?;
    let begin = Instant::now();
    while begin.elapsed() < PATIENCE {
        if let Some(name) = recorder.dumps().difference(&before).next() {
            return Ok(recorder.folder.join(name));
        }
        let mut ended = [PollFd::new(&process, PollFlags::IN)];
        if poll(&mut ended, Some(&PAUSE)) == Ok(1) {
            return Err(Failure(format!("process {id} has ended without a dump")));
        }
    }
    Err(Failure(format!(
        "expected a dump in {} within {} seconds, found none; the log of the process may say why",
        recorder.folder.display(),
        PATIENCE.as_secs()
    )))
}

/// The flight recorder of a process.
#[derive(Debug)]
struct Recorder {
    folder: PathBuf,
    /// What the names of dumps end with that were asked for.
    suffix: String,
    is_stopped: bool,
    takes_signal: bool,
}

impl Recorder {
    /// Finds it in `/proc`.
    fn find(process: &Path) -> io::Result<Option<Self>> {
        for entry in fs::read_dir(process.join("fd"))? {
            let path = entry?.path();
            // It may be closed meanwhile.
            if fs::read_link(&path).is_ok_and(|link| link == Path::new(MARKER))
                && let Some(found) = Self::read(process, &path)?
            {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn read(process: &Path, marker: &Path) -> io::Result<Option<Self>> {
        // Another process may give that name to a pipe, which would be waited for.
        let mut options = OpenOptions::new();
        let flags = OFlags::NONBLOCK.bits().cast_signed();
        let file = options.read(true).custom_flags(flags).open(marker)?;
        let mut content = Vec::new();
        if file.metadata()?.is_file() {
            file.take(MAX_MARKER).read_to_end(&mut content)?;
        }
        let Some(end) = content.iter().position(|byte| *byte == b'\n') else {
            return Ok(None);
        };
        // As the process knows itself.
        let id = String::from_utf8_lossy(&content[..end]).into_owned();
        let folder = PathBuf::from(OsString::from_vec(content[end + 1..].to_vec()));
        let status = fs::read_to_string(process.join("status"))?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_default().trim()
        };
        // A fork has the file of its parent, and no recorder. Nothing leads out of a container.
        let leads_out = folder.components().any(|it| it == Component::ParentDir);
        if field("NSpid:").split_whitespace().last() != Some(&*id) || leads_out {
            return Ok(None);
        }
        let caught = u64::from_str_radix(field("SigCgt:"), 16).unwrap_or_default();
        Ok(Some(Self {
            folder: seen_from_here(process, folder),
            suffix: format!("-{id}-signal.jsonl"),
            is_stopped: field("State:").starts_with(['T', 't']),
            takes_signal: caught & 1 << (Signal::USR2.as_raw() - 1) != 0,
        }))
    }

    /// The names of the dumps that were asked for.
    fn dumps(&self) -> HashSet<OsString> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let files = entries.filter(|entry| entry.file_type().is_ok_and(|it| it.is_file()));
        let names = files.map(|entry| entry.file_name());
        names.filter(|name| name.as_bytes().ends_with(self.suffix.as_bytes())).collect()
    }
}

/// A folder of a process, which may be in a container.
fn seen_from_here(process: &Path, folder: PathBuf) -> PathBuf {
    let mounts = |of: &Path| fs::read_link(of.join("ns/mnt")).ok();
    if mounts(process) == mounts(Path::new("/proc/self")) {
        return folder;
    }
    let inside = folder.strip_prefix("/").unwrap_or(&folder);
    process.join("root").join(inside)
}
