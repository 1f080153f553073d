//! Data that leaves the platform.

use super::Operation;
use super::span::DomainTracer;
use crate::FloeAttributes;
use crate::recorder::ActiveSpan;

/// The name of the domain's tracer.
pub const TRACER_NAME: &str = "floe.egress";

static TRACER: DomainTracer = DomainTracer::new(TRACER_NAME);

/// A write to a sink outside.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "egress")]
#[expect(clippy::exhaustive_structs, reason = "plain data, written as a literal")]
pub struct Egress<'a> {
    /// What is done.
    pub operation: &'a str,
    /// What the sink is.
    pub sink_type: Option<&'a str>,
    /// The table or object that is written.
    pub destination: Option<&'a str>,
}

/// What a write did.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "egress")]
#[expect(clippy::exhaustive_structs, reason = "plain data, written as a literal")]
pub struct EgressOutcome<'a> {
    /// `success` or `failure`.
    pub status: &'a str,
    /// Rows that arrived.
    pub rows_written: Option<u64>,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<f64>,
}

impl Operation for Egress<'_> {
    const DOMAIN: &'static str = "egress";

    fn operation(&self) -> &str {
        self.operation
    }
}

/// Starts the span `egress.<operation>`, which lasts until the guard is dropped.
///
/// ```
/// use floe_telemetry::domain::egress::{Egress, egress_span};
/// use floe_telemetry::testing;
///
/// let spans = testing::capture(|| {
///     let _span = egress_span(&Egress { operation: "write", sink_type: Some("salesforce"), ..Egress::default() });
/// });
/// spans.single("egress.write").assert_ok();
/// ```
pub fn egress_span(egress: &Egress<'_>) -> ActiveSpan {
    TRACER.open(egress)
}
