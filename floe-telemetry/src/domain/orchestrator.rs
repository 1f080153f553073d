//! Work of the orchestrator (FR-006).

use super::Operation;
use super::span::DomainTracer;
use crate::FloeAttributes;
use crate::recorder::ActiveSpan;

/// The name of the domain's tracer.
pub const TRACER_NAME: &str = "floe.orchestrator";

static TRACER: DomainTracer = DomainTracer::new(TRACER_NAME);

/// What the orchestrator does.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "orchestrator")]
#[expect(clippy::exhaustive_structs, reason = "plain data, written as a literal")]
pub struct Orchestrator<'a> {
    /// What is done.
    pub operation: &'a str,
    /// The asset.
    pub asset_key: Option<&'a str>,
    /// How many assets there are.
    pub asset_count: Option<u64>,
    /// When it runs.
    pub schedule_cron: Option<&'a str>,
}


/// An asset, while it is built.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "dagster")]
#[expect(clippy::exhaustive_structs, reason = "plain data, written as a literal")]
pub struct Asset<'a> {
    /// The asset.
    pub asset_key: &'a str,
    /// The run that builds it.
    pub run_id: Option<&'a str>,
    /// The step of the run.
    pub step_key: Option<&'a str>,
}

impl Operation for Asset<'_> {
    const DOMAIN: &'static str = "dagster.asset";

    fn operation(&self) -> &str {
        self.asset_key
    }
}

impl Operation for Orchestrator<'_> {
    const DOMAIN: &'static str = "orchestrator";

    fn operation(&self) -> &str {
        self.operation
    }
}

/// Starts the span `orchestrator.<operation>`, which lasts until the guard is dropped.
///
/// ```
/// use floe_telemetry::domain::orchestrator::{Orchestrator, orchestrator_span};
/// use floe_telemetry::testing;
///
/// let spans = testing::capture(|| {
///     let _span = orchestrator_span(&Orchestrator { operation: "create_definitions", asset_key: Some("stg_orders"), ..Orchestrator::default() });
/// });
/// spans.single("orchestrator.create_definitions").assert_ok();
/// ```
pub fn orchestrator_span(orchestrator: &Orchestrator<'_>) -> ActiveSpan {
    TRACER.open(orchestrator)
}

/// Starts the span `dagster.asset.<key>`, which lasts until the guard is dropped.
///
/// ```
/// use floe_telemetry::domain::orchestrator::{Asset, asset_span};
/// use floe_telemetry::testing;
///
/// let spans = testing::capture(|| {
///     let _span = asset_span(&Asset { asset_key: "stg_orders", ..Asset::default() });
/// });
/// spans.single("dagster.asset.stg_orders").assert_ok().assert_attribute("orchestrator.operation", "asset");
/// ```
pub fn asset_span(asset: &Asset<'_>) -> ActiveSpan {
    TRACER.open_and(asset, |opening| {
        opening.attribute_static("orchestrator.operation", "asset");
    })
}
