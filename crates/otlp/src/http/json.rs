//! Requests and responses in JSON.

use floe_telemetry_sdk::config::Signal;
use serde::{Deserialize, Deserializer, de};

use crate::response::{Outcome, description};

/// Encodes a request, on the exporter's thread.
pub(super) fn encode(signal: Signal, request: &[u8]) -> Result<Vec<u8>, String> {
    let encoded = match signal {
        Signal::Traces => floe_otlp_json::traces(request),
        Signal::Metrics => floe_otlp_json::metrics(request),
        _ => floe_otlp_json::logs(request),
    };
    encoded.map_err(|malformed| malformed.to_string())
}

/// Reads the body of a successful response.
pub(super) fn accepted(body: &[u8]) -> Outcome {
    let body = match body.trim_ascii() {
        b"" => b"{}",
        body => body,
    };
    match serde_json::from_slice::<JsonResponse>(body) {
        Ok(JsonResponse { partial_success }) => {
            let partial = partial_success.unwrap_or_default();
            Outcome::Accepted {
                rejected: partial.rejected.map_or(0, |number| number.0),
                message: partial.error_message.unwrap_or_default(),
            }
        }
        Err(_) => Outcome::Rejected(format!(
            "the receiver answered with {} instead of an OTLP response in JSON",
            description(body)
        )),
    }
}

/// The response to a request of any signal. Unknown fields are ignored, as OTLP requires, and any field may be
/// [`null`](https://protobuf.dev/programming-guides/json/).
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct JsonResponse {
    partial_success: Option<JsonPartialSuccess>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct JsonPartialSuccess {
    #[serde(alias = "rejectedSpans", alias = "rejectedDataPoints", alias = "rejectedLogRecords")]
    rejected: Option<JsonCount>,
    error_message: Option<String>,
}

/// A 64-bit number, which may be a text.
struct JsonCount(u64);

impl<'de> Deserialize<'de> for JsonCount {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(input)?;
        let text = value.as_str().and_then(|text| text.parse().ok());
        let number = text.or_else(|| value.as_i64());
        let number = number.ok_or_else(|| de::Error::custom("not a number"))?;
        Ok(Self(u64::try_from(number).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_in_json_counts_what_was_rejected() {
        for (body, expected) in [
            (&b""[..], Some((0, ""))),
            (b" {} ", Some((0, ""))),
            (br#"{"partialSuccess":{}}"#, Some((0, ""))),
            (br#"{"partialSuccess":null}"#, Some((0, ""))),
            (br#"{"partialSuccess":{"rejectedSpans":null,"errorMessage":null}}"#, Some((0, ""))),
            (
                br#"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"old"},"new":[1]}"#,
                Some((3, "old")),
            ),
            (br#"{"partialSuccess":{"rejectedLogRecords":2}}"#, Some((2, ""))),
            (br#"{"partialSuccess":{"rejectedDataPoints":"-1"}}"#, Some((0, ""))),
            (br#"{"partialSuccess":{"rejectedSpans":"many"}}"#, None),
            (b"[]]", None),
            (b"<html>", None),
        ] {
            let found = match accepted(body) {
                Outcome::Accepted { rejected, message } => Some((rejected, message)),
                _ => None,
            };
            let expected = expected.map(|(rejected, message)| (rejected, message.to_owned()));
            assert_eq!(found, expected, "{}", String::from_utf8_lossy(body));
        }
    }
}
