//! Alerts that a channel delivers.

use floe_telemetry::{ActiveSpan, FloeAttributes, Tracer};

use crate::address::Destination;
use crate::operation::{Operation, span};

/// An alert for a channel.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "alert")]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct Alert<'a> {
    /// The operation: the last part of the span's name.
    #[floe(examples = ["send_alert"])]
    pub operation: &'a str,
    /// The channel: `alertmanager`, `email`, `slack` or `webhook`.
    #[floe(examples = ["slack"])]
    pub channel: &'a str,
    /// The recipient, without the part that authorizes sending.
    #[floe(examples = ["https://hooks.slack.com"])]
    pub destination: Destination<'a>,
    /// The severity of the alert.
    #[floe(examples = ["critical"])]
    pub severity: Option<&'a str>,
}

/// The outcome of sending an alert.
#[derive(Clone, Copy, Debug, FloeAttributes, PartialEq)]
#[floe(prefix = "alert")]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct Delivery {
    /// Whether the channel accepted the alert.
    pub delivery_status: DeliveryStatus,
}

/// Whether a channel accepted an alert.
#[derive(Clone, Copy, Debug, Eq, FloeAttributes, Hash, PartialEq)]
#[floe(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeliveryStatus {
    /// The channel accepted the alert.
    Delivered,
    /// The channel refused the alert or could not be reached.
    Failed,
}

impl Operation for Alert<'_> {
    const DOMAIN: &'static str = "alert";

    fn operation(&self) -> &str {
        self.operation
    }
}

/// Starts the span `alert.<operation>`. The span ends when the returned guard is dropped.
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
pub fn alert_span(tracer: &'static Tracer, alert: &Alert<'_>) -> ActiveSpan {
    span(tracer, alert).start()
}
