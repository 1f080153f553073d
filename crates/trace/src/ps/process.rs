//! A process whose memory and threads are read.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::thread;

use nix::errno::Errno;

use super::context::{Context, CurrentSpan, HEADER, OpenSpan, Thread};
use super::memory::Memory;
use super::open_spans;
use super::stopped::Stopped;
use super::variable::Variable;

/// The maximum size of a published context.
const MAX_PAYLOAD: u32 = 4 * 1024 * 1024;

/// The maximum number of attempts to read a changing context.
const ATTEMPTS: usize = 20;

/// The maximum number of mappings that look like contexts, and of files that look like libraries.
const MAX_CONTEXTS: usize = 4;
const MAX_LIBRARIES: usize = 4096;

/// A process to read.
#[derive(Debug)]
pub struct Process {
    id: u32,
    memory: Memory,
}

impl Process {
    /// Opens the memory of a process.
    ///
    /// # Errors
    ///
    /// There is no such process, or its memory may not be read.
    pub fn open(id: u32) -> io::Result<Self> {
        let memory = File::open(of(id).join("mem")).map_err(|error| explained(id, &error))?;
        Ok(Self { id, memory: Memory(memory) })
    }

    /// The context that the process publishes; `None` if it publishes none ([reading
    /// protocol](https://github.com/open-telemetry/opentelemetry-specification/blob/main/oteps/profiles/4719-process-ctx.md#reading-protocol)).
    ///
    /// # Errors
    ///
    /// The process has ended or may not be read, or its context is invalid.
    pub fn context(&self) -> io::Result<Option<Context>> {
        let mappings = mappings(self.id).map_err(|error| explained(self.id, &error))?;
        for Mapping { start: address, .. } in
            mappings.into_iter().filter(Mapping::is_context).take(MAX_CONTEXTS)
        {
            for _ in 0..ATTEMPTS {
                let header: [u8; 32] = self.memory.read(address)?;
                let [version, size] = [8, 12].map(|at| u32::from_ne_bytes(bytes(&header, at)));
                let [published, payload] =
                    [16, 24].map(|at| u64::from_ne_bytes(bytes(&header, at)));
                if !header.starts_with(b"OTEL_CTX") || version != 2 {
                    break;
                }
                if published == 0 {
                    continue;
                }
                if size > MAX_PAYLOAD {
                    return Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        format!(
                            "expected the context of process {} to have at most {MAX_PAYLOAD} bytes, found {size}",
                            self.id
                        ),
                    ));
                }
                let mut found = vec![0; size as usize];
                let read = self.memory.fill(&mut found, payload);
                if self.memory.read::<32>(address)? != header {
                    continue;
                }
                read?;
                return Context::decode(&found).map(Some);
            }
        }
        Ok(None)
    }

    /// Reads the span of each thread, which is stopped for a moment. Threads that end meanwhile are left out.
    ///
    /// # Errors
    ///
    /// The process has ended, or may not be traced: by this user, or because another program traces it.
    pub fn threads(&self, context: &Context) -> io::Result<Vec<Thread>> {
        // On a thread of its own: when it ends, the kernel releases what did not stop in time.
        thread::scope(|scope| {
            let read = scope.spawn(|| self.read_threads(context));
            let read = read.join();
            read.unwrap_or_else(|_| Err(io::Error::other("expected threads, found a panic")))
        })
    }

    fn read_threads(&self, context: &Context) -> io::Result<Vec<Thread>> {
        let variable = match &context.keys {
            Some(_) => self.variable().map_err(|error| explained(self.id, &error))?,
            None => None,
        };
        let mut threads = Vec::new();
        for entry in fs::read_dir(of(self.id).join("task"))? {
            let entry = entry?;
            let Some(id) = entry.file_name().to_str().and_then(|id| id.parse().ok()) else {
                continue;
            };
            // A name may be cut within a character.
            let Ok(name) = fs::read(entry.path().join("comm")) else {
                continue;
            };
            let name = String::from_utf8_lossy(&name);
            let mut is_stuck = false;
            let span = match (variable, &context.keys) {
                (Some(variable), Some(keys)) => match self.span(id, variable, keys) {
                    Err(_) if self.has_ended(id) => continue,
                    Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                        is_stuck = true;
                        None
                    }
                    span => span.map_err(|error| explained(self.id, &error))?,
                },
                _ => None,
            };
            threads.push(Thread { id, name: name.trim_end().to_owned(), span, is_stuck });
        }
        threads.sort_by_key(|thread| thread.id);
        Ok(threads)
    }

    /// Returns all recorded open spans of threads and tasks, the oldest first; `None` if the process has no list of
    /// them, which only programs with floe-telemetry have. No thread is stopped, so a span that begins or ends
    /// meanwhile may be missing.
    ///
    /// # Errors
    ///
    /// The process has ended or may not be read.
    pub fn open_spans(&self, context: &Context) -> io::Result<Option<Vec<OpenSpan>>> {
        match (context.tables, &context.keys) {
            (Some([places, stacks]), Some(keys)) => {
                // What is no table, such as that of a library that was unloaded, is none.
                Ok(open_spans::read(&self.memory, places, stacks, keys).ok())
            }
            _ => Ok(None),
        }
    }

    /// The variable of the program, or else of a library.
    fn variable(&self) -> io::Result<Option<Variable>> {
        let own = Variable::of_program(&of(self.id).join("exe"))?;
        if own.is_some() {
            return Ok(own);
        }
        let mut seen = HashSet::new();
        for mapping in mappings(self.id)? {
            if seen.len() == MAX_LIBRARIES {
                break;
            }
            // The beginning of a file, as the process sees it. What is no file of a library has no symbols.
            if let Some(path) = mapping.name.strip_prefix('/').filter(|_| mapping.offset == 0)
                && seen.insert(path.to_owned())
                && let path = of(self.id).join("root").join(path)
                && let Ok(Some(found)) = Variable::of_library(&path, mapping.start, &self.memory)
            {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The state of a thread: the letter after its name in brackets.
    fn state(&self, thread: u32) -> Option<char> {
        let stat = fs::read(of(self.id).join(format!("task/{thread}/stat"))).ok()?;
        let stat = String::from_utf8_lossy(&stat);
        stat.rsplit_once(") ")?.1.chars().next()
    }

    /// Whether a thread has ended, which the system may also report as missing rights.
    fn has_ended(&self, thread: u32) -> bool {
        matches!(self.state(thread), None | Some('Z' | 'X'))
    }

    fn span(
        &self,
        thread: u32,
        variable: Variable,
        keys: &[String],
    ) -> io::Result<Option<CurrentSpan>> {
        // It would stop when it no longer waits for a disk, and then until this process ends.
        if self.state(thread) == Some('D') {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let stopped = Stopped::stop(thread)?;
        let pointer = stopped.thread_pointer()?;
        // A thread without the storage has no span, nor has one whose record cannot be read.
        let record = variable.address(pointer, &self.memory);
        let record = record.and_then(|at| self.memory.word(at).ok());
        let Some(record) = record.filter(|record| *record != 0) else {
            return Ok(None);
        };
        let Ok(header) = self.memory.read::<HEADER>(record) else {
            return Ok(None);
        };
        let mut data = vec![0; CurrentSpan::size(&header)];
        let behind = record.wrapping_add(HEADER as u64);
        if self.memory.fill(&mut data, behind).is_err() {
            return Ok(None);
        }
        Ok(CurrentSpan::decode(&header, &data, keys))
    }
}

/// Returns the ids of the processes of this user that publish their contexts.
///
/// # Errors
///
/// The system has no `/proc`.
pub fn publishing() -> io::Result<Vec<u32>> {
    let user = fs::metadata("/proc/self")?.uid();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let entry = entry?;
        let id = entry.file_name().to_str().and_then(|name| name.parse().ok());
        if let Some(id) = id
            && entry.metadata().is_ok_and(|of| of.uid() == user)
            && mappings(id).is_ok_and(|found| found.iter().any(Mapping::is_context))
        {
            found.push(id);
        }
    }
    found.sort_unstable();
    Ok(found)
}

fn of(process: u32) -> PathBuf {
    PathBuf::from(format!("/proc/{process}"))
}

/// A part of the memory of a process.
struct Mapping {
    start: u64,
    /// The offset of the mapping in its file.
    offset: u64,
    /// The path of the file, or another name.
    name: String,
}

impl Mapping {
    /// Parses a line of `/proc/PID/maps`: address, permissions, offset, device, inode, and a name after blanks.
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.splitn(6, ' ');
        let number = |text| u64::from_str_radix(text, 16).ok();
        let start = number(fields.next()?.split_once('-')?.0)?;
        let offset = number(fields.nth(1)?)?;
        let name = fields.nth(2).unwrap_or_default().trim_start().to_owned();
        Some(Self { start, offset, name })
    }

    /// Whether the name of the mapping is that of a context.
    fn is_context(&self) -> bool {
        let names = ["[anon_shmem:OTEL_CTX]", "[anon:OTEL_CTX]", "/memfd:OTEL_CTX"];
        names.iter().any(|name| self.name.starts_with(name))
    }
}

fn mappings(process: u32) -> io::Result<Vec<Mapping>> {
    let mut found = Vec::new();
    for line in BufReader::new(File::open(of(process).join("maps"))?).split(b'\n') {
        found.extend(Mapping::parse(&String::from_utf8_lossy(&line?)));
    }
    Ok(found)
}

fn bytes<const SIZE: usize>(header: &[u8; 32], at: usize) -> [u8; SIZE] {
    std::array::from_fn(|index| header[at + index])
}

/// The error of the system, explained.
fn explained(process: u32, error: &io::Error) -> io::Error {
    let found = match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::ENOENT | Errno::ESRCH) => "found none, or it has ended".to_owned(),
        Some(Errno::EPERM | Errno::EACCES) => {
            "found that it belongs to another user, that another program traces it, or that /proc/sys/kernel/yama/ptrace_scope forbids it".to_owned()
        }
        _ => format!("found: {error}"),
    };
    let expected = format!("expected a process {process} that this user may trace, {found}");
    io::Error::new(error.kind(), expected)
}
