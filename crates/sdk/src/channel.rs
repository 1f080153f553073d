//! A channel with the errors of [`std::sync::mpsc`].
//!
//! The standard channel is made for many messages: it has lock-free queues, and adds 10 KB to the program per type of
//! message. Here batches are the most frequent messages, so a lock suffices.

use std::collections::VecDeque;
use std::fmt;
use std::io;
pub(crate) use std::sync::mpsc::{RecvTimeoutError, SendError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::program_signals;

/// The sending end. Dropping the last sender closes the channel.
pub struct Sender<T>(Arc<Shared<T>>);

/// The receiving end, which gets messages in the order of sending. Dropping it drops the remaining messages.
pub struct Receiver<T>(Arc<Shared<T>>);

struct Shared<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

struct State<T> {
    messages: VecDeque<T>,
    senders: usize,
    has_receiver: bool,
}

/// Creates a channel.
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let state = State { messages: VecDeque::new(), senders: 1, has_receiver: true };
    let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
    (Sender(Arc::clone(&shared)), Receiver(shared))
}

/// Runs `work` on a thread of its own, and waits at most `limit` for its result. The thread is not joined. Fails if the
/// thread cannot be started.
pub(crate) fn on_thread<T: Send + 'static>(
    name: &str,
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<Result<T, RecvTimeoutError>> {
    let (sender, result) = channel();
    program_signals::spawn(name, move || _ = sender.send(work()))?;
    Ok(result.recv_timeout(limit))
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> State<T> {
    /// Whether a receiver must wait: there is a sender, but no message.
    fn is_waited_for(&mut self) -> bool {
        self.messages.is_empty() && self.senders > 0
    }
}

impl<T> Sender<T> {
    /// Sends a message without waiting.
    ///
    /// # Errors
    ///
    /// There is no receiver any more.
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        let mut state = self.0.lock();
        if !state.has_receiver {
            return Err(SendError(message));
        }
        state.messages.push_back(message);
        drop(state);
        self.0.changed.notify_one();
        Ok(())
    }

    pub(crate) fn has_receiver(&self) -> bool {
        self.0.lock().has_receiver
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.0.lock().senders += 1;
        Self(Arc::clone(&self.0))
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.0.lock().senders -= 1;
        self.0.changed.notify_one();
    }
}

impl<T> Receiver<T> {
    /// Waits for a message, at most for `timeout`. Fails at once if there is neither a message nor a sender.
    ///
    /// # Errors
    ///
    /// The time has passed, or there is no sender.
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        let state = self.0.lock();
        let waited = (self.0.changed).wait_timeout_while(state, timeout, State::is_waited_for);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        let error = match state.senders {
            0 => RecvTimeoutError::Disconnected,
            _ => RecvTimeoutError::Timeout,
        };
        state.messages.pop_front().ok_or(error)
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.has_receiver = false;
        let messages = std::mem::take(&mut state.messages);
        // Unlocked first, because dropping a message may drop a sender of this channel, which takes the lock.
        drop(state);
        drop(messages);
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Receiver")
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sender")
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    const SHORT: Duration = Duration::from_millis(10);

    #[test]
    fn messages_arrive_in_order_and_wake_the_receiver() {
        let (sender, receiver) = channel();
        let sending = thread::spawn(move || {
            for number in 0..1000 {
                sender.send(number).unwrap();
            }
        });
        for number in 0..1000 {
            assert_eq!(receiver.recv_timeout(Duration::MAX), Ok(number));
        }
        sending.join().unwrap();
        // Dropping the last sender wakes the receiver.
        assert_eq!(receiver.recv_timeout(Duration::MAX), Err(RecvTimeoutError::Disconnected));
    }

    #[test]
    fn a_closed_channel_still_delivers_its_messages() {
        let (sender, receiver) = channel();
        let other = sender.clone();
        assert_eq!(receiver.recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout));
        drop(sender);
        assert_eq!(receiver.recv_timeout(SHORT), Err(RecvTimeoutError::Timeout));
        other.send("last").unwrap();
        drop(other);
        assert_eq!(receiver.recv_timeout(SHORT), Ok("last"));
        assert_eq!(receiver.recv_timeout(SHORT), Err(RecvTimeoutError::Disconnected));
    }

    #[test]
    fn a_message_that_nobody_receives_comes_back_or_is_dropped() {
        struct Message {
            _own: Option<Sender<Message>>,
            _other: Sender<()>,
        }

        let (sender, receiver) = channel();
        let (other, dropped) = channel();
        let message = |own| Message { _own: own, _other: other.clone() };
        // A sender in a message of its own channel causes no deadlock.
        sender.send(message(Some(sender.clone()))).unwrap();
        drop(receiver);
        let SendError(returned) = sender.send(message(None)).unwrap_err();
        drop(other);
        assert_eq!(dropped.recv_timeout(SHORT), Err(RecvTimeoutError::Timeout));
        drop(returned);
        assert_eq!(dropped.recv_timeout(SHORT), Err(RecvTimeoutError::Disconnected));
    }
}
