//! The explanation in the response to a request that the receiver has not accepted.

use serde_json::Value;

use crate::response::{description, number_and_text};

/// Returns the message in the body of a response with this `Content-Type`: the message of a
/// [`google.rpc.Status`](https://opentelemetry.io/docs/specs/otlp/#failures-1) in protobuf, or a text. `None` if no
/// message is readable.
pub(super) fn explanation(content_type: &[u8], body: &[u8]) -> Option<String> {
    let message = if content_type.starts_with(b"application/x-protobuf") {
        number_and_text(body).ok()?.1
    } else {
        let text = String::from_utf8_lossy(body);
        match serde_json::from_slice(body) {
            Ok(json) => message(&json).map_or_else(|| text.trim().to_owned(), str::to_owned),
            Err(_) if description(body) == "a web page" => "a web page".to_owned(),
            Err(_) => text.trim().to_owned(),
        }
    };
    (!message.is_empty()).then_some(message)
}

/// The message of an error in JSON, under the keys that OTLP's `Status` and common gateways use.
fn message(json: &Value) -> Option<&str> {
    if let Value::String(text) = json {
        return Some(text);
    }
    let keys = ["message", "error", "detail", "errors"];
    let nested = keys.iter().find_map(|key| json.get(key));
    message(nested.or_else(|| json.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_of_each_kind_of_body_is_found() {
        for (kind, body, expected) in [
            ("application/x-protobuf", &b"\x08\x10\x12\x0eno such tenant"[..], "no such tenant"),
            ("application/json", br#"{"code":16,"message":"no such tenant"}"#, "no such tenant"),
            ("application/json", br#"{"error":{"message":"expired"}}"#, "expired"),
            ("application/json", br#"{"errors":[{"detail":"expired"}]}"#, "expired"),
            ("application/json", br#"{"code":16}"#, r#"{"code":16}"#),
            ("text/plain", b"404 page not found\n", "404 page not found"),
            ("text/html", b"<!doctype html><p>login</p>", "a web page"),
            ("", b"rejected", "rejected"),
        ] {
            let found = explanation(kind.as_bytes(), body);
            assert_eq!(found.as_deref(), Some(expected));
        }
        for (kind, body) in [("text/plain", &b" \n"[..]), ("application/x-protobuf", &[0xff])] {
            assert_eq!(explanation(kind.as_bytes(), body), None);
        }
    }
}
