//! Lineage events.

use floe_telemetry::{ActiveSpan, FloeAttributes, Tracer};

use crate::operation::{Operation, span};

/// An `OpenLineage` event.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "lineage")]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct Lineage<'a> {
    /// The operation: the last part of the span's name.
    #[floe(examples = ["emit_event"])]
    pub operation: &'a str,
    /// The name of the job.
    #[floe(examples = ["stg_orders"])]
    pub job_name: Option<&'a str>,
    /// `START`, `RUNNING`, `COMPLETE`, `FAIL` or `ABORT`.
    #[floe(examples = ["COMPLETE"])]
    pub event_type: Option<&'a str>,
    /// The namespace of the job.
    #[floe(examples = ["sales"])]
    pub namespace: Option<&'a str>,
    /// The id of the run.
    #[floe(examples = ["2866553f-1347-41ca-bd56-95659a3e1c5d"])]
    pub run_id: Option<&'a str>,
}

/// The result of checking a connection.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "lineage")]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct ConnectionOutcome {
    /// Whether the backend gave the expected response.
    #[floe(key = "connection.valid")]
    pub connection_valid: bool,
}

impl Operation for Lineage<'_> {
    const DOMAIN: &'static str = "lineage";

    fn operation(&self) -> &str {
        self.operation
    }
}

/// Starts the span `lineage.<operation>`. The span ends when the returned guard is dropped.
///
/// ```
/// use floe_plugin::lineage::{Lineage, lineage_span};
/// use floe_telemetry::{Tracer, testing};
///
/// static TRACER: Tracer = floe_telemetry::tracer!("floe.lineage.marquez");
///
/// let spans = testing::capture(|| {
///     let _span = lineage_span(
///         &TRACER,
///         &Lineage {
///             operation: "emit_event",
///             event_type: Some("COMPLETE"),
///             ..Lineage::default()
///         },
///     );
/// });
/// spans.single("lineage.emit_event").assert_ok().assert_attribute("lineage.event_type", "COMPLETE");
/// ```
#[track_caller]
pub fn lineage_span(tracer: &'static Tracer, lineage: &Lineage<'_>) -> ActiveSpan {
    span(tracer, lineage).start()
}
