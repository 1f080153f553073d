//! Lineage events that are emitted (FR-002).

use super::Operation;
use super::span::DomainTracer;
use crate::FloeAttributes;
use crate::recorder::ActiveSpan;

/// The name of the domain's tracer.
pub const TRACER_NAME: &str = "floe.lineage";

static TRACER: DomainTracer = DomainTracer::new(TRACER_NAME);

/// An `OpenLineage` event on its way.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "lineage")]
#[expect(clippy::exhaustive_structs, reason = "plain data, written as a literal")]
pub struct Lineage<'a> {
    /// What is done.
    pub operation: &'a str,
    /// The job that the event is about.
    pub job_name: Option<&'a str>,
    /// `START`, `RUNNING`, `COMPLETE`, `FAIL` or `ABORT`.
    pub event_type: Option<&'a str>,
    /// The namespace of the job.
    pub namespace: Option<&'a str>,
    /// The run of the job.
    pub run_id: Option<&'a str>,
}

/// What the validation of a connection found.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "lineage")]
#[expect(clippy::exhaustive_structs, reason = "plain data, written as a literal")]
pub struct ConnectionOutcome {
    /// Whether the backend answered as it should.
    #[floe(key = "connection.valid")]
    pub connection_valid: bool,
}

impl Operation for Lineage<'_> {
    const DOMAIN: &'static str = "lineage";

    fn operation(&self) -> &str {
        self.operation
    }
}

/// Starts the span `lineage.<operation>`, which lasts until the guard is dropped.
///
/// ```
/// use floe_telemetry::domain::lineage::{Lineage, lineage_span};
/// use floe_telemetry::testing;
///
/// let spans = testing::capture(|| {
///     let _span = lineage_span(&Lineage { operation: "emit_event", job_name: Some("stg_orders"), event_type: Some("COMPLETE"), ..Lineage::default() });
/// });
/// spans.single("lineage.emit_event").assert_ok();
/// ```
pub fn lineage_span(lineage: &Lineage<'_>) -> ActiveSpan {
    TRACER.open(lineage)
}
