//! Data that is written to a system outside of the platform.

use floe_telemetry::FloeAttributes;

use crate::operation::operation;
pub use crate::operation::operation_span as egress_span;

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

operation!("egress", Egress.operation);
