//! Attributes and status of HTTP spans and metrics, by OpenTelemetry's
//! [conventions](https://opentelemetry.io/docs/specs/semconv/http/http-spans/).

use std::borrow::Cow;
use std::net::SocketAddr;

use floe_telemetry::trace::Opening;
use http::header::HOST;
use http::request::Parts;
use http::uri::Authority;
use http::{Method, Version};
use opentelemetry::KeyValue;

use crate::forwarded::Forwarded;
use crate::keys;

#[derive(Clone, Debug)]
pub(crate) struct RequestMethod<'r> {
    /// The method, or `_OTHER` for one that is not standard, so that clients cannot create any number of series.
    known: &'static str,
    original: Option<&'r str>,
}

impl<'r> RequestMethod<'r> {
    pub(crate) fn of(method: &'r Method) -> Self {
        let known = standard(method.as_str());
        Self {
            known: known.unwrap_or("_OTHER"),
            original: known.is_none().then_some(method.as_str()),
        }
    }

    pub(crate) fn describe(&self, opening: &mut Opening) {
        opening.attribute_static(keys::HTTP_REQUEST_METHOD, self.known);
        if let Some(original) = self.original {
            opening.attribute(keys::HTTP_REQUEST_METHOD_ORIGINAL, bounded(original));
        }
    }

    pub(crate) fn attribute(&self) -> KeyValue {
        KeyValue::new(keys::HTTP_REQUEST_METHOD, self.known)
    }

    pub(crate) fn span_name(&self, route: Option<&str>) -> Cow<'static, str> {
        let method = match self.original {
            None => self.known,
            Some(_) => "HTTP",
        };
        match route {
            // `format!` is slower.
            Some(route) => Cow::Owned([method, " ", route].concat()),
            None => Cow::Borrowed(method),
        }
    }
}

/// Returns the method if it is in [RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#name-methods), PATCH or QUERY.
fn standard(method: &str) -> Option<&'static str> {
    Some(match method {
        "CONNECT" => "CONNECT",
        "DELETE" => "DELETE",
        "GET" => "GET",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        "PATCH" => "PATCH",
        "POST" => "POST",
        "PUT" => "PUT",
        "QUERY" => "QUERY",
        "TRACE" => "TRACE",
        _ => return None,
    })
}

/// The template of the path of a request's URL, such as `/orders/{id}`. If a client's request has it in its extensions,
/// it is recorded in the span's name and as the attribute `url.template`.
///
/// ```
/// use floe_telemetry_http::UrlTemplate;
///
/// let mut request = http::Request::new(String::new());
/// request.extensions_mut().insert(UrlTemplate::new("/orders/{id}"));
/// ```
///
/// With `reqwest-middleware`: `client.get(url).with_extension(UrlTemplate::new("/orders/{id}"))`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UrlTemplate(Cow<'static, str>);

impl UrlTemplate {
    /// Creates a template from constant text, which must not contain parts of a particular URL.
    #[must_use]
    pub fn new(template: impl Into<Cow<'static, str>>) -> Self {
        Self(template.into())
    }
}

#[derive(Debug)]
pub(crate) struct Outgoing<'r> {
    pub(crate) method: RequestMethod<'r>,
    pub(crate) template: Option<&'r UrlTemplate>,
    pub(crate) scheme: Option<&'r str>,
    pub(crate) host: Option<&'r str>,
    pub(crate) port: Option<u16>,
}

impl Outgoing<'_> {
    pub(crate) fn describe(&self, opening: &mut Opening, mut url: String) {
        url.truncate(bounded(&url).len());
        let template = self.template.map(|UrlTemplate(template)| &**template);
        opening.name_const(self.method.span_name(template));
        self.method.describe(opening);
        opening.attribute_from(keys::URL_FULL, url);
        if let Some(template) = template {
            opening.attribute(keys::URL_TEMPLATE, bounded(template));
        }
        match self.scheme {
            Some("https") => opening.attribute_static(keys::URL_SCHEME, "https"),
            Some("http") => opening.attribute_static(keys::URL_SCHEME, "http"),
            _ => {}
        }
        server(opening, self.host, self.port);
    }

    pub(crate) fn attributes(&self) -> Vec<KeyValue> {
        let mut attributes = Vec::with_capacity(6);
        attributes.push(self.method.attribute());
        attributes.extend(server_attributes(self.host, self.port));
        attributes
    }
}

/// Returns the server named by the target of the request, or else by the header `Host`.
pub(crate) fn server_of(parts: &Parts) -> (Option<&str>, Option<u16>) {
    if let Some(authority) = parts.uri.authority() {
        return host_and_port(authority.as_str());
    }
    parts.headers.get(HOST).map_or((None, None), |host| {
        usual_host_and_port(host.as_bytes()).unwrap_or_else(|| {
            let text = host.to_str().ok().filter(|text| Authority::try_from(*text).is_ok());
            text.map_or((None, None), host_and_port)
        })
    })
}

/// Returns the host, if it is a name or an IPv4 address, and the port. Parsing an [`Authority`] would copy the text.
fn usual_host_and_port(authority: &[u8]) -> Option<(Option<&str>, Option<u16>)> {
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let end = authority.iter().position(|byte| !is_host(*byte));
    let (host, rest) = authority.split_at(end.unwrap_or(authority.len()));
    let port = match rest {
        [] => None,
        [b':', port @ ..] if port.iter().all(u8::is_ascii_digit) => {
            str::from_utf8(port).ok()?.parse().ok()
        }
        _ => return None,
    };
    let host = str::from_utf8(host).ok().filter(|host| !host.is_empty())?;
    Some((Some(host), port))
}

/// Returns the host and the port of an authority. The methods of [`Authority`] would search the text several times.
pub(crate) fn host_and_port(authority: &str) -> (Option<&str>, Option<u16>) {
    let user = authority.bytes().rposition(|byte| byte == b'@');
    let text = user.map_or(authority, |at| &authority[at + 1..]);
    // The colons in the brackets of an IPv6 address are part of the host.
    match text.bytes().rposition(|byte| matches!(byte, b':' | b']')) {
        Some(at) if text[at..].starts_with(':') => (Some(&text[..at]), text[at + 1..].parse().ok()),
        _ => (Some(text), None),
    }
}

pub(crate) fn server(opening: &mut Opening, host: Option<&str>, port: Option<u16>) {
    if let Some(host) = host {
        opening.attribute(keys::SERVER_ADDRESS, bounded(host));
    }
    if let Some(port) = port {
        opening.attribute(keys::SERVER_PORT, &i64::from(port));
    }
}

/// Records the other end of the connection, and the client: the one that a proxy names, or else this other end.
pub(crate) fn client(opening: &mut Opening, forwarded: Forwarded<'_>, peer: Option<SocketAddr>) {
    let peer = peer.map(|peer| (peer.ip().to_canonical(), peer.port()));
    if let Some((address, port)) = peer {
        opening.display(keys::NETWORK_PEER_ADDRESS, &address);
        opening.attribute(keys::NETWORK_PEER_PORT, &i64::from(port));
    }
    let client = forwarded.client();
    if let Some(address) = client.or(peer.map(|(address, _)| address)) {
        opening.display(keys::CLIENT_ADDRESS, &address);
    }
}

pub(crate) fn server_attributes(
    host: Option<&str>,
    port: Option<u16>,
) -> impl Iterator<Item = KeyValue> {
    let host = host.map(|host| KeyValue::new(keys::SERVER_ADDRESS, bounded(host).to_owned()));
    let port = port.map(|port| KeyValue::new(keys::SERVER_PORT, i64::from(port)));
    host.into_iter().chain(port)
}

pub(crate) fn protocol(version: Version) -> Option<&'static str> {
    match version {
        Version::HTTP_09 => Some("0.9"),
        Version::HTTP_10 => Some("1.0"),
        Version::HTTP_11 => Some("1.1"),
        Version::HTTP_2 => Some("2"),
        Version::HTTP_3 => Some("3"),
        _ => None,
    }
}

/// Truncates text from the peer, which may be arbitrarily long, to 2048 bytes.
pub(crate) fn bounded(text: &str) -> &str {
    let end = (0..=text.len().min(2048)).rfind(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_has_a_host_and_maybe_a_port() {
        for text in [
            "orders.internal",
            "orders.internal:8080",
            "orders.internal:",
            "orders.internal:99999",
            "127.0.0.1:1",
            "[::1]",
            "[::1]:8080",
            "user:secret@orders.internal:8080",
            "user@[::1]",
        ] {
            let authority: Authority = text.parse().unwrap();
            let expected = (Some(authority.host()), authority.port_u16());
            assert_eq!(host_and_port(text), expected, "{text}");
        }
    }

    #[test]
    fn a_usual_authority_is_read_like_every_other() {
        for text in ["a", "orders.internal", "orders-2.internal:8080", "10.0.0.1", "a:", "a:99999"]
        {
            let usual = usual_host_and_port(text.as_bytes());
            assert_eq!(usual, Some(host_and_port(text)), "{text}");
            assert!(text.parse::<Authority>().is_ok(), "{text}");
        }
        for text in ["", ":80", "a b", "user@a", "[::1]", "a:b", "a:1:2", "a/b", "a%20", "über"] {
            assert_eq!(usual_host_and_port(text.as_bytes()), None, "{text}");
        }
    }
}
