//! Messages of threads of the program, which wait for the collector's thread.

use std::mem;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::recorder::fork::CopiedLock;

type Messages = Vec<Box<dyn FnOnce() + Send>>;

/// Not available in a fork if a thread that does not exist there holds the lock.
static WAITING: CopiedLock<Messages> = CopiedLock::new(Vec::new());

/// The process whose collector writes the messages; 0 without a collector. It does not exist in a fork.
static COLLECTOR_OF: AtomicU32 = AtomicU32::new(0);

/// The maximum number of messages that wait. Further ones are left out.
const MAX_WAITING: usize = 1000;

fn has_collector() -> bool {
    COLLECTOR_OF.load(Ordering::Relaxed) == process::id()
}

/// Leaves a message of a thread of the program to the collector's thread. Without a collector, writes it.
pub fn later(write: impl FnOnce() + Send + 'static) {
    if has_collector()
        && let Some(mut messages) = WAITING.lock()
        // The last messages are taken after the collector has ended.
        && has_collector()
    {
        if messages.len() < MAX_WAITING {
            messages.push(Box::new(write));
        }
        return;
    }

    write();
}

/// The messages of threads of the program, which wait for a collector until this value is dropped.
#[derive(Debug)]
#[non_exhaustive]
pub struct WaitingMessages;

impl WaitingMessages {
    /// Lets the messages wait for a collector, which is started next.
    pub fn of_collector() -> Self {
        // A fork has copied the messages of its parent.
        if !has_collector()
            && let Some(mut messages) = WAITING.lock()
        {
            messages.clear();
        }
        COLLECTOR_OF.store(process::id(), Ordering::Relaxed);
        Self
    }

    /// Writes the messages. The collector calls it in each of its turns.
    pub fn write() {
        let messages = WAITING.lock().map(|mut messages| mem::take(&mut *messages));
        for write in messages.unwrap_or_default() {
            write();
        }
    }
}

impl Drop for WaitingMessages {
    fn drop(&mut self) {
        COLLECTOR_OF.store(0, Ordering::Relaxed);
        Self::write();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::thread;

    use super::*;

    #[test]
    fn messages_wait_for_a_collector_only_while_there_is_one() {
        static WRITTEN: AtomicUsize = AtomicUsize::new(0);

        let write = || later(|| _ = WRITTEN.fetch_add(1, Ordering::Relaxed));
        let waiting = WaitingMessages::of_collector();
        write();
        assert_eq!(WRITTEN.load(Ordering::Relaxed), 0);
        WaitingMessages::write();
        assert_eq!(WRITTEN.load(Ordering::Relaxed), 1);
        write();
        drop(waiting);
        write();
        assert_eq!(WRITTEN.load(Ordering::Relaxed), 3);
        // The collector of another process, from which this one was forked.
        COLLECTOR_OF.store(process::id() + 1, Ordering::Relaxed);
        write();
        assert_eq!(WRITTEN.load(Ordering::Relaxed), 4);

        // No message is lost while another thread has the lock.
        let last = WaitingMessages::of_collector();
        thread::scope(|scope| {
            let thread = scope.spawn(|| (0..500).for_each(|_| write()));
            while !thread.is_finished() {
                WaitingMessages::write();
            }
        });
        drop(last);
        assert_eq!(WRITTEN.load(Ordering::Relaxed), 504);
    }
}
