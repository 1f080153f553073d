//! The result of a request, by the OTLP specification
//! ([response](https://opentelemetry.io/docs/specs/otlp/#otlpgrpc-response)).

use std::error::Error as StdError;
use std::time::Duration;
#[cfg(feature = "otlp-http")]
use std::time::SystemTime;

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

/// Reads the body of a successful response to a request in JSON.
#[cfg(feature = "otlp-http")]
pub(super) fn accepted_json(body: &[u8]) -> Outcome {
    let body = match body.trim_ascii() {
        b"" => b"{}",
        body => body,
    };
    match serde_json::from_slice::<JsonResponse>(body) {
        Ok(JsonResponse { partial_success }) => Outcome::Accepted {
            rejected: partial_success.rejected.map_or(0, |number| number.0),
            message: partial_success.error_message,
        },
        Err(_) => Outcome::Rejected(format!(
            "the receiver answered with {} instead of an OTLP response in JSON",
            description(body)
        )),
    }
}

/// The response to a request of any signal. Unknown fields are ignored, as OTLP requires.
#[cfg(feature = "otlp-http")]
#[derive(Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct JsonResponse {
    partial_success: JsonPartialSuccess,
}

#[cfg(feature = "otlp-http")]
#[derive(Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct JsonPartialSuccess {
    #[serde(
        alias = "rejectedSpans",
        alias = "rejectedDataPoints",
        alias = "rejectedLogRecords"
    )]
    rejected: Option<JsonCount>,
    error_message: String,
}

/// A number of 64 bits, which may be text.
#[cfg(feature = "otlp-http")]
struct JsonCount(u64);

#[cfg(feature = "otlp-http")]
impl<'de> serde::Deserialize<'de> for JsonCount {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(input)?;
        let text = value.as_str().and_then(|text| text.parse().ok());
        let number = text.or_else(|| value.as_i64());
        let number = number.ok_or_else(|| serde::de::Error::custom("not a number"))?;
        Ok(Self(u64::try_from(number).unwrap_or_default()))
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
fn description(body: &[u8]) -> &'static str {
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

    #[cfg(feature = "otlp-http")]
    #[test]
    fn a_response_in_json_counts_what_was_rejected() {
        for (body, expected) in [
            (&b""[..], Some((0, ""))),
            (b" {} ", Some((0, ""))),
            (br#"{"partialSuccess":{}}"#, Some((0, ""))),
            (
                br#"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"old"},"new":[1]}"#,
                Some((3, "old")),
            ),
            (
                br#"{"partialSuccess":{"rejectedLogRecords":2}}"#,
                Some((2, "")),
            ),
            (
                br#"{"partialSuccess":{"rejectedDataPoints":"-1"}}"#,
                Some((0, "")),
            ),
            (br#"{"partialSuccess":{"rejectedSpans":"many"}}"#, None),
            (b"[]]", None),
            (b"<html>", None),
        ] {
            let found = match accepted_json(body) {
                Outcome::Accepted { rejected, message } => Some((rejected, message)),
                Outcome::Rejected(_) | Outcome::Retry { .. } => None,
            };
            let expected = expected.map(|(rejected, message)| (rejected, message.to_owned()));
            assert_eq!(found, expected, "{}", String::from_utf8_lossy(body));
        }
    }

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
