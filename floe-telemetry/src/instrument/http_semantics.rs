//! Attributes and status of HTTP spans, by OpenTelemetry's
//! [conventions](https://opentelemetry.io/docs/specs/semconv/http/http-spans/).

use http::{Method, StatusCode, Version};

use crate::char_boundary;
use crate::keys;
use crate::recorder::{DetachedSpan, Opening};

/// Records the method and returns the first word of the span's name. Unknown methods share the word
/// `HTTP`, because clients could otherwise create any number of span names.
pub(super) fn method(opening: &mut Opening, method: &Method) -> &'static str {
    let known = match method.as_str() {
        "CONNECT" => "CONNECT",
        "DELETE" => "DELETE",
        "GET" => "GET",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        "PATCH" => "PATCH",
        "POST" => "POST",
        "PUT" => "PUT",
        "TRACE" => "TRACE",
        other => {
            opening.attribute_static(keys::HTTP_REQUEST_METHOD, "_OTHER");
            opening.attribute(keys::HTTP_REQUEST_METHOD_ORIGINAL, bounded(other));
            return "HTTP";
        }
    };
    opening.attribute_static(keys::HTTP_REQUEST_METHOD, known);
    known
}

/// Records the host and the port of the server, if the request contains them.
pub(super) fn server(opening: &mut Opening, host: Option<&str>, port: Option<u16>) {
    if let Some(host) = host {
        opening.attribute(keys::SERVER_ADDRESS, bounded(host));
    }
    if let Some(port) = port {
        opening.attribute(keys::SERVER_PORT, &i64::from(port));
    }
}

/// The version of HTTP.
pub(super) fn protocol(version: Version) -> Option<&'static str> {
    match version {
        Version::HTTP_09 => Some("0.9"),
        Version::HTTP_10 => Some("1.0"),
        Version::HTTP_11 => Some("1.1"),
        Version::HTTP_2 => Some("2"),
        Version::HTTP_3 => Some("3"),
        _ => None,
    }
}

/// Records the status code of the response. `is_error` differs between client and server: a 4xx is
/// an error for the client only.
pub(super) fn status(span: &DetachedSpan, status: StatusCode, is_error: bool) {
    span.set_attribute(keys::HTTP_RESPONSE_STATUS_CODE, i64::from(status.as_u16()));
    if is_error {
        span.set_attribute(keys::ERROR_TYPE, status.as_str().to_owned());
        // The conventions require an empty description if the status code explains the error.
        span.set_error(String::new());
    }
}

/// Truncates text from the peer, which may be arbitrarily long, to 2048 bytes.
pub(super) fn bounded(text: &str) -> &str {
    &text[..char_boundary::floor(text, 2048)]
}
