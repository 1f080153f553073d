//! Secrets that are resolved (FR-003).

use super::Operation;
use super::span::DomainTracer;
use crate::FloeAttributes;
use crate::recorder::ActiveSpan;

/// The name of the domain's tracer.
pub const TRACER_NAME: &str = "floe.secrets";

static TRACER: DomainTracer = DomainTracer::new(TRACER_NAME);

/// A request to a secret store. There is no field for the secret itself, and none may be added.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "secrets")]
#[expect(clippy::exhaustive_structs, reason = "plain data, written as a literal")]
pub struct SecretRequest<'a> {
    /// What is done.
    pub operation: &'a str,
    /// The store.
    pub provider: &'a str,
    /// The name of the secret.
    #[floe(key = "secrets.key_name")]
    pub key_name: Option<&'a str>,
    /// Where the store has it.
    pub namespace: Option<&'a str>,
    /// The folder in the store.
    pub path: Option<&'a str>,
}

/// What the store answered.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "secrets")]
#[expect(clippy::exhaustive_structs, reason = "plain data, written as a literal")]
pub struct SecretsOutcome<'a> {
    /// Whether there is one of this name.
    pub found: Option<bool>,
    /// How many there are.
    pub count: Option<u64>,
    /// `create` or `update`.
    pub operation_type: Option<&'a str>,
}

impl Operation for SecretRequest<'_> {
    const DOMAIN: &'static str = "secrets";

    fn operation(&self) -> &str {
        self.operation
    }
}

/// Starts the span `secrets.<operation>`, which lasts until the guard is dropped.
///
/// ```
/// use floe_telemetry::domain::secrets::{SecretRequest, secrets_span};
/// use floe_telemetry::testing;
///
/// let spans = testing::capture(|| {
///     let _span = secrets_span(&SecretRequest { operation: "get_secret", provider: "k8s", key_name: Some("warehouse-login"), ..SecretRequest::default() });
/// });
/// spans.single("secrets.get_secret").assert_ok();
/// ```
pub fn secrets_span(request: &SecretRequest<'_>) -> ActiveSpan {
    TRACER.open(request)
}
