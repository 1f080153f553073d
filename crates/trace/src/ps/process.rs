//! A process whose memory and threads are read.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use nix::errno::Errno;
use nix::unistd::Pid;

use super::context::{Context, OpenSpan, Thread};
use super::memory::Memory;
use super::open_spans;
use super::stacks::{self, Stack};

/// The maximum size of a published context, in bytes.
const MAX_PAYLOAD: u32 = 4 * 1024 * 1024;

/// The maximum number of attempts to read a context that changes meanwhile.
const ATTEMPTS: usize = 20;

/// The maximum number of mappings that look like contexts.
const MAX_CONTEXTS: usize = 4;

/// A process to read.
#[derive(Debug)]
pub struct Process {
    id: u32,
    memory: Memory,
}

impl Process {
    /// Opens a process whose memory this user may read.
    ///
    /// # Errors
    ///
    /// There is no such process, or its memory may not be read.
    pub fn open(id: u32) -> io::Result<Self> {
        // Opening this file needs the right to read the memory, and reads nothing.
        File::open(of(id).join("mem")).map_err(|error| explained(id, &error))?;
        let process = i32::try_from(id).map_err(io::Error::other)?;
        Ok(Self { id, memory: Memory(Pid::from_raw(process)) })
    }

    /// Returns the context that the process publishes; `None` if it publishes none ([reading
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

    /// Reads the current span of each thread, and the recorded open spans of threads and tasks, the oldest first. The
    /// open spans are `None` for a program that publishes none, and if they cannot be read.
    ///
    /// No thread is stopped. If the spans of a thread change faster than they are read, its span is an outer one that
    /// stays open, and a span that begins or ends meanwhile may be missing.
    ///
    /// # Errors
    ///
    /// The process has ended or may not be read.
    pub fn spans(&self, context: &Context) -> io::Result<(Vec<Thread>, Option<Vec<OpenSpan>>)> {
        let tasks = self.tasks()?;
        let stacks = self.stacks(context, tasks.clone());
        // A list that cannot be read, such as one of an unloaded library, counts as no list.
        let open = context.tables.and_then(|[places, _]| {
            open_spans::read(&self.memory, places, &stacks, &context.keys).ok()
        });
        let stacks = stacks.into_iter().collect::<HashMap<_, _>>();
        let mut threads = Vec::new();
        for id in tasks.into_values() {
            // A name is read as bytes, because it may be cut within a character.
            let Ok(name) = fs::read(of(self.id).join(format!("task/{id}/comm"))) else {
                continue;
            };
            let name = String::from_utf8_lossy(&name).trim_end().to_owned();
            let span = stacks.get(&id).and_then(|stack| stack.current(&context.keys));
            threads.push(Thread { id, name, span });
        }
        threads.sort_by_key(|thread| thread.id);
        Ok((threads, open))
    }

    /// Returns the ids of the threads, by their ids in the namespace of the process.
    fn tasks(&self) -> io::Result<HashMap<u64, u32>> {
        let mut found = HashMap::new();
        let tasks = fs::read_dir(of(self.id).join("task"));
        for entry in tasks.map_err(|error| explained(self.id, &error))? {
            let entry = entry?;
            if let Some(id) = entry.file_name().to_str().and_then(|id| id.parse::<u32>().ok())
                && let Ok(status) = fs::read(entry.path().join("status"))
            {
                let status = String::from_utf8_lossy(&status);
                let ids = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
                let own = ids.and_then(|ids| ids.split_whitespace().last()?.parse().ok());
                found.insert(own.unwrap_or_else(|| id.into()), id);
            }
        }
        Ok(found)
    }

    /// Returns the stacks of the threads, or none if they cannot be read.
    fn stacks(&self, context: &Context, tasks: HashMap<u64, u32>) -> Vec<(u32, Stack)> {
        let stacks = context.tables.map(|[_, last]| stacks::read(&self.memory, last, tasks));
        stacks.and_then(Result::ok).unwrap_or_default()
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

struct Mapping {
    start: u64,
    /// The path of the file, or another name.
    name: String,
}

impl Mapping {
    /// Parses a line of `/proc/PID/maps`: address, permissions, offset, device, inode, and a name after blanks.
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.splitn(6, ' ');
        let start = u64::from_str_radix(fields.next()?.split_once('-')?.0, 16).ok()?;
        let name = fields.nth(4).unwrap_or_default().trim_start().to_owned();
        Some(Self { start, name })
    }

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

fn explained(process: u32, error: &io::Error) -> io::Error {
    let found = match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::ENOENT | Errno::ESRCH) => "no running process has this id".to_owned(),
        Some(Errno::EPERM | Errno::EACCES) => {
            "it belongs to another user, or /proc/sys/kernel/yama/ptrace_scope protects it"
                .to_owned()
        }
        _ => error.to_string(),
    };
    io::Error::new(error.kind(), format!("cannot read process {process}: {found}"))
}
