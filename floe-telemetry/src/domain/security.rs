//! Policies and roles that are made for a cluster (FR-007).

use super::Operation;
use super::span::DomainTracer;
use crate::FloeAttributes;
use crate::recorder::ActiveSpan;

/// The name of the tracer of network policies.
pub const NETWORK_TRACER_NAME: &str = "floe.security.network";
/// The name of the tracer of roles.
pub const RBAC_TRACER_NAME: &str = "floe.security.rbac";

static NETWORK: DomainTracer = DomainTracer::new(NETWORK_TRACER_NAME);
static RBAC: DomainTracer = DomainTracer::new(RBAC_TRACER_NAME);

/// What is made secure: each area has a tracer of its own.
#[derive(Clone, Copy, Debug, Default, Eq, FloeAttributes, PartialEq)]
#[floe(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Area {
    /// Who may talk to whom.
    #[default]
    Network,
    /// Who may do what.
    Rbac,
}

/// A manifest that is made.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "security")]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct Security<'a> {
    /// What is done.
    pub operation: &'a str,
    /// What is made secure.
    pub area: Area,
    /// The kind of the manifest.
    pub policy_type: Option<&'a str>,
    /// How many resources it has.
    pub resource_count: Option<u64>,
    /// The namespace that it is for.
    pub namespace: Option<&'a str>,
    /// The Pod Security Standard: `privileged`, `baseline` or `restricted`.
    pub pss_level: Option<&'a str>,
}

impl Operation for Security<'_> {
    const DOMAIN: &'static str = "security";

    fn operation(&self) -> &str {
        self.operation
    }
}

/// Starts the span `security.<operation>`, which lasts until the guard is dropped.
///
/// ```
/// use floe_telemetry::domain::security::{Area, Security, security_span};
/// use floe_telemetry::testing;
///
/// let spans = testing::capture(|| {
///     let _span = security_span(&Security {
///         operation: "generate_role",
///         area: Area::Rbac,
///         policy_type: Some("Role"),
///         ..Security::default()
///     });
/// });
/// assert_eq!(spans.single("security.generate_role").assert_ok().scope(), "floe.security.rbac");
/// ```
pub fn security_span(security: &Security<'_>) -> ActiveSpan {
    match security.area {
        Area::Network => NETWORK.open(security),
        Area::Rbac => RBAC.open(security),
    }
}
