//! Reads the spans of the threads of a process from the stacks of `floe-thread-context`, which may change meanwhile.

use std::collections::HashMap;
use std::io;

use itertools::Itertools as _;

use super::context::{CurrentSpan, Keys};
use super::memory::{Memory, word};

/// The maximum number of stacks, including those of threads that have ended.
const MAX_STACKS: usize = 1 << 16;

/// The maximum number of spans of a thread that have records.
const DEPTH: usize = 64;
/// The number of bytes of a record.
const RECORD: usize = 248;

/// The maximum number of attempts to read a changing stack.
const ATTEMPTS: usize = 8;

/// The open spans of a thread.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Stack {
    thread: u64,
    /// Whether the innermost spans have no records.
    is_hidden: bool,
    /// Whether the records are complete.
    pub(super) is_whole: bool,
    /// The depth and the record of each span, the outermost first.
    records: Vec<(usize, [u8; RECORD])>,
}

/// Reads the stacks of threads, the newest first, each with the id of its thread. `threads` maps the ids in the
/// namespace of the process to these ids.
pub(super) fn read(
    memory: &Memory,
    last: u64,
    mut threads: HashMap<u64, u32>,
) -> io::Result<Vec<(u32, Stack)>> {
    let mut found = Vec::new();
    let mut address = memory.word(last)?;
    for _ in 0..MAX_STACKS {
        if address == 0 {
            break;
        }
        let head: [u8; 32] = memory.read(address)?;
        let thread = word(&head, 24);
        if let Some(id) = threads.remove(&thread) {
            let stack = Stack::settled(memory, address)?;
            if stack.thread == thread {
                found.push((id, stack));
            }
        }
        address = word(&head, 16);
    }
    Ok(found)
}

impl Stack {
    /// Reads a stack until two reads are equal, or else the outermost spans that are equal in the last two reads.
    fn settled(memory: &Memory, address: u64) -> io::Result<Self> {
        let mut before = Self::once(memory, address)?;
        for attempt in 1.. {
            let now = Self::once(memory, address)?;
            if before == now {
                break;
            }
            if attempt == ATTEMPTS {
                let same = before.records.iter().zip(&now.records).take_while(|(a, b)| a == b);
                let same = if before.thread == now.thread { same.count() } else { 0 };
                before.records.truncate(same);
                before.is_whole = false;
                break;
            }
            before = now;
        }
        Ok(before)
    }

    fn once(memory: &Memory, address: u64) -> io::Result<Self> {
        let words: [u8; 32 + DEPTH * 8] = memory.read(address)?;
        let open = word(&words, 0);
        let depths = (0..DEPTH).filter(|depth| open & 1 << depth != 0).collect_vec();
        let used = depths.iter().map(|depth| word(&words[32..], depth * 8));
        let records = memory.each(&used.collect_vec());
        let is_hidden = word(&words, 8) != 0;
        Ok(Self {
            thread: word(&words, 24),
            is_hidden,
            is_whole: !is_hidden && records.len() == depths.len(),
            records: depths.into_iter().zip(records).collect(),
        })
    }

    pub(super) fn current(&self, keys: &Keys) -> Option<CurrentSpan> {
        let (_, record) = self.records.last().filter(|_| !self.is_hidden)?;
        CurrentSpan::decode(record, keys)
    }

    /// Returns the trace id and the span id of each span.
    pub(super) fn ids(&self) -> impl Iterator<Item = [u8; 24]> {
        self.records.iter().filter_map(|(_, record)| record.first_chunk().copied())
    }
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use nix::unistd::Pid;

    use super::*;

    #[test]
    fn a_list_without_end_and_records_without_memory_are_no_spans() {
        // A stack with 64 open spans whose next stack is the stack itself.
        let mut words = [0_u64; 4 + DEPTH];
        let address = |at: *const u64| u64::try_from(at.addr()).expect("it is an address");
        words[0] = u64::MAX;
        words[2] = address(words.as_ptr());
        words[3] = 7;
        words[4] = 1;
        let memory = Memory(Pid::this());
        let last = words[2];
        let threads = HashMap::from([(7, 70), (8, 80)]);
        let last = address(ptr::from_ref(&last));
        let found = read(&memory, last, threads.clone()).expect("it is readable");
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].0, found[0].1.ids().count()), (70, 0));
        assert!(read(&memory, 1, threads).is_err());
    }
}
