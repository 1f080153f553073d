//! Requests to an identity provider.

use floe_telemetry::FloeAttributes;

use crate::error::Error;
use crate::handle::Handle;
use crate::lifecycle::Lifecycle;
use crate::operation::operation;
pub use crate::operation::operation_span as identity_span;

/// A request to an identity provider. It has no field for a user or a credential, and none may be added.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "identity")]
pub struct Identity<'a> {
    /// The operation: the last part of the span's name.
    pub operation: &'a str,
    /// The realm of the request.
    pub realm: Option<&'a str>,
    /// The OAuth grant type.
    pub grant_type: Option<&'a str>,
}

/// The response of an identity provider.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "identity")]
pub struct IdentityOutcome {
    /// Whether the authentication succeeded.
    #[floe(key = "identity.auth.success")]
    pub auth_success: Option<bool>,
}

operation!("identity", Identity.operation);

/// A provider of identities, by `OAuth` 2.0 and `OpenID` Connect.
pub trait IdentityProvider: Lifecycle {
    /// Returns the realm of the requests. Default: none.
    fn realm(&self) -> Option<&str> {
        None
    }

    /// Returns the grant type of the platform's authentication, for example `client_credentials`.
    fn grant_type(&self) -> &str;

    /// Authenticates the platform. The granted token is discarded, because the services have credentials of their own.
    ///
    /// # Errors
    ///
    /// The provider refused the credential ([`Unauthorized`](crate::ErrorKind::Unauthorized)) or could not be reached.
    fn authenticate(&self) -> Result<(), Error>;
}

impl Handle<dyn IdentityProvider> {
    /// Authenticates the platform, in the span `identity.authenticate`.
    ///
    /// # Errors
    ///
    /// As for [`IdentityProvider::authenticate`].
    pub fn authenticate(&self) -> Result<(), Error> {
        let operation = Identity {
            operation: "authenticate",
            realm: self.plugin().realm(),
            grant_type: Some(self.plugin().grant_type()),
        };
        self.observe(&operation, |provider, span| {
            let authenticated = provider.authenticate();
            span.set_attributes(&IdentityOutcome { auth_success: Some(authenticated.is_ok()) });
            authenticated
        })
    }
}
