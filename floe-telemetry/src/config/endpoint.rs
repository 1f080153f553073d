//! Validates endpoints.

use crate::error::Error;

/// Checks that `endpoint` is an absolute URL with a host.
///
/// A URL with a credential is not accepted, because endpoints are printed and written into artifacts.
///
/// # Errors
///
/// The error describes the problem and what is accepted.
pub(super) fn check(endpoint: &str) -> Result<(), String> {
    let rest = ["http://", "https://"]
        .iter()
        .find_map(|scheme| endpoint.strip_prefix(scheme));
    let authority = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let problem = match authority {
        None => "it must begin with `http://` or `https://`",
        Some(authority) if authority.contains('@') => "a credential belongs under `authentication`",
        Some(host) if host.is_empty() || host.starts_with(':') => "it has no host",
        Some(host) if host.contains(|c: char| c.is_whitespace() || c.is_control()) => {
            "the host contains a space"
        }
        Some(host) if !is_port_valid(host) => "the port must be a number from 1 to 65535",
        Some(_) if endpoint.contains('#') => "a fragment (`#…`) is not sent to a receiver",
        Some(_) => return Ok(()),
    };
    Err(format!(
        "`{endpoint}` is not an endpoint: {problem}, for example `http://collector:4317`"
    ))
}

fn is_port_valid(host: &str) -> bool {
    // An IPv6 address contains colons itself, inside brackets.
    let after_address = host.rsplit(']').next().unwrap_or(host);
    match after_address.split_once(':') {
        None => true,
        Some((_, port)) => port.parse::<u16>().is_ok_and(|port| port != 0),
    }
}

/// Checks an endpoint. The error contains the key of the setting.
pub(crate) fn validate_endpoint(key: &str, endpoint: &str) -> Result<(), Error> {
    check(endpoint).map_err(|message| Error::config(format!("{key}: {message}")))
}
