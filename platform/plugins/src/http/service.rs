//! The authorization of requests to a service, and the encoding of their parameters.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use floe_plugin::{Credential, Error};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::http::Request;

/// The authorization of requests.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Authorization {
    /// A token: `Authorization: Bearer …`.
    Bearer(Credential),
    /// A user and a password: `Authorization: Basic …`.
    Basic {
        /// The name of the user.
        username: String,
        /// The password.
        password: Credential,
    },
}

impl Authorization {
    /// Adds the header to a request.
    ///
    /// # Errors
    /// The credential is not resolved.
    pub(crate) fn add_to<'a>(&'a self, request: Request<'a>) -> Result<Request<'a>, Error> {
        match self {
            Self::Bearer(token) => Ok(request.bearer(token.expose()?)),
            Self::Basic { username, password } => Ok(basic(request, username, password.expose()?)),
        }
    }
}

/// Adds the authorization to a request, if there is one.
///
/// # Errors
/// As for [`Authorization::add_to`].
pub(crate) fn authorized<'a>(
    authorization: Option<&'a Authorization>,
    request: Request<'a>,
) -> Result<Request<'a>, Error> {
    match authorization {
        Some(authorization) => authorization.add_to(request),
        None => Ok(request),
    }
}

/// Adds the header `Authorization: Basic …`.
pub(crate) fn basic<'a>(request: Request<'a>, username: &str, password: &'a str) -> Request<'a> {
    let encoded = STANDARD.encode(format!("{username}:{password}"));
    request
        .header("authorization", format!("Basic {encoded}"))
        .credential(password)
        .credential(encoded)
}

/// The time before the expiry at which a token is replaced.
const MARGIN: Duration = Duration::from_secs(30);

/// The access token of a service, until shortly before its expiry.
#[derive(Debug, Default)]
pub(crate) struct AccessToken(Mutex<Option<Issued>>);

/// A token, and the time of its replacement.
#[derive(Debug)]
pub(crate) struct Issued {
    token: SecretString,
    until: Option<Instant>,
}

impl Issued {
    /// A token that is valid for this long, or until it is refused.
    pub(crate) fn new(token: SecretString, lifetime: Option<Duration>) -> Self {
        let left = lifetime.map(|it| it.saturating_sub(MARGIN));
        Self { token, until: left.and_then(|left| Instant::now().checked_add(left)) }
    }
}

impl AccessToken {
    /// Returns the token. `issue` returns a new one if there is none, or if the current one is `refused`.
    ///
    /// # Errors
    /// The errors of `issue`.
    pub(crate) fn get(
        &self,
        refused: Option<&SecretString>,
        issue: impl FnOnce() -> Result<Issued, Error>,
    ) -> Result<SecretString, Error> {
        // Locked while a token is requested, so that threads do not request one each. A panic cannot leave it
        // half-written.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let refused = refused.map(ExposeSecret::expose_secret);
        if let Some(Issued { token, until }) = &*known
            && until.is_none_or(|until| Instant::now() < until)
            && refused != Some(token.expose_secret())
        {
            return Ok(token.clone());
        }
        let issued = issue()?;
        Ok(known.insert(issued).token.clone())
    }
}

/// Characters that need no encoding in a URL or a form.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Parameters of a query or a form.
pub(crate) fn parameters(parameters: &[(&str, &str)]) -> String {
    let pairs: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    pairs.join("&")
}

/// A segment of a path, or a value of a query or a form.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_parameters_are_encoded() {
        assert_eq!(parameters(&[("a", "x y&=/"), ("b", "é~")]), "a=x%20y%26%3D%2F&b=%C3%A9~");
    }
}
