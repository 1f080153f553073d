//! Data that is written to a system outside of the platform.

use floe_telemetry::{ActiveSpan, FloeAttributes, Tracer};

use crate::operation::{Operation, span};

/// A write to an external system.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "egress")]
pub struct Egress<'a> {
    /// The operation: the last part of the span's name.
    pub operation: &'a str,
    /// The type of the system.
    pub sink_type: Option<&'a str>,
    /// The table or object that is written.
    pub destination: Option<&'a str>,
}

/// The result of a write.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "egress")]
pub struct EgressOutcome<'a> {
    /// `success` or `failure`.
    pub status: &'a str,
    /// The number of rows that were written.
    pub rows_written: Option<u64>,
    /// The duration in milliseconds.
    pub duration_ms: Option<f64>,
}

impl Operation for Egress<'_> {
    const DOMAIN: &'static str = "egress";

    fn operation(&self) -> &str {
        self.operation
    }
}

/// Starts the span `egress.<operation>`. The span ends when the returned guard is dropped.
///
/// ```
/// use floe_plugin::egress::{Egress, egress_span};
/// use floe_telemetry::{Tracer, testing};
///
/// static TRACER: Tracer = floe_telemetry::tracer!("floe.ingestion.dlt");
///
/// let spans = testing::capture(|| {
///     let _span = egress_span(
///         &TRACER,
///         &Egress {
///             operation: "write",
///             sink_type: Some("salesforce"),
///             ..Egress::default()
///         },
///     );
/// });
/// spans.single("egress.write").assert_ok().assert_attribute("egress.sink_type", "salesforce");
/// ```
#[track_caller]
pub fn egress_span(tracer: &'static Tracer, egress: &Egress<'_>) -> ActiveSpan {
    span(tracer, egress).start()
}
