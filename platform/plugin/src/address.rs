//! Addresses without credentials.

use std::fmt;

use floe_telemetry::attributes::{AttributeValue, ToAttributeValue};
use floe_telemetry::{sanitize, sanitize_url};

/// The recipient of an alert, shown as the origin of a URL, the domains of e-mail addresses, or a name.
///
/// ```
/// use floe_plugin::Destination;
///
/// let of = |text| Destination::new(text).to_string();
/// assert_eq!(of("https://hooks.example:8443/T0/B0/c2VjcmV0"), "https://hooks.example:8443");
/// assert_eq!(of("ada@example.org, bob@example.net"), "example.org, example.net");
/// assert_eq!(of("#data-ops"), "#data-ops");
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Destination<'a>(&'a str);

/// The address of a service: scheme, host, port and path. Credentials are removed, and so are the query and the
/// fragment, which do not identify the service and may contain tokens.
///
/// ```
/// use floe_plugin::CleanUrl;
///
/// let url = CleanUrl::new("https://floe:hunter2@catalog.example/api?token=abc");
/// assert_eq!(url.to_string(), "https://catalog.example/api");
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct CleanUrl<'a>(&'a str);

impl<'a> Destination<'a> {
    /// Creates a destination from a URL, from one or several e-mail addresses, or from a name.
    #[must_use]
    pub const fn new(text: &'a str) -> Self {
        Self(text)
    }
}

impl<'a> CleanUrl<'a> {
    /// Creates an address from a URL that may contain credentials.
    #[must_use]
    pub const fn new(url: &'a str) -> Self {
        Self(url)
    }
}

impl<'a> From<&'a str> for Destination<'a> {
    fn from(text: &'a str) -> Self {
        Self(text)
    }
}

impl fmt::Display for Destination<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if authority(self.0).is_some() {
            return f.write_str(origin(&sanitize_url(self.0)));
        }
        if !self.0.contains('@') {
            return f.write_str(&sanitize(self.0));
        }
        let domains = self.0.split([',', ';']).filter_map(domain);
        for (index, domain) in domains.enumerate() {
            f.write_str(if index == 0 { "" } else { ", " })?;
            f.write_str(domain)?;
        }
        Ok(())
    }
}

/// Returns the beginning of a URL: its scheme and its authority, which may contain credentials.
#[must_use]
pub fn origin(url: &str) -> &str {
    let authority = authority(url).unwrap_or_default();
    // Many parsers treat a backslash as a slash.
    let path = url[authority..].find(['/', '?', '#', '\\']);
    path.map_or(url, |path| &url[..authority + path])
}

/// Returns the index of the authority of a URL, or `None` for a text without a scheme.
fn authority(url: &str) -> Option<usize> {
    url.find("://").map(|colon| colon + 3)
}

/// Returns the domain of an e-mail address, which may be in angle brackets after a name.
fn domain(address: &str) -> Option<&str> {
    let (_, domain) = address.rsplit_once('@')?;
    domain.split(['>', ' ', '"']).next()
}

impl fmt::Display for CleanUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = sanitize_url(self.0);
        f.write_str(url.split(['?', '#']).next().unwrap_or_default())
    }
}

/// Returns the attribute value of an address; `None` if the address is empty.
fn text(shown: &impl fmt::Display) -> Option<AttributeValue> {
    let text = shown.to_string();
    (!text.is_empty()).then(|| AttributeValue::Text(text.into()))
}

impl ToAttributeValue for Destination<'_> {
    fn to_attribute_value(&self) -> Option<AttributeValue> {
        text(self)
    }
}

impl ToAttributeValue for CleanUrl<'_> {
    fn to_attribute_value(&self) -> Option<AttributeValue> {
        text(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_keeps_the_origin_the_domain_or_the_name() {
        for (given, kept) in [
            ("https://u:p@hooks.example/services/T/B/x", "https://hooks.example"),
            ("http://[::1]:9093/api?token=x", "http://[::1]:9093"),
            ("https://host#fragment", "https://host"),
            // Some parsers read the text before the `@` as a user name.
            ("https://host\\@evil/secret", "https://evil"),
            ("https://u:p@ss/w0rd@hooks.example/T0", "https://hooks.example"),
            ("Ada <ada@example.org>", "example.org"),
            ("a@b.example;c@d.example", "b.example, d.example"),
            ("C024BE91L", "C024BE91L"),
            ("", ""),
        ] {
            assert_eq!(Destination::new(given).to_string(), kept, "{given}");
        }
    }

    #[test]
    fn a_url_keeps_scheme_host_port_and_path() {
        for (given, kept) in [
            ("http://u:p@h:8181/api/catalog?x=1#y", "http://h:8181/api/catalog"),
            ("https://h?token=x", "https://h"),
            ("http://u:p@ss/w0rd@h:8181/api", "http://h:8181/api"),
            ("h:8181/api", "h:8181/api"),
        ] {
            assert_eq!(CleanUrl::new(given).to_string(), kept, "{given}");
        }
    }

    #[test]
    fn an_empty_address_is_not_an_attribute() {
        assert_eq!(Destination::default().to_attribute_value(), None);
        assert_eq!(CleanUrl::default().to_attribute_value(), None);
    }
}
