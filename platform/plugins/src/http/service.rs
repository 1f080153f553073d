//! The authorization of requests to a service, and the encoding of their parameters.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use floe_plugin::{Credential, Error, ErrorKind};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use crate::address::ServiceUrl;
use crate::http::{Client, Request};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Authorization {
    /// A token: `Authorization: Bearer …`.
    Bearer(Credential),
    /// A user and a password: `Authorization: Basic …`.
    Basic { username: String, password: Credential },
}

pub(crate) fn authorized(
    authorization: Option<&Authorization>,
    request: Request,
) -> Result<Request, Error> {
    Ok(match authorization {
        None => request,
        Some(Authorization::Bearer(token)) => request.bearer(token.expose()?),
        Some(Authorization::Basic { username, password }) => {
            let password = password.expose()?;
            let encoded = STANDARD.encode(format!("{username}:{password}"));
            request
                .header("authorization", format!("Basic {encoded}"))
                .credential(password)
                .credential(encoded)
        }
    })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Service {
    /// The address, for example `http://marquez:5000`.
    pub(crate) url: ServiceUrl,
    /// The authorization of requests. Default: none.
    authorization: Option<Authorization>,
    /// The time limit of a request, in seconds. Default: 10.
    #[serde(default, rename = "timeout")]
    client: Client,
}

impl Service {
    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<(), Error> {
        let request =
            authorized(self.authorization.as_ref(), Request::post(self.url.at(path)).json(body))?;
        self.client.send(&request).map(drop)
    }
}

#[derive(Deserialize)]
struct Granted {
    access_token: SecretString,
    token_type: String,
}

/// Requests a token for the credentials of a client (OAuth 2.0, RFC 6749, section 4.4).
///
/// # Errors
/// The service refused the client, or as for [`Client::send`].
pub(crate) fn client_token(
    client: &Client,
    url: String,
    (id, secret): (&str, &str),
    scope: Option<&str>,
) -> Result<SecretString, Error> {
    let grant =
        [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
    let form: Vec<_> = grant.into_iter().chain(scope.map(|scope| ("scope", scope))).collect();
    let request = Request::post(url)
        .body("application/x-www-form-urlencoded", parameters(&form))
        .header("accept", "application/json")
        .credential(secret)
        .credential(encode(secret));
    let response = client.send(&request).map_err(|error| match error.kind() {
        // Many servers answer with the status 400 and `invalid_client` or `unauthorized_client`.
        ErrorKind::Rejected if error.to_string().contains("d_client") => {
            Error::new(ErrorKind::Unauthorized, error.to_string())
        }
        _ => error,
    })?;
    let Granted { access_token, token_type } = response.json()?;
    if token_type.eq_ignore_ascii_case("bearer") {
        return Ok(access_token);
    }
    let what = format!("expected a token of the type `bearer`, found `{token_type}`");
    Err(request.error(ErrorKind::InvalidResponse, &what))
}

/// The access token of a service. One is enough for a run, which uses it either at its start or at its end.
#[derive(Debug, Default)]
pub(crate) struct AccessToken(OnceLock<SecretString>);

impl AccessToken {
    /// Returns the token. The first call gets it from `issue`.
    ///
    /// # Errors
    /// The errors of `issue`.
    pub(crate) fn get(
        &self,
        issue: impl FnOnce() -> Result<SecretString, Error>,
    ) -> Result<SecretString, Error> {
        if let Some(token) = self.0.get() {
            return Ok(token.clone());
        }
        let token = issue()?;
        Ok(self.0.get_or_init(|| token).clone())
    }
}

/// The characters that are encoded in a URL or a form: all but letters, digits, and `-`, `.`, `_` and `~`.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Encodes the parameters of a query or a form.
pub(crate) fn parameters(parameters: &[(&str, &str)]) -> String {
    let pairs: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    pairs.join("&")
}

/// Encodes a segment of a path, or a value of a query or a form.
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
