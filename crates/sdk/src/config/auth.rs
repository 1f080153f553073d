//! The credential of OTLP requests.

use serde::{Deserialize, Serialize};

use super::mistake::{Mistake, at};
use super::secret::{self, Secret};

/// The kind of credential.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AuthType {
    /// Sent as `<header_name>: <api_key>`.
    ApiKey,
    /// Sent as `<header_name>: Bearer <bearer_token>`.
    Bearer,
}

/// The credential of OTLP requests.
///
/// It is either the credential itself or a reference: `${env:NAME}` for an environment variable,
/// `${file:PATH}` for the content of a file without the newline at its end. References are resolved when
/// exporting starts.
///
/// `Debug` and `Serialize` write references unchanged, and a mask instead of a credential. Loading a mask
/// is an error, so only references can be written and loaded again.
///
/// ```
/// use floe_telemetry::config::TelemetryAuth;
///
/// let given = ["hunter", "2"].concat();
/// let auth = TelemetryAuth::bearer(given.as_str());
/// assert!(!format!("{auth:?}").contains(&given));
/// let auth = TelemetryAuth::bearer("${env:COLLECTOR_TOKEN}");
/// assert!(format!("{auth:?}").contains("COLLECTOR_TOKEN"));
/// ```
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TelemetryAuth {
    /// The kind of credential.
    pub auth_type: AuthType,
    /// The credential of the type `api_key`.
    pub api_key: Option<Secret>,
    /// The credential of the type `bearer`.
    pub bearer_token: Option<Secret>,
    /// The header that contains the credential. Default `Authorization`.
    #[serde(default = "authorization")]
    pub header_name: String,
}

fn authorization() -> String {
    "Authorization".to_owned()
}

impl TelemetryAuth {
    /// Creates the header `Authorization: Bearer <token>`.
    pub fn bearer(token: impl Into<Secret>) -> Self {
        Self {
            auth_type: AuthType::Bearer,
            api_key: None,
            bearer_token: Some(token.into()),
            header_name: authorization(),
        }
    }

    /// Creates the header `<header_name>: <key>`.
    pub fn api_key(header_name: impl Into<String>, key: impl Into<Secret>) -> Self {
        Self {
            auth_type: AuthType::ApiKey,
            api_key: Some(key.into()),
            bearer_token: None,
            header_name: header_name.into(),
        }
    }

    /// Returns the credential or the reference to it.
    pub(crate) const fn secret(&self) -> Option<&Secret> {
        match self.auth_type {
            AuthType::ApiKey => self.api_key.as_ref(),
            AuthType::Bearer => self.bearer_token.as_ref(),
        }
    }

    /// Returns the prefix of the credential in the header.
    pub(crate) const fn scheme(&self) -> &'static str {
        match self.auth_type {
            AuthType::ApiKey => "",
            AuthType::Bearer => "Bearer ",
        }
    }

    pub(super) fn check(&self) -> Result<(), Mistake> {
        let (needs, secret) = match self.auth_type {
            AuthType::ApiKey => ("`api_key` needs the field `api_key`", &self.api_key),
            AuthType::Bearer => ("`bearer` needs the field `bearer_token`", &self.bearer_token),
        };
        let checked = secret::check(secret.as_ref());
        let refused = |problem| format!("the type {needs}, which {problem}");
        at("authentication", checked.map_err(refused))?;
        at("authentication.header_name", check_header_name(&self.header_name))
    }
}

/// Headers that the exporter or the connection sets; a configured value would contradict them.
const RESERVED: [&str; 13] = [
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Checks that a header with this name can be added to requests over HTTP and gRPC.
pub(crate) fn check_header_name(name: &str) -> Result<(), String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if name.is_empty() || !name.bytes().all(allowed) {
        return Err(
            "expected a header name of letters, digits, `-`, `_` and `.`, found an empty name or other characters"
                .to_owned(),
        );
    }
    let lower = name.to_ascii_lowercase();
    if RESERVED.contains(&&*lower) || lower.starts_with("grpc-") {
        return Err(format!(
            "expected a header that the exporter does not set itself, found `{name}`"
        ));
    }
    Ok(())
}
