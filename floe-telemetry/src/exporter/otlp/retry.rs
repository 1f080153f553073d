//! Sends a request with retries and exponential backoff, until a deadline.

use std::future::Future;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::time::{self, sleep};

use super::Transport;
use super::response::Outcome;
use crate::clock::monotonic_now;
use crate::recorder::random;

/// The delay before the first retry. It doubles with each further retry.
const INITIAL_DELAY: Duration = Duration::from_millis(100);

/// The longest delay, unless the receiver requires one.
const MAX_DELAY: Duration = Duration::from_secs(5);

/// The longest timeout. A longer one could not be added to the current time.
const MAX_TIMEOUT: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A request that the receiver accepted.
#[derive(Debug)]
pub(super) struct Accepted {
    /// The number of items that the receiver rejected.
    pub(super) rejected: u64,
    /// The reason, or a warning.
    pub(super) message: String,
}

/// When an export that starts now has to end.
pub(super) fn deadline(timeout: Duration) -> Instant {
    monotonic_now() + timeout.min(MAX_TIMEOUT)
}

/// Sends `request`, and retries it until `deadline` as long as the outcome permits. `timeout` is that of the
/// export, for the error.
pub(super) async fn send(
    transport: &mut dyn Transport,
    request: Bytes,
    deadline: Instant,
    timeout: Duration,
) -> Result<Accepted, String> {
    send_with(transport, request, deadline, timeout, sleep).await
}

/// Sends `request`, and calls `sleep` for each pause.
async fn send_with<S: Future<Output = ()>>(
    transport: &mut dyn Transport,
    request: Bytes,
    deadline: Instant,
    timeout: Duration,
    sleep: impl Fn(Duration) -> S,
) -> Result<Accepted, String> {
    let left = || deadline.saturating_duration_since(monotonic_now());
    if left().is_zero() {
        return Err(format!(
            "not sent: the other requests of the batch took {timeout:?}"
        ));
    }
    let mut last = None;
    loop {
        let sent = time::timeout(left(), transport.send(request.clone(), left()));
        match sent.await {
            Ok(Outcome::Accepted { rejected, message }) => {
                return Ok(Accepted { rejected, message });
            }
            Ok(Outcome::Rejected(reason)) => return Err(reason),
            Ok(Outcome::Retry { reason, after }) => {
                let delay = last.map_or(INITIAL_DELAY, |(delay, _): (Duration, _)| delay * 2);
                let delay = delay.min(MAX_DELAY);
                sleep(pause(delay, after, left())).await;
                last = Some((delay, reason));
            }
            Err(_) => {}
        }
        if left().is_zero() {
            // Nothing may arrive any more on the connection.
            transport.reconnect();
            let reason = last.map_or("no response".to_owned(), |(_, reason)| reason);
            return Err(format!("not delivered within {timeout:?}: {reason}"));
        }
    }
}

/// The time until the next attempt, if there is `left` until the deadline.
fn pause(delay: Duration, after: Option<Duration>, left: Duration) -> Duration {
    if let Some(after) = after {
        return after.min(left);
    }
    // Jitter spreads the retries of many senders that failed at the same time.
    let jittered = delay.mul_f64(0.5 + random());
    if jittered < left {
        jittered
    } else if left > INITIAL_DELAY {
        // The last attempts use the time that is left.
        left / 2
    } else {
        left
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeSet;
    use std::future;
    use std::pin::Pin;

    use tokio::runtime;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Accepts a request after this number of attempts.
    #[derive(Debug)]
    struct Overloaded(usize);

    impl Transport for Overloaded {
        fn send(&mut self, _: Bytes, _: Duration) -> Pin<Box<dyn Future<Output = Outcome> + '_>> {
            let outcome = match self.0.checked_sub(1) {
                Some(left) => {
                    self.0 = left;
                    Outcome::Retry {
                        reason: "overloaded".to_owned(),
                        after: None,
                    }
                }
                None => Outcome::Accepted {
                    rejected: 0,
                    message: String::new(),
                },
            };
            Box::pin(future::ready(outcome))
        }
    }

    #[test]
    fn pauses_between_attempts_grow_up_to_a_limit() {
        let pauses = RefCell::new(Vec::new());
        let no_sleep = |pause| {
            pauses.borrow_mut().push(pause);
            future::ready(())
        };
        let mut overloaded = Overloaded(12);
        let hour = 3600 * SECOND;
        let sent = send_with(
            &mut overloaded,
            Bytes::new(),
            deadline(hour),
            hour,
            no_sleep,
        );
        let runtime = runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_time().build().unwrap();
        assert!(runtime.block_on(sent).is_ok());
        let pauses = pauses.into_inner();
        assert_eq!(pauses.len(), 12);
        let mut expected = INITIAL_DELAY;
        for pause in &pauses {
            let range = expected / 2..=expected * 3 / 2;
            assert!(range.contains(pause), "{expected:?}: {pauses:?}");
            expected = (expected * 2).min(MAX_DELAY);
        }
        let longest: BTreeSet<_> = pauses[6..].iter().collect();
        assert!(longest.len() > 1, "without jitter: {pauses:?}");
    }

    #[test]
    fn pauses_have_jitter_and_end_before_the_deadline() {
        let pauses: BTreeSet<_> = (0..20).map(|_| pause(SECOND, None, 10 * SECOND)).collect();
        assert!(pauses.len() > 1, "{pauses:?}");
        assert!(
            pauses
                .iter()
                .all(|it| (SECOND / 2..SECOND * 3 / 2).contains(it))
        );
        assert_eq!(pause(8 * SECOND, None, SECOND), SECOND / 2);
        assert_eq!(pause(SECOND, None, INITIAL_DELAY), INITIAL_DELAY);
    }

    #[test]
    fn the_pause_that_a_receiver_requires_is_limited_by_the_deadline() {
        assert_eq!(pause(SECOND, Some(2 * SECOND), 10 * SECOND), 2 * SECOND);
        assert_eq!(pause(SECOND, Some(99 * SECOND), 10 * SECOND), 10 * SECOND);
        assert_eq!(pause(SECOND, Some(Duration::ZERO), SECOND), Duration::ZERO);
    }
}
