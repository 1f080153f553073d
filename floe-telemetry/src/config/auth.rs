//! The credential that is sent with OTLP.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};

use crate::error::Error;

/// What is written where a credential stands.
const MASK: &str = "**********";

/// The kind of credential.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AuthType {
    /// `header_name: <api_key>`.
    ApiKey,
    /// `header_name: Bearer <bearer_token>`.
    Bearer,
}

/// The credential that is sent with OTLP. It is not printed by `Debug` and not written by
/// `Serialize`, where a mask stands for it.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data with a published schema"
)]
pub struct TelemetryAuth {
    /// Which of the two is used.
    pub auth_type: AuthType,
    /// Required for `api_key`.
    #[serde(default, serialize_with = "masked")]
    pub api_key: Option<SecretString>,
    /// Required for `bearer`.
    #[serde(default, serialize_with = "masked")]
    pub bearer_token: Option<SecretString>,
    /// The header that carries it. Default `Authorization`.
    #[serde(default = "authorization")]
    pub header_name: String,
}

fn authorization() -> String {
    "Authorization".to_owned()
}

#[expect(clippy::ref_option, reason = "serde passes the field as it is")]
fn masked<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(|_| MASK).serialize(serializer)
}

impl fmt::Debug for TelemetryAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TelemetryAuth")
            .field("auth_type", &self.auth_type)
            .field("api_key", &self.api_key.as_ref().map(|_| MASK))
            .field("bearer_token", &self.bearer_token.as_ref().map(|_| MASK))
            .field("header_name", &self.header_name)
            .finish()
    }
}

impl PartialEq for TelemetryAuth {
    fn eq(&self, other: &Self) -> bool {
        let text =
            |secret: &Option<SecretString>| secret.as_ref().map(|s| s.expose_secret().to_owned());
        self.auth_type == other.auth_type
            && self.header_name == other.header_name
            && text(&self.api_key) == text(&other.api_key)
            && text(&self.bearer_token) == text(&other.bearer_token)
    }
}

impl TelemetryAuth {
    /// The header's name and value.
    #[cfg(any(feature = "otlp-grpc", feature = "otlp-http"))]
    pub(crate) fn header(&self) -> Option<(&str, String)> {
        let secret = match self.auth_type {
            AuthType::ApiKey => self.api_key.as_ref()?,
            AuthType::Bearer => self.bearer_token.as_ref()?,
        };
        let value = format!("{}{}", self.scheme(), secret.expose_secret());
        Some((&self.header_name, value))
    }

    /// What stands before the credential in the header.
    pub(crate) const fn scheme(&self) -> &'static str {
        match self.auth_type {
            AuthType::ApiKey => "",
            AuthType::Bearer => "Bearer ",
        }
    }

    pub(super) fn validate(&self) -> Result<(), Error> {
        let (needs, secret) = match self.auth_type {
            AuthType::ApiKey => ("`api_key` needs the field `api_key`", &self.api_key),
            AuthType::Bearer => (
                "`bearer` needs the field `bearer_token`",
                &self.bearer_token,
            ),
        };
        let problem = match secret.as_ref().map(ExposeSecret::expose_secret) {
            None | Some("") => "is missing or empty",
            // An artifact does not carry the credential itself; loading the mask as one would
            // send it as a wrong password.
            Some(MASK) => "is the mask that stands for a credential in a written configuration",
            Some(_) => return Ok(()),
        };
        Err(Error::config(format!(
            "authentication: the type {needs}, which {problem}"
        )))
    }
}
