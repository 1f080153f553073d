//! Sends a request with retries and exponential backoff, until a deadline.
//!
//! The retries follow the table of the OTLP specification and use the complete timeout. tonic reports what
//! happens on this side as a status with a source, which is retried unless the response itself is invalid.

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

/// The longest delay before jitter, unless the receiver requires a longer pause.
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

/// The pause that a receiver has required, which holds for later requests, too.
#[derive(Debug, Default)]
pub(super) struct Throttle(Option<Instant>);

impl Throttle {
    /// Keeps a pause that was too long for one export. At most half of the timeout remains for the next
    /// export, so that nonsense does not stop the exporter.
    fn require(&mut self, pause: Duration, timeout: Duration) {
        self.0 = Some(monotonic_now() + pause.min(timeout.min(MAX_TIMEOUT) / 2));
    }

    /// Returns what is left of the pause, once.
    fn take(&mut self) -> Duration {
        let end = self.0.take();
        end.map_or(Duration::ZERO, |end| {
            end.saturating_duration_since(monotonic_now())
        })
    }
}

/// Sends `request`, and retries it until `deadline` as long as the outcome permits. `timeout` is that of the
/// export, for the error.
pub(super) async fn send(
    transport: &mut dyn Transport,
    request: Bytes,
    throttle: &mut Throttle,
    deadline: Instant,
    timeout: Duration,
) -> Result<Accepted, String> {
    send_with(transport, request, throttle, deadline, timeout, sleep).await
}

/// Sends `request`, and calls `sleep` for each pause.
async fn send_with<S: Future<Output = ()>>(
    transport: &mut dyn Transport,
    request: Bytes,
    throttle: &mut Throttle,
    deadline: Instant,
    timeout: Duration,
    sleep: impl Fn(Duration) -> S,
) -> Result<Accepted, String> {
    let left = || deadline.saturating_duration_since(monotonic_now());
    let throttled = throttle.take();
    if !throttled.is_zero() {
        sleep(throttled.min(left())).await;
    }
    if left().is_zero() {
        let reason = if throttled.is_zero() {
            "the other requests of the batch took the time"
        } else {
            "the receiver has required a longer pause"
        };
        return Err(format!("not sent within {timeout:?}: {reason}"));
    }
    let mut delay = INITIAL_DELAY;
    let mut last = None;
    loop {
        let sent = time::timeout(left(), transport.send(request.clone(), left()));
        let (reason, after) = match sent.await {
            Ok(Outcome::Accepted { rejected, message }) => {
                return Ok(Accepted { rejected, message });
            }
            Ok(Outcome::Rejected(reason)) => return Err(reason),
            Ok(Outcome::Retry { reason, after }) => (reason, after),
            Err(_) => {
                // Nothing may arrive any more on the connection.
                transport.reconnect();
                let reason = match last {
                    Some(last) => format!("no response to the last attempt, and before: {last}"),
                    None => "no response".to_owned(),
                };
                return Err(format!("not delivered within {timeout:?}: {reason}"));
            }
        };
        let pause = pause(delay, after);
        if pause >= left() {
            // A shorter pause would burden a receiver that already refuses requests.
            if after.is_some() {
                throttle.require(pause, timeout);
            }
            return Err(format!("not delivered within {timeout:?}: {reason}"));
        }
        sleep(pause).await;
        delay = (delay * 2).min(MAX_DELAY);
        last = Some(reason);
    }
}

/// The time until the next attempt. A receiver can only require a longer one.
fn pause(delay: Duration, after: Option<Duration>) -> Duration {
    // Jitter spreads the retries of many senders that failed at the same time. The longest pause of a delay is
    // the shortest one of the next delay, so that pauses grow as long as the delay does.
    let jittered = delay.mul_f64(0.75 * (1.0 + random()));
    after.map_or(jittered, |after| jittered.max(after))
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

    /// Asks for a retry after this time, and accepts a request after this number of attempts.
    #[derive(Debug)]
    struct Overloaded {
        attempts: usize,
        after: Option<Duration>,
    }

    impl Transport for Overloaded {
        fn send(&mut self, _: Bytes, _: Duration) -> Pin<Box<dyn Future<Output = Outcome> + '_>> {
            let outcome = match self.attempts.checked_sub(1) {
                Some(left) => {
                    self.attempts = left;
                    Outcome::Retry {
                        reason: "overloaded".to_owned(),
                        after: self.after,
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

    /// Sends a request, and returns the result and the pauses. The clock stands still.
    fn send_without_sleep(
        attempts: usize,
        after: Option<Duration>,
        throttle: &mut Throttle,
        timeout: Duration,
    ) -> (Result<Accepted, String>, Vec<Duration>) {
        let pauses = RefCell::new(Vec::new());
        let no_sleep = |pause| {
            pauses.borrow_mut().push(pause);
            future::ready(())
        };
        let mut overloaded = Overloaded { attempts, after };
        let sent = send_with(
            &mut overloaded,
            Bytes::new(),
            throttle,
            deadline(timeout),
            timeout,
            no_sleep,
        );
        let runtime = runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_time().build().unwrap();
        let result = runtime.block_on(sent);
        (result, pauses.into_inner())
    }

    #[test]
    fn pauses_grow_up_to_a_limit_and_have_jitter() {
        let hour = 3600 * SECOND;
        for after in [None, Some(Duration::ZERO), Some(Duration::from_nanos(1))] {
            let (result, pauses) = send_without_sleep(12, after, &mut Throttle::default(), hour);
            assert!(result.is_ok());
            assert_eq!(pauses.len(), 12);
            let mut expected = INITIAL_DELAY;
            for pause in &pauses {
                let range = expected * 3 / 4..=expected * 3 / 2;
                assert!(range.contains(pause), "{expected:?}: {pauses:?}");
                expected = (expected * 2).min(MAX_DELAY);
            }
            assert!(pauses[..6].is_sorted(), "{pauses:?}");
            let longest: BTreeSet<_> = pauses[6..].iter().collect();
            assert!(longest.len() > 1, "without jitter: {pauses:?}");
        }
    }

    #[test]
    fn a_receiver_can_only_lengthen_a_pause() {
        assert_eq!(pause(SECOND, Some(2 * SECOND)), 2 * SECOND);
        for after in [None, Some(Duration::ZERO), Some(SECOND / 2)] {
            assert!(pause(SECOND, after) >= SECOND * 3 / 4, "{after:?}");
        }
    }

    #[test]
    fn a_pause_that_does_not_fit_before_the_deadline_ends_the_export() {
        let mut throttle = Throttle::default();
        let (result, pauses) = send_without_sleep(1, None, &mut throttle, INITIAL_DELAY / 2);
        assert_eq!(result.unwrap_err(), "not delivered within 50ms: overloaded");
        assert!(pauses.is_empty(), "{pauses:?}");
        assert!(throttle.0.is_none());
    }

    #[test]
    fn a_required_pause_that_is_too_long_holds_for_the_next_export() {
        let mut throttle = Throttle::default();
        let timeout = 10 * SECOND;
        let after = Some(99 * SECOND);
        let (result, pauses) = send_without_sleep(1, after, &mut throttle, timeout);
        assert_eq!(result.unwrap_err(), "not delivered within 10s: overloaded");
        assert!(pauses.is_empty(), "{pauses:?}");
        let (result, pauses) = send_without_sleep(0, None, &mut throttle, timeout);
        assert!(result.is_ok());
        let [pause] = pauses[..] else {
            panic!("{pauses:?}");
        };
        assert!((4 * SECOND..=timeout / 2).contains(&pause), "{pause:?}");
        let (_, pauses) = send_without_sleep(0, None, &mut throttle, timeout);
        assert!(pauses.is_empty(), "{pauses:?}");
    }
}
