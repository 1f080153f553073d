//! The result of a request, by the OTLP specification
//! ([response](https://opentelemetry.io/docs/specs/otlp/#otlpgrpc-response)).

use std::time::Duration;

use prost::DecodeError;
use prost::encoding::{DecodeContext, bytes, decode_key, int64, skip_field, string};

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
    /// There was no answer in time. The request can be retried. The text is advice if there never was an answer.
    TimedOut(String),
}

/// Reads the body of a successful response. The responses for spans, metrics and logs use the same field numbers.
pub(super) fn accepted(body: &[u8]) -> Outcome {
    match partial_success(body).and_then(|partial| number_and_text(&partial)) {
        Ok((rejected, message)) => {
            let rejected = u64::try_from(rejected).unwrap_or_default();
            Outcome::Accepted(Accepted { rejected, message })
        }
        Err(_) if is_empty_json(body) => Outcome::Accepted(Accepted::default()),
        Err(_) => Outcome::Rejected(format!(
            "the receiver answered with {} instead of an OTLP response in protobuf",
            description(body)
        )),
    }
}

fn partial_success(mut response: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let mut partial = Vec::new();
    let context = DecodeContext::default();
    while !response.is_empty() {
        match decode_key(&mut response)? {
            (1, wire) => bytes::merge(wire, &mut partial, &mut response, context.clone())?,
            (field, wire) => skip_field(wire, field, &mut response, context.clone())?,
        }
    }
    Ok(partial)
}

/// Reads the fields 1 and 2 of a message: in a `partial_success`, the number of rejected items and the reason, and in a
/// `google.rpc.Status`, the code and the message.
pub(super) fn number_and_text(mut message: &[u8]) -> Result<(i64, String), DecodeError> {
    let mut number = 0;
    let mut text = String::new();
    let context = DecodeContext::default();
    while !message.is_empty() {
        match decode_key(&mut message)? {
            (1, wire) => int64::merge(wire, &mut number, &mut message, context.clone())?,
            (2, wire) => string::merge(wire, &mut text, &mut message, context.clone())?,
            (field, wire) => skip_field(wire, field, &mut message, context.clone())?,
        }
    }
    Ok((number, text))
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
