//! The records of a process, in the order in which they were added, behind those that ended processes have left in the
//! same folder.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use std::{error, fmt, mem, process};

use crate::owner::Owner;
use crate::segment::{Found, HEADER, Kind, Segment};

/// The largest file, and how many a journal has if it is full: what is delivered is removed file by file.
const MAX_SEGMENT: u64 = 16 * 1024 * 1024;
const SEGMENTS: u64 = 8;

/// Why a request is not in the journal.
#[derive(Debug)]
pub enum Refused {
    /// The journal has as many bytes as it may have.
    Full {
        /// That many.
        max_bytes: u64,
    },
    /// The file system refused it.
    Io(io::Error),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full { max_bytes } => {
                write!(f, "the journal is full: it may have {max_bytes} bytes")
            }
            Self::Io(error) => write!(f, "the journal cannot be written: {error}"),
        }
    }
}

impl error::Error for Refused {}

/// Requests of one kind that follow each other.
#[derive(Debug)]
pub struct Batch {
    /// Their kind.
    pub kind: Kind,
    /// The requests.
    pub requests: Vec<Vec<u8>>,
    segment: PathBuf,
    up_to: u64,
    /// The bytes before `up_to` that cannot be read.
    damaged: u64,
}

/// The requests of a process in files of a folder, which it takes out again once they are delivered, and those of
/// processes that ended before.
///
/// The files can be read by their user alone. They outlive the process, and not the machine: nothing waits for the disk.
#[derive(Debug)]
pub struct Journal {
    max_bytes: u64,
    stem: PathBuf,
    state: Mutex<State>,
    /// The file of open spans.
    spans: OnceLock<File>,
}

#[derive(Debug)]
struct State {
    /// Those of ended processes.
    adopted: Queue,
    own: Process,
    /// Of the file that is created next.
    number: u32,
}

impl State {
    fn segments(&self) -> impl Iterator<Item = &Segment> {
        self.adopted.segments().chain(&self.own.segments)
    }

    fn bytes(&self) -> u64 {
        self.segments().map(Segment::bytes).sum()
    }
}

impl Journal {
    /// Begins the journal of this process in `folder`, which is created if it does not exist, and takes over what ended
    /// processes have left in it. All of it has at most about `max_bytes`.
    ///
    /// Returns a sentence for each file that cannot be taken over, too, and stays as it is.
    ///
    /// # Errors
    ///
    /// The folder cannot be created or read, or no file can be created in it.
    pub fn open(folder: &Path, max_bytes: u64) -> io::Result<(Self, Vec<String>)> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
        let folder = fs::canonicalize(folder)?;
        let began = SystemTime::now().duration_since(UNIX_EPOCH);
        let began = began.unwrap_or_default().as_micros();
        // Within a microsecond, and in another namespace of processes, a name may be taken.
        let mut own = Err(io::ErrorKind::AlreadyExists.into());
        for attempt in 0..100 {
            let stem = folder.join(format!("{:016x}-{}", began + attempt, process::id()));
            own = Owner::create(stem);
            if !matches!(&own, Err(error) if error.kind() == io::ErrorKind::AlreadyExists) {
                break;
            }
        }
        let own = own?;
        let stem = own.stem.clone();
        let (adopted, problems) = Queue::adopt(&folder)?;
        let state = State {
            adopted,
            own: Process {
                owner: own,
                segments: VecDeque::new(),
            },
            number: 0,
        };
        let journal = Self {
            max_bytes,
            stem,
            state: Mutex::new(state),
            spans: OnceLock::new(),
        };
        Ok((journal, problems))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends a request, whole or not at all.
    ///
    /// # Errors
    ///
    /// There is no room for it, or it cannot be written.
    pub fn append(&self, kind: Kind, request: &[u8]) -> Result<(), Refused> {
        let mut state = self.state();
        let state = &mut *state;
        let size = Segment::size_of(request);
        let largest = (self.max_bytes / SEGMENTS).min(MAX_SEGMENT);
        let fits =
            |segment: &Segment| segment.bytes() == HEADER || segment.bytes() + size <= largest;
        let is_new = !state.own.segments.back().is_some_and(fits);
        let more = size + if is_new { HEADER } else { 0 };
        if state.bytes() + more > self.max_bytes {
            let max_bytes = self.max_bytes;
            return Err(Refused::Full { max_bytes });
        }
        if is_new {
            let path = self
                .stem
                .with_extension(format!("{:06}.journal", state.number));
            let segment = Segment::create(path).map_err(Refused::Io)?;
            state.own.segments.push_back(segment);
            state.number += 1;
        }
        let segment = state.own.segments.back_mut();
        segment.map_or(Ok(()), |segment| {
            segment.append(kind, request).map_err(Refused::Io)
        })
    }

    /// Returns requests that are not delivered, the oldest ones, with at most about `max_bytes`, but at least one. `None`
    /// if there are none.
    #[must_use]
    pub fn next(&self, max_bytes: usize) -> Option<Batch> {
        let mut state = self.state();
        let State { adopted, own, .. } = &mut *state;
        let batch = adopted.next(max_bytes);
        batch.or_else(|| own.next(max_bytes, true, &mut adopted.damaged))
    }

    /// Whether every request is delivered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.state().segments().all(Segment::is_delivered)
    }

    /// The bytes that are not delivered.
    #[must_use]
    pub fn undelivered(&self) -> u64 {
        let left = |segment: &Segment| segment.bytes().saturating_sub(segment.delivered());
        self.state().segments().map(left).sum()
    }

    /// The bytes that could not be read since the last call, and are lost.
    #[must_use]
    pub fn take_damaged(&self) -> u64 {
        mem::take(&mut self.state().adopted.damaged)
    }

    /// Takes out what [`next`](Self::next) has returned last.
    pub fn delivered(&self, batch: &Batch) {
        let mut state = self.state();
        let State { adopted, own, .. } = &mut *state;
        let mut processes = adopted.processes.iter_mut().chain([own]);
        let is_of = |process: &&mut Process| process.is_front(&batch.segment);
        if let Some(process) = processes.find(is_of) {
            process.delivered(batch, &mut adopted.damaged);
        }
    }

    /// Puts the open spans of this process into the folder from now on, with the resource that they have, as a message of
    /// protobuf. If the process ends before [`close`](Self::close), the next one finds them.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    #[cfg(target_os = "linux")]
    pub fn keep_open_spans(&self, resource: &[u8]) -> io::Result<()> {
        let path = self.stem.with_extension("spans");
        let file = crate::owner::private().create_new(true).open(&path)?;
        floe_thread_context::keep(file.try_clone()?, resource)?;
        let _ = self.spans.set(file);
        Ok(())
    }

    /// Notes in the file of open spans that the process is alive: if it ends, its open spans end with the last note.
    pub fn is_alive(&self) {
        if let Some(file) = self.spans.get() {
            let _ = file.set_modified(SystemTime::now());
        }
    }

    /// The process ends, or has no telemetry any more: removes what is delivered. What is not stays for the next one.
    pub fn close(&self) {
        let mut state = self.state();
        let State { adopted, own, .. } = &mut *state;
        let _ = fs::remove_file(self.stem.with_extension("spans"));
        for process in adopted.processes.iter_mut().chain([own]) {
            process.remove_delivered();
            if process.segments.is_empty() {
                process.owner.remove();
            }
        }
    }
}

/// What was recovered.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Recovered {
    /// The processes that have ended.
    pub processes: usize,
    /// Those that have not, whose files stay as they are.
    pub alive: usize,
    /// Their requests.
    pub requests: usize,
    /// The bytes that could not be read.
    pub damaged: u64,
    /// A sentence for each file that stays as it is.
    pub problems: Vec<String>,
}

/// Takes what ended processes have left in a folder out of it, each request once `take` has returned, or only reads it if
/// it `stays`.
///
/// # Errors
///
/// The folder cannot be read, or `take` has failed, whose request stays in the folder.
pub fn recover(
    folder: &Path,
    stays: bool,
    mut take: impl FnMut(Kind, &[u8]) -> io::Result<()>,
) -> io::Result<Recovered> {
    let (mut queue, problems) = Queue::adopt(&fs::canonicalize(folder)?)?;
    let mut recovered = Recovered {
        processes: queue.processes.len(),
        alive: queue.alive,
        problems,
        ..Recovered::default()
    };
    while let Some(process) = queue.processes.pop_front() {
        for mut segment in process.segments {
            loop {
                let run = read(&mut segment, 0);
                for request in &run.requests {
                    take(run.kind.unwrap_or(Kind::Traces), request)?;
                    recovered.requests += 1;
                }
                recovered.damaged += run.damaged;
                if stays {
                    segment.skip(run.up_to);
                } else {
                    // If it is not noted, the requests are taken again.
                    let _ = segment.deliver(run.up_to);
                }
                if run.kind.is_none() {
                    break;
                }
            }
            if !stays {
                segment.remove();
            }
        }
        if !stays {
            process.owner.remove();
        }
    }
    Ok(recovered)
}

#[derive(Debug)]
struct Process {
    owner: Owner,
    segments: VecDeque<Segment>,
}

impl Process {
    fn remove_delivered(&mut self) {
        while self.segments.front().is_some_and(Segment::is_delivered)
            && let Some(segment) = self.segments.pop_front()
        {
            segment.remove();
        }
    }

    /// The first requests that are not delivered. Files without any are removed, but the last one if it `is_written`.
    fn next(&mut self, max_bytes: usize, is_written: bool, damaged: &mut u64) -> Option<Batch> {
        loop {
            let files = self.segments.len();
            let segment = self.segments.front_mut()?;
            let run = read(segment, max_bytes);
            if let Some(kind) = run.kind {
                return Some(Batch {
                    kind,
                    requests: run.requests,
                    segment: segment.path().to_owned(),
                    up_to: run.up_to,
                    damaged: run.damaged,
                });
            }
            *damaged += run.damaged;
            let _ = segment.deliver(run.up_to);
            if is_written && files == 1 {
                return None;
            }
            if let Some(segment) = self.segments.pop_front() {
                segment.remove();
            }
        }
    }

    fn is_front(&self, path: &Path) -> bool {
        (self.segments.front()).is_some_and(|segment| segment.path() == path)
    }

    fn delivered(&mut self, batch: &Batch, damaged: &mut u64) {
        *damaged += batch.damaged;
        if let Some(segment) = self.segments.front_mut() {
            // If it is not noted, the requests are sent again after the end of this process.
            let _ = segment.deliver(batch.up_to);
        }
    }
}

/// The files of ended processes, the oldest first.
#[derive(Debug, Default)]
struct Queue {
    processes: VecDeque<Process>,
    /// The processes that have not ended.
    alive: usize,
    damaged: u64,
}

impl Queue {
    /// Locks the files of all processes that have ended.
    fn adopt(folder: &Path) -> io::Result<(Self, Vec<String>)> {
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder)? {
            paths.push(entry?.path());
        }
        // The names begin with the time, and the numbers of the files of a process follow.
        paths.sort();
        let mut queue = Self::default();
        let mut problems = Vec::new();
        for lock in paths.iter().filter(|path| has_extension(path, "lock")) {
            let stem = lock.with_extension("");
            let adopted = match Owner::adopt(stem.clone()) {
                Ok(Some(owner)) => adopted(owner, &mut problems),
                Ok(None) => {
                    queue.alive += 1;
                    continue;
                }
                Err(error) => Err(error),
            };
            match adopted {
                Ok(process) => queue.processes.push_back(process),
                // Another process was faster.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => problems.push(format!("`{}`: {error}", stem.display())),
            }
        }
        Ok((queue, problems))
    }

    fn segments(&self) -> impl Iterator<Item = &Segment> {
        self.processes.iter().flat_map(|process| &process.segments)
    }

    fn next(&mut self, max_bytes: usize) -> Option<Batch> {
        loop {
            let process = self.processes.front_mut()?;
            if let Some(batch) = process.next(max_bytes, false, &mut self.damaged) {
                return Some(batch);
            }
            self.processes.pop_front()?.owner.remove();
        }
    }
}

/// What follows what is delivered.
#[derive(Debug, Default)]
struct Run {
    kind: Option<Kind>,
    requests: Vec<Vec<u8>>,
    /// The bytes that cannot be read.
    damaged: u64,
    up_to: u64,
}

/// The requests of one kind behind what is delivered.
fn read(segment: &mut Segment, max_bytes: usize) -> Run {
    let mut run = Run {
        up_to: segment.delivered(),
        ..Run::default()
    };
    let mut size = 0;
    loop {
        let at = run.up_to;
        match segment.record(at) {
            Ok(Found::Record {
                kind,
                payload,
                next,
            }) => {
                let Some(kind) = Kind::of(kind) else {
                    run.damaged += next - at;
                    run.up_to = next;
                    continue;
                };
                size += payload.len();
                let is_first = run.requests.is_empty();
                if *run.kind.get_or_insert(kind) != kind || !is_first && size > max_bytes {
                    return run;
                }
                run.requests.push(payload);
                run.up_to = next;
            }
            Ok(Found::Damaged { next }) => {
                run.damaged += next - at;
                run.up_to = next;
            }
            Ok(Found::End) => return run,
            // The disk is damaged.
            Err(_) if run.kind.is_some() => return run,
            Err(_) => {
                run.damaged += segment.bytes() - at;
                run.up_to = segment.bytes();
                return run;
            }
        }
    }
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension() == Some(OsStr::new(extension))
}

/// The files of a process that has ended. Its open spans become a file like the others.
fn adopted(owner: Owner, problems: &mut Vec<String>) -> io::Result<Process> {
    let stem = &owner.stem;
    let (folder, name) = (stem.parent().unwrap_or(stem), stem.file_name());
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_own =
            |path: &Path| path.file_stem().map(Path::new).and_then(Path::file_stem) == name;
        if has_extension(&path, "journal") && is_own(&path) {
            paths.push(path);
        }
    }
    paths.sort();
    #[cfg(target_os = "linux")]
    match crate::open_spans::as_segment(stem, &paths) {
        Ok(path) => paths.extend(path),
        Err(error) => problems.push(format!("the open spans of `{}`: {error}", stem.display())),
    }
    let mut segments = VecDeque::new();
    for path in paths {
        match Segment::open(path.clone()) {
            Ok(segment) => segments.push_back(segment),
            Err(error) => problems.push(format!("`{}`: {error}", path.display())),
        }
    }
    Ok(Process { owner, segments })
}
