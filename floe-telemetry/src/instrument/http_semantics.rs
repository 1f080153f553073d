//! Attributes and status of HTTP spans and metrics, by OpenTelemetry's
//! [conventions](https://opentelemetry.io/docs/specs/semconv/http/http-spans/).

use std::borrow::Cow;
#[cfg(feature = "tower")]
use std::net::SocketAddr;

#[cfg(feature = "tower")]
use http::header::HOST;
#[cfg(feature = "tower")]
use http::request::Parts;
#[cfg(feature = "tower")]
use http::uri::Authority;
use http::{Method, Version};
use opentelemetry::KeyValue;

#[cfg(feature = "tower")]
use super::forwarded::Forwarded;
use crate::char_boundary;
use crate::keys;
use crate::recorder::Opening;

/// The method of a request.
#[derive(Clone, Debug)]
pub(super) struct RequestMethod<'r> {
    /// The method, or `_OTHER`: clients could otherwise create any number of series.
    known: Cow<'static, str>,
    original: Option<&'r str>,
}

impl<'r> RequestMethod<'r> {
    /// `known` replaces the methods that are known.
    pub(super) fn of(method: &'r Method, known: Option<&[Method]>) -> Self {
        let name = method.as_str();
        let known = match known {
            None => standard(name).map(Cow::Borrowed),
            Some(known) => (known.contains(method)).then(|| Cow::Owned(name.to_owned())),
        };
        Self {
            original: known.is_none().then_some(name),
            known: known.unwrap_or(Cow::Borrowed("_OTHER")),
        }
    }

    pub(super) fn describe(&self, opening: &mut Opening) {
        match &self.known {
            Cow::Borrowed(known) => opening.attribute_static(keys::HTTP_REQUEST_METHOD, known),
            Cow::Owned(known) => opening.attribute(keys::HTTP_REQUEST_METHOD, known),
        }
        if let Some(original) = self.original {
            opening.attribute(keys::HTTP_REQUEST_METHOD_ORIGINAL, bounded(original));
        }
    }

    pub(super) fn attribute(&self) -> KeyValue {
        KeyValue::new(keys::HTTP_REQUEST_METHOD, self.known.clone())
    }

    /// Sets the name of the span: the method and, if it is known, the route.
    pub(super) fn name(&self, opening: &mut Opening, route: Option<&str>) {
        let method = match self.original {
            None => self.known.clone(),
            Some(_) => Cow::Borrowed("HTTP"),
        };
        match route {
            Some(route) => opening.name_from(format!("{method} {route}")),
            None => opening.name_const(method),
        }
    }
}

/// The methods of [RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#name-methods), PATCH and QUERY.
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

/// The template of the path of a request's URL, such as `/orders/{id}`. In the extensions of a client's
/// request it becomes a part of the name of the span, and the attribute `url.template`.
///
/// ```
/// use floe_telemetry::instrument::UrlTemplate;
///
/// let mut request = http::Request::new(String::new());
/// request.extensions_mut().insert(UrlTemplate::new("/orders/{id}"));
/// ```
///
/// With `reqwest-middleware`: `client.get(url).with_extension(UrlTemplate::new("/orders/{id}"))`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UrlTemplate(Cow<'static, str>);

impl UrlTemplate {
    /// Creates a template. Only what the program contains belongs in it, no part of a particular URL.
    #[must_use]
    pub fn new(template: impl Into<Cow<'static, str>>) -> Self {
        Self(template.into())
    }
}

/// What is recorded of a client's request.
#[derive(Debug)]
pub(super) struct Outgoing<'r> {
    pub(super) method: RequestMethod<'r>,
    pub(super) url: Cow<'r, str>,
    pub(super) template: Option<&'r UrlTemplate>,
    pub(super) host: Option<&'r str>,
    pub(super) port: Option<u16>,
}

impl Outgoing<'_> {
    pub(super) fn describe(&self, opening: &mut Opening) {
        let template = self.template.map(|UrlTemplate(template)| &**template);
        self.method.name(opening, template);
        self.method.describe(opening);
        opening.attribute(keys::URL_FULL, bounded(&self.url));
        if let Some(template) = template {
            opening.attribute(keys::URL_TEMPLATE, bounded(template));
        }
        server(opening, self.host, self.port);
    }

    pub(super) fn attributes(&self) -> Vec<KeyValue> {
        let mut attributes = Vec::with_capacity(6);
        attributes.push(self.method.attribute());
        attributes.extend(server_attributes(self.host, self.port));
        attributes
    }
}

/// The server that a request is for, by its target or the header `Host`.
#[cfg(feature = "tower")]
pub(super) fn authority(parts: &Parts) -> Option<Cow<'_, Authority>> {
    if let Some(authority) = parts.uri.authority() {
        return Some(Cow::Borrowed(authority));
    }
    let host = parts.headers.get(HOST)?;
    Authority::try_from(host.as_bytes()).ok().map(Cow::Owned)
}

/// The host and the port in an authority.
///
/// The methods of [`Authority`] search the text several times, which takes as long as the other attributes together.
#[cfg(feature = "tower")]
pub(super) fn host_and_port(authority: Option<&Authority>) -> (Option<&str>, Option<u16>) {
    let Some(text) = authority.map(Authority::as_str) else {
        return (None, None);
    };
    let user = text.bytes().rposition(|byte| byte == b'@');
    let text = user.map_or(text, |at| &text[at + 1..]);
    // The colons in the brackets of an IPv6 address are part of the host.
    match text.bytes().rposition(|byte| matches!(byte, b':' | b']')) {
        Some(at) if text[at..].starts_with(':') => (Some(&text[..at]), text[at + 1..].parse().ok()),
        _ => (Some(text), None),
    }
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

/// Records the other end of the connection, if it is known, and the client: the one that proxies name, or else the
/// other end.
#[cfg(feature = "tower")]
pub(super) fn client(opening: &mut Opening, forwarded: Forwarded<'_>, peer: Option<SocketAddr>) {
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

/// The attributes of a client's metrics for the host and the port.
pub(super) fn server_attributes(
    host: Option<&str>,
    port: Option<u16>,
) -> impl Iterator<Item = KeyValue> {
    let host = host.map(|host| KeyValue::new(keys::SERVER_ADDRESS, bounded(host).to_owned()));
    let port = port.map(|port| KeyValue::new(keys::SERVER_PORT, i64::from(port)));
    host.into_iter().chain(port)
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

/// Truncates text from the peer, which may be arbitrarily long, to 2048 bytes.
pub(super) fn bounded(text: &str) -> &str {
    &text[..char_boundary::floor(text, 2048)]
}

#[cfg(all(test, feature = "tower"))]
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
            assert_eq!(host_and_port(Some(&authority)), expected, "{text}");
        }
    }
}
