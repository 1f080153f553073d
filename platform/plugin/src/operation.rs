//! Operations of a domain, and the spans that record them.

use floe_telemetry::{ActiveSpan, FloeAttributes, Tracer, trace::SpanBuilder};

/// The attributes of an operation in a domain, and the name of its span.
///
/// The span of an asynchronous operation is best opened by `#[traced]`, because a guard must not be
/// held across an `.await`:
///
/// ```
/// use floe_plugin::{Operation, secrets::SecretRequest};
/// use floe_telemetry::{testing, traced};
///
/// #[traced(name = request.span_name(), tracer = "floe.secrets.vault", floe_attributes = request)]
/// async fn resolve(request: SecretRequest<'_>) -> Result<(), std::io::Error> {
///     Err(std::io::Error::other("vault is sealed"))
/// }
///
/// let request =
///     SecretRequest { operation: "get_secret", provider: "vault", ..SecretRequest::default() };
/// let spans = testing::capture(|| futures_executor::block_on(resolve(request)));
/// spans.single("secrets.get_secret").assert_error("vault is sealed");
/// ```
pub trait Operation: FloeAttributes {
    /// The domain: the first part of the span's name.
    const DOMAIN: &'static str;

    /// Returns the operation.
    fn operation(&self) -> &str;

    /// Returns the name of the span. Default: `<domain>.<operation>`.
    fn span_name(&self) -> String {
        format!("{}.{}", Self::DOMAIN, self.operation())
    }
}

/// Implements `Operation` for a type: `operation!("alert", Alert.operation)` names the domain and the field with the
/// operation.
macro_rules! operation {
    ($domain:literal, $attributes:ident.$operation:ident) => {
        impl $crate::operation::Operation for $attributes<'_> {
            const DOMAIN: &'static str = $domain;

            fn operation(&self) -> &str {
                self.$operation
            }
        }
    };
}
pub(crate) use operation;

/// Builds a span of a plugin, with this name.
pub type Opener = fn(String) -> SpanBuilder;

/// Builds the span of an operation, without starting it.
#[track_caller]
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the public functions take a reference to the plugin's static tracer"
)]
pub(crate) fn span(tracer: &'static Tracer, operation: &impl Operation) -> SpanBuilder {
    tracer.span(operation.span_name()).attributes(operation)
}

/// Starts the span of an operation, which ends when the returned guard is dropped. The domains export this function
/// under their own names, for example `alert::alert_span`.
///
/// ```
/// use floe_plugin::alert::{Alert, alert_span};
/// use floe_telemetry::{Tracer, testing};
///
/// static TRACER: Tracer = floe_telemetry::tracer!("floe.alert.slack");
///
/// let spans = testing::capture(|| {
///     let _span = alert_span(
///         &TRACER,
///         &Alert {
///             operation: "send_alert",
///             channel: "slack",
///             destination: "https://hooks.slack.com/services/T0/B0/c2VjcmV0".into(),
///             ..Alert::default()
///         },
///     );
/// });
/// let span = spans.single("alert.send_alert").assert_ok();
/// span.assert_attribute("alert.destination", "https://hooks.slack.com");
/// assert_eq!(span.scope(), "floe.alert.slack");
/// ```
#[track_caller]
pub fn operation_span(tracer: &'static Tracer, operation: &impl Operation) -> ActiveSpan {
    span(tracer, operation).start()
}
