//! Data quality checks.

use floe_telemetry::{ActiveSpan, FloeAttributes, Tracer};

use crate::operation::{Operation, span};

/// A check or a suite of checks.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "quality")]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct Quality<'a> {
    /// The operation: the last part of the span's name.
    #[floe(examples = ["run_checks"])]
    pub operation: &'a str,
    /// The tool that runs the checks.
    #[floe(examples = ["great_expectations"])]
    pub provider: Option<&'a str>,
    /// The name of the suite.
    #[floe(examples = ["orders_daily"])]
    pub suite_name: Option<&'a str>,
    /// The name of a single check.
    #[floe(examples = ["not_null_order_id"])]
    pub check_name: Option<&'a str>,
    /// The data that is checked.
    #[floe(examples = ["orders"])]
    pub data_source: Option<&'a str>,
    /// The number of checks.
    #[floe(examples = [12])]
    pub checks_count: Option<u64>,
}

/// The result of checks.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "quality")]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct QualityOutcome {
    /// The number of checks that passed.
    #[floe(examples = [11])]
    pub pass_count: u64,
    /// The number of checks that failed.
    #[floe(examples = [1])]
    pub fail_count: u64,
    /// The number of rows that were checked.
    #[floe(examples = [25000])]
    pub rows_checked: Option<u64>,
}

impl Operation for Quality<'_> {
    const DOMAIN: &'static str = "quality";

    fn operation(&self) -> &str {
        self.operation
    }
}

/// Starts the span `quality.<operation>`. The span ends when the returned guard is dropped.
///
/// ```
/// use floe_plugin::quality::{Quality, quality_span};
/// use floe_telemetry::{Tracer, testing};
///
/// static TRACER: Tracer = floe_telemetry::tracer!("floe.quality.gx");
///
/// let spans = testing::capture(|| {
///     let _span = quality_span(
///         &TRACER,
///         &Quality {
///             operation: "run_checks",
///             provider: Some("great_expectations"),
///             ..Quality::default()
///         },
///     );
/// });
/// let span = spans.single("quality.run_checks").assert_ok();
/// span.assert_attribute("quality.provider", "great_expectations");
/// ```
#[track_caller]
pub fn quality_span(tracer: &'static Tracer, quality: &Quality<'_>) -> ActiveSpan {
    span(tracer, quality).start()
}
