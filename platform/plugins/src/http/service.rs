//! How the configuration of a plugin describes its service: the address, and the authorization of requests.

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use floe_plugin::{Credential, Endpoint, Error};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use ureq::http::Uri;

use crate::http::Request;

/// The address of a service: `http://…` or `https://…`, without credentials, query and fragment.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct ServiceUrl(String);

impl ServiceUrl {
    /// The address of a default.
    pub(crate) fn of(url: &'static str) -> Self {
        Self(url.to_owned())
    }

    /// The address of something of the service. The path begins with a slash.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// The address, without a slash at its end.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The same, as what the plugin connects to.
    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint::Url(self.0.clone())
    }

    pub(crate) fn is_https(&self) -> bool {
        is_https(&self.0)
    }
}

pub(crate) fn is_https(url: &str) -> bool {
    let scheme = url.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"))
}

impl TryFrom<String> for ServiceUrl {
    type Error = &'static str;

    /// The errors do not repeat the text: it may contain a credential.
    fn try_from(text: String) -> Result<Self, &'static str> {
        let uri: Uri = text
            .parse()
            .map_err(|_| "it is not a URL, accepted: `http://HOST` or `https://HOST`")?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err("found another scheme, accepted: `http://HOST` or `https://HOST`");
        }
        if uri.authority().is_some_and(|it| it.as_str().contains('@')) {
            return Err("found a user in the URL, accepted: a URL without credentials");
        }
        if text.contains(['?', '#']) {
            return Err("found a query or a fragment, accepted: a URL without them");
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }
}

impl JsonSchema for ServiceUrl {
    fn schema_name() -> Cow<'static, str> {
        "ServiceUrl".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "uri",
            "pattern": r"^https?://[^@?#]+$",
            "description": "The address of a service, without credentials, query and fragment.",
        })
    }
}

/// The authorization of requests.
#[derive(Debug, Deserialize, JsonSchema)]
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

/// A token is replaced this long before it expires.
const MARGIN: Duration = Duration::from_secs(30);

/// The access token that a service has issued, until shortly before it expires.
#[derive(Debug, Default)]
pub(crate) struct AccessToken(Mutex<Option<Issued>>);

/// A token, and when it is replaced.
#[derive(Debug)]
pub(crate) struct Issued {
    token: SecretString,
    until: Option<Instant>,
}

impl Issued {
    /// A token that is valid for this long, or until it is refused.
    pub(crate) fn new(token: SecretString, lifetime: Option<Duration>) -> Self {
        let left = lifetime.map(|it| it.saturating_sub(MARGIN));
        Self {
            token,
            until: left.and_then(|left| Instant::now().checked_add(left)),
        }
    }
}

impl AccessToken {
    /// The token; one that `issue` returns if there is none, or if `refused` is the one that there is.
    ///
    /// # Errors
    /// Those of `issue`.
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
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Parameters of a query or a form.
pub(crate) fn parameters(parameters: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = parameters
        .iter()
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
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
    fn an_address_is_a_url_without_credentials_query_and_fragment() {
        let parse = |text: &str| ServiceUrl::try_from(text.to_owned());
        for (text, kept) in [
            ("http://alertmanager:9093/", "http://alertmanager:9093"),
            ("https://h.example/prefix", "https://h.example/prefix"),
            ("http://[::1]:9093", "http://[::1]:9093"),
        ] {
            assert_eq!(parse(text).unwrap().as_str(), kept);
        }
        for text in [
            "alertmanager:9093",
            "ftp://h",
            "http://",
            "https://floe:c4n4ry@h",
            "https://h?token=c4n4ry",
            "https://h#c4n4ry",
            "http://h/a b",
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains("accepted: "), "{text}: {error}");
            assert!(!error.contains("c4n4ry"), "{error}");
        }
    }

    #[test]
    fn values_of_parameters_are_encoded() {
        assert_eq!(
            parameters(&[("a", "x y&=/"), ("b", "é~")]),
            "a=x%20y%26%3D%2F&b=%C3%A9~"
        );
    }
}
