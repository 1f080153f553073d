//! dbt's `run_results.json`: the results of the nodes of a command.
//!
//! `trace-dbt` reads the file for the history of a product, and only if the file belongs to the same invocation.

use std::io;
use std::path::Path;
use std::time::SystemTime;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;

use crate::manifest;
use crate::outcome::Outcome;

/// The results of a command. Unneeded fields are skipped while reading.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct RunResults {
    pub(crate) metadata: Metadata,
    pub(crate) results: Vec<NodeResult>,
    pub(crate) elapsed_time: f64,
    #[serde(default)]
    args: Arguments,
}

#[derive(Debug, Default, Deserialize)]
struct Arguments {
    empty: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) dbt_version: String,
    #[serde(default)]
    pub(crate) invocation_id: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct NodeResult {
    pub(crate) unique_id: String,
    pub(crate) status: String,
    pub(crate) failures: Option<u64>,
    pub(crate) message: Option<String>,
    #[serde(default)]
    pub(crate) execution_time: f64,
    /// The response of the adapter: an object, or a text.
    #[serde(default)]
    adapter_response: Value,
}

impl RunResults {
    /// Reads the results of an invocation, or `None` if there are none, for example because the command ended early.
    pub(crate) fn of(path: &Path, invocation_id: &str) -> Result<Option<Self>, String> {
        let results: Self = match manifest::parse(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|error| format!("cannot read `{}`: {error}", path.display()))?,
        };
        let found = &results.metadata.invocation_id;
        if found != invocation_id {
            return Err(format!(
                "`{}`: expected the results of the invocation `{invocation_id}`, found those of `{found}`",
                path.display()
            ));
        }
        Ok(Some(results))
    }

    pub(crate) fn is_of_empty(&self) -> bool {
        self.args.empty == Some(true)
    }
}

impl NodeResult {
    fn outcome(&self) -> Outcome {
        Outcome::of(&self.status, self.adapter_message())
    }

    pub(crate) fn adapter_message(&self) -> Option<&str> {
        self.adapter_response.get("_message")?.as_str()
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.outcome().is_failed()
    }

    /// Whether dbt left the node out, because of another node or because nothing has changed.
    pub(crate) fn is_skipped(&self) -> bool {
        matches!(self.outcome(), Outcome::Skipped | Outcome::Unchanged { .. })
    }

    pub(crate) fn rows(&self) -> Option<u64> {
        self.adapter_response.get("rows_affected")?.as_u64()
    }

    /// Whether the node has this type and was executed.
    pub(crate) fn is(&self, kind: &str) -> bool {
        resource_type(&self.unique_id) == kind && !self.is_skipped()
    }
}

pub(crate) fn resource_type(unique_id: &str) -> &str {
    unique_id.split('.').next().unwrap_or_default()
}

/// Returns the name in the id of a node, `model.<project>.<name>`. The id of a test ends with a hash.
pub(crate) fn name(unique_id: &str) -> &str {
    let mut parts = unique_id.splitn(3, '.');
    let kind = parts.next();
    let name = parts.nth(1).unwrap_or(unique_id);
    match (kind, name.rsplit_once('.')) {
        (Some("test"), Some((name, _))) => name,
        _ => name,
    }
}

/// Parses a time such as `2026-11-20T06:50:15.240499Z`. Times of nodes have no `Z`, but are in UTC, too.
pub(crate) fn timestamp(text: &str) -> Option<SystemTime> {
    let time: DateTime = text.trim_end_matches('Z').parse().ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp().into())
}
