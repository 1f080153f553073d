//! Requests to an identity provider.

use std::time::SystemTime;

use floe_telemetry::{ActiveSpan, FloeAttributes, Tracer};
use secrecy::SecretString;

use crate::error::Error;
use crate::handle::{Handle, Kind};
use crate::kind::PluginType;
use crate::lifecycle::Lifecycle;
use crate::operation::{Operation, span};

/// A request to an identity provider. It has no field for a user or a token, and none may be added.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "identity")]
pub struct Identity<'a> {
    /// The operation: the last part of the span's name.
    #[floe(examples = ["authenticate"])]
    pub operation: &'a str,
    /// The realm of the request.
    #[floe(examples = ["floe"])]
    pub realm: Option<&'a str>,
    /// Whether each tenant has a realm of its own.
    pub multi_tenant: Option<bool>,
    /// The OAuth grant type.
    #[floe(examples = ["client_credentials"])]
    pub grant_type: Option<&'a str>,
}

/// The response of an identity provider.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "identity")]
pub struct IdentityOutcome {
    /// Whether the authentication succeeded.
    #[floe(key = "identity.auth.success")]
    pub auth_success: Option<bool>,
    /// Whether the token is valid.
    #[floe(key = "identity.token.valid")]
    pub accepted: Option<bool>,
}

impl Operation for Identity<'_> {
    const DOMAIN: &'static str = "identity";

    fn operation(&self) -> &str {
        self.operation
    }
}

/// Starts the span `identity.<operation>`. The span ends when the returned guard is dropped.
///
/// ```
/// use floe_plugin::identity::{Identity, identity_span};
/// use floe_telemetry::{Tracer, testing};
///
/// static TRACER: Tracer = floe_telemetry::tracer!("floe.identity.keycloak");
///
/// let spans = testing::capture(|| {
///     let _span = identity_span(
///         &TRACER,
///         &Identity {
///             operation: "authenticate",
///             realm: Some("floe"),
///             ..Identity::default()
///         },
///     );
/// });
/// spans.single("identity.authenticate").assert_ok().assert_attribute("identity.realm", "floe");
/// ```
#[track_caller]
pub fn identity_span(tracer: &'static Tracer, identity: &Identity<'_>) -> ActiveSpan {
    span(tracer, identity).start()
}

/// A provider of identities, by `OAuth` 2.0 and `OpenID` Connect.
pub trait IdentityProvider: Lifecycle {
    /// The realm of the requests. Default: none.
    fn realm(&self) -> Option<&str> {
        None
    }

    /// The grant type with which the platform authenticates, for example `client_credentials`.
    fn grant_type(&self) -> &str;

    /// Authenticates the platform.
    ///
    /// # Errors
    ///
    /// [`Unauthorized`](crate::ErrorKind::Unauthorized) if the provider refused the credential; or it could
    /// not be reached.
    fn authenticate(&self) -> Result<AccessToken, Error>;

    /// Whether a token is valid: its signature, its issuer and its lifetime. An invalid token is not an error.
    ///
    /// # Errors
    ///
    /// The provider could not be reached, so nothing is known about the token.
    fn validate_token(&self, token: &SecretString) -> Result<bool, Error>;
}

/// A token with which requests are authorized.
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// The token.
    pub token: SecretString,
    /// When it expires, if the provider reports it.
    pub expires_at: Option<SystemTime>,
}

impl Kind for dyn IdentityProvider {
    const TYPE: PluginType = PluginType::Identity;
}

impl Handle<dyn IdentityProvider> {
    /// Authenticates the platform, in the span `identity.authenticate`.
    ///
    /// # Errors
    ///
    /// As for [`IdentityProvider::authenticate`].
    pub fn authenticate(&self) -> Result<AccessToken, Error> {
        let operation = Identity {
            grant_type: Some(self.plugin().grant_type()),
            ..self.request("authenticate")
        };
        self.observe(&operation, |provider, span| {
            let token = provider.authenticate();
            span.set_attributes(&IdentityOutcome {
                auth_success: Some(token.is_ok()),
                ..IdentityOutcome::default()
            });
            token
        })
    }

    /// Whether a token is valid, in the span `identity.validate_token`.
    ///
    /// # Errors
    ///
    /// As for [`IdentityProvider::validate_token`].
    pub fn validate_token(&self, token: &SecretString) -> Result<bool, Error> {
        let valid = |valid: &bool| IdentityOutcome {
            accepted: Some(*valid),
            ..IdentityOutcome::default()
        };
        self.observe_result(&self.request("validate_token"), valid, |provider| {
            provider.validate_token(token)
        })
    }

    fn request<'a>(&'a self, operation: &'a str) -> Identity<'a> {
        Identity {
            operation,
            realm: self.plugin().realm(),
            ..Identity::default()
        }
    }
}
