//! Sends a request with retries and exponential backoff, until a deadline.
//!
//! The retries follow the table of the OTLP specification and use the complete timeout. tonic reports local errors as a
//! status with a source, which is retried unless the response itself is invalid.
//!
//! A shutdown must not wait for an absent receiver. Once it has begun, an export ends with the second unanswered
//! request in a row, even if the first request precedes the shutdown, and a pause ends at once. If the receiver
//! answers, retries continue. A request that still waits for its answer is given up a moment before the shutdown ends,
//! so that the failure has a reason.

use std::time::Duration;

use bytes::Bytes;

use super::response::Outcome;
use super::time_limit::TimeLimit;
use super::transport::Transport;
use floe_telemetry_core::__sdk::clock::{Instant, monotonic_now};
use floe_telemetry_core::__sdk::recorder::random;
use floe_telemetry_sdk::__parts::collector::ExportFailure;

/// The delay before the first retry. It doubles with each further retry.
const INITIAL_DELAY: Duration = Duration::from_millis(100);

/// The maximum delay before jitter, unless the receiver requires a longer pause.
const MAX_DELAY: Duration = Duration::from_secs(5);

/// The maximum timeout. A longer timeout could not be added to the current time.
const MAX_TIMEOUT: Duration = Duration::from_secs(365 * 24 * 60 * 60);

#[derive(Debug)]
pub(super) struct Accepted {
    /// The number of items that the receiver rejected.
    pub(super) rejected: u64,
    /// The reason, or a warning.
    pub(super) message: String,
}

/// The deadline of an export that starts now.
pub(super) fn deadline(timeout: Duration) -> Instant {
    monotonic_now() + timeout.min(MAX_TIMEOUT)
}

/// The results of earlier requests, on which the next request depends.
#[derive(Default)]
pub(super) struct Throttle {
    /// The end of the pause that a receiver has required, which also applies to later requests.
    until: Option<Instant>,
    /// The number of last requests in a row without an answer.
    unanswered: u32,
    /// The reason why the last request was not accepted.
    failure: Option<String>,
}

/// During a shutdown, this number of unanswered requests in a row ends an export.
const MAX_UNANSWERED: u32 = 2;

impl Throttle {
    /// Keeps a pause that was too long for one export. For the next export, at most half of the timeout is kept, so
    /// that an absurd pause does not stop the exporter.
    fn require(&mut self, pause: Duration, timeout: Duration) {
        self.until = Some(monotonic_now() + pause.min(timeout.min(MAX_TIMEOUT) / 2));
    }

    /// Returns the rest of the pause, once.
    fn take(&mut self) -> Duration {
        let end = self.until.take();
        end.map_or(Duration::ZERO, |end| end.saturating_duration_since(monotonic_now()))
    }
}

/// The time limit of an export.
#[derive(Clone, Copy)]
pub(super) struct Limits<'a> {
    pub(super) time: &'a TimeLimit,
    /// The timeout of the export, for its error.
    pub(super) timeout: Duration,
}

impl Limits<'_> {
    /// The [`error.type`](https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/) is `rejected` if the receiver has
    /// answered, `connection_error` if it has not, `timeout` if there was no time left.
    fn error(&self, error_type: &'static str, reason: &str) -> ExportFailure {
        let reason = if self.time.is_ending() {
            format!("not delivered before the shutdown: {reason}")
        } else {
            format!("not delivered within {:?}: {reason}", self.timeout)
        };
        ExportFailure { items: None, error_type, reason }
    }
}

/// Sends `request`, and retries it within its `limits` while the outcome permits it.
pub(super) fn send(
    transport: &mut dyn Transport,
    request: &Bytes,
    throttle: &mut Throttle,
    limits: Limits<'_>,
) -> Result<Accepted, ExportFailure> {
    send_with(transport, request, throttle, limits, |pause| limits.time.pause(pause))
}

/// Sends `request`, and calls `sleep` for each pause.
fn send_with(
    transport: &mut dyn Transport,
    request: &Bytes,
    throttle: &mut Throttle,
    limits: Limits<'_>,
    sleep: impl Fn(Duration),
) -> Result<Accepted, ExportFailure> {
    let time = limits.time;
    let throttled = throttle.take();
    if !throttled.is_zero() {
        sleep(throttled.min(time.left()));
    }
    if time.left().is_zero() {
        let reason = match &throttle.failure {
            _ if !throttled.is_zero() => "the receiver has required a longer pause",
            Some(failure) => failure,
            None => "other requests used up the time",
        };
        return Err(limits.error("timeout", &format!("not sent: {reason}")));
    }
    let mut delay = INITIAL_DELAY;
    let mut is_repeated = false;
    loop {
        let outcome = transport.send(request.clone());
        let unanswered = throttle.unanswered + 1;
        throttle.unanswered = 0;
        let (reason, after) = match outcome {
            Outcome::Accepted { rejected, message } => {
                throttle.failure = None;
                return Ok(Accepted { rejected, message });
            }
            Outcome::Rejected(reason) => {
                return Err(ExportFailure { items: None, error_type: "rejected", reason });
            }
            Outcome::Retry { reason, after } => (reason, after),
            Outcome::Unanswered(reason) => {
                throttle.unanswered = unanswered;
                (reason, None)
            }
            Outcome::TimedOut => {
                let last = throttle.failure.replace("no response".to_owned());
                let reason = match last.filter(|_| is_repeated) {
                    Some(last) => format!("no response to the last attempt, and before: {last}"),
                    None => "no response".to_owned(),
                };
                return Err(limits.error("timeout", &reason));
            }
        };
        throttle.failure = Some(reason.clone());
        let error_type = match throttle.unanswered {
            0 => "rejected",
            _ => "connection_error",
        };
        if time.is_ending() && throttle.unanswered >= MAX_UNANSWERED {
            return Err(limits.error(error_type, &reason));
        }
        let pause = pause(delay, after);
        if pause >= time.left() {
            // A shorter pause would burden a receiver that already refuses requests.
            if after.is_some() {
                throttle.require(pause, limits.timeout);
            }
            return Err(limits.error(error_type, &reason));
        }
        sleep(pause);
        delay = (delay * 2).min(MAX_DELAY);
        is_repeated = true;
    }
}

/// The time until the next attempt. The receiver can only require a longer time.
fn pause(delay: Duration, after: Option<Duration>) -> Duration {
    // Jitter spreads the retries of many senders that failed at the same time. The longest pause for one delay equals
    // the shortest pause for the next delay, so pauses grow while the delay grows.
    let jittered = delay.mul_f64(0.75 * (1.0 + random()));
    after.map_or(jittered, |after| jittered.max(after))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use floe_telemetry_sdk::__parts::collector::Ending;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Asks for a retry after this time, and accepts a request after this number of attempts.
    struct Overloaded {
        attempts: usize,
        after: Option<Duration>,
    }

    impl Transport for Overloaded {
        fn send(&mut self, _: Bytes) -> Outcome {
            match self.attempts.checked_sub(1) {
                Some(left) => {
                    self.attempts = left;
                    Outcome::Retry { reason: "overloaded".to_owned(), after: self.after }
                }
                None => Outcome::Accepted { rejected: 0, message: String::new() },
            }
        }
    }

    /// Sends a request, and returns the result and the pauses. The clock does not advance.
    fn send_without_sleep(
        attempts: usize,
        after: Option<Duration>,
        throttle: &mut Throttle,
        timeout: Duration,
    ) -> (Result<Accepted, ExportFailure>, Vec<Duration>) {
        let pauses = RefCell::new(Vec::new());
        let mut overloaded = Overloaded { attempts, after };
        let time = TimeLimit::new(Arc::default());
        time.set(deadline(timeout));
        let result = send_with(
            &mut overloaded,
            &Bytes::new(),
            throttle,
            Limits { time: &time, timeout },
            |pause| pauses.borrow_mut().push(pause),
        );
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
        assert_eq!(result.unwrap_err().reason, "not delivered within 50ms: overloaded");
        assert!(pauses.is_empty(), "{pauses:?}");
        assert!(throttle.until.is_none());
    }

    #[test]
    fn a_required_pause_that_is_too_long_holds_for_the_next_export() {
        let mut throttle = Throttle::default();
        let timeout = 10 * SECOND;
        let after = Some(99 * SECOND);
        let (result, pauses) = send_without_sleep(1, after, &mut throttle, timeout);
        assert_eq!(result.unwrap_err().reason, "not delivered within 10s: overloaded");
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

    /// A receiver that never answers. A shutdown begins with the request after the first `before`.
    struct Absent<'a> {
        before: u32,
        requests: u32,
        ending: &'a Ending,
    }

    impl Transport for Absent<'_> {
        fn send(&mut self, _: Bytes) -> Outcome {
            if self.requests == self.before {
                self.ending.begin(monotonic_now() + 3600 * SECOND);
            }
            self.requests += 1;
            Outcome::Unanswered("refused".to_owned())
        }
    }

    #[test]
    fn a_shutdown_ends_an_export_with_the_second_request_without_an_answer() {
        for (before, requests) in [(0, 2), (1, 2), (5, 6)] {
            let ending = Arc::<Ending>::default();
            let time = TimeLimit::new(Arc::clone(&ending));
            time.set(deadline(3600 * SECOND));
            let limits = Limits { time: &time, timeout: 3600 * SECOND };
            let mut absent = Absent { before, requests: 0, ending: &ending };
            let mut throttle = Throttle::default();
            let mut send = || {
                let sent = send_with(&mut absent, &Bytes::new(), &mut throttle, limits, |_| ());
                let undelivered = sent.unwrap_err();
                assert_eq!(undelivered.error_type, "connection_error");
                undelivered.reason
            };
            assert_eq!(send(), "not delivered before the shutdown: refused");
            // The next batch is tried only once.
            assert_eq!(send(), "not delivered before the shutdown: refused");
            assert_eq!(absent.requests, requests + 1, "{before}");
        }
    }
}
