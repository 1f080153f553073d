//! Tasks for a thread of the library, or for the thread of the program that waits for their results.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::{Mutex, TryLockError};

use opentelemetry::{Context, ContextGuard};

use crate::caught::caught;
use crate::channel::{Receiver, SendError, Sender, channel};
use crate::recorder;

/// Executes a task. It is dropped after [`ControlFlow::Break`], or a panic, and so is every later task.
type Execute<T> = Box<dyn FnMut(T) -> ControlFlow<()> + Send>;

/// Tasks that are executed in the order in which they were sent.
pub(crate) struct Tasks<T> {
    sender: Sender<T>,
    /// What a thread of the program executes; `None` if a thread of the library has the receiver.
    here: Option<Mutex<Option<Here<T>>>>,
}

struct Here<T> {
    tasks: Receiver<T>,
    execute: Execute<T>,
}

impl<T> Tasks<T> {
    /// Tasks for a thread of the library.
    pub(crate) fn of_thread() -> (Self, Receiver<T>) {
        let (sender, receiver) = channel();
        (Self { sender, here: None }, receiver)
    }

    /// Tasks that wait until [`execute`](Self::execute) is called.
    pub(crate) fn of_caller(execute: impl FnMut(T) -> ControlFlow<()> + Send + 'static) -> Self {
        let (sender, tasks) = channel();
        let execute = Box::new(execute);
        let here = Here { tasks, execute };
        Self { sender, here: Some(Mutex::new(Some(here))) }
    }

    /// Whether a thread of the program executes them.
    pub(crate) const fn are_of_caller(&self) -> bool {
        self.here.is_some()
    }

    pub(crate) fn send(&self, task: T) -> Result<(), SendError<T>> {
        self.sender.send(task)
    }

    /// Executes the tasks that wait, as long as there is time. Does nothing if a thread of the library executes them,
    /// or if another thread does so in this moment.
    pub(crate) fn execute(&self, has_time: impl Fn() -> bool) {
        let Some(here) = &self.here else {
            return;
        };
        let mut here = match here.try_lock() {
            Ok(here) => here,
            Err(TryLockError::Poisoned(here)) => here.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        let _quiet = quiet();
        while let Some(Here { tasks, execute }) = &mut *here
            && has_time()
            && let Ok(task) = tasks.try_recv()
        {
            if !matches!(caught(|| execute(task)), Ok(ControlFlow::Continue(()))) {
                let ended = here.take();
                // What it owns may be user code that panics.
                let _ = caught(|| drop(ended));
            }
        }
    }
}

impl<T> Drop for Tasks<T> {
    fn drop(&mut self) {
        let here = self.here.take();
        let _ = caught(|| drop(here));
    }
}

impl<T> fmt::Debug for Tasks<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tasks")
    }
}

/// Suppresses the telemetry of this thread, which does the work of the library. At the end of a process, the context of
/// its thread may not exist any more.
#[must_use]
pub fn quiet() -> Option<ContextGuard> {
    recorder::context_is_alive().then(Context::enter_telemetry_suppressed_scope)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn tasks_wait_for_a_caller_with_time_and_end_with_a_break_or_a_panic() {
        for is_panic in [false, true] {
            let executed = Arc::<AtomicUsize>::default();
            let count = Arc::clone(&executed);
            let tasks = Tasks::of_caller(move |task| {
                count.fetch_add(1, Ordering::Relaxed);
                match task {
                    "end" if is_panic => panic!("a test"),
                    "end" => ControlFlow::Break(()),
                    _ => ControlFlow::Continue(()),
                }
            });
            tasks.send("first").unwrap();
            tasks.execute(|| false);
            assert_eq!(executed.load(Ordering::Relaxed), 0);
            tasks.send("second").unwrap();
            tasks.execute(|| true);
            assert_eq!(executed.load(Ordering::Relaxed), 2);
            tasks.send("end").unwrap();
            tasks.send("lost").unwrap();
            tasks.execute(|| true);
            assert_eq!(executed.load(Ordering::Relaxed), 3);
            assert!(tasks.send("refused").is_err());
        }
    }
}
