//! Sends a request with retries and exponential backoff, until a deadline.
//!
//! Retries follow the table of the OTLP specification until the next pause would pass the deadline. If tonic gets no
//! valid response, it returns a status with a source. Such a request is retried, unless there was an invalid response.
//!
//! A shutdown must not wait for an absent receiver. Once the shutdown has begun, an export ends with the second
//! unanswered request in a row, even if the first one preceded the shutdown, and a pause that is under way ends at
//! once. If the receiver answers, retries continue. Requests that begin during the shutdown are given up a moment
//! before its end, so that their failure can still be reported.

use std::time::Duration;

use bytes::Bytes;

use super::response::{Accepted, Outcome};
use floe_telemetry_core::__sdk::clock::{Instant, monotonic_now};
use floe_telemetry_core::__sdk::recorder::random_bits;
use floe_telemetry_sdk::__parts::collector::{Ending, ExportFailure};

/// The delay before the first retry. It doubles with each further retry, up to [`MAX_DELAY`].
const INITIAL_DELAY: Duration = Duration::from_millis(100);

/// The maximum delay before jitter, unless the receiver requires a longer pause.
const MAX_DELAY: Duration = Duration::from_secs(5);

/// The maximum timeout. It is limited so that adding it to the current time cannot overflow.
const MAX_TIMEOUT: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Sends requests over one protocol, without retries. It blocks the thread of the exporter.
pub(super) trait Transport: Send {
    /// Prepares a request once for all attempts to send it, for example by compressing it.
    fn encode(&self, request: Bytes) -> Bytes {
        request
    }

    /// Sends a request once, and waits for at most `time`.
    fn send(&mut self, request: Bytes, time: Duration) -> Outcome;
}

/// A transport that fails each request with this reason.
impl Transport for String {
    fn send(&mut self, _: Bytes, _: Duration) -> Outcome {
        Outcome::Unanswered(self.clone())
    }
}

pub(super) fn deadline(timeout: Duration) -> Instant {
    monotonic_now() + timeout.min(MAX_TIMEOUT)
}

/// The results of earlier requests, which affect whether and with which reason the next one fails.
#[derive(Default)]
pub(super) struct LastRequests {
    /// The number of unanswered requests in a row until now.
    unanswered: u32,
    /// The type and the reason of the last failure that was no rejection; `None` after an accepted request.
    failure: Option<(&'static str, String)>,
}

/// During a shutdown, this number of unanswered requests in a row ends an export.
const MAX_UNANSWERED: u32 = 2;

#[derive(Clone, Copy)]
pub(super) struct Limits<'a> {
    pub(super) deadline: Instant,
    pub(super) ending: &'a Ending,
    /// The timeout of the export, for the text of an error.
    pub(super) timeout: Duration,
}

impl Limits<'_> {
    /// Returns the remaining time, which a shutdown may shorten.
    fn left(&self) -> Duration {
        let end = self.ending.get().map_or(self.deadline, |end| end.min(self.deadline));
        end.saturating_duration_since(monotonic_now())
    }

    fn is_ending(&self) -> bool {
        self.ending.get().is_some()
    }

    /// Creates an error. Its [`error.type`](https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/) is
    /// `rejected` if the receiver has answered, `connection_error` if it has not, and `timeout` if the time ran out.
    fn error(&self, error_type: &'static str, reason: &str) -> ExportFailure {
        let reason = if self.is_ending() {
            format!("not delivered before the shutdown: {reason}")
        } else {
            format!("not delivered within {:?}: {reason}", self.timeout)
        };
        ExportFailure { items: None, error_type, reason }
    }
}

/// Sends `request`, and retries it within its `limits` as long as the outcome permits a retry.
pub(super) fn send(
    transport: &mut dyn Transport,
    request: &Bytes,
    last: &mut LastRequests,
    limits: Limits<'_>,
) -> Result<Accepted, ExportFailure> {
    send_with(transport, request, last, limits, |pause| limits.ending.pause(pause))
}

fn send_with(
    transport: &mut dyn Transport,
    request: &Bytes,
    last: &mut LastRequests,
    limits: Limits<'_>,
    sleep: impl Fn(Duration),
) -> Result<Accepted, ExportFailure> {
    if limits.left().is_zero() {
        let failure = last.failure.as_ref().map(|(_, reason)| reason.as_str());
        let reason = failure.unwrap_or("other requests used up the time");
        return Err(limits.error("timeout", &format!("not sent: {reason}")));
    }
    let mut delay = INITIAL_DELAY;
    let mut is_repeated = false;
    loop {
        let outcome = transport.send(request.clone(), limits.left());
        let unanswered = last.unanswered + 1;
        last.unanswered = 0;
        let (failure, after) = match outcome {
            Outcome::Accepted(accepted) => {
                last.failure = None;
                return Ok(accepted);
            }
            Outcome::Rejected(reason) => {
                return Err(ExportFailure { items: None, error_type: "rejected", reason });
            }
            Outcome::Retry { reason, after } => (("rejected", reason), after),
            Outcome::Unanswered(reason) => {
                last.unanswered = unanswered;
                (("connection_error", reason), None)
            }
            Outcome::TimedOut { advice, is_slow } => {
                let advice = match last.failure.take().filter(|_| is_repeated) {
                    Some((_, previous)) => &format!("; the previous attempt failed: {previous}"),
                    // A shutdown leaves less time than the setting.
                    None if is_slow && limits.is_ending() => "",
                    None => &*advice,
                };
                let reason = format!("no response{advice}");
                let failure = limits.error("timeout", &reason);
                last.failure = Some(("timeout", reason));
                return Err(failure);
            }
        };
        // An attempt that the end of the time has interrupted tells less than the one before.
        let is_interrupted = is_repeated && last.unanswered > 0 && limits.left().is_zero();
        let told = last.failure.take().filter(|_| is_interrupted).unwrap_or(failure);
        let (error_type, reason) = last.failure.insert(told);
        if limits.is_ending() && last.unanswered >= MAX_UNANSWERED {
            return Err(limits.error(error_type, reason));
        }
        let pause = pause(delay, after);
        if pause >= limits.left() {
            // Waits, because the next request would burden a receiver that has required a pause.
            if after.is_some() && !limits.is_ending() {
                sleep(limits.left());
            }
            return Err(limits.error(error_type, reason));
        }
        sleep(pause);
        delay = (delay * 2).min(MAX_DELAY);
        is_repeated = true;
    }
}

/// Returns the time until the next attempt. The receiver can only lengthen it.
fn pause(delay: Duration, after: Option<Duration>) -> Duration {
    // Jitter spreads the retries of many senders that failed at the same time. The longest pause for one delay equals
    // the shortest pause for the next delay, so pauses grow while the delay grows.
    let random = f64::from(u32::try_from(random_bits() >> 96).unwrap_or_default());
    let jittered = delay.mul_f64(0.75 * (1.0 + random / f64::from(u32::MAX)));
    after.map_or(jittered, |after| jittered.max(after))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// A receiver that refuses the first `attempts` requests and permits a retry `after` this time.
    struct Overloaded {
        attempts: usize,
        after: Option<Duration>,
    }

    impl Transport for Overloaded {
        fn send(&mut self, _: Bytes, _: Duration) -> Outcome {
            match self.attempts.checked_sub(1) {
                Some(left) => {
                    self.attempts = left;
                    Outcome::Retry { reason: "overloaded".to_owned(), after: self.after }
                }
                None => Outcome::Accepted(Accepted::default()),
            }
        }
    }

    /// Sends a request to an [`Overloaded`] receiver, and returns the result and the pauses, which take no time.
    fn send_without_sleep(
        attempts: usize,
        after: Option<Duration>,
        timeout: Duration,
    ) -> (Result<Accepted, ExportFailure>, Vec<Duration>) {
        let pauses = RefCell::new(Vec::new());
        let mut overloaded = Overloaded { attempts, after };
        let result = send_with(
            &mut overloaded,
            &Bytes::new(),
            &mut LastRequests::default(),
            Limits { deadline: deadline(timeout), ending: &Ending::default(), timeout },
            |pause| pauses.borrow_mut().push(pause),
        );
        (result, pauses.into_inner())
    }

    #[test]
    fn pauses_grow_up_to_a_limit_and_have_jitter() {
        let hour = 3600 * SECOND;
        for after in [None, Some(Duration::ZERO), Some(Duration::from_nanos(1))] {
            let (result, pauses) = send_without_sleep(12, after, hour);
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
    fn a_pause_that_does_not_fit_before_the_deadline_ends_the_export() {
        let (result, pauses) = send_without_sleep(1, None, INITIAL_DELAY / 2);
        assert_eq!(result.unwrap_err().reason, "not delivered within 50ms: overloaded");
        assert!(pauses.is_empty(), "{pauses:?}");
    }

    /// A receiver that never answers. The shutdown begins during the first request after `before` others.
    struct Absent<'a> {
        before: u32,
        requests: u32,
        ending: &'a Ending,
    }

    impl Transport for Absent<'_> {
        fn send(&mut self, _: Bytes, _: Duration) -> Outcome {
            if self.requests == self.before {
                self.ending.begin(monotonic_now() + 3600 * SECOND);
            }
            self.requests += 1;
            Outcome::Unanswered("refused".to_owned())
        }
    }

    /// A receiver that answers the first request, and has no time for the second.
    struct Interrupted<'a>(&'a Ending, Option<Outcome>);

    impl Transport for Interrupted<'_> {
        fn send(&mut self, _: Bytes, _: Duration) -> Outcome {
            self.1.take().unwrap_or_else(|| {
                self.0.begin(monotonic_now());
                Outcome::Unanswered("no address has answered in time".to_owned())
            })
        }
    }

    #[test]
    fn an_attempt_without_time_does_not_hide_the_reason_of_the_one_before() {
        let timeout = 3600 * SECOND;
        let reason = "refused".to_owned();
        for (first, error_type) in [
            (Outcome::Unanswered(reason.clone()), "connection_error"),
            (Outcome::Retry { reason, after: None }, "rejected"),
        ] {
            let ending = Ending::default();
            let limits = Limits { deadline: deadline(timeout), ending: &ending, timeout };
            let mut interrupted = Interrupted(&ending, Some(first));
            let mut last = LastRequests::default();
            let sent = send_with(&mut interrupted, &Bytes::new(), &mut last, limits, |_| ());
            let failure = sent.unwrap_err();
            assert_eq!(failure.reason, "not delivered before the shutdown: refused");
            assert_eq!(failure.error_type, error_type);
        }
    }

    #[test]
    fn a_shutdown_ends_an_export_with_the_second_request_without_an_answer() {
        for (before, requests) in [(0, 2), (1, 2), (5, 6)] {
            let timeout = 3600 * SECOND;
            let ending = Ending::default();
            let limits = Limits { deadline: deadline(timeout), ending: &ending, timeout };
            let mut absent = Absent { before, requests: 0, ending: &ending };
            let mut last = LastRequests::default();
            let mut send = || {
                let sent = send_with(&mut absent, &Bytes::new(), &mut last, limits, |_| ());
                let undelivered = sent.unwrap_err();
                assert_eq!(undelivered.error_type, "connection_error");
                undelivered.reason
            };
            assert_eq!(send(), "not delivered before the shutdown: refused");
            // In the next export, the request is tried only once.
            assert_eq!(send(), "not delivered before the shutdown: refused");
            assert_eq!(absent.requests, requests + 1, "{before}");
        }
    }
}
