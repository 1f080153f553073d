//! The results of the last run as a JSON file beside the compiled artifacts.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::outcome::Outcome;
use super::report::{Report, Step};
use crate::atomic;
use crate::environment::Environment;
use crate::error::Error;
use crate::identity::Identity;

#[derive(Serialize)]
struct Results<'a> {
    run_id: &'a str,
    product_name: &'a str,
    product_version: &'a str,
    environment: Environment,
    status: Status,
    assets: Vec<Asset<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Success,
    Failed,
    Skipped,
}

#[derive(Serialize)]
struct Asset<'a> {
    key: &'a str,
    status: Status,
    seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<u64>,
    /// Why the asset failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    /// The dependency that was not built.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<&'a str>,
}

/// The path of the results of a product's last run.
pub fn results_path(folder: &Path) -> PathBuf {
    folder.join(".floe").join("run_results.json")
}

/// Writes the results. If the run stopped early, the assets after that point are missing.
pub(super) fn write(identity: &Identity, report: &Report) -> Result<(), Error> {
    let results = Results {
        run_id: report.run_id().as_str(),
        product_name: &identity.name,
        product_version: &identity.version,
        environment: identity.environment,
        status: match report.count(Outcome::is_failed) {
            0 => Status::Success,
            _ => Status::Failed,
        },
        assets: report.steps().iter().map(asset).collect(),
    };
    atomic::write(&results_path(&identity.folder), |file| {
        serde_json::to_writer_pretty(&mut *file, &results)?;
        file.write_all(b"\n")
    })
}

fn asset(step: &Step) -> Asset<'_> {
    let mut asset = Asset {
        key: &step.key,
        status: Status::Success,
        seconds: step.took.as_secs_f64(),
        rows: None,
        message: None,
        missing: None,
    };
    match &step.outcome {
        Outcome::Built { rows } => asset.rows = Some(*rows),
        Outcome::Failed { message } => {
            asset.status = Status::Failed;
            asset.message = Some(message);
        }
        Outcome::Skipped { missing } => {
            asset.status = Status::Skipped;
            asset.missing = Some(missing);
        }
    }
    asset
}
