//! The request as the first of several proxies received it ([RFC 7239](https://www.rfc-editor.org/rfc/rfc7239), and the
//! older headers `X-Forwarded-…`).

use std::net::{IpAddr, SocketAddr};

use http::header::FORWARDED;
use http::uri::Authority;
use http::{HeaderMap, HeaderName};

static CLIENT: HeaderName = HeaderName::from_static("x-forwarded-for");
static HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
static SCHEME: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The headers that proxies add to a request. A caller can send them without a proxy, too.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Forwarded<'h> {
    headers: Option<&'h HeaderMap>,
    /// The first element of `Forwarded`, which takes precedence.
    element: Option<&'h str>,
    /// The first element of `X-Forwarded-For`.
    client: Option<&'h str>,
}

impl<'h> Forwarded<'h> {
    /// Reads the headers, unless the caller is not trusted.
    pub(crate) fn of(headers: &'h HeaderMap, is_untrusted: bool) -> Self {
        let headers = (!is_untrusted).then_some(headers);
        Self { headers, element: first(headers, &FORWARDED), client: first(headers, &CLIENT) }
    }

    /// Returns the address of the client; `None` if no proxy passes it, or if it is a name, such as `unknown`.
    pub(crate) fn client(self) -> Option<IpAddr> {
        let node = self.parameter("for").or(self.client)?;
        let bare = node.strip_prefix('[').and_then(|node| node.strip_suffix(']'));
        let address = bare
            .unwrap_or(node)
            .parse()
            .ok()
            .or_else(|| node.parse().ok().map(|node: SocketAddr| node.ip()));
        address.map(|address| address.to_canonical())
    }

    /// Returns the host to which the client sent the request. A proxy that passes the host also passes the client, so
    /// the host is searched for only with `Forwarded` or `X-Forwarded-For`.
    pub(crate) fn host(self) -> Option<Authority> {
        self.element.or(self.client)?;
        let host = self.parameter("host").or_else(|| first(self.headers, &HOST));
        host?.parse().ok()
    }

    pub(crate) fn scheme(self) -> Option<&'h str> {
        self.parameter("proto").or_else(|| first(self.headers, &SCHEME))
    }

    fn parameter(self, name: &str) -> Option<&'h str> {
        let mut pairs = self.element?.split(';').filter_map(|pair| pair.split_once('='));
        let found = pairs.find(|(key, _)| key.trim().eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim().trim_matches('"'))
    }
}

/// Returns the first element of a header whose value is a list.
fn first<'h>(headers: Option<&'h HeaderMap>, name: &HeaderName) -> Option<&'h str> {
    let values = headers?.get(name)?.to_str().ok()?;
    values.split(',').next().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(all: &[(&'static str, &'static str)]) -> HeaderMap {
        all.iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn the_client_is_the_first_address() {
        for (name, value, expected) in [
            ("x-forwarded-for", "203.0.113.7, 10.0.0.1", Some("203.0.113.7")),
            ("x-forwarded-for", "203.0.113.7:4711", Some("203.0.113.7")),
            ("x-forwarded-for", "2001:db8::1", Some("2001:db8::1")),
            ("x-forwarded-for", "::ffff:203.0.113.7", Some("203.0.113.7")),
            ("x-forwarded-for", "unknown, 203.0.113.7", None),
            ("x-forwarded-for", "", None),
            ("x-forwarded-for", "token=abcdef123456", None),
            ("forwarded", "for=192.0.2.60;proto=http;by=203.0.113.43", Some("192.0.2.60")),
            ("forwarded", "By=a; For=\"[2001:db8::2]:4711\", for=10.0.0.1", Some("2001:db8::2")),
            ("forwarded", "for=\"[2001:db8::2]\"", Some("2001:db8::2")),
            ("forwarded", "for=_hidden", None),
            ("forwarded", ";=;for;\"", None),
        ] {
            let headers = headers(&[(name, value)]);
            let found = Forwarded::of(&headers, false).client();
            assert_eq!(found, expected.map(|text| text.parse().unwrap()), "{value}");
        }
    }

    #[test]
    fn the_host_and_the_scheme_are_those_that_the_client_used() {
        let both = headers(&[
            ("forwarded", "proto=https;host=shop.example:8443, proto=http"),
            ("x-forwarded-host", "older.example"),
            ("x-forwarded-proto", "http"),
        ]);
        let forwarded = Forwarded::of(&both, false);
        assert_eq!(forwarded.scheme(), Some("https"));
        assert_eq!(forwarded.host().unwrap().as_str(), "shop.example:8443");
        let older = headers(&[
            ("forwarded", "for=192.0.2.60"),
            ("x-forwarded-host", "shop.example, proxy.internal"),
            ("x-forwarded-proto", "https,http"),
        ]);
        let forwarded = Forwarded::of(&older, false);
        assert_eq!(forwarded.scheme(), Some("https"));
        assert_eq!(forwarded.host().unwrap().as_str(), "shop.example");
        let bad = headers(&[("x-forwarded-host", "a b")]);
        assert_eq!(Forwarded::of(&bad, false).host(), None);
    }
}
