//! The record of a run. `.floe/run_results.json` contains the record of the last run; the [`history`](crate::history)
//! contains a line for each run.

use std::fmt;

use floe_plugins::quote::one_line;
use floe_plugins::runs::run_id::RunId;
use floe_telemetry::printable;
use serde::{Deserialize, Serialize};

const LONGEST_QUERY: usize = 300;

/// A run of a product, or a command of dbt in the product's folder.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub(crate) struct Record {
    /// `run`, or a command of dbt, for example `dbt build`.
    pub(crate) command: String,
    /// The product, or the dbt project.
    pub(crate) product_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) product_version: String,
    /// The environment; for dbt, the target.
    pub(crate) environment: String,
    pub(crate) status: Status,
    pub(crate) started_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ended_at: Option<String>,
    pub(crate) seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) run_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trace_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) span_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lineage_run_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dbt_invocation_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dagster_run_id: Option<String>,
    /// The stages that build no assets, and the seconds that each one took.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) stages: Vec<(String, f64)>,
    pub(crate) assets: Vec<Step>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    #[default]
    Started,
    Success,
    Failed,
}

/// An asset of a run.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Step {
    /// The name of the asset.
    pub key: String,
    /// `source`, the layer of a model, or the type of a dbt node.
    pub(crate) kind: String,
    /// The outcome.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The id, in lineage, of the job run that builds the asset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lineage_run_id: Option<RunId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dbt_invocation_id: Option<String>,
    /// The seconds that building the asset took, without generating the file of a source.
    pub(crate) seconds: f64,
    /// The number of checks that passed.
    pub checks_passed: u64,
    /// The number of failed checks, including tolerated ones.
    pub checks_failed: u64,
    /// The failed checks, including tolerated ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) failed_checks: Vec<FailedCheck>,
}

/// The outcome of building an asset.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "status")]
pub enum Outcome {
    /// The asset was built, or dbt only tested it.
    #[serde(rename = "success")]
    Built {
        /// The number of rows, if known.
        #[serde(skip_serializing_if = "Option::is_none")]
        rows: Option<u64>,
    },
    /// The asset could not be built, or one of its checks failed.
    #[serde(rename = "failed")]
    Failed {
        /// The description of the failure, with its place if the place is known.
        message: String,
    },
    /// The asset was not built because another one failed or was not built.
    #[serde(rename = "skipped")]
    Skipped {
        /// The name of a dependency that was not built, if one is known; else of the first dependency.
        missing: String,
    },
    /// dbt left the asset as it was: it reused an earlier build, or had nothing to do.
    #[serde(rename = "unchanged")]
    Unchanged,
}

/// A failed check, with its query if the tool reports one.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct FailedCheck {
    /// The name, which is unique among the checks of the asset.
    pub name: String,
    /// The query, without credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
}

/// The nouns for kinds of assets. The last three are only for dbt nodes.
pub(crate) const NOUNS: [&str; 5] = ["model", "source", "seed", "snapshot", "node"];

impl Record {
    pub(crate) fn asset(&self, key: &str) -> Option<&Step> {
        self.assets.iter().find(|asset| asset.key == key)
    }
}

impl Status {
    pub(crate) fn of(is_success: bool) -> Self {
        if is_success { Self::Success } else { Self::Failed }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Started => "started",
            Self::Success => "success",
            Self::Failed => "failed",
        })
    }
}

impl Step {
    pub(crate) fn noun(&self) -> &'static str {
        noun(&self.kind)
    }

    /// Whether the asset is a source of dbt, which tests its sources without building them.
    pub(crate) fn is_only_tested(&self) -> bool {
        self.dbt_invocation_id.is_some() && self.kind == "source"
    }

    pub(crate) fn is_built(&self) -> bool {
        matches!(self.outcome, Outcome::Built { .. }) && !self.is_only_tested()
    }

    pub(crate) fn rows(&self) -> Option<u64> {
        match self.outcome {
            Outcome::Built { rows } => rows,
            _ => None,
        }
    }
}

impl Outcome {
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Built { .. } => "success",
            Self::Failed { .. } => "failed",
            Self::Skipped { .. } => "skipped",
            Self::Unchanged => "unchanged",
        }
    }

    /// Whether the asset was built, or only tested or left as it was by dbt.
    pub fn is_built(&self) -> bool {
        matches!(self, Self::Built { .. } | Self::Unchanged)
    }

    /// Whether the asset could not be built, or one of its checks failed without being tolerated.
    pub fn is_failed(&self) -> bool {
        matches!(self, Self::Failed { .. })
    }

    /// Whether dbt left the asset as it was.
    pub fn is_unchanged(&self) -> bool {
        matches!(self, Self::Unchanged)
    }

    /// Whether the asset was skipped because another one failed or was not built.
    pub fn is_skipped(&self) -> bool {
        matches!(self, Self::Skipped { .. })
    }
}

impl Default for Outcome {
    fn default() -> Self {
        Self::Built { rows: None }
    }
}

impl fmt::Display for FailedCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.name)?;
        if let Some(query) = &self.query {
            let query = one_line(query);
            let end = query.char_indices().nth(LONGEST_QUERY);
            match end {
                Some((end, _)) => write!(f, ": {}…", printable(&query[..end]))?,
                None => write!(f, ": {}", printable(&query))?,
            }
        }
        Ok(())
    }
}

pub(crate) fn noun(kind: &str) -> &'static str {
    match kind {
        "bronze" | "silver" | "gold" => "model",
        kind => NOUNS.into_iter().find(|noun| *noun == kind).unwrap_or("node"),
    }
}
