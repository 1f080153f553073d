//! `floe runs`: the last runs of a product, or of one asset, with their times and unusual findings.

use std::fmt;
use std::time::Duration;

use clap::Args;
use floe_plugins::error::Error;
use floe_telemetry::printable;
use serde_json::json;

use super::arguments::ProductArgs;
use super::columns;
use super::output::print;
use crate::history::measured::{self, MeasuredAsset, MeasuredRun};
use crate::text::{Elapsed, Thousands};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    product: ProductArgs,
    /// Print the times, the rows and the checks of this asset
    #[arg(long, value_name = "NAME")]
    asset: Option<String>,
    /// How many runs to print
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    last: usize,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Prints the last runs, the newest first.
///
/// # Errors
/// The file with the runs cannot be read, or none of them has the asset.
pub(super) fn runs(arguments: &Arguments) -> Result<(), Error> {
    let identity = arguments.product.read()?.identity;
    let folder = &identity.folder;
    let asset = arguments.asset.as_deref();
    let mut runs = measured::read_all(folder)?;
    if let Some(name) = asset {
        runs.retain(|run| run.asset(name).is_some());
        if runs.is_empty() {
            return Err(Error::NotFound(format!(
                "no run of `{}` has an asset `{name}`",
                folder.display()
            )));
        }
    }
    runs.truncate(arguments.last);
    if arguments.json {
        for run in &mut runs {
            run.assets.retain(|it| asset.is_none_or(|name| it.name == name));
        }
        return print(&format_args!("{:#}\n", json!({ "runs": runs })));
    }
    let text = match asset {
        None => Runs(&runs).to_string(),
        Some(name) => AssetRuns(&runs, name).to_string(),
    };
    let lines: Vec<_> = text.split('\n').map(printable).collect();
    print(&lines.join("\n"))
}

struct Runs<'a>(&'a [MeasuredRun]);

impl fmt::Display for Runs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["RUN", "COMMAND", "STARTED", "STATUS", "TIME", "BUILT", "UNUSUAL"];
        let rows = self.0.iter().flat_map(|run| {
            let built = run.assets.iter().filter(|it| it.is_built()).count();
            let all = run.assets.iter().filter(|it| !it.is_tested()).count();
            let first = [
                run.number.to_string(),
                run.command.clone(),
                run.started_at.clone(),
                run.status.clone(),
                elapsed(run.seconds),
                if all == 0 { String::new() } else { format!("{built} of {all}") },
                run.unusual.first().cloned().unwrap_or_default(),
            ];
            let rest = run.unusual.iter().skip(1).map(|text| {
                let mut row = [const { String::new() }; 7];
                row[6].clone_from(text);
                row
            });
            std::iter::once(first).chain(rest)
        });
        columns::write(f, head, rows)
    }
}

struct AssetRuns<'a>(&'a [MeasuredRun], &'a str);

impl fmt::Display for AssetRuns<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = [
            "RUN", "COMMAND", "STARTED", "STATUS", "TIME", "ROWS IN", "ROWS", "CHECKS", "QUERY",
            "HOST",
        ];
        let rows = self.0.iter().filter_map(|run| {
            let asset = run.asset(self.1)?;
            let count = |rows: Option<u64>| rows.map(|it| Thousands(it).to_string());
            Some([
                run.number.to_string(),
                run.command.clone(),
                run.started_at.clone(),
                asset.status.clone(),
                if asset.is_tested() { String::new() } else { elapsed(asset.seconds) },
                count(asset.rows_in).unwrap_or_default(),
                count(asset.rows).unwrap_or_default(),
                checks(asset),
                asset.query.clone(),
                run.machine.clone(),
            ])
        });
        columns::write(f, head, rows)
    }
}

fn checks(asset: &MeasuredAsset) -> String {
    match (asset.checks_passed, asset.checks_failed) {
        (0, 0) => String::new(),
        (passed, 0) => format!("{passed} passed"),
        (passed, failed) => format!("{passed} passed, {failed} failed"),
    }
}

fn elapsed(seconds: f64) -> String {
    Elapsed(Duration::try_from_secs_f64(seconds).unwrap_or_default()).to_string()
}
