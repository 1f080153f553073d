//! The result of a request, by the OTLP specification
//! ([response](https://opentelemetry.io/docs/specs/otlp/#otlpgrpc-response)).

use std::sync::LazyLock;
use std::time::Duration;
#[cfg(feature = "otlp-http")]
use std::time::SystemTime;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;

use crate::collector::RateLimited;

/// The most bytes of a response that are read.
pub(super) const MAX_RESPONSE: usize = 4 * 1024 * 1024;

/// A receiver may send the same warning with each response.
static WARNINGS: LazyLock<RateLimited> = LazyLock::new(RateLimited::default);

/// The result of a request.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The receiver accepted the request.
    Accepted,
    /// The request can be retried, after this time if the receiver requires one.
    Retry {
        reason: String,
        after: Option<Duration>,
    },
    /// The request must not be retried.
    Rejected(String),
}

/// Reads the body of a successful response. The responses for metrics and logs have the same fields
/// under the same numbers.
pub(super) fn accepted(body: &[u8]) -> Outcome {
    let partial = ExportTraceServiceResponse::decode(body)
        .ok()
        .and_then(|response| response.partial_success);
    match partial {
        // The specification forbids a retry: the receiver has accepted the other items.
        Some(partial) if partial.rejected_spans > 0 => Outcome::Rejected(format!(
            "the receiver rejected {} items of a batch: {}",
            partial.rejected_spans, partial.error_message,
        )),
        Some(partial) if !partial.error_message.is_empty() => {
            if WARNINGS.is_due() {
                let message = crate::sanitizer::sanitize_error(&partial.error_message);
                let message = crate::sanitizer::sanitize_error_message(&message);
                tracing::warn!(%message, "the OTLP receiver sent a warning");
            }
            Outcome::Accepted
        }
        _ => Outcome::Accepted,
    }
}

/// The messages of an error and of its sources. The outermost alone seldom names the cause.
pub(super) fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

/// The delay of a `Retry-After` header, which is a number of seconds or a date
/// ([field](https://www.rfc-editor.org/rfc/rfc9110#field.retry-after)).
#[cfg(feature = "otlp-http")]
pub(super) fn retry_after(field: &str, now: SystemTime) -> Option<Duration> {
    let field = field.trim();
    if let Ok(seconds) = field.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(field).ok()?;
    Some(until.duration_since(now).unwrap_or_default())
}

#[cfg(all(test, feature = "otlp-http"))]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = httpdate::parse_http_date("Fri, 20 Nov 2026 10:00:00 GMT").unwrap();
        for (field, expected) in [
            ("2", Some(2)),
            (" 0 ", Some(0)),
            ("999999999", Some(999_999_999)),
            ("Fri, 20 Nov 2026 10:00:07 GMT", Some(7)),
            ("Fri, 20 Nov 2026 09:00:00 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
            ("1.5", None),
            ("", None),
        ] {
            let found = retry_after(field, now).map(|wait| wait.as_secs());
            assert_eq!(found, expected, "{field}");
        }
    }
}
