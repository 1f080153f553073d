//! Who somebody is.

use super::Operation;
use super::span::DomainTracer;
use crate::FloeAttributes;
use crate::recorder::ActiveSpan;

/// The name of the domain's tracer.
pub const TRACER_NAME: &str = "floe.identity";

static TRACER: DomainTracer = DomainTracer::new(TRACER_NAME);

/// A question to an identity provider. It carries no user and no token.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "identity")]
#[expect(clippy::exhaustive_structs, reason = "plain data, written as a literal")]
pub struct Identity<'a> {
    /// What is done.
    pub operation: &'a str,
    /// The realm that is asked.
    pub realm: Option<&'a str>,
    /// Whether tenants have realms of their own.
    pub multi_tenant: Option<bool>,
    /// The OAuth grant that is used.
    pub grant_type: Option<&'a str>,
}

/// What the provider answered.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "identity")]
#[expect(clippy::exhaustive_structs, reason = "plain data, written as a literal")]
pub struct IdentityOutcome {
    /// Whether somebody was let in.
    #[floe(key = "identity.auth.success")]
    pub auth_success: Option<bool>,
    /// Whether what was shown is valid.
    #[floe(key = "identity.token.valid")]
    pub accepted: Option<bool>,
}

impl Operation for Identity<'_> {
    const DOMAIN: &'static str = "identity";

    fn operation(&self) -> &str {
        self.operation
    }
}

/// Starts the span `identity.<operation>`, which lasts until the guard is dropped.
///
/// ```
/// use floe_telemetry::domain::identity::{Identity, identity_span};
/// use floe_telemetry::testing;
///
/// let spans = testing::capture(|| {
///     let _span = identity_span(&Identity { operation: "authenticate", realm: Some("floe"), ..Identity::default() });
/// });
/// spans.single("identity.authenticate").assert_ok();
/// ```
pub fn identity_span(identity: &Identity<'_>) -> ActiveSpan {
    TRACER.open(identity)
}
