//! Requests to a secret store.

use floe_telemetry::{ActiveSpan, FloeAttributes, Tracer};

use crate::operation::{Operation, span};

/// A request to a secret store. It has no field for the secret itself, and none may be added.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "secrets")]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct SecretRequest<'a> {
    /// The operation: the last part of the span's name.
    #[floe(examples = ["get_secret"])]
    pub operation: &'a str,
    /// The secret store.
    #[floe(examples = ["k8s"])]
    pub provider: &'a str,
    /// The name of the secret.
    #[floe(key = "secrets.key_name", examples = ["warehouse-login"])]
    pub key_name: Option<&'a str>,
    /// The namespace of the secret in the store.
    #[floe(examples = ["sales"])]
    pub namespace: Option<&'a str>,
    /// The folder of the secret in the store.
    #[floe(examples = ["/warehouse"])]
    pub path: Option<&'a str>,
}

/// The response of a secret store.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "secrets")]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct SecretsOutcome<'a> {
    /// Whether the secret exists.
    pub found: Option<bool>,
    /// The number of secrets.
    #[floe(examples = [3])]
    pub count: Option<u64>,
    /// `create` or `update`.
    #[floe(examples = ["update"])]
    pub operation_type: Option<&'a str>,
}

impl Operation for SecretRequest<'_> {
    const DOMAIN: &'static str = "secrets";

    fn operation(&self) -> &str {
        self.operation
    }
}

/// Starts the span `secrets.<operation>`. The span ends when the returned guard is dropped.
///
/// ```
/// use floe_plugin::secrets::{SecretRequest, secrets_span};
/// use floe_telemetry::{Tracer, testing};
///
/// static TRACER: Tracer = floe_telemetry::tracer!("floe.secrets.k8s");
///
/// let spans = testing::capture(|| {
///     let _span = secrets_span(
///         &TRACER,
///         &SecretRequest {
///             operation: "get_secret",
///             provider: "k8s",
///             key_name: Some("warehouse-login"),
///             ..SecretRequest::default()
///         },
///     );
/// });
/// spans.single("secrets.get_secret").assert_ok().assert_attribute("secrets.provider", "k8s");
/// ```
#[track_caller]
pub fn secrets_span(tracer: &'static Tracer, request: &SecretRequest<'_>) -> ActiveSpan {
    span(tracer, request).start()
}
