//! Checks of the data's quality (FR-004).

use super::Operation;
use super::span::DomainTracer;
use crate::FloeAttributes;
use crate::recorder::ActiveSpan;

/// The name of the domain's tracer.
pub const TRACER_NAME: &str = "floe.quality";

static TRACER: DomainTracer = DomainTracer::new(TRACER_NAME);

/// A check, or a suite of them.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "quality")]
#[expect(clippy::exhaustive_structs, reason = "plain data, written as a literal")]
pub struct Quality<'a> {
    /// What is done.
    pub operation: &'a str,
    /// What runs the checks.
    pub provider: Option<&'a str>,
    /// The suite.
    pub suite_name: Option<&'a str>,
    /// The check, if it is a single one.
    pub check_name: Option<&'a str>,
    /// What is checked.
    pub data_source: Option<&'a str>,
    /// How many checks there are.
    pub checks_count: Option<u64>,
}

/// What the checks found.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "quality")]
#[expect(clippy::exhaustive_structs, reason = "plain data, written as a literal")]
pub struct QualityOutcome {
    /// Checks that passed.
    pub pass_count: u64,
    /// Checks that failed.
    pub fail_count: u64,
    /// Rows that were looked at.
    pub rows_checked: Option<u64>,
}

impl Operation for Quality<'_> {
    const DOMAIN: &'static str = "quality";

    fn operation(&self) -> &str {
        self.operation
    }
}

/// Starts the span `quality.<operation>`, which lasts until the guard is dropped.
///
/// ```
/// use floe_telemetry::domain::quality::{Quality, quality_span};
/// use floe_telemetry::testing;
///
/// let spans = testing::capture(|| {
///     let _span = quality_span(&Quality { operation: "run_checks", provider: Some("great_expectations"), check_name: Some("not_null_customer_id"), ..Quality::default() });
/// });
/// spans.single("quality.run_checks").assert_ok();
/// ```
pub fn quality_span(quality: &Quality<'_>) -> ActiveSpan {
    TRACER.open(quality)
}
