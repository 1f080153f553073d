//! What the platform's spans say about themselves: one type for each thing they speak of. `floe
//! schema` writes them down, so a dashboard can be checked against what the program emits.

use std::path::Path;

use floe_telemetry::attributes::AttributeGroup;
use floe_telemetry::{FloeAttributes, FloeSpanAttributes};

/// A run of a product.
#[derive(Debug, FloeAttributes)]
#[floe(prefix = "floe.pipeline")]
pub struct PipelineAttributes<'a> {
    /// The id of the run.
    #[floe(examples = ["2866553f-1347-41ca-bd56-95659a3e1c5d"])]
    pub run_id: &'a str,
    /// The product.
    #[floe(examples = ["customer-360"])]
    pub name: &'a str,
    /// What started the run.
    pub trigger: Trigger,
}

/// What starts a run.
#[derive(Clone, Copy, Debug, FloeAttributes)]
#[floe(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Trigger {
    /// Somebody at a command line.
    Manual,
}

/// A compilation.
#[derive(Debug, FloeAttributes)]
#[floe(prefix = "floe")]
pub struct CompileAttributes<'a> {
    /// The product's specification.
    #[floe(display, examples = ["demo/customer-360/floe.yaml"])]
    pub spec_path: std::path::Display<'a>,
    /// The platform's manifest.
    #[floe(display, examples = ["demo/manifest.yaml"])]
    pub manifest_path: std::path::Display<'a>,
    /// The version of the artifacts' format.
    #[floe(examples = ["0.10.0"])]
    pub artifacts_version: &'a str,
}

/// A stage of a compilation.
#[derive(Debug, FloeAttributes)]
#[floe(prefix = "floe.compile")]
pub struct StageAttributes<'a> {
    /// What the stage does.
    #[floe(examples = ["load", "validate", "resolve", "enforce", "compile", "generate"])]
    pub stage: &'a str,
}

/// An asset on its way through the orchestrator.
#[derive(Debug, FloeAttributes)]
#[floe(prefix = "dagster")]
pub struct AssetAttributes<'a> {
    /// The asset.
    #[floe(examples = ["stg_orders"])]
    pub asset_key: &'a str,
    /// The id of the run.
    #[floe(examples = ["2866553f-1347-41ca-bd56-95659a3e1c5d"])]
    pub run_id: &'a str,
    /// The step of the run that builds the asset.
    #[floe(examples = ["stg_orders"])]
    pub step_key: &'a str,
}

/// How an asset ended.
#[derive(Debug, FloeAttributes)]
#[floe(prefix = "dagster.asset")]
pub struct AssetEndAttributes<'a> {
    /// How it ended.
    pub status: AssetStatus,
    /// What it needed and did not get.
    #[floe(examples = ["stg_orders"])]
    pub missing: Option<&'a str>,
}

/// How an asset can end.
#[derive(Clone, Copy, Debug, FloeAttributes)]
#[floe(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AssetStatus {
    /// It was built.
    Success,
    /// It could not be built.
    Failed,
    /// Something that it needs could not be built.
    Skipped,
}

/// The loading of a source.
#[derive(Debug, FloeAttributes)]
#[floe(prefix = "floe.ingestion")]
pub struct IngestionAttributes<'a> {
    /// What the source is.
    #[floe(key = "floe.ingestion.type", examples = ["csv"])]
    pub kind: &'a str,
    /// Where it is read.
    #[floe(display, examples = ["data/orders.csv"])]
    pub source: std::path::Display<'a>,
    /// The table that it becomes.
    #[floe(examples = ["orders"])]
    pub destination: &'a str,
    /// Rows of the table.
    #[floe(examples = [25000])]
    pub rows_loaded: Option<u64>,
}

/// The building of a model.
#[derive(Debug, FloeAttributes)]
#[floe(prefix = "floe.transform")]
pub struct TransformAttributes<'a> {
    /// The model.
    #[floe(examples = ["customer_360"])]
    pub model: &'a str,
    /// Its layer: `bronze`, `silver` or `gold`.
    #[floe(examples = ["gold"])]
    pub layer: String,
    /// What it becomes in the database.
    #[floe(examples = ["table"])]
    pub materialization: String,
    /// Rows of the table or view.
    #[floe(examples = [5000])]
    pub rows_affected: Option<u64>,
}

impl<'a> PipelineAttributes<'a> {
    /// A run that somebody started by hand.
    #[must_use]
    pub const fn manual(name: &'a str, run_id: &'a str) -> Self {
        Self {
            run_id,
            name,
            trigger: Trigger::Manual,
        }
    }
}

impl<'a> AssetAttributes<'a> {
    /// The orchestrator's step has the name of its asset.
    #[must_use]
    pub const fn new(key: &'a str, run_id: &'a str) -> Self {
        Self {
            asset_key: key,
            run_id,
            step_key: key,
        }
    }
}

impl<'a> IngestionAttributes<'a> {
    /// A CSV file that becomes a table.
    #[must_use]
    pub fn csv(source: &'a Path, table: &'a str) -> Self {
        Self {
            kind: "csv",
            source: source.display(),
            destination: table,
            rows_loaded: None,
        }
    }
}

/// What the platform's spans say in the words of OpenTelemetry's own conventions.
pub const OF_OPENTELEMETRY: &[&str] = &[
    "code.file.path",
    "code.function.name",
    "code.line.number",
    "db.collection.name",
    "db.system.name",
    "error.type",
    "exception.message",
    "exception.type",
    "file.path",
];

/// Every group that the platform's spans use.
#[must_use]
pub fn groups() -> Vec<AttributeGroup> {
    vec![
        FloeSpanAttributes::GROUP,
        CompileAttributes::GROUP,
        StageAttributes::GROUP,
        PipelineAttributes::GROUP,
        IngestionAttributes::GROUP,
        TransformAttributes::GROUP,
        AssetAttributes::GROUP,
        AssetEndAttributes::GROUP,
    ]
}
