//! Checks the errors of a plugin whose HTTP service refuses requests, hangs, or sends something other than HTTP.

use std::time::Duration;

use floe_plugin::{Error, ErrorKind};
use floe_tests::ReservedPort;

use crate::service::{Answer, Received, Service};
use crate::shows_credential;

/// The time limit, in seconds, of an operation that gets no answer. It includes a login before the operation.
const WAIT: f64 = 1.0;

/// Performs an operation against services that fail. `run` gets the address of the service and a time limit
/// in seconds. `before` answers requests that precede the operation's request, such as a login.
pub(crate) fn check(
    before: impl Fn(&Received) -> Option<Answer> + Clone + Send + Sync + 'static,
    run: impl Fn(&str, f64) -> Result<(), Error>,
) {
    let is_counted = |received: &Received| before(received).is_none();
    let against = |answer: Answer, timeout: f64| {
        let before = before.clone();
        let service = Service::start(move |request| match before(request) {
            Some(answer) => answer,
            // The answer repeats the request with its credential, which the error must not contain.
            None => match &answer {
                Answer::Status(status, headers, body) if body.is_empty() => {
                    let authorization = request.header("authorization").unwrap_or_default();
                    let credential = authorization.split(' ').next_back().unwrap_or_default();
                    let echo = format!("`{credential}` cannot process {request:?}");
                    Answer::Status(*status, headers.clone(), echo.into_bytes())
                }
                other => other.clone(),
            },
        });
        let error = run(&service.url, timeout).unwrap_err();
        let attempts = service.received().iter().filter(|it| is_counted(it)).count();
        assert!(!shows_credential(&error.to_string()), "{error}");
        assert!(!error.to_string().contains('\n'), "{error}");
        (error, attempts)
    };
    for (status, kind, attempts) in [
        (400, ErrorKind::Rejected, 1),
        (401, ErrorKind::Unauthorized, 1),
        (403, ErrorKind::Unauthorized, 1),
        (404, ErrorKind::NotFound, 1),
        (429, ErrorKind::RateLimited, 3),
        (500, ErrorKind::InvalidResponse, 1),
        (503, ErrorKind::Unavailable, 3),
    ] {
        let (error, found) = against(Answer::text(status, ""), 60.0);
        assert_eq!(error.kind(), kind, "{status}: {error}");
        assert!(error.to_string().contains(&status.to_string()), "{status}: {error}");
        // After 401, the plugin may log in again and repeat the request once.
        let again = usize::from(status == 401 && found == 2);
        assert_eq!(found - again, attempts, "{status}: {error}");
    }
    // The service requests a longer wait than a plugin makes, so the caller gets the delay.
    let headers = vec![("retry-after", "7".to_owned())];
    let (error, attempts) = against(Answer::Status(429, headers, Vec::new()), 60.0);
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(error.retry_delay(), Some(Duration::from_secs(7)));
    assert_eq!(attempts, 1, "{error}");

    // A part of a response is not mistaken for the whole response.
    for (answer, timeout, kind) in [
        (Answer::Hang, WAIT, ErrorKind::TimedOut),
        (Answer::Stall, WAIT, ErrorKind::TimedOut),
        (Answer::Cut, 60.0, ErrorKind::Unavailable),
        (Answer::Garbage, 60.0, ErrorKind::InvalidResponse),
    ] {
        let (error, attempts) = against(answer.clone(), timeout);
        assert_eq!(error.kind(), kind, "{answer:?}: {error}");
        // The request may have been processed, so it is not repeated. On a busy machine, the service may not even have
        // received it in time.
        assert!(kind != ErrorKind::TimedOut || attempts <= 1, "{answer:?}, {attempts}: {error}");
    }

    let closed = ReservedPort::new();
    let error = run(&closed.endpoint(), 60.0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
}

/// Asserts that a request is repeated after an answer with `Retry-After: 0`.
pub(crate) fn check_retry(
    succeed: impl Fn(&Received) -> Answer + Send + Sync + 'static,
    run: impl Fn(&str) -> Result<(), Error>,
) {
    let is_first = std::sync::atomic::AtomicBool::new(true);
    let service = Service::start(move |request| {
        if is_first.swap(false, std::sync::atomic::Ordering::SeqCst) {
            return Answer::Status(429, vec![("retry-after", "0".to_owned())], Vec::new());
        }
        succeed(request)
    });
    run(&service.url).unwrap();
    let received = service.received();
    assert_eq!(received.len(), 2);
    assert_eq!(received[0].body, received[1].body);
}
