//! Network policies and roles that are generated for a cluster.

use floe_telemetry::{ActiveSpan, FloeAttributes, Tracer};

use crate::operation::{Operation, span};

/// The area of a manifest.
#[derive(Clone, Copy, Debug, Default, Eq, FloeAttributes, Hash, PartialEq)]
#[floe(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Area {
    /// Network policies.
    #[default]
    Network,
    /// Roles and role bindings.
    Rbac,
}

/// A manifest that is generated.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "security")]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct Security<'a> {
    /// The operation: the last part of the span's name.
    #[floe(examples = ["generate_role"])]
    pub operation: &'a str,
    /// The area of the manifest.
    pub area: Area,
    /// The Kubernetes kind of the manifest.
    #[floe(examples = ["NetworkPolicy"])]
    pub policy_type: Option<&'a str>,
    /// The number of resources in the manifest.
    #[floe(examples = [2])]
    pub resource_count: Option<u64>,
    /// The Kubernetes namespace of the manifest.
    #[floe(examples = ["sales"])]
    pub namespace: Option<&'a str>,
    /// The Pod Security Standard: `privileged`, `baseline` or `restricted`.
    #[floe(examples = ["restricted"])]
    pub pss_level: Option<&'a str>,
}

impl Operation for Security<'_> {
    const DOMAIN: &'static str = "security";

    fn operation(&self) -> &str {
        self.operation
    }
}

/// Starts the span `security.<operation>`. The span ends when the returned guard is dropped.
///
/// ```
/// use floe_plugin::security::{Area, Security, security_span};
/// use floe_telemetry::{Tracer, testing};
///
/// static TRACER: Tracer = floe_telemetry::tracer!("floe.security.rbac");
///
/// let spans = testing::capture(|| {
///     let _span = security_span(
///         &TRACER,
///         &Security {
///             operation: "generate_role",
///             area: Area::Rbac,
///             ..Security::default()
///         },
///     );
/// });
/// spans.single("security.generate_role").assert_ok().assert_attribute("security.area", "rbac");
/// ```
#[track_caller]
pub fn security_span(tracer: &'static Tracer, security: &Security<'_>) -> ActiveSpan {
    span(tracer, security).start()
}
