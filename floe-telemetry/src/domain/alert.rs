//! Alerts that are sent (FR-001).

use super::Operation;
use super::Destination;
use super::span::DomainTracer;
use crate::FloeAttributes;
use crate::recorder::ActiveSpan;

/// The name of the domain's tracer.
pub const TRACER_NAME: &str = "floe.alert";

static TRACER: DomainTracer = DomainTracer::new(TRACER_NAME);

/// An alert on its way to a channel.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "alert")]
#[expect(clippy::exhaustive_structs, reason = "plain data, written as a literal")]
pub struct Alert<'a> {
    /// What is done.
    pub operation: &'a str,
    /// What carries it: `alertmanager`, `email`, `slack` or `webhook`.
    pub channel: &'a str,
    /// Where it goes, without what would let a reader send one, too.
    pub destination: Destination<'a>,
    /// How bad it is.
    pub severity: Option<&'a str>,
}

/// How the sending ended.
#[derive(Clone, Copy, Debug, FloeAttributes, PartialEq)]
#[floe(prefix = "alert")]
#[expect(clippy::exhaustive_structs, reason = "plain data, written as a literal")]
pub struct Delivery {
    /// Whether it arrived.
    pub delivery_status: DeliveryStatus,
}

/// Whether an alert arrived.
#[derive(Clone, Copy, Debug, Eq, FloeAttributes, PartialEq)]
#[floe(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeliveryStatus {
    /// The channel took it.
    Delivered,
    /// It did not.
    Failed,
}

impl Operation for Alert<'_> {
    const DOMAIN: &'static str = "alert";

    fn operation(&self) -> &str {
        self.operation
    }
}

/// Starts the span `alert.<operation>`, which lasts until the guard is dropped.
///
/// ```
/// use floe_telemetry::domain::alert::{Alert, alert_span};
/// use floe_telemetry::testing;
///
/// let spans = testing::capture(|| {
///     let _span = alert_span(&Alert { operation: "send_alert", channel: "slack", destination: "https://hooks.example".into(), ..Alert::default() });
/// });
/// spans.single("alert.send_alert").assert_ok();
/// ```
pub fn alert_span(alert: &Alert<'_>) -> ActiveSpan {
    TRACER.open(alert)
}
