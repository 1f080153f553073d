//! The records of a process, in the order in which they were added, behind those that ended processes have left in the
//! same folder.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::{self, DirBuilder};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{error, fmt, mem};

use crate::owner::{Owner, has_extension, is_lock, is_records, lock_for, writer_of};
use crate::segment::{Found, HEADER, Kind, Segment};

/// The largest file, and how many a journal has if it is full: what is delivered is removed file by file.
const MAX_SEGMENT: u64 = 16 * 1024 * 1024;
const SEGMENTS: u64 = 8;

/// How many ended processes are locked at once.
const MAX_LOCKS: usize = 64;

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
/// A fork has no part in the journal of its parent.
#[derive(Debug)]
pub struct Journal {
    max_bytes: u64,
    owner: Owner,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The oldest first. Those of ended processes have the name of this one.
    segments: VecDeque<Segment>,
    /// Of the file that is created next.
    number: u32,
    /// The bytes that cannot be read.
    damaged: u64,
    /// Whether there are files that stay for the next process.
    has_left: bool,
    is_closed: bool,
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
        let (journal, adopted) = Self::begin(folder, max_bytes)?;
        Ok((journal, adopted.problems))
    }

    fn begin(folder: &Path, max_bytes: u64) -> io::Result<(Self, Adopted)> {
        let folder = fs::canonicalize(folder)?;
        let owner = Owner::create(&folder)?;
        let mut adopted = Adopted::default();
        let found = adopted.take_over(&folder, &owner, max_bytes);
        let state = State {
            segments: mem::take(&mut adopted.segments).into(),
            ..State::default()
        };
        let journal = Self {
            max_bytes,
            owner,
            state: Mutex::new(state),
        };
        if let Err(error) = found {
            journal.close();
            return Err(error);
        }
        Ok((journal, adopted))
    }

    /// `None` in a fork, in which a thread that does not exist may have locked it.
    fn state(&self) -> Option<MutexGuard<'_, State>> {
        let locked = || self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.owner.is_of_this_process().then(locked)
    }

    /// Appends a request, whole or not at all.
    ///
    /// # Errors
    ///
    /// There is no room for it, or it cannot be written.
    pub fn append(&self, kind: Kind, request: &[u8]) -> Result<(), Refused> {
        let state = self.state().filter(|state| !state.is_closed);
        let mut state = state.ok_or_else(|| {
            Refused::Io(io::Error::other(
                "it is closed, or belongs to the parent of this process",
            ))
        })?;
        let size = Segment::size_of(request);
        let largest = (self.max_bytes / SEGMENTS).min(MAX_SEGMENT);
        let fits = |segment: &Segment| {
            let is_empty = segment.bytes() == HEADER;
            segment.is_own() && (is_empty || segment.bytes() + size <= largest)
        };
        let is_new = !state.segments.back().is_some_and(fits);
        let more = size + if is_new { HEADER } else { 0 };
        let bytes: u64 = state.segments.iter().map(Segment::bytes).sum();
        if bytes + more > self.max_bytes {
            let max_bytes = self.max_bytes;
            return Err(Refused::Full { max_bytes });
        }
        if is_new {
            let path = self.owner.records(&format!("{:010}", state.number));
            state.number += 1;
            let segment = Segment::create(path).map_err(Refused::Io)?;
            if let Some(last) = state.segments.back_mut() {
                last.close();
            }
            state.segments.push_back(segment);
        }
        let segment = state.segments.back_mut();
        segment.map_or(Ok(()), |segment| {
            segment.append(kind, request).map_err(Refused::Io)
        })
    }

    /// Returns requests that are not delivered, the oldest ones, with at most about `max_bytes`, but at least one. `None`
    /// if there are none.
    #[must_use]
    pub fn next(&self, max_bytes: usize) -> Option<Batch> {
        self.state()?.next(max_bytes)
    }

    /// Whether every request is delivered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let is_empty =
            |state: MutexGuard<'_, State>| state.segments.iter().all(Segment::is_delivered);
        self.state().is_none_or(is_empty)
    }

    /// The bytes that are not delivered.
    #[must_use]
    pub fn undelivered(&self) -> u64 {
        let of =
            |state: MutexGuard<'_, State>| state.segments.iter().map(Segment::undelivered).sum();
        self.state().map_or(0, of)
    }

    /// The bytes that could not be read since the last call.
    #[must_use]
    pub fn take_damaged(&self) -> u64 {
        let take = |mut state: MutexGuard<'_, State>| mem::take(&mut state.damaged);
        self.state().map_or(0, take)
    }

    /// Takes out what [`next`](Self::next) has returned last.
    pub fn delivered(&self, batch: &Batch) {
        let Some(mut state) = self.state() else {
            return;
        };
        if let Some(segment) = state.segments.front_mut()
            && segment.path() == batch.segment
        {
            // If it is not noted, the requests are sent again after the end of this process.
            let _ = segment.deliver(batch.up_to);
            state.damaged += batch.damaged;
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
        use crate::owner::{open, private};

        let path = self.owner.stem.with_extension("spans");
        let file = open(&path, private().create_new(true))?;
        floe_thread_context::keep(file, resource).inspect_err(|_| {
            let _ = fs::remove_file(&path);
        })
    }

    /// Notes in the folder that the process is alive: if it ends, its open spans end with the last note.
    pub fn is_alive(&self) {
        self.owner.is_alive();
    }

    /// The process ends, or has no telemetry any more: removes what is delivered. What is not stays for the next one, and
    /// nothing can be appended.
    pub fn close(&self) {
        let Some(mut state) = self.state() else {
            return;
        };
        state.is_closed = true;
        let _ = fs::remove_file(self.owner.stem.with_extension("spans"));
        while state.segments.front().is_some_and(Segment::is_delivered) {
            state.remove_first();
        }
        if state.segments.is_empty() && !state.has_left {
            self.owner.remove();
        }
    }
}

impl State {
    fn remove_first(&mut self) {
        if let Some(segment) = self.segments.pop_front() {
            segment.remove();
        }
    }

    /// The first requests that are not delivered. Files without any are removed, but not the one that is written.
    fn next(&mut self, max_bytes: usize) -> Option<Batch> {
        loop {
            let is_last = self.segments.len() == 1;
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
            self.damaged += run.damaged;
            let _ = segment.deliver(run.up_to);
            if !segment.is_delivered() {
                // The next process may be able to read it.
                self.damaged += segment.undelivered();
                self.has_left = true;
                self.segments.pop_front();
            } else if is_last && segment.is_own() {
                return None;
            } else {
                self.remove_first();
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
    /// Their requests.
    pub requests: usize,
    /// The bytes that could not be read.
    pub damaged: u64,
    /// A sentence for each file that stays as it is.
    pub problems: Vec<String>,
}

/// Takes what ended processes have left in a folder out of it, once `take` has returned.
///
/// # Errors
///
/// The folder cannot be read, or `take` has failed, whose request stays in the folder.
pub fn recover(
    folder: &Path,
    mut take: impl FnMut(Kind, &[u8]) -> io::Result<()>,
) -> io::Result<Recovered> {
    let (journal, adopted) = Journal::begin(folder, u64::MAX)?;
    let mut recovered = Recovered {
        processes: adopted.processes.len(),
        problems: adopted.problems,
        ..Recovered::default()
    };
    while let Some(batch) = journal.next(0) {
        for request in &batch.requests {
            take(batch.kind, request)?;
            recovered.requests += 1;
        }
        journal.delivered(&batch);
    }
    recovered.damaged = journal.take_damaged();
    journal.close();
    Ok(recovered)
}

/// What ended processes have left in a folder.
#[derive(Debug, Default)]
struct Adopted {
    processes: BTreeSet<PathBuf>,
    segments: Vec<Segment>,
    problems: Vec<String>,
}

impl Adopted {
    /// Gives the files of all processes that have ended the name of `own`.
    fn take_over(&mut self, folder: &Path, own: &Owner, max_bytes: u64) -> io::Result<()> {
        let all = paths(folder)?;
        let locks = all.iter().filter(|path| is_lock(path));
        // Not all at once, because each lock is an open file, and not one by one, because each time the folder is read.
        for locks in locks.collect::<Vec<_>>().chunks(MAX_LOCKS) {
            let mut owners = Vec::new();
            for lock in locks {
                match Owner::adopt(lock.with_extension("")) {
                    Ok(owner) => owners.extend(owner),
                    Err(error) => self.problem(lock, &error),
                }
            }
            // What they had written before they ended.
            let mut records: BTreeMap<_, Vec<_>> = BTreeMap::new();
            for path in paths(folder)?.into_iter().filter(|path| is_records(path)) {
                records.entry(lock_for(&path)).or_default().push(path);
            }
            for owner in owners {
                let records = records.remove(&owner.lock()).unwrap_or_default();
                if self.take_records(records, &owner, own, max_bytes) {
                    owner.remove();
                }
            }
        }
        let owned = |path: &&PathBuf| is_records(path) || has_extension(path, "spans");
        for path in all.iter().filter(owned) {
            let lock = lock_for(path);
            if !lock.exists() && path.exists() {
                let error = format!("expected `{}`, found no such file", lock.display());
                self.problem(path, &error);
            }
        }
        // A process that has ended may have had files of others.
        self.segments
            .sort_by(|one, other| one.path().cmp(other.path()));
        Ok(())
    }

    /// Takes the files of a process, whose open spans become records like the others. Returns whether these are all.
    fn take_records(
        &mut self,
        mut records: Vec<PathBuf>,
        owner: &Owner,
        own: &Owner,
        max_bytes: u64,
    ) -> bool {
        let problems = self.problems.len();
        #[cfg(not(target_os = "linux"))]
        let _ = (&mut records, max_bytes);
        #[cfg(target_os = "linux")]
        {
            let bytes: u64 = self.segments.iter().map(Segment::bytes).sum();
            let made = crate::open_spans::as_records(owner, &mut records, bytes < max_bytes);
            if let Err(error) = made {
                self.problem(&owner.stem.with_extension("spans"), &error);
            }
        }
        self.processes.insert(owner.stem.clone());
        for path in records {
            let adopted = own.adopted(&path);
            self.processes.insert(writer_of(&path));
            match Segment::open(path.clone()).and_then(|segment| segment.moved_to(adopted)) {
                Ok(segment) => self.segments.push(segment),
                Err(error) => self.problem(&path, &error),
            }
        }
        problems == self.problems.len()
    }

    fn problem(&mut self, path: &Path, error: &dyn fmt::Display) {
        self.problems.push(format!("`{}`: {error}", path.display()));
    }
}

/// What is in a folder. The names begin with the time at which their process began, and the numbers of its files follow.
fn paths(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut paths: Vec<_> = paths.collect::<io::Result<_>>()?;
    paths.sort();
    Ok(paths)
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
                // One without a payload counts, too.
                size += payload.len() + 1;
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
            // What cannot be read stays for another process.
            Ok(Found::End) | Err(_) => return run,
        }
    }
}
