//! The result of a request, by the OTLP specification
//! ([response](https://opentelemetry.io/docs/specs/otlp/#otlpgrpc-response)).

use std::time::Duration;

use http::StatusCode;
use prost::DecodeError;
use prost::encoding::{DecodeContext, WireType, bytes, decode_key, int64, skip_field, string};

pub(super) const MAX_RESPONSE: usize = 4 * 1024 * 1024;

/// A success, which may be a partial one.
#[derive(Debug, Default)]
pub struct Accepted {
    /// The number of items that the receiver rejected.
    pub rejected: u64,
    /// The reason of the rejection, or a warning if no item was rejected.
    pub message: String,
}

/// The outcome of a request.
#[derive(Debug)]
pub enum Outcome {
    /// The receiver has answered with a success.
    Accepted(Accepted),
    /// The request can be retried.
    Retry {
        /// The reason.
        reason: String,
        /// The time for which the receiver requires the sender to wait.
        after: Option<Duration>,
    },
    /// There was no connection, or the connection ended without an answer. The request can be retried.
    Unanswered(String),
    /// The request must not be retried.
    Rejected(String),
    /// There was no answer in time. The request can be retried.
    TimedOut {
        /// The remedy, for the end of a message.
        advice: String,
        /// Whether the receiver has answered before.
        is_slow: bool,
    },
}

impl Outcome {
    /// Adds advice to the reason of a refusal.
    pub(super) fn advised(self, advice: &str) -> Self {
        match self {
            Self::Rejected(reason) => Self::Rejected(reason + advice),
            Self::Retry { reason, after } => Self::Retry { reason: reason + advice, after },
            outcome => outcome,
        }
    }
}

/// Returns the outcome of an answer over HTTP that is no success
/// ([retryable statuses](https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes)).
pub(super) fn refused(status: StatusCode, reason: String) -> Outcome {
    match status.as_u16() {
        429 | 502..=504 => Outcome::Retry { reason, after: None },
        _ => Outcome::Rejected(reason),
    }
}

/// Reads the body of a successful response. The responses for spans, metrics and logs use the same field numbers.
pub(super) fn accepted(body: &[u8]) -> Outcome {
    let partial = submessages(body, 1).map(|mut partial| partial.pop().unwrap_or_default());
    match partial.and_then(|partial| number_and_text(&partial)) {
        Some((rejected, message)) => {
            let rejected = u64::try_from(rejected).unwrap_or_default();
            Outcome::Accepted(Accepted { rejected, message })
        }
        None if is_empty_json(body) => Outcome::Accepted(Accepted::default()),
        None => Outcome::Rejected(format!(
            "the receiver answered with {} instead of an OTLP response in protobuf",
            description(body)
        )),
    }
}

/// Reads the fields 1 and 2 of a message: in a `partial_success`, the number of rejected items and the reason, and in a
/// `google.rpc.Status`, the code and the message.
pub(super) fn number_and_text(message: &[u8]) -> Option<(i64, String)> {
    let text = fields(message, 2, |wire, text, from| string::merge(wire, text, from, context()));
    Some((number(message, 1)?, text?.pop().unwrap_or_default()))
}

/// Reads the delay of the `google.rpc.RetryInfo` in the details of a `google.rpc.Status`.
#[cfg(feature = "grpc")]
pub(super) fn retry_delay(status: &[u8]) -> Option<Duration> {
    let mut details = submessages(status, 3)?.into_iter();
    let retry_info = details.find(|detail| {
        let kind = submessages(detail, 1).and_then(|mut kinds| kinds.pop());
        kind.is_some_and(|kind| kind == b"type.googleapis.com/google.rpc.RetryInfo")
    })?;
    let delay = submessages(&submessages(&retry_info, 2)?.pop()?, 1)?.pop()?;
    let seconds = Duration::from_secs(number(&delay, 1)?.try_into().unwrap_or(0));
    seconds.checked_add(Duration::from_nanos(number(&delay, 2)?.try_into().unwrap_or(0)))
}

fn submessages(message: &[u8], field: u32) -> Option<Vec<Vec<u8>>> {
    fields(message, field, |wire, content, from| bytes::merge(wire, content, from, context()))
}

fn number(message: &[u8], field: u32) -> Option<i64> {
    let numbers =
        fields(message, field, |wire, number, from| int64::merge(wire, number, from, context()));
    Some(numbers?.pop().unwrap_or_default())
}

/// The maximum number of occurrences of a field that are kept, the last ones.
const KEPT: usize = 16;

/// Reads the fields with this number. Returns `None` if a field of the message is invalid.
fn fields<T: Default>(
    mut message: &[u8],
    number: u32,
    merge: impl Fn(WireType, &mut T, &mut &[u8]) -> Result<(), DecodeError>,
) -> Option<Vec<T>> {
    let mut found = Vec::new();
    while !message.is_empty() {
        match decode_key(&mut message).ok()? {
            (field, wire) if field == number => {
                let mut value = T::default();
                merge(wire, &mut value, &mut message).ok()?;
                if found.len() == KEPT {
                    found.remove(0);
                }
                found.push(value);
            }
            (field, wire) => skip_field(wire, field, &mut message, context()).ok()?,
        }
    }
    Some(found)
}

fn context() -> DecodeContext {
    DecodeContext::default()
}

/// Whether the body is the JSON response to a completely accepted request. Some gateways send it even in response to
/// protobuf.
fn is_empty_json(body: &[u8]) -> bool {
    let mut text = body.to_vec();
    text.retain(|byte| !byte.is_ascii_whitespace());
    matches!(&*text, b"{}" | br#"{"partialSuccess":{}}"#)
}

/// Returns the probable kind of a body. Messages do not quote the body, because it may be long and contain credentials.
pub(super) fn description(body: &[u8]) -> &'static str {
    match body.trim_ascii_start() {
        [b'{' | b'[', ..] => "JSON",
        [b'<', ..] => "a web page",
        _ => "something else",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_otlp_response_counts_as_accepted() {
        for (body, expected) in [
            (&b""[..], None),
            (b"{}", None),
            (b" { \"partialSuccess\" : {} }\n", None),
            (br#"{"partialSuccess":{"rejectedSpans":"3"}}"#, Some("JSON")),
            (b"<!DOCTYPE html><HTML>", Some("a web page")),
            (b"ok", Some("something else")),
        ] {
            let rejection = match accepted(body) {
                Outcome::Accepted(Accepted { rejected: 0, .. }) => None,
                Outcome::Rejected(reason) => Some(reason),
                other => panic!("{other:?}"),
            };
            let expected = expected.map(|what| {
                format!("the receiver answered with {what} instead of an OTLP response in protobuf")
            });
            assert_eq!(rejection, expected);
        }
    }
}
