//! What a receiver answers, in the terms of the OTLP specification
//! ([response](https://opentelemetry.io/docs/specs/otlp/#otlpgrpc-response)).

use std::sync::LazyLock;
use std::time::Duration;
#[cfg(feature = "otlp-http")]
use std::time::SystemTime;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;

use crate::collector::RateLimited;

/// Bytes of an answer that are read.
pub(super) const MAX_RESPONSE: usize = 4 * 1024 * 1024;

/// A receiver may have the same one for each request.
static REMARKS: LazyLock<RateLimited> = LazyLock::new(RateLimited::default);

/// What became of a request.
#[derive(Debug)]
pub(super) enum Answer {
    /// Taken, maybe in part.
    Taken,
    /// To be sent again, not before this time if the receiver names one.
    Again {
        reason: String,
        after: Option<Duration>,
    },
    /// Refused for good.
    Refused(String),
}

/// Reads the message of a receiver that has taken the request. What it says of metrics and of logs
/// has the same fields under the same numbers.
pub(super) fn taken(body: &[u8]) -> Answer {
    let partial = ExportTraceServiceResponse::decode(body)
        .ok()
        .and_then(|response| response.partial_success);
    match partial {
        // Never sent again: the receiver keeps what it has taken.
        Some(partial) if partial.rejected_spans > 0 => Answer::Refused(format!(
            "the receiver rejected {} items of a batch: {}",
            partial.rejected_spans, partial.error_message,
        )),
        Some(partial) if !partial.error_message.is_empty() => {
            if REMARKS.is_due() {
                let message = crate::sanitizer::sanitize_error(&partial.error_message);
                let message = crate::sanitizer::sanitize_error_message(&message);
                tracing::warn!(%message, "the OTLP receiver has a remark");
            }
            Answer::Taken
        }
        _ => Answer::Taken,
    }
}

/// The error and its causes: the outermost says nothing but that there was one.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

/// How long `Retry-After` asks to wait: seconds, or until a date
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
