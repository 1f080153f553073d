//! Addresses of services, as attributes and configuration have them.

use std::borrow::Cow;

use super::sanitize;

/// The URL without its userinfo and without secrets in path, query and fragment. Scheme, host, port
/// and path stay.
///
/// Unlike [`sanitize`](super::sanitize) it leaves no mark where user and password were, so that the
/// result is an address again. What is no URL is sanitized as text. A clean URL comes back borrowed.
///
/// ```
/// # use floe_telemetry::sanitize_url;
/// let url = "https://loader:hunter2@catalog.example.com:8181/api?token=9f8a7b6c5d&page=2";
/// assert_eq!(
///     sanitize_url(url),
///     "https://catalog.example.com:8181/api?token=<REDACTED>&page=2"
/// );
/// ```
#[must_use]
pub fn sanitize_url(url: &str) -> Cow<'_, str> {
    let clean = sanitize(url);
    let Some((start, end)) = userinfo(&clean) else {
        return clean;
    };
    Cow::Owned(clean[..start].to_owned() + &clean[end..])
}

/// From behind `://` to behind the last `@` of the authority.
fn userinfo(url: &str) -> Option<(usize, usize)> {
    let start = url.find("://")? + 3;
    let authority = url[start..].split(['/', '?', '#']).next()?;
    let sign = authority.rfind('@')?;
    Some((start, start + sign + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_stays_an_address() {
        for (url, wanted) in [
            (
                "https://u:p@h.example.com:8181/api",
                "https://h.example.com:8181/api",
            ),
            ("https://admin@h.example.com", "https://h.example.com"),
            ("postgres://u:p@ss/w0rd@h:5432/db", "postgres://h:5432/db"),
            (
                "http://h/x?a=1&api_key=abc123def",
                "http://h/x?a=1&api_key=<REDACTED>",
            ),
            (
                "https://h/cb#access_token=abc1def2&x=1",
                "https://h/cb#access_token=<REDACTED>&x=1",
            ),
        ] {
            assert_eq!(sanitize_url(url), wanted);
        }
        for clean in [
            "https://h.example.com/a/@b",
            "h:4317",
            "",
            "https://[::1]:4317/v1",
        ] {
            assert!(matches!(sanitize_url(clean), Cow::Borrowed(same) if same == clean));
        }
    }
}
