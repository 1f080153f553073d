//! The HTTP proxy of the environment for a receiver (`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`; `NO_PROXY` lists hosts
//! without a proxy). Connections to loopback addresses never use a proxy.

use std::net::IpAddr;

use http::Uri;

use super::transport::UnknownProxy;
use floe_telemetry_core::__sdk::environment;

#[derive(Clone)]
pub(super) struct Proxy {
    /// The URL, which may contain a credential.
    pub(super) url: String,
    /// The host and the port, for messages.
    pub(super) address: String,
}

impl Proxy {
    /// Returns the proxy of the environment for a receiver; `None` if connections to the receiver are direct.
    ///
    /// # Errors
    ///
    /// The environment names something other than an HTTP proxy.
    pub(super) fn of(receiver: &Uri) -> Result<Option<Self>, UnknownProxy> {
        let is_tls = receiver.scheme_str() == Some("https");
        let own =
            if is_tls { ["HTTPS_PROXY", "https_proxy"] } else { ["HTTP_PROXY", "http_proxy"] };
        // A server that runs this program as CGI sets the variable from the header `Proxy` of a request.
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
        let proxy = uri.as_ref().and_then(Uri::authority).ok_or(UnknownProxy)?;
        let address = format!("{}:{}", proxy.host(), proxy.port_u16().unwrap_or(80));
        Ok(Some(Self { url, address }))
    }
}

/// The value of the first of these variables that is set and not empty.
fn first(mut names: impl Iterator<Item = &'static str>) -> Option<String> {
    names.find_map(|name| environment::variable(name).ok().filter(|value| !value.is_empty()))
}

/// Whether the receiver is on this machine. For such a receiver, other OTLP exporters use no proxy either.
fn is_loopback(receiver: &Uri) -> bool {
    let host = bare_host(receiver);
    let address: Result<IpAddr, _> = host.parse();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// The host, an IPv6 address without its brackets.
fn bare_host(receiver: &Uri) -> &str {
    receiver.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
}

/// Whether a list contains the receiver in a form that curl or Go accept.
fn is_excepted(receiver: &Uri, list: &str) -> bool {
    let is_tls = receiver.scheme_str() == Some("https");
    let port = receiver.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
    let host = bare_host(receiver).to_ascii_lowercase();
    let entries = list.split(|c: char| c == ',' || c.is_whitespace());
    let mut hosts = entries.filter_map(|entry| without_port(entry, port));
    hosts.any(|entry| entry == "*" || is_host(entry, &host))
}

/// An entry without its port and brackets; `None` if it is for another port.
fn without_port(entry: &str, port: u16) -> Option<&str> {
    let (host, of) = match entry.strip_prefix('[').and_then(|it| it.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => match entry.split_once(':') {
            Some((host, of)) if !of.contains(':') => (host, Some(of)),
            _ => (entry, None),
        },
    };
    of.is_none_or(|of| of.parse() == Ok(port)).then_some(host)
}

/// Whether an entry is the address or its network, or the domain of a name or a parent domain.
fn is_host(entry: &str, host: &str) -> bool {
    if let Ok(address) = host.parse::<IpAddr>() {
        return match entry.split_once('/') {
            Some((network, bits)) => is_in(address, network, bits) == Some(true),
            None => entry.parse() == Ok(address),
        };
    }
    let entry = entry.strip_prefix('*').filter(|it| it.starts_with('.')).unwrap_or(entry);
    let domain = entry.strip_prefix('.').unwrap_or(entry).to_ascii_lowercase();
    let above = host.strip_suffix(&*domain).filter(|_| !domain.is_empty());
    above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
}

/// Whether an address begins with the same bits as a network.
fn is_in(address: IpAddr, network: &str, bits: &str) -> Option<bool> {
    let bits: u32 = bits.parse().ok()?;
    Some(match (address, network.parse().ok()?) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let rest = 32_u32.checked_sub(bits)?;
            (address.to_bits() ^ network.to_bits()).checked_shr(rest).unwrap_or(0) == 0
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            let rest = 128_u32.checked_sub(bits)?;
            (address.to_bits() ^ network.to_bits()).checked_shr(rest).unwrap_or(0) == 0
        }
        _ => false,
    })
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
    fn hosts_are_excepted_in_each_form_that_curl_and_go_know() {
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
            ("other.test otel.corp.internal:4317", name, true),
            ("corp.internal:4317", name, true),
            ("10.1.2.3", v4, true),
            ("10.1.2.3:4317", v4, true),
            ("10.0.0.0/8", v4, true),
            ("fd00::3", v6, true),
            ("[fd00::3]", v6, true),
            ("[fd00::3]:4317", v6, true),
            ("fd00::/8", v6, true),
            ("collector.test:443", "https://collector.test", true),
            ("collector.test:80", "http://collector.test", true),
            ("", name, false),
            (",", name, false),
            ("otel.corp.internal:4318", name, false),
            ("[fd00::3]:4318", v6, false),
            ("*corp.internal", name, false),
            ("*.internal.corp", name, false),
            ("p.internal", name, false),
            ("10.1.2.3:80", v4, false),
            ("10.1.2", v4, false),
            ("11.0.0.0/8", v4, false),
            ("collector.test:80", "https://collector.test", false),
        ] {
            let uri: Uri = receiver.parse().unwrap();
            assert_eq!(is_excepted(&uri, list), expected, "{list} {receiver}");
        }
    }
}
