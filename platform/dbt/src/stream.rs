//! The lines that dbt writes while it runs, through a named pipe in place of its log file.
//!
//! dbt never waits for the telemetry: a thread reads the pipe as fast as dbt writes, and drops lines beyond the memory
//! limit.
//!
//! dbt's standard output could carry the events, too, but `floe` would have to print dbt's output, and dbt would see no
//! terminal. A plugin in dbt's process would depend on dbt's Python.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::mem;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use rustix::fs::{CWD, FileType, Mode, mknodat};

/// The maximum length of a line in bytes. Longer lines, for example with the SQL of a large model, are dropped.
pub(crate) const MAX_LINE: usize = 1 << 20;

/// The maximum size of all lines that wait for processing, in bytes.
const MAX_WAITING: usize = 64 << 20;

/// The text that ends a stream. dbt never writes it, because dbt's lines are JSON.
const END: &[u8] = b"\x04floe\n";

/// The receiver of the lines of a pipe. It counts the bytes that wait and the lines that were dropped.
#[derive(Debug)]
pub(crate) struct Lines {
    lines: Receiver<Vec<u8>>,
    state: Arc<State>,
}

/// The write end of a pipe, which closes the stream.
#[derive(Debug)]
pub(crate) struct Pipe(File);

#[derive(Debug, Default)]
struct State {
    waiting: AtomicUsize,
    dropped: AtomicU64,
}

impl Lines {
    /// Creates a pipe, and returns its lines and its write end.
    pub(crate) fn open(path: &Path) -> io::Result<(Self, Pipe)> {
        let (sender, lines) = mpsc::channel();
        let state = Arc::new(State::default());
        let pipe = Pipe::open(path, sender, Arc::clone(&state))?;
        Ok((Self { lines, state }, pipe))
    }

    /// Waits for the next line; returns `None` after the pipe was closed.
    pub(crate) fn next(&self) -> Option<Vec<u8>> {
        let line = self.lines.recv().ok()?;
        self.state.waiting.fetch_sub(line.len(), Ordering::Relaxed);
        Some(line)
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.state.dropped.load(Ordering::Relaxed)
    }
}

impl Pipe {
    /// Creates a named pipe, and reads it on a thread of its own.
    fn open(path: &Path, lines: Sender<Vec<u8>>, state: Arc<State>) -> io::Result<Self> {
        mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)?;
        // Because the pipe is opened for reading and writing, opening it does not wait for dbt, and it does not end
        // when dbt closes it and opens it again.
        let pipe = OpenOptions::new().read(true).write(true).open(path)?;
        let mut reader = pipe.try_clone()?;
        let thread = thread::Builder::new().name("floe-dbt-log".to_owned());
        thread.spawn(move || {
            let mut splitter = Splitter::default();
            let mut buffer = vec![0; 1 << 16];
            loop {
                let read = match reader.read(&mut buffer) {
                    Ok(0) => return,
                    Ok(read) => read,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(_) => return,
                };
                let bytes = buffer.get(..read).unwrap_or_default();
                if splitter.split(bytes, |line| state.send(line, &lines)) {
                    return;
                }
            }
        })?;
        Ok(Self(pipe))
    }

    /// Closes the stream. Called when dbt has ended, so that everything that dbt wrote precedes the end in the pipe.
    pub(crate) fn close(mut self) {
        let _ = self.0.write_all(END);
    }
}

impl State {
    fn send(&self, line: Option<Vec<u8>>, lines: &Sender<Vec<u8>>) {
        let fits = |size| self.waiting.load(Ordering::Relaxed) + size <= MAX_WAITING;
        match line {
            Some(line) if fits(line.len()) => {
                self.waiting.fetch_add(line.len(), Ordering::Relaxed);
                let _ = lines.send(line);
            }
            _ => {
                self.dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

#[derive(Debug, Default)]
struct Splitter {
    line: Vec<u8>,
    is_too_long: bool,
}

impl Splitter {
    /// Calls `send` with each complete line that is not empty, without its end, or with `None` for a line that is too
    /// long. Returns whether the stream has ended.
    fn split(&mut self, bytes: &[u8], mut send: impl FnMut(Option<Vec<u8>>)) -> bool {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.line.len() + piece.len() > MAX_LINE {
                self.is_too_long = true;
                self.line.clear();
            }
            self.line.extend_from_slice(piece);
            if !piece.ends_with(b"\n") {
                continue;
            }
            // A process that dbt left behind may have written the beginning of the line.
            if self.line.ends_with(END) {
                return true;
            }
            let mut line = mem::take(&mut self.line);
            line.pop();
            if mem::take(&mut self.is_too_long) {
                send(None);
            } else if !line.is_empty() {
                send(Some(line));
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::{END, MAX_LINE, Splitter};

    fn split(input: &[u8], step: usize) -> (Vec<Option<Vec<u8>>>, bool) {
        let mut splitter = Splitter::default();
        let mut lines = Vec::new();
        let mut ended = false;
        for bytes in input.chunks(step) {
            ended |= splitter.split(bytes, |line| lines.push(line));
        }
        (lines, ended)
    }

    #[test]
    fn lines_are_split_wherever_the_reads_end() {
        let input = [b"one\n\ntwo\nthr".as_slice(), END].concat();
        for step in 1..input.len() {
            let (lines, ended) = split(&input, step);
            assert_eq!(lines, [Some(b"one".to_vec()), Some(b"two".to_vec())]);
            assert!(ended);
        }
    }

    #[test]
    fn an_endless_line_is_dropped_and_the_next_one_is_read() {
        let input = [vec![b'x'; 3 * MAX_LINE], b"\nnext\n".to_vec()].concat();
        let mut splitter = Splitter::default();
        let mut lines = Vec::new();
        for bytes in input.chunks(1 << 16) {
            splitter.split(bytes, |line| lines.push(line));
            assert!(splitter.line.capacity() <= 2 * MAX_LINE);
        }
        assert_eq!(lines, [None, Some(b"next".to_vec())]);
    }
}
