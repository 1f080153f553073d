//! The result of a request, by the OTLP specification
//! ([response](https://opentelemetry.io/docs/specs/otlp/#otlpgrpc-response)).

use std::error::Error as StdError;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;

/// The most bytes of a response that are read.
pub(super) const MAX_RESPONSE: usize = 4 * 1024 * 1024;

/// The result of a request.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The receiver accepted the request except for this number of items. Without rejected items, the
    /// message is a warning.
    Accepted { rejected: u64, message: String },
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
    match ExportTraceServiceResponse::decode(body) {
        Ok(response) => {
            let partial = response.partial_success.unwrap_or_default();
            Outcome::Accepted {
                rejected: u64::try_from(partial.rejected_spans).unwrap_or_default(),
                message: partial.error_message,
            }
        }
        Err(_) if is_empty_json(body) => Outcome::Accepted {
            rejected: 0,
            message: String::new(),
        },
        Err(_) => Outcome::Rejected(format!(
            "the receiver answered with {} instead of an OTLP response in protobuf",
            description(body)
        )),
    }
}

/// Whether this is the response to a request that was accepted completely, in OTLP's JSON encoding. Some
/// gateways use it for requests in protobuf, too.
fn is_empty_json(body: &[u8]) -> bool {
    let mut text = body.to_vec();
    text.retain(|byte| !byte.is_ascii_whitespace());
    matches!(&*text, b"{}" | br#"{"partialSuccess":{}}"#)
}

/// What a body probably is. It is not quoted, because it may be of any length and contain credentials.
pub(super) fn description(body: &[u8]) -> &'static str {
    match body.trim_ascii_start() {
        [b'{' | b'[', ..] => "JSON",
        [b'<', ..] => "a web page",
        _ => "something else",
    }
}

/// Whether a connection ended because the response is not valid HTTP or exceeds a limit, such as headers
/// without an end. The response to a retry would be the same.
pub(super) fn is_invalid_response(error: &(dyn StdError + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<hyper::Error>()
            && error.is_parse()
        {
            return true;
        }
        #[cfg(feature = "otlp-grpc")]
        if let Some(error) = error.downcast_ref::<h2::Error>()
            && error.is_library()
        {
            return true;
        }
        next = error.source();
    }
    false
}

/// The scheme, host and port of an endpoint, for messages. Its query may contain a credential.
pub(super) fn origin(endpoint: &hyper::Uri) -> String {
    let scheme = endpoint.scheme_str().unwrap_or("http");
    let authority = endpoint.authority().map_or("", |host| host.as_str());
    format!("{scheme}://{authority}")
}

/// The messages of an error and of its sources. The outermost alone seldom names the cause.
pub(super) fn error_chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
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
                Outcome::Accepted { rejected: 0, .. } => None,
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
