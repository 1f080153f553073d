//! Validates endpoints, and writes them without credentials.

use std::borrow::Cow;
use std::net::Ipv6Addr;

use floe_telemetry_core::{REDACTED, sanitize};
use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

use crate::parts;
use crate::redaction::authority_start;

/// The maximum size of an endpoint, in bytes. It is slightly below the limit of the HTTP clients, because they append
/// the path of a signal.
const MAX_BYTES: usize = 65_000;

/// Checks that `endpoint` is an absolute URL of HTTP or HTTPS with a host.
///
/// A URL with a credential is not accepted, because endpoints are printed and written into artifacts.
///
/// # Errors
///
/// The error describes the problem and the accepted endpoints.
pub(crate) fn check(endpoint: &str) -> Result<(), String> {
    check_beside(endpoint, "`OTEL_EXPORTER_OTLP_HEADERS` (`authentication`)")
}

/// Checks an endpoint like [`check`]. Its credential belongs in `headers`.
pub(super) fn check_beside(endpoint: &str, headers: &str) -> Result<(), String> {
    let problem = match authority(endpoint) {
        None => "it must begin with `http://` or `https://`",
        Some(authority) if authority.contains('@') => {
            let shown = without_credentials(endpoint);
            let expected = shown.replace(&format!("{REDACTED}@"), "");
            return Err(format!(
                "`{shown}` is not an endpoint: the credential belongs in {headers}, expected `{expected}`"
            ));
        }
        Some(host) if host.is_empty() || host.starts_with(':') => "it must have a host",
        Some(host) if host.contains(|c: char| c.is_whitespace() || c.is_control()) => {
            "the host must not contain spaces or control characters"
        }
        Some(host) if !is_host_valid(host) => "the host must be a name in ASCII or an address",
        Some(host) if !is_port_valid(host) => "the port must be a number from 1 to 65535",
        // Otherwise, the mask would be sent in place of the credential.
        Some(_) if endpoint.contains(REDACTED) => {
            "it contains the mask that replaces a credential when a configuration is serialized"
        }
        Some(_) if endpoint.contains('#') => "it must not have a fragment (`#…`)",
        Some(_) if !endpoint.bytes().all(may_be_in_url) => {
            "it has a character that must be percent-encoded"
        }
        Some(_) if endpoint.len() > MAX_BYTES => "it must have at most 65000 bytes",
        Some(_) => return Ok(()),
    };
    let port = if parts::sends_only_grpc() { 4317 } else { 4318 };
    Err(format!(
        "`{}` is not an endpoint: {problem}, for example `http://collector:{port}`",
        without_credentials(endpoint)
    ))
}

/// Returns an endpoint without its query, and with a mask in place of the text before an `@`, because redaction may not
/// recognize the credentials of an invalid endpoint.
pub fn without_credentials(endpoint: &str) -> String {
    // A password may contain any character, so the text before the last `@` may be part of it.
    let without_user = match endpoint.rsplit_once('@') {
        Some((before, host)) => {
            let scheme = &before[..authority_start(before).unwrap_or(0)];
            &format!("{scheme}{REDACTED}@{host}")
        }
        None => endpoint,
    };
    let shown = without_user.split(['?', '#']).next().unwrap_or_default();
    sanitize(shown).into_owned()
}

/// Returns an endpoint for `Debug`. Its query is masked, because redaction may not recognize a credential in it.
pub(crate) fn debug(endpoint: &str) -> String {
    let mut shown = without_credentials(endpoint);
    let host = endpoint.rsplit('@').next().unwrap_or_default();
    if host.contains('?') {
        shown = shown + "?" + REDACTED;
    }
    shown
}

fn is_host_valid(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[') {
        let (address, port) = address.split_once(']').unwrap_or_default();
        return address.parse::<Ipv6Addr>().is_ok() && (port.is_empty() || port.starts_with(':'));
    }
    let name = host.split_once(':').map_or(host, |(name, _)| name);
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

fn may_be_in_url(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte)
}

fn is_port_valid(host: &str) -> bool {
    port_text(host).is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port != 0))
}

fn port_text(host: &str) -> Option<&str> {
    // An IPv6 address contains colons inside brackets.
    let after_address = host.rsplit(']').next().unwrap_or(host);
    after_address.split_once(':').map(|(_, port)| port)
}

/// Returns the explicit port of a valid endpoint.
pub(super) fn port(endpoint: &str) -> Option<u16> {
    port_text(authority(endpoint)?)?.parse().ok()
}

/// Whether a valid endpoint has a path, which gRPC cannot send.
pub(super) fn has_path(endpoint: &str) -> bool {
    let address = endpoint.split('?').next().unwrap_or_default();
    let path = address.splitn(4, '/').nth(3);
    path.is_some_and(|path| !path.is_empty())
}

/// Returns the host of an endpoint, without brackets, and its port or the default port of its scheme.
pub(crate) fn server(endpoint: &str) -> Option<(String, u16)> {
    let server = authority(endpoint)?.rsplit('@').next()?;
    let host = match server.strip_prefix('[') {
        Some(address) => address.split(']').next(),
        None => server.split(':').next(),
    };
    let is_secure = endpoint.starts_with("https://");
    let default = if is_secure { 443 } else { 80 };
    let port = port_text(server).and_then(|port| port.parse().ok());
    Some((sanitize(host?).into_owned(), port.unwrap_or(default)))
}

fn authority(endpoint: &str) -> Option<&str> {
    let rest = ["http://", "https://"].iter().find_map(|scheme| endpoint.strip_prefix(scheme))?;
    rest.split(['/', '?', '#']).next()
}

/// Returns an endpoint with its scheme in lower case, because the case of a scheme does not matter.
pub(super) fn in_lower_case(endpoint: &str) -> Cow<'_, str> {
    let scheme = ["http://", "https://"].into_iter().find(|scheme| {
        endpoint.get(..scheme.len()).is_some_and(|found| found.eq_ignore_ascii_case(scheme))
    });
    match scheme {
        Some(scheme) if !endpoint.starts_with(scheme) => {
            Cow::Owned(scheme.to_owned() + &endpoint[scheme.len()..])
        }
        _ => Cow::Borrowed(endpoint),
    }
}

pub(super) fn deserialize_option<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    let endpoint = Option::<String>::deserialize(deserializer)?;
    Ok(endpoint.map(|endpoint| in_lower_case(&endpoint).into_owned()))
}

/// Writes an endpoint as `Debug` does. `check` refuses an endpoint with a mask when it is read again.
#[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
pub(super) fn serialize_option<S: Serializer>(
    endpoint: &Option<String>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    endpoint.as_deref().map(debug).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_does_not_quote_the_query() {
        for endpoint in ["collector:4317?note=abc", "http://:4317?note=abc#x"] {
            let error = check(endpoint).unwrap_err();
            assert!(error.contains(":4317` is not an endpoint"), "{error}");
            assert!(!error.contains("abc"), "{error}");
        }
    }

    #[test]
    fn accepted_endpoints_are_urls() {
        let ascii = (0..128u8).map(char::from);
        for c in ascii.chain(['é', '日', '\u{202e}', '\u{a0}']) {
            for endpoint in [
                format!("http://col{c}lector:4317"),
                format!("http://{c}"),
                format!("http://[::1{c}]:4317"),
                format!("http://collector:4317/a{c}b"),
                format!("http://collector:4317/?a{c}b"),
            ] {
                if check(&endpoint).is_ok() {
                    let url = endpoint + "/v1/traces";
                    assert!(url.parse::<http::Uri>().is_ok(), "{url}");
                }
            }
        }
        let long = |length: usize| format!("http://c/{}", "a".repeat(length - 9));
        assert_eq!(check(&long(MAX_BYTES)), Ok(()));
        assert!(check(&long(MAX_BYTES + 1)).is_err());
        for endpoint in [
            "http://localhost",
            "https://otel_collector.svc:4317/a%20b/?x=y&z=%2F",
            "http://127.0.0.1:4318/",
            "http://[2a01:4f8::1]:4317",
        ] {
            assert_eq!(check(endpoint), Ok(()));
        }
    }

    #[test]
    fn a_server_is_a_host_and_a_port() {
        for (endpoint, host, port) in [
            ("http://localhost:4317", "localhost", 4317),
            ("https://otel.example.com/otlp?k=v", "otel.example.com", 443),
            ("http://10.0.0.7/v1/traces", "10.0.0.7", 80),
            ("http://[2a01:4f8::1]:4318", "2a01:4f8::1", 4318),
            ("http://user:hunter2@collector:4317", "collector", 4317),
        ] {
            assert_eq!(server(endpoint), Some((host.to_owned(), port)), "{endpoint}");
        }
        assert_eq!(server("collector:4317"), None);
    }

    #[test]
    fn a_mask_is_not_an_endpoint() {
        let error = check(&debug("http://collector/?token=abcdef123456")).unwrap_err();
        assert!(error.contains("it contains the mask"), "{error}");
        assert_eq!(check("http://collector/?k=v"), Ok(()));
    }
}
