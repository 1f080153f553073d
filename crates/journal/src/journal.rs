//! The records of a process, in the order in which they were added, behind those that ended processes have left in the
//! same folder.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::{self, DirBuilder};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{error, fmt, mem};

#[cfg(target_os = "linux")]
use crate::open_spans::{OpenSpans, as_records};
use crate::owner::{Owner, has_extension, is_lock, is_records, lock_for, process_of, writer_of};
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
                write!(
                    f,
                    "expected at most {max_bytes} bytes in the journal, found no room for another request"
                )
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
        create(folder)?;
        let folder = fs::canonicalize(folder)?;
        let owner = Owner::create(&folder)?;
        let (mut segments, mut ended) = (Vec::new(), Ended::default());
        let found = ended.each(&folder, false, |ended, processes| {
            for process in processes {
                ended.take_over(&mut segments, process, &owner, max_bytes);
            }
            Ok(())
        });
        let journal = Self { max_bytes, owner, state: Mutex::new(State::of(segments)) };
        if let Err(error) = found {
            journal.close();
            return Err(error);
        }
        Ok((journal, ended.problems))
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
            Refused::Io(io::Error::other("it is closed, or belongs to the parent of this process"))
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
        segment.map_or(Ok(()), |segment| segment.append(kind, request).map_err(Refused::Io))
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
        self.undelivered() == 0
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
        if let Some(mut state) = self.state() {
            state.delivered(batch);
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

        let path = self.owner.spans();
        let file = open(&path, private().create_new(true))?;
        floe_thread_context::keep(file, resource).inspect_err(|_| {
            let _ = fs::remove_file(&path);
        })
    }

    /// Notes in the folder that the process is alive: if it ends, its open spans end with the last note. If the folder was
    /// removed, creates it again, with the requests of the file that is open. Returns whether it was.
    ///
    /// # Errors
    ///
    /// The folder was removed, and cannot be created again, or has no room for the requests.
    pub fn note_alive(&self) -> io::Result<bool> {
        self.owner.note_alive();
        let is_removed = |_: &MutexGuard<'_, State>| self.owner.is_removed();
        let Some(mut state) = self.state().filter(is_removed) else {
            return Ok(false);
        };
        create(self.owner.stem.parent().unwrap_or(&self.owner.stem))?;
        self.owner.restore()?;
        state.segments.iter_mut().try_for_each(Segment::restore)?;
        Ok(true)
    }

    /// The process ends, or has no telemetry any more: removes what is delivered. What is not stays for the next one, and
    /// nothing can be appended.
    pub fn close(&self) {
        let Some(mut state) = self.state() else {
            return;
        };
        state.is_closed = true;
        let _ = fs::remove_file(self.owner.spans());
        while state.segments.front().is_some_and(Segment::is_delivered) {
            state.remove_first();
        }
        if state.segments.is_empty() && !state.has_left {
            self.owner.remove();
        }
        state.segments.clear();
        self.owner.release();
    }
}

impl State {
    /// What ended processes have left. A process may have had files of others, which began before.
    fn of(mut segments: Vec<Segment>) -> Self {
        segments.sort_by(|one, other| one.path().cmp(other.path()));
        Self { segments: segments.into(), ..Self::default() }
    }

    fn delivered(&mut self, batch: &Batch) {
        if let Some(segment) = self.segments.front_mut()
            && segment.path() == batch.segment
        {
            // If it is not noted, the requests are sent again after the end of this process.
            let _ = segment.deliver(batch.up_to);
            self.damaged += batch.damaged;
        }
    }

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
    /// The processes that have ended and left requests.
    pub processes: usize,
    /// Those that have not, whose files stay as they are.
    pub alive: usize,
    /// The requests.
    pub requests: usize,
    /// The bytes that could not be read.
    pub damaged: u64,
    /// A sentence for each file that stays as it is.
    pub problems: Vec<String>,
}

/// Takes what ended processes have left in a folder out of it, each request once `take` has returned, and the open spans of
/// a process once it has taken all of them. If it `stays`, it is only read. Nothing is added to the folder.
///
/// # Errors
///
/// The folder cannot be read, or `take` has failed, whose request stays in the folder.
pub fn recover(
    folder: &Path,
    stays: bool,
    mut take: impl FnMut(Kind, &[u8]) -> io::Result<()>,
) -> io::Result<Recovered> {
    let folder = fs::canonicalize(folder)?;
    #[cfg(unix)]
    if !stays {
        rustix::fs::access(&folder, rustix::fs::Access::WRITE_OK)?;
    }
    let (mut requests, mut damaged, mut ended) = (0, 0, Ended::default());
    let mut take = |kind, request: &[u8]| {
        take(kind, request)?;
        requests += 1;
        Ok(())
    };
    ended.each(&folder, stays, |ended, processes| {
        damaged += ended.take(processes, stays, &mut take)?;
        Ok(())
    })?;
    Ok(Recovered {
        processes: ended.processes.len(),
        alive: ended.alive.len(),
        requests,
        damaged,
        problems: ended.problems,
    })
}

/// A process that has ended, and its files of records.
type Process = (Owner, Vec<PathBuf>);

/// The processes of a folder that have ended.
#[derive(Debug, Default)]
struct Ended {
    /// Those whose requests were taken.
    processes: BTreeSet<PathBuf>,
    /// Those that have not ended.
    alive: BTreeSet<PathBuf>,
    problems: Vec<String>,
}

impl Ended {
    /// Locks the processes, some at once, and passes them to `act`. Then removes the locks of those that have no files any
    /// more, unless they `stay`.
    fn each(
        &mut self,
        folder: &Path,
        stay: bool,
        mut act: impl FnMut(&mut Self, &mut [Process]) -> io::Result<()>,
    ) -> io::Result<()> {
        let is_owned = |path: &PathBuf| is_records(path) || has_extension(path, "spans");
        let all = paths(folder)?;
        let locks = all.iter().filter(|path| is_lock(path));
        // Not all at once, because each lock is an open file, and not one by one, because each time the folder is read.
        for locks in locks.collect::<Vec<_>>().chunks(MAX_LOCKS) {
            let mut owners = Vec::new();
            for lock in locks {
                match Owner::adopt(lock.with_extension(""), stay) {
                    Ok(Some(owner)) => owners.push(owner),
                    Ok(None) if lock.exists() => {
                        self.alive.insert(process_of(lock));
                    }
                    Ok(None) => {}
                    Err(error) => self.problem(lock, &error),
                }
            }
            // What they had written before they ended.
            let mut records: BTreeMap<_, Vec<_>> = BTreeMap::new();
            for path in paths(folder)?.into_iter().filter(|path| is_records(path)) {
                records.entry(lock_for(&path)).or_default().push(path);
            }
            let with_records = |owner: Owner| {
                let records = records.remove(&owner.lock()).unwrap_or_default();
                (owner, records)
            };
            let mut processes: Vec<_> = owners.into_iter().map(with_records).collect();
            act(self, &mut processes)?;
            if !stay {
                let left = paths(folder)?.into_iter().filter(is_owned);
                let left: BTreeSet<_> = left.map(|path| lock_for(&path)).collect();
                for (owner, _) in processes {
                    if !left.contains(&owner.lock()) {
                        owner.remove();
                    }
                }
            }
        }
        for path in all.iter().filter(|path| is_owned(path)) {
            let lock = lock_for(path);
            if !lock.exists() && path.exists() {
                let error = format!("expected `{}`, found no such file", lock.display());
                self.problem(path, &error);
            }
        }
        Ok(())
    }

    /// Gives the files of a process the name of `own`. Its open spans become records like the others.
    fn take_over(
        &mut self,
        segments: &mut Vec<Segment>,
        (process, records): &mut Process,
        own: &Owner,
        max_bytes: u64,
    ) {
        #[cfg(not(target_os = "linux"))]
        let _ = (process, max_bytes);
        #[cfg(target_os = "linux")]
        {
            // What was open says why a process has ended, so there is more room for it than for requests.
            let max = max_bytes.saturating_add(max_bytes / 4);
            let bytes: u64 = segments.iter().map(Segment::bytes).sum();
            let made = as_records(process, records, bytes < max);
            self.or_problem(&process.spans(), made);
        }
        for path in records {
            let moved = Segment::open(path.clone(), false)
                .and_then(|segment| segment.moved_to(own.adopted(path)));
            segments.extend(self.or_problem(path, moved));
        }
    }

    /// Passes what processes have left to `take`. Returns the bytes that cannot be read.
    fn take(
        &mut self,
        processes: &[Process],
        stays: bool,
        take: &mut impl FnMut(Kind, &[u8]) -> io::Result<()>,
    ) -> io::Result<u64> {
        let mut segments = Vec::new();
        for (process, records) in processes {
            #[cfg(not(target_os = "linux"))]
            let _ = process;
            // First, because they end when the process wrote to its files last.
            #[cfg(target_os = "linux")]
            self.take_open_spans(process, records, stays, take)?;
            for path in records {
                self.processes.insert(process_of(&writer_of(path)));
                segments.extend(self.or_problem(path, Segment::open(path.clone(), stays)));
            }
        }
        let mut state = State::of(segments);
        while let Some(batch) = state.next(0) {
            for request in &batch.requests {
                take(batch.kind, request)?;
            }
            state.delivered(&batch);
        }
        Ok(state.damaged)
    }

    #[cfg(target_os = "linux")]
    fn take_open_spans(
        &mut self,
        process: &Owner,
        records: &[PathBuf],
        stay: bool,
        take: &mut impl FnMut(Kind, &[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let path = process.spans();
        let read = OpenSpans::read(process, records, stay);
        if let Some(open) = self.or_problem(&path, read).flatten() {
            for request in open.requests() {
                self.processes.insert(process_of(&process.stem));
                take(Kind::Traces, &request)?;
            }
            self.or_problem(&path, open.taken(stay));
        }
        Ok(())
    }

    fn or_problem<T>(&mut self, path: &Path, result: io::Result<T>) -> Option<T> {
        result.map_err(|error| self.problem(path, &error)).ok()
    }

    fn problem(&mut self, path: &Path, error: &dyn fmt::Display) {
        self.problems.push(format!("`{}`: {error}", path.display()));
    }
}

/// Creates a folder, of its user alone, if it does not exist.
fn create(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
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
    let mut run = Run { up_to: segment.delivered(), ..Run::default() };
    let mut size = 0;
    loop {
        let at = run.up_to;
        match segment.record(at) {
            Ok(Found::Record { kind, payload, next }) => {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::thread;

    use proptest::prelude::*;
    use tempfile::{TempDir, tempdir};

    use super::*;

    const MAX: u64 = 2048;

    type Requests = Vec<(Kind, Vec<u8>)>;

    fn open(folder: &Path) -> Journal {
        let (journal, problems) = Journal::open(folder, MAX).unwrap();
        assert_eq!(problems, [""; 0]);
        journal
    }

    /// Takes everything out of a folder.
    fn recovered(folder: &Path) -> (Recovered, Requests) {
        all(folder, false)
    }

    fn all(folder: &Path, stays: bool) -> (Recovered, Requests) {
        let mut requests = Vec::new();
        let take = |kind, request: &[u8]| {
            requests.push((kind, request.to_vec()));
            Ok(())
        };
        (recover(folder, stays, take).unwrap(), requests)
    }

    fn names(folder: &Path) -> Vec<String> {
        let names = paths(folder).unwrap().into_iter();
        let name = |path: PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
        names.map(name).collect()
    }

    /// A journal that a process has left with these requests.
    fn left(folder: &Path, requests: &[&[u8]]) {
        let journal = open(folder);
        for request in requests {
            journal.append(Kind::Logs, request).unwrap();
        }
    }

    /// Journals of processes that have ended at once, with a request each: their number.
    fn many_left(folder: &Path, number: usize) {
        let begin = |number: usize| {
            let (journal, _) = Journal::open(folder, MAX).unwrap();
            journal.append(Kind::Logs, &number.to_le_bytes()).unwrap();
            journal
        };
        drop((0..number).map(begin).collect::<Vec<_>>());
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Open,
        Append(usize, Kind, usize),
        Next(usize, usize),
        Delivered(usize),
        Close(usize),
        Crash(usize),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let kind = prop::sample::select(vec![Kind::Traces, Kind::Metrics, Kind::Logs]);
        let step = prop_oneof![
            1 => Just(Step::Open),
            8 => (0..4_usize, kind, 0..300_usize).prop_map(|(of, kind, size)| Step::Append(of, kind, size)),
            3 => (0..4_usize, 0..600_usize).prop_map(|(of, max)| Step::Next(of, max)),
            3 => (0..4_usize).prop_map(Step::Delivered),
            1 => (0..4_usize).prop_map(Step::Close),
            1 => (0..4_usize).prop_map(Step::Crash),
        ];
        prop::collection::vec(step, 1..120)
    }

    /// What a journal is to have: the requests by the process that has appended them, the oldest first.
    struct Live {
        journal: Journal,
        expected: BTreeMap<(usize, usize), (Kind, Vec<u8>)>,
        batch: Option<Batch>,
        begun: usize,
    }

    #[derive(Default)]
    struct Model {
        alive: Vec<Live>,
        dead: BTreeMap<(usize, usize), (Kind, Vec<u8>)>,
        begun: usize,
        appended: usize,
    }

    impl Model {
        fn take(&mut self, step: Step, folder: &Path) {
            let len = self.alive.len();
            let index = |of: usize| of.checked_rem(len);
            match step {
                Step::Open if len < 4 => {
                    self.begun += 1;
                    self.alive.push(Live {
                        journal: open(folder),
                        expected: mem::take(&mut self.dead),
                        batch: None,
                        begun: self.begun,
                    });
                }
                Step::Open => {}
                Step::Append(of, kind, size) => {
                    if let Some(of) = index(of) {
                        self.appended += 1;
                        let mut request = self.appended.to_le_bytes().to_vec();
                        request.resize(8 + size, 7);
                        self.alive[of].append(folder, self.appended, kind, request);
                    }
                }
                Step::Next(of, max) => {
                    if let Some(of) = index(of) {
                        self.alive[of].next(max);
                    }
                }
                Step::Delivered(of) => {
                    if let Some(of) = index(of) {
                        self.alive[of].delivered();
                    }
                }
                Step::Close(of) | Step::Crash(of) => {
                    if let Some(of) = index(of) {
                        let gone = self.alive.remove(of);
                        if matches!(step, Step::Close(_)) {
                            gone.journal.close();
                            gone.journal.append(Kind::Logs, b"late").unwrap_err();
                        }
                        self.dead.extend(gone.expected);
                    }
                }
            }
        }
    }

    impl Live {
        fn append(&mut self, folder: &Path, number: usize, kind: Kind, request: Vec<u8>) {
            match self.journal.append(kind, &request) {
                Ok(()) => {
                    self.expected.insert((self.begun, number), (kind, request));
                    let lock = self.journal.owner.lock();
                    let own = |path: &PathBuf| is_records(path) && lock_for(path) == lock;
                    let sizes = paths(folder).unwrap().into_iter().filter(own);
                    let bytes: u64 = sizes.map(|path| fs::metadata(path).unwrap().len()).sum();
                    assert!(bytes <= MAX, "{bytes}");
                }
                Err(Refused::Full { max_bytes: MAX }) => {
                    let state = self.journal.state().unwrap();
                    let bytes: u64 = state.segments.iter().map(Segment::bytes).sum();
                    assert!(bytes + Segment::size_of(&request) + HEADER > MAX, "{bytes}");
                }
                Err(error) => panic!("{error}"),
            }
        }

        fn next(&mut self, max: usize) {
            self.batch = self.journal.next(max);
            let Some(batch) = &self.batch else {
                assert!(self.expected.is_empty(), "{:?}", self.expected);
                assert!(self.journal.is_empty());
                return;
            };
            let mut expected = self.expected.values();
            for request in &batch.requests {
                assert_eq!(expected.next(), Some(&(batch.kind, request.clone())));
            }
            let size: usize = batch.requests.iter().map(Vec::len).sum();
            assert!(size <= max || batch.requests.len() == 1);
            assert!(!self.journal.is_empty());
        }

        fn delivered(&mut self) {
            if let Some(batch) = self.batch.take() {
                self.journal.delivered(&batch);
                for _ in &batch.requests {
                    self.expected.pop_first();
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn requests_are_delivered_once_and_in_order(steps in steps()) {
            let folder = tempdir().unwrap();
            let mut model = Model::default();
            for step in steps {
                model.take(step, folder.path());
            }
            while !model.alive.is_empty() {
                model.take(Step::Crash(0), folder.path());
            }
            let read = all(folder.path(), true);
            let taken = recovered(folder.path());
            prop_assert_eq!(&read, &taken);
            let (all, requests) = taken;
            prop_assert_eq!(requests, model.dead.into_values().collect::<Vec<_>>());
            prop_assert_eq!((all.damaged, all.problems), (0, Vec::new()));
            prop_assert_eq!(names(folder.path()), [""; 0]);
        }
    }

    #[test]
    fn an_empty_folder_stays_empty() {
        let folder = tempdir().unwrap();
        let path = folder.path().join("of/journals");
        open(&path).close();
        assert_eq!(recovered(&path), (Recovered::default(), Vec::new()));
        assert_eq!(names(&path), [""; 0]);
    }

    #[test]
    fn a_folder_that_cannot_be_used_is_an_error() {
        let folder = tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "text").unwrap();
        for path in [&file, &file.join("below")] {
            Journal::open(path, MAX).unwrap_err();
            recover(path, false, |_, _| Ok(())).unwrap_err();
        }
        let missing = folder.path().join("missing");
        let error = recover(&missing, false, |_, _| Ok(())).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(!missing.exists());
        assert_eq!(fs::read(file).unwrap(), b"text");
    }

    #[test]
    fn a_file_of_another_version_stays_until_it_can_be_read() {
        let folder = tempdir().unwrap();
        left(folder.path(), &[b"one", &[0; 300], b"two"]);
        let files = paths(folder.path()).unwrap();
        let records: Vec<_> = files.iter().filter(|path| is_records(path)).collect();
        let bytes = fs::read(records[1]).unwrap();
        let mut later = bytes.clone();
        later[7] = 2;
        fs::write(records[1], &later).unwrap();
        let sentence = format!(
            "`{}`: expected records of version 1, found another kind of file",
            records[1].canonicalize().unwrap().display()
        );
        for requests in [vec![&b"one"[..], b"two"], vec![]] {
            let (found, all) = recovered(folder.path());
            assert_eq!(found.problems, std::slice::from_ref(&sentence));
            assert_eq!(all.iter().map(|(_, it)| it).collect::<Vec<_>>(), requests);
            assert_eq!(fs::read(records[1]).unwrap(), later);
        }
        fs::write(records[1], bytes).unwrap();
        assert_eq!(recovered(folder.path()).1, [(Kind::Logs, vec![0; 300])]);
        assert_eq!(names(folder.path()), [""; 0]);
    }

    #[test]
    fn files_whose_lock_was_removed_are_named() {
        let folder = tempdir().unwrap();
        left(folder.path(), &[b"one"]);
        let lock = paths(folder.path()).unwrap().into_iter().find(|path| is_lock(path));
        let lock = lock.unwrap().canonicalize().unwrap();
        fs::remove_file(&lock).unwrap();
        let (found, requests) = recovered(folder.path());
        assert_eq!(requests, []);
        let expected = format!("expected `{}`, found no such file", lock.display());
        assert!(found.problems[0].ends_with(&expected), "{found:?}");
        assert_eq!(found.problems.len(), 1);
        fs::write(&lock, "").unwrap();
        assert_eq!(recovered(folder.path()).1.len(), 1);
    }

    #[test]
    fn what_stays_is_taken_again() {
        let folder = tempdir().unwrap();
        left(folder.path(), &[b"one", b"two"]);
        left(folder.path(), &[b"three"]);
        let before = names(folder.path());
        let read = all(folder.path(), true);
        assert_eq!(names(folder.path()), before);
        assert_eq!(read, recovered(folder.path()));
        assert_eq!(names(folder.path()), [""; 0]);
    }

    #[test]
    fn a_process_that_fails_to_take_a_request_leaves_it() {
        let folder = tempdir().unwrap();
        left(folder.path(), &[b"one"]);
        left(folder.path(), &[b"two"]);
        let mut first = true;
        let error = recover(folder.path(), false, |_, _| {
            let is_first = mem::replace(&mut first, false);
            is_first.then_some(()).ok_or(io::ErrorKind::BrokenPipe.into())
        });
        assert_eq!(error.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        let (found, requests) = recovered(folder.path());
        assert_eq!(requests, [(Kind::Logs, b"two".to_vec())]);
        assert_eq!(found.processes, 1);
        assert_eq!(names(folder.path()), [""; 0]);
    }

    #[test]
    fn a_segment_that_cannot_be_created_or_read_costs_no_other() {
        let folder = tempdir().unwrap();
        let journal = open(folder.path());
        journal.append(Kind::Logs, b"one").unwrap();
        let next = journal.owner.records("0000000001");
        fs::create_dir(&next).unwrap();
        assert!(matches!(journal.append(Kind::Logs, &[2; 300]), Err(Refused::Io(_))));
        journal.append(Kind::Logs, &[3; 300]).unwrap();
        journal.append(Kind::Logs, b"four").unwrap();
        let batch = journal.next(1000).unwrap();
        assert_eq!(batch.requests, [b"one"]);
        journal.delivered(&batch);
        // Only its path: it was closed when the next one was created.
        let missing = journal.owner.records("0000000002");
        let aside = folder.path().join("aside");
        fs::rename(&missing, &aside).unwrap();
        assert_eq!(journal.next(1000).unwrap().requests, [b"four"]);
        assert_eq!(journal.take_damaged(), 309);
        fs::rename(&aside, &missing).unwrap();
        fs::remove_dir(&next).unwrap();
        journal.close();
        drop(journal);
        let requests = [&[3; 300][..], b"four"].map(|it| (Kind::Logs, it.to_vec()));
        assert_eq!(recovered(folder.path()).1, requests);
    }

    #[test]
    fn a_fork_does_not_touch_the_files_of_its_parent() {
        let folder = tempdir().unwrap();
        let mut journal = open(folder.path());
        journal.append(Kind::Logs, b"one").unwrap();
        let files = names(folder.path());
        let own = mem::take(&mut journal.owner.process);
        let locked = journal.state.lock().unwrap();
        let error = journal.append(Kind::Logs, b"two").unwrap_err().to_string();
        let message =
            "the journal cannot be written: it is closed, or belongs to the parent of this process";
        assert_eq!(error, message);
        assert!(journal.next(1000).is_none() && journal.is_empty());
        journal.close();
        assert_eq!(names(folder.path()), files);
        drop(locked);
        journal.owner.process = own;
        assert_eq!(journal.next(1000).unwrap().requests, [b"one"]);
    }

    #[test]
    fn those_who_adopt_at_once_share_what_there_is() {
        let folder = tempdir().unwrap();
        many_left(folder.path(), 200);
        let all: Vec<_> = thread::scope(|scope| {
            let adopt = || recovered(folder.path());
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(adopt)).collect();
            threads.into_iter().map(|it| it.join().unwrap()).collect()
        });
        // All of them are of this one.
        let is_one = |(found, requests): &(Recovered, Vec<_>)| {
            found.processes == usize::from(!requests.is_empty())
        };
        assert!(all.iter().all(is_one));
        let mut requests: Vec<_> = all.into_iter().flat_map(|(_, requests)| requests).collect();
        requests.sort_by_key(|(_, request)| usize::from_le_bytes(*request.first_chunk().unwrap()));
        let expected = (0..200_usize).map(|it| (Kind::Logs, it.to_le_bytes().to_vec()));
        assert_eq!(requests, expected.collect::<Vec<_>>());
        assert_eq!(names(folder.path()), [""; 0]);
    }

    #[cfg(unix)]
    mod unix {
        use std::env;
        use std::ffi::OsStr;
        use std::io::{Read as _, Write as _};
        use std::os::unix::ffi::OsStrExt as _;
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        use std::process::{Child, Command, Stdio};

        use rustix::fs::{CWD, FileType, Mode, mknodat};
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

        use super::*;

        /// Runs a test of this module again, in another process that has the folder, up to its first line.
        fn child(test: &str, folder: &TempDir) -> Child {
            let mut child = Command::new(env::current_exe().unwrap())
                .args([&format!("journal::tests::unix::{test}"), "--exact", "--nocapture"])
                .env("FLOE_TEST_JOURNAL", folder.path())
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let mut said = Vec::new();
            let output = child.stdout.as_mut().unwrap();
            while !said.ends_with(b"ready\n") {
                let mut byte = [0];
                output.read_exact(&mut byte).unwrap();
                said.extend(byte);
            }
            child
        }

        /// The folder, in such a process.
        fn as_child() -> Option<PathBuf> {
            env::var_os("FLOE_TEST_JOURNAL").map(PathBuf::from)
        }

        fn ready() {
            println!("ready");
            let _ = io::stdin().read(&mut [0]);
        }

        #[test]
        fn files_of_a_process_that_lives_are_not_adopted() {
            if let Some(folder) = as_child() {
                let journal = open(&folder);
                journal.append(Kind::Traces, b"of the child").unwrap();
                ready();
                return;
            }
            let folder = tempdir().unwrap();
            let mut child = child("files_of_a_process_that_lives_are_not_adopted", &folder);
            let files = names(folder.path());
            let nothing = Recovered { alive: 1, ..Recovered::default() };
            assert_eq!(recovered(folder.path()), (nothing, Vec::new()));
            assert_eq!(names(folder.path()), files);
            child.kill().unwrap();
            child.wait().unwrap();
            let journal = open(folder.path());
            let batch = journal.next(1000).unwrap();
            assert_eq!(
                (batch.kind, &batch.requests),
                (Kind::Traces, &vec![b"of the child".to_vec()])
            );
            // It has what it has adopted: no other process finds it.
            assert_eq!(recovered(folder.path()).1, []);
            drop(journal);
            assert_eq!(recovered(folder.path()).1.len(), 1);
        }

        #[test]
        fn the_limit_of_files_is_an_error_and_no_signal() {
            if let Some(folder) = as_child() {
                let (journal, _) = Journal::open(&folder, 1 << 20).unwrap();
                let maximum = getrlimit(Resource::Fsize).maximum;
                let limit =
                    |current| setrlimit(Resource::Fsize, Rlimit { current, maximum }).unwrap();
                limit(Some(1000));
                journal.append(Kind::Logs, &[1; 900]).unwrap();
                let error = journal.append(Kind::Logs, &[2; 200]).unwrap_err();
                assert_eq!(error.to_string(), "the journal cannot be written: file too large");
                journal.append(Kind::Logs, &[3; 10]).unwrap();
                limit(Some(10));
                Journal::open(&folder, MAX).unwrap().0.append(Kind::Logs, &[4; 10]).unwrap_err();
                #[cfg(target_os = "linux")]
                {
                    journal.keep_open_spans(b"").unwrap_err();
                    assert!(!journal.owner.spans().exists());
                }
                limit(None);
                journal.append(Kind::Logs, &[5; 200]).unwrap();
                ready();
                return;
            }
            let folder = tempdir().unwrap();
            let mut child = child("the_limit_of_files_is_an_error_and_no_signal", &folder);
            child.stdin.take().unwrap().write_all(b"\n").unwrap();
            assert!(child.wait().unwrap().success());
            let (found, requests) = recovered(folder.path());
            let sizes = [(1, 900), (3, 10), (5, 200)];
            let expected = sizes.map(|(byte, size)| (Kind::Logs, vec![byte; size]));
            assert_eq!((requests, found.damaged), (expected.to_vec(), 0));
        }

        #[test]
        fn many_files_need_few_descriptors() {
            if let Some(folder) = as_child() {
                let maximum = getrlimit(Resource::Nofile).maximum;
                let current = Some(100);
                setrlimit(Resource::Nofile, Rlimit { current, maximum }).unwrap();
                let (journal, problems) = Journal::open(&folder, 1 << 20).unwrap();
                assert_eq!(problems, [""; 0]);
                for _ in 0..300 {
                    journal.delivered(&journal.next(0).unwrap());
                }
                assert!(journal.is_empty());
                journal.close();
                ready();
                return;
            }
            let folder = tempdir().unwrap();
            many_left(folder.path(), 300);
            let mut child = child("many_files_need_few_descriptors", &folder);
            child.stdin.take().unwrap().write_all(b"\n").unwrap();
            assert!(child.wait().unwrap().success());
            assert_eq!(names(folder.path()), [""; 0]);
        }

        #[test]
        fn processes_that_adopt_at_once_share_what_there_is() {
            if let Some(folder) = as_child() {
                ready();
                let (found, requests) = recovered(&folder);
                assert_eq!(found.processes, usize::from(!requests.is_empty()));
                println!("{}", requests.len());
                return;
            }
            let folder = tempdir().unwrap();
            many_left(folder.path(), 200);
            let test = "processes_that_adopt_at_once_share_what_there_is";
            let mut children: Vec<_> = (0..3).map(|_| child(test, &folder)).collect();
            for child in &mut children {
                child.stdin.take().unwrap().write_all(b"\n").unwrap();
            }
            let mut all = 0;
            for child in children {
                let output = child.wait_with_output().unwrap();
                assert!(output.status.success());
                let output = String::from_utf8(output.stdout).unwrap();
                let number = output.lines().next().unwrap();
                all += number.parse::<usize>().unwrap();
            }
            assert_eq!(all, 200);
            assert_eq!(names(folder.path()), [""; 0]);
        }

        #[test]
        fn a_folder_that_is_removed_is_created_again() {
            if let Some(folder) = as_child() {
                assert_eq!(recovered(&folder.join("of/journals")).0.alive, 1);
                ready();
                return;
            }
            let parent = tempdir().unwrap();
            let folder = parent.path().join("of/journals");
            let journal = open(&folder);
            for request in [&[1; 300][..], &[2; 100], b"three"] {
                journal.append(Kind::Logs, request).unwrap();
            }
            journal.delivered(&journal.next(0).unwrap());
            assert!(!journal.note_alive().unwrap());
            fs::remove_dir_all(parent.path().join("of")).unwrap();
            journal.append(Kind::Logs, b"four").unwrap();
            assert!(journal.note_alive().unwrap());
            assert!(!journal.note_alive().unwrap());
            let mode = fs::metadata(&folder).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
            // The process has the lock.
            let mut child = child("a_folder_that_is_removed_is_created_again", &parent);
            drop(child.stdin.take());
            assert!(child.wait().unwrap().success());
            journal.append(Kind::Logs, &[5; 200]).unwrap();
            assert_eq!(journal.next(0).unwrap().requests, [vec![2; 100]]);
            drop(journal);
            let requests = [&[2; 100][..], b"three", b"four", &[5; 200]];
            let expected = requests.map(|it| (Kind::Logs, it.to_vec()));
            assert_eq!(recovered(&folder).1, expected);
            assert_eq!(names(&folder), [""; 0]);
        }

        #[test]
        fn a_folder_that_cannot_be_created_again_is_an_error() {
            let parent = tempdir().unwrap();
            let folder = parent.path().join("journal");
            let journal = open(&folder);
            journal.append(Kind::Logs, &[1; 200]).unwrap();
            fs::remove_dir_all(&folder).unwrap();
            fs::write(&folder, "a file").unwrap();
            for _ in 0..2 {
                journal.note_alive().unwrap_err();
                let error = journal.append(Kind::Logs, &[2; 200]).unwrap_err();
                assert_eq!(
                    error.to_string(),
                    "the journal cannot be written: Not a directory (os error 20)"
                );
            }
            fs::remove_file(&folder).unwrap();
            assert!(journal.note_alive().unwrap());
            journal.append(Kind::Logs, &[3; 200]).unwrap();
            drop(journal);
            let expected = [1, 3].map(|byte| (Kind::Logs, vec![byte; 200]));
            assert_eq!(recovered(&folder).1, expected);
        }

        #[test]
        fn only_their_user_can_read_the_files() {
            let folder = tempdir().unwrap();
            let path = folder.path().join("new");
            let journal = open(&path);
            journal.append(Kind::Logs, b"one").unwrap();
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&path), 0o700);
            let modes: Vec<_> = paths(&path).unwrap().iter().map(|path| mode(path)).collect();
            assert_eq!(modes, [0o600; 2]);
        }

        #[test]
        fn what_is_no_file_of_a_journal_stays() {
            let folder = tempdir().unwrap();
            let path = |name: &str| folder.path().join(name);
            let pipe = |name: &str| {
                mknodat(CWD, path(name), FileType::Fifo, Mode::RWXU, 0).unwrap();
            };
            let target = tempfile::NamedTempFile::new().unwrap();
            let link = |name: &str| symlink(target.path(), path(name)).unwrap();
            // Names of locks and of what a process has.
            pipe("a.lock");
            fs::create_dir(path("b.lock")).unwrap();
            link("c.lock");
            fs::write(path("d.lock"), "").unwrap();
            pipe("d.0.d.journal");
            link("d.1.d.journal");
            fs::create_dir(path("d.2.d.journal")).unwrap();
            pipe("d.spans");
            fs::write(path("e.f.lock"), "").unwrap();
            fs::write(path("g"), "").unwrap();
            let before = names(folder.path());
            let (found, requests) = recovered(folder.path());
            let spans = usize::from(cfg!(target_os = "linux"));
            assert_eq!(found.problems.len(), 6 + spans, "{:#?}", found.problems);
            assert_eq!((requests, found.damaged), (Vec::new(), 0));
            assert_eq!(names(folder.path()), before);
            assert!(target.path().exists());
            let pipe = found.problems.iter().find(|it| it.contains("a.lock")).unwrap();
            assert!(pipe.ends_with("`: expected a file, found something else"), "{pipe}");
        }

        #[test]
        fn names_need_not_be_text() {
            let folder = tempdir().unwrap();
            let odd = folder.path().join(OsStr::from_bytes(b"\xff\xfe"));
            left(&odd, &[b"one"]);
            for path in paths(&odd).unwrap() {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                let (_, rest) = name.split_once('.').unwrap();
                let mut other = b"\xf0\xff.".to_vec();
                other.extend(
                    rest.strip_suffix("lock").map_or(&b"0.\xf0\xff.journal"[..], |_| b"lock"),
                );
                fs::rename(&path, odd.join(OsStr::from_bytes(&other))).unwrap();
            }
            let (found, requests) = recovered(&odd);
            assert_eq!((requests.len(), found.problems), (1, Vec::new()));
            assert_eq!(names(&odd), [""; 0]);
        }
    }
}
