//! Addresses of services.

use floe_plugin::{Endpoint, origin};
use http::Uri;
use serde::Deserialize;

/// The address of a service: `http://…` or `https://…`, without credentials, query and fragment.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct ServiceUrl(String);

impl ServiceUrl {
    /// Creates the default value of an address setting. `url` is not checked.
    pub fn of(url: &'static str) -> Self {
        Self(url.to_owned())
    }

    /// Returns the address of a resource of the service. `path` begins with a slash.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// Returns the address, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the address as the endpoint of a plugin.
    pub fn endpoint(&self) -> Endpoint {
        Endpoint::Url(self.0.clone())
    }

    /// Whether requests are encrypted.
    pub fn is_https(&self) -> bool {
        self.0.parse().is_ok_and(|uri: Uri| uri.scheme_str() == Some("https"))
    }
}

impl TryFrom<String> for ServiceUrl {
    type Error = &'static str;

    /// Parses an address. The errors do not repeat the text, which may contain a credential.
    fn try_from(text: String) -> Result<Self, &'static str> {
        if host_and_port(&text).is_none() {
            return Err("it is not a URL, expected `http://HOST` or `https://HOST`");
        }
        if origin(&text).contains('@') {
            return Err("expected a URL without credentials, found a user");
        }
        if text.contains(['?', '#']) {
            return Err("expected a URL without a query and a fragment, found one of them");
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }
}

/// Returns the host and the port of an HTTP URL; `None` for any other text.
pub fn host_and_port(url: &str) -> Option<(String, u16)> {
    let url: Uri = url.parse().ok()?;
    let default = match url.scheme_str()? {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    let host = url.host().filter(|host| !host.is_empty())?;
    let after_login = url.authority()?.as_str().rsplit('@').next()?;
    let port = match after_login.strip_prefix(host)? {
        "" | ":" => default,
        port => port.strip_prefix(':')?.parse().ok().filter(|port| *port != 0)?,
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Some((host.to_ascii_lowercase(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_url_without_credentials_query_and_fragment() {
        let parse = |text: &str| ServiceUrl::try_from(text.to_owned());
        for (text, kept) in [
            ("http://alertmanager:9093/", "http://alertmanager:9093"),
            ("https://h.example/prefix", "https://h.example/prefix"),
            ("http://[::1]:9093", "http://[::1]:9093"),
        ] {
            assert_eq!(parse(text).unwrap().as_str(), kept);
        }
        for (text, is_https) in [("http://h", false), ("https://h", true), ("HTTPS://h", true)] {
            assert_eq!(parse(text).unwrap().is_https(), is_https, "{text}");
        }
        assert_eq!(host_and_port("https://H.example/x"), Some(("h.example".to_owned(), 443)));
        for text in [
            "alertmanager:9093",
            "ftp://h",
            "https:/h:1",
            "http://",
            "http://h:99999",
            "https://floe:c4n4ry@h",
            "https://h?token=c4n4ry",
            "https://h#c4n4ry",
            "http://h/a b",
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains("expected "), "{text}: {error}");
            assert!(!error.contains("c4n4ry"), "{error}");
        }
    }

    #[test]
    fn a_url_has_a_host_and_a_port() {
        for (url, host, port) in [
            ("https://id.example.org/realms/floe", "id.example.org", 443),
            ("http://marquez:5000", "marquez", 5000),
            ("http://10.0.0.7", "10.0.0.7", 80),
            ("http://[2001:db8::1]:9000/x", "2001:db8::1", 9000),
        ] {
            assert_eq!(host_and_port(url), Some((host.to_owned(), port)), "{url}");
        }
        for url in [
            "marquez:5000",
            "/path",
            "",
            "http://",
            "http://h:99999",
            "http://h:x",
            "http://h:0",
            "http://h:h",
        ] {
            assert_eq!(host_and_port(url), None, "{url}");
        }
    }
}
