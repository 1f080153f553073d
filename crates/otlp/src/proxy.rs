//! Finds the HTTP proxy that the environment names for a receiver (`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`; `NO_PROXY`
//! lists hosts without a proxy). Connections to loopback addresses never use a proxy.

use std::ffi::OsString;
use std::net::IpAddr;
use std::str::Utf8Error;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::Uri;
use http::uri::Authority;
use percent_encoding::percent_decode_str;

use floe_telemetry_core::__sdk::environment;
use floe_telemetry_core::__sdk::redaction::authority_start;
use floe_telemetry_sdk::config::OtlpProtocol;

#[derive(Clone)]
pub(super) struct Proxy {
    /// The host; an IPv6 address has no brackets.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) credential: Option<Credential>,
    /// The variable that names the proxy.
    variable: &'static str,
    /// Whether the proxy forwards requests, which it can read and answer itself, in place of a tunnel.
    pub(super) is_forwarding: bool,
}

/// The user and the password of a URL.
#[derive(Clone)]
pub(super) struct Credential {
    /// The value of the header that carries them.
    pub(super) header: String,
    /// The password, or the user if there is no password.
    secret: String,
}

impl Proxy {
    /// Returns the proxy of the environment for a receiver; `None` if connections to the receiver are direct.
    ///
    /// # Errors
    ///
    /// The environment names something other than an HTTP proxy. The error is the reason why requests fail.
    pub(super) fn of(receiver: &Uri, protocol: OtlpProtocol) -> Result<Option<Self>, String> {
        let is_tls = receiver.scheme_str() == Some("https");
        let own =
            if is_tls { ["HTTPS_PROXY", "https_proxy"] } else { ["HTTP_PROXY", "http_proxy"] };
        // `HTTP_PROXY` is ignored in a CGI program, because the server sets it from the `Proxy` header of a request.
        let is_cgi = !is_tls && environment::variable_os("REQUEST_METHOD").is_some();
        let names = own.into_iter().skip(usize::from(is_cgi)).chain(["ALL_PROXY", "all_proxy"]);
        let Some((variable, url)) = first(names) else {
            return Ok(None);
        };
        let exceptions = first(["NO_PROXY", "no_proxy"].into_iter())
            .map_or_else(OsString::new, |(_, hosts)| hosts);
        if is_loopback(receiver) || is_excepted(receiver, &exceptions.to_string_lossy()) {
            return Ok(None);
        }
        let is_forwarding = !is_tls && protocol == OtlpProtocol::Http;
        let usable = url.to_str().and_then(|url| Self::at(variable, url, is_forwarding));
        usable.map(Some).ok_or_else(|| {
            format!(
                "the connection failed: `{variable}` names a proxy that is not an HTTP proxy, expected `http://host:port`"
            )
        })
    }

    fn at(variable: &'static str, url: &str, is_forwarding: bool) -> Option<Self> {
        let url = if authority_start(url).is_some() { url } else { &format!("http://{url}") };
        let uri: Uri = url.parse().ok()?;
        let authority = uri.authority().filter(|_| uri.scheme_str() == Some("http"))?;
        Some(Self {
            host: without_brackets(authority.host()).to_owned(),
            port: authority.port_u16().unwrap_or(80),
            credential: Credential::of(authority).ok()?,
            variable,
            is_forwarding,
        })
    }

    /// Returns the host and the port, for messages.
    pub(super) fn address(&self) -> String {
        host_and_port(&self.host, self.port)
    }

    /// Returns the remedy if the proxy refuses a request by `method` to `receiver`.
    pub(super) fn refusal(&self, method: &str, receiver: &str) -> String {
        format!(
            "the proxy must allow {method} to `{receiver}`, and may need a credential before the host{}",
            self.settings()
        )
    }

    /// Returns the remedy if the proxy does not work.
    pub(super) fn choice(&self) -> String {
        format!("the proxy is set{}", self.settings())
    }

    /// Returns the variables that choose this proxy.
    fn settings(&self) -> String {
        format!(" in `{}`; receivers in `NO_PROXY` are reached without it", self.variable)
    }
}

impl Credential {
    /// Returns the credential of a URL; `None` without one.
    ///
    /// # Errors
    ///
    /// The credential is not percent-encoded UTF-8.
    pub(super) fn of(authority: &Authority) -> Result<Option<Self>, Utf8Error> {
        let Some((credential, _)) = authority.as_str().rsplit_once('@') else {
            return Ok(None);
        };
        let (user, password) = credential.split_once(':').unwrap_or((credential, ""));
        let decode = |text| percent_decode_str(text).decode_utf8();
        let pair = format!("{}:{}", decode(user)?, decode(password)?);
        let header = format!("Basic {}", BASE64_STANDARD.encode(pair));
        let secret = if password.is_empty() { user } else { password };
        Ok(Some(Self { header, secret: decode(secret)?.into_owned() }))
    }

    /// Returns the texts that a message must not contain.
    pub(super) fn secrets(self) -> [String; 2] {
        [self.header, self.secret]
    }
}

/// Returns the first of these variables that is set and not empty, with its value.
fn first(mut names: impl Iterator<Item = &'static str>) -> Option<(&'static str, OsString)> {
    names.find_map(|name| {
        let value = environment::variable_os(name)?;
        (!value.is_empty()).then_some((name, value))
    })
}

/// Returns the address of a receiver for a request or a message.
pub(super) fn receiver(uri: &Uri) -> String {
    host_and_port(bare_host(uri), port(uri))
}

fn host_and_port(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

pub(super) fn without_brackets(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

/// Returns the host; an IPv6 address has no brackets.
pub(super) fn bare_host(uri: &Uri) -> &str {
    without_brackets(uri.host().unwrap_or_default())
}

pub(super) fn port(uri: &Uri) -> u16 {
    uri.port_u16().unwrap_or_else(|| default_port(uri))
}

/// Returns the port that the scheme implies.
pub(super) fn default_port(uri: &Uri) -> u16 {
    if uri.scheme_str() == Some("https") { 443 } else { 80 }
}

/// Whether the receiver's host is `localhost` or a loopback address, for which Go's HTTP client uses no proxy, either.
fn is_loopback(receiver: &Uri) -> bool {
    let host = bare_host(receiver);
    let address: Result<IpAddr, _> = host.parse();
    is_localhost(host) || address.is_ok_and(|address| address.is_loopback())
}

pub(super) fn is_localhost(host: &str) -> bool {
    host.strip_suffix('.').unwrap_or(host).eq_ignore_ascii_case("localhost")
}

/// Whether the list contains `*`, the receiver's address or domain, a network around the address, or a parent domain. An
/// entry may have a port, which must then be the receiver's, and dots at its ends.
fn is_excepted(receiver: &Uri, list: &str) -> bool {
    let host = bare_host(receiver).trim_end_matches('.').to_ascii_lowercase();
    let address = host.parse::<IpAddr>().ok();
    let mut entries = list.split(|c: char| c == ',' || c.is_whitespace());
    entries.any(|entry| {
        let (entry, of_port) = without_port(entry);
        if of_port.is_some_and(|of_port| of_port != port(receiver)) {
            return false;
        }
        match address {
            _ if entry == "*" => true,
            Some(address) => is_in(address, without_brackets(entry)).unwrap_or(false),
            None => is_domain_of(&host, entry),
        }
    })
}

/// Separates the port of an entry from its host. The colons of an IPv6 address without brackets belong to the address.
fn without_port(entry: &str) -> (&str, Option<u16>) {
    let separated =
        entry.rsplit_once(':').filter(|(host, _)| !host.contains(':') || host.ends_with(']'));
    match separated.map(|(host, port)| (host, port.parse().ok())) {
        Some((host, Some(port))) => (host, Some(port)),
        _ => (entry, None),
    }
}

/// Whether an entry is this host or a domain above it.
fn is_domain_of(host: &str, entry: &str) -> bool {
    let domain = entry.strip_prefix("*.").unwrap_or(entry).trim_matches('.');
    if domain.is_empty() {
        return false;
    }
    let above = host.strip_suffix(&*domain.to_ascii_lowercase());
    above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
}

/// Whether an entry is this address, or a network that contains it; `None` if the entry is no address or network.
fn is_in(address: IpAddr, entry: &str) -> Option<bool> {
    let (network, length) = match entry.split_once('/') {
        Some((network, length)) => (network, Some(length.parse().ok()?)),
        None => (entry, None),
    };
    let network: IpAddr = network.parse().ok()?;
    let bits = |address| match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    let (address, of_address) = bits(address);
    let (network, of_network) = bits(network);
    let length: u32 = length.unwrap_or(of_network);
    let differing = (address ^ network).leading_zeros();
    Some(of_address == of_network && length <= of_network && differing >= length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_addresses_are_recognised() {
        for (receiver, expected) in [
            ("http://localhost:4317", true),
            ("http://LocalHost", true),
            ("https://127.0.0.1:4318/v1/traces", true),
            ("http://127.8.0.1", true),
            ("http://[::1]:4317", true),
            ("http://localhost.example", false),
            ("http://10.0.0.1", false),
            ("https://[2001:db8::1]:4317", false),
        ] {
            let receiver: Uri = receiver.parse().unwrap();
            assert_eq!(is_loopback(&receiver), expected, "{receiver}");
        }
    }

    #[test]
    fn exceptions_are_domains_addresses_and_networks() {
        let name = "http://otel.corp.internal:4317";
        let v4 = "http://10.1.2.3:4317";
        let v6 = "https://[fd00::3]:4317";
        for (list, receiver, expected) in [
            ("*", name, true),
            ("*", v4, true),
            ("other.test, *", v6, true),
            ("otel.corp.internal", name, true),
            ("corp.internal", name, true),
            (".corp.internal", name, true),
            ("*.corp.internal", name, true),
            ("*.CORP.Internal", name, true),
            ("10.1.2.3", v4, true),
            ("10.0.0.0/8", v4, true),
            ("fd00::3", v6, true),
            ("fd00::/8", v6, true),
            ("0.0.0.0/0", v4, true),
            ("other.test otel.corp.internal", name, true),
            ("otel.corp.internal:4317", name, true),
            ("*:4317", name, true),
            ("otel.corp.internal.", name, true),
            (".corp.internal.:4317", name, true),
            ("10.1.2.3:4317", v4, true),
            ("[fd00::3]", v6, true),
            ("[fd00::3]:4317", v6, true),
            ("otel.corp.internal:4318", name, false),
            ("10.1.2.3:80", v4, false),
            ("[fd00::3]:80", v6, false),
            (".", name, false),
            (":4317", name, false),
            ("", name, false),
            (",", name, false),
            ("*corp.internal", name, false),
            ("*.internal.corp", name, false),
            ("p.internal", name, false),
            ("10.1.2", v4, false),
            ("11.0.0.0/8", v4, false),
            ("10.0.0.0/33", v4, false),
            ("::/0", v4, false),
        ] {
            let uri: Uri = receiver.parse().unwrap();
            assert_eq!(is_excepted(&uri, list), expected, "{list} {receiver}");
        }
    }
}
