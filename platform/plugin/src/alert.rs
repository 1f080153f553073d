//! Alerts that a channel delivers.

use std::time::SystemTime;

use floe_telemetry::FloeAttributes;

use crate::address::Destination;
use crate::error::Error;
use crate::handle::{Handle, Kind};
use crate::kind::PluginType;
use crate::lifecycle::Lifecycle;
use crate::operation::Operation;
pub use crate::operation::operation_span as alert_span;

/// An alert for a channel.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "alert")]
pub struct Alert<'a> {
    /// The operation: the last part of the span's name.
    pub operation: &'a str,
    /// The channel: `alertmanager`, `email`, `slack` or `webhook`.
    pub channel: &'a str,
    /// The recipient, without the part that authorizes sending.
    pub destination: Destination<'a>,
    /// The severity of the alert.
    pub severity: Option<&'a str>,
}

/// The outcome of sending an alert.
#[derive(Clone, Copy, Debug, FloeAttributes, PartialEq)]
#[floe(prefix = "alert")]
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

/// A channel that delivers alerts.
pub trait AlertChannel: Lifecycle {
    /// The recipient: the URL, the addresses or the name. The span contains no part that authorizes sending.
    fn destination(&self) -> Destination<'_>;

    /// Delivers an alert. Returns when the channel has accepted it.
    ///
    /// # Errors
    ///
    /// The channel refused the alert or could not be reached.
    fn send_alert(&self, message: &Message<'_>) -> Result<(), Error>;
}

/// The content of an alert.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The name of the alert, for example `FloePipelineFailed`. Alerts with the same cause have the same name.
    pub name: &'a str,
    /// The severity.
    pub severity: Severity,
    /// One line without a credential.
    pub summary: &'a str,
    /// More lines, without a credential.
    pub description: Option<&'a str>,
    /// The violation that a check found, if a check caused the alert.
    pub violation: Option<Violation>,
    /// The namespace of the product.
    pub namespace: &'a str,
    /// The name of the product.
    pub product: &'a str,
    /// `dev`, `staging` or `prod`.
    pub environment: &'a str,
    /// The asset, if one caused the alert.
    pub asset: Option<&'a str>,
    /// The id of the run.
    pub run_id: Option<&'a str>,
    /// The id of the trace, in hexadecimal digits, if the run is recorded.
    pub trace_id: Option<&'a str>,
    /// The time of the event.
    pub at: SystemTime,
}

impl<'a> Message<'a> {
    /// Creates a warning with the current time, without a product.
    #[must_use]
    pub fn new(name: &'a str, summary: &'a str) -> Self {
        Self {
            name,
            severity: Severity::Warning,
            summary,
            description: None,
            violation: None,
            namespace: "",
            product: "",
            environment: "",
            asset: None,
            run_id: None,
            trace_id: None,
            at: SystemTime::now(),
        }
    }
}

/// The severity of an alert.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Severity {
    /// Information without a need to act.
    Info,
    /// A possible problem.
    Warning,
    /// A part that does not work.
    Error,
    /// Missing or wrong data.
    Critical,
}

impl Severity {
    /// `info`, `warning`, `error` or `critical`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }
}

/// The rule of a contract that data violates.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Violation {
    /// A check of the values failed.
    Quality,
}

impl Violation {
    /// `quality`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Quality => "quality",
        }
    }
}

impl Kind for dyn AlertChannel {
    const TYPE: PluginType = PluginType::AlertChannel;
}

impl Handle<dyn AlertChannel> {
    /// Delivers an alert, in the span `alert.send_alert`.
    ///
    /// # Errors
    ///
    /// As for [`AlertChannel::send_alert`].
    pub fn send_alert(&self, message: &Message<'_>) -> Result<(), Error> {
        let operation = Alert {
            operation: "send_alert",
            channel: self.name(),
            destination: self.plugin().destination(),
            severity: Some(message.severity.as_str()),
        };
        self.observe(&operation, |channel, span| {
            let sent = channel.send_alert(message);
            let delivery_status = match sent {
                Ok(()) => DeliveryStatus::Delivered,
                Err(_) => DeliveryStatus::Failed,
            };
            span.set_attributes(&Delivery { delivery_status });
            sent
        })
    }
}
