//! Checks of endpoints.

use crate::error::Error;

/// An endpoint is an absolute URL with a host.
///
/// A credential in it is refused, because endpoints are printed and written into artifacts.
///
/// # Errors
///
/// Why `endpoint` is not one, and what is accepted.
pub(super) fn check(endpoint: &str) -> Result<(), String> {
    let rest = ["http://", "https://"]
        .iter()
        .find_map(|scheme| endpoint.strip_prefix(scheme));
    let authority = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let problem = match authority {
        None => "it must begin with `http://` or `https://`",
        Some(authority) if authority.contains('@') => {
            "a credential does not belong here but under `authentication`"
        }
        Some(host) if host.is_empty() || host.starts_with(':') => "it has no host",
        Some(host) if host.contains(|c: char| c.is_whitespace() || c.is_control()) => {
            "the host has a space in it"
        }
        Some(host) if !is_port_valid(host) => "the port must be a number from 1 to 65535",
        Some(_) => return Ok(()),
    };
    Err(format!(
        "`{endpoint}` is not an endpoint: {problem}, for example `http://collector:4317`"
    ))
}

fn is_port_valid(host: &str) -> bool {
    // An IPv6 address has colons of its own, inside brackets.
    let after_address = host.rsplit(']').next().unwrap_or(host);
    match after_address.split_once(':') {
        None => true,
        Some((_, port)) => port.parse::<u16>().is_ok_and(|port| port != 0),
    }
}

/// The same check, with the key of the value in the error.
pub(crate) fn validate_endpoint(key: &str, endpoint: &str) -> Result<(), Error> {
    check(endpoint).map_err(|message| Error::config(format!("{key}: {message}")))
}
