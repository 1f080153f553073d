//! Requests to an identity provider.

use floe_telemetry::{ActiveSpan, FloeAttributes, Tracer};

use crate::operation::{Operation, span};

/// A request to an identity provider. It has no field for a user or a token, and none may be added.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "identity")]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
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
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
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
