//! Alerts that a channel delivers.

use std::time::SystemTime;

use floe_telemetry::FloeAttributes;
use serde::Serialize;

use crate::address::Destination;
use crate::error::Error;
use crate::handle::Handle;
use crate::lifecycle::Lifecycle;
use crate::operation::operation;
pub use crate::operation::operation_span as alert_span;

/// The attributes of the span of an alert.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "alert")]
pub struct Alert<'a> {
    /// The operation: the last part of the span's name.
    pub operation: &'a str,
    /// The name of the channel, for example `slack`.
    pub channel: &'a str,
    /// The recipient, as [`Destination`] shows it.
    pub destination: Destination<'a>,
    /// The severity of the alert.
    pub severity: Option<&'a str>,
}

/// The outcome of sending an alert.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "alert")]
pub struct Delivery<'a> {
    /// `delivered`, or `failed` if the channel returned an error.
    pub delivery_status: &'a str,
}

operation!("alert", Alert.operation);

/// A channel that delivers alerts.
pub trait AlertChannel: Lifecycle {
    /// Returns the recipient: a URL, e-mail addresses or a name. Spans contain what [`Destination`] shows of it.
    fn destination(&self) -> Destination<'_>;

    /// Delivers an alert. Returns when the channel has accepted it.
    ///
    /// # Errors
    ///
    /// The channel refused the alert or could not be reached.
    fn send_alert(&self, message: &Message<'_>) -> Result<(), Error>;
}

/// The content of an alert.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Message<'a> {
    /// The name of the alert, for example `FloePipelineFailed`. Alerts with the same cause have the same name.
    pub name: &'a str,
    /// The severity.
    pub severity: Severity,
    /// A summary in one line, without credentials.
    pub summary: &'a str,
    /// Details in further lines, without credentials.
    pub description: Option<&'a str>,
    /// The kind of the rule that the data violates: `quality` if a quality check caused the alert.
    pub violation: Option<&'a str>,
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
    #[serde(skip)]
    pub at: SystemTime,
}

impl<'a> Message<'a> {
    /// Creates a message of severity `Warning` with the current time. The fields not mentioned here are empty.
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

    /// Returns the names and values of the properties that identify the alert's cause. Properties without a value are
    /// left out.
    pub fn properties(&self) -> impl Iterator<Item = (&'static str, &'a str)> {
        present([
            ("alertname", Some(self.name)),
            ("severity", Some(self.severity.as_str())),
            ("namespace", Some(self.namespace)),
            ("product", Some(self.product)),
            ("environment", Some(self.environment)),
            ("asset", self.asset),
            ("violation", self.violation),
        ])
    }

    /// Returns the names and values of the known ids of the run and of its trace.
    pub fn ids(&self) -> impl Iterator<Item = (&'static str, &'a str)> {
        present([("run_id", self.run_id), ("trace_id", self.trace_id)])
    }
}

fn present<'a, const N: usize>(
    texts: [(&'static str, Option<&'a str>); N],
) -> impl Iterator<Item = (&'static str, &'a str)> {
    let texts = texts.into_iter().filter_map(|(name, text)| Some((name, text?)));
    texts.filter(|(_, text)| !text.is_empty())
}

/// The severity of an alert.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Severity {
    /// Information without a need to act.
    Info,
    /// A possible problem.
    Warning,
    /// A failure of a part, such as a check of data.
    Error,
    /// A failed run.
    Critical,
}

impl Severity {
    /// Returns `info`, `warning`, `error` or `critical`.
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
            let delivery_status = if sent.is_ok() { "delivered" } else { "failed" };
            span.set_attributes(&Delivery { delivery_status });
            sent
        })
    }
}
