//! Finds the HTTP proxy that the environment names for a receiver (`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`; `NO_PROXY`
//! lists hosts without a proxy). Connections to loopback addresses never use a proxy.

use std::net::IpAddr;

use http::Uri;

use floe_telemetry_core::__sdk::environment;

#[derive(Clone)]
pub(super) struct Proxy {
    /// The URL, which may contain a credential.
    pub(super) url: String,
    /// The host and the port, for messages.
    pub(super) address: String,
}

/// The reason why requests fail if the environment names something other than an HTTP proxy.
pub(super) const UNUSABLE: &str = "the connection failed: the environment names a proxy that is not an HTTP proxy, expected `http://host:port`";

impl Proxy {
    /// Returns the proxy of the environment for a receiver; `None` if connections to the receiver are direct.
    ///
    /// # Errors
    ///
    /// The environment names something other than an HTTP proxy.
    pub(super) fn of(receiver: &Uri) -> Result<Option<Self>, &'static str> {
        let is_tls = receiver.scheme_str() == Some("https");
        let own =
            if is_tls { ["HTTPS_PROXY", "https_proxy"] } else { ["HTTP_PROXY", "http_proxy"] };
        // `HTTP_PROXY` is ignored in a CGI program, because the server sets it from the `Proxy` header of a request.
        let is_cgi = !is_tls && environment::variable_os("REQUEST_METHOD").is_some();
        let names = own.into_iter().skip(usize::from(is_cgi)).chain(["ALL_PROXY", "all_proxy"]);
        let Some(url) = first(names) else {
            return Ok(None);
        };
        let exceptions = first(["NO_PROXY", "no_proxy"].into_iter()).unwrap_or_default();
        if is_loopback(receiver) || is_excepted(receiver, &exceptions) {
            return Ok(None);
        }
        let url = if url.contains("://") { url } else { format!("http://{url}") };
        let uri = url.parse::<Uri>().ok().filter(|uri| uri.scheme_str() == Some("http"));
        let proxy = uri.as_ref().and_then(Uri::authority).ok_or(UNUSABLE)?;
        let address = format!("{}:{}", proxy.host(), proxy.port_u16().unwrap_or(80));
        Ok(Some(Self { url, address }))
    }
}

/// Returns the value of the first of these variables that is set and not empty.
fn first(mut names: impl Iterator<Item = &'static str>) -> Option<String> {
    names.find_map(|name| environment::variable(name).ok().filter(|value| !value.is_empty()))
}

/// Whether the receiver's host is `localhost` or a loopback address, for which Go's HTTP client uses no proxy, either.
fn is_loopback(receiver: &Uri) -> bool {
    let host = bare_host(receiver);
    let address: Result<IpAddr, _> = host.parse();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// Returns the host, an IPv6 address without its brackets.
fn bare_host(receiver: &Uri) -> &str {
    receiver.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
}

/// Whether the list contains `*`, the receiver's address or domain, a network around the address, or a parent domain.
fn is_excepted(receiver: &Uri, list: &str) -> bool {
    let host = bare_host(receiver).to_ascii_lowercase();
    let mut entries = list.split(|c: char| c == ',' || c.is_whitespace());
    if let Ok(address) = host.parse::<IpAddr>() {
        return entries.any(|entry| entry == "*" || is_in(address, entry).unwrap_or(false));
    }
    entries.any(|entry| {
        let domain = entry.strip_prefix("*.").or_else(|| entry.strip_prefix('.')).unwrap_or(entry);
        let above = host.strip_suffix(&*domain.to_ascii_lowercase());
        let above = above.filter(|_| !domain.is_empty());
        entry == "*" || above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
    })
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
    let ((address, of_address), (network, of_network)) = (bits(address), bits(network));
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
        let (v4, v6) = ("http://10.1.2.3:4317", "https://[fd00::3]:4317");
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
