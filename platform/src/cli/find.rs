//! `floe find`: finds a run by any of its ids.

use std::ffi::OsString;
use std::fmt;
use std::path::Path;

use clap::Args;
use floe_plugins::error::Error;
use serde::Serialize;

use super::arguments::PlatformArgs;
use super::output::{print, print_lines};
use crate::history::{self, KEPT};
use crate::product;
use crate::record::Record;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The product's folder, unless it is the current one, and the id of the run
    // If the two words were separate arguments, clap would take the first one as the id when an option follows it.
    #[arg(value_name = "ID", required = true, num_args = 1..=2)]
    words: Vec<OsString>,
    #[command(flatten)]
    platform: PlatformArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Found {
    #[serde(flatten)]
    record: Record,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_url: Option<String>,
}

/// Prints the runs of a product with this id, and other runs of the same trace.
pub(super) fn find(arguments: &Arguments) -> Result<(), Error> {
    let Arguments { words, platform, json } = arguments;
    let (folder, id) = match &words[..] {
        [folder, id] => (Path::new(folder), id),
        words => (Path::new("."), &words[0]),
    };
    let id = id.to_string_lossy();
    // A dbt project without a product has a history, but no manifest.
    let has_product = product::spec_path(folder).exists() || !history::exists(folder);
    let definition = has_product.then(|| platform.read(folder)).transpose()?;
    let tracing = definition.as_ref().map(|it| &it.manifest.observability.tracing);
    let trace_url = tracing.and_then(|it| it.trace_url.as_ref());
    let found: Vec<Found> = history::find(folder, &id)?
        .into_iter()
        .map(|record| Found {
            trace_url: trace_url.zip(record.trace_id.as_deref()).map(|(url, trace)| url.of(trace)),
            record,
        })
        .collect();
    if found.is_empty() {
        return Err(Error::NotFound(format!(
            "no recorded run of `{}` has the id `{id}`; at most {KEPT} are kept",
            folder.display()
        )));
    }
    if *json {
        return print(&format_args!("{:#}\n", serde_json::json!({ "runs": found })));
    }
    let texts: Vec<String> = found.iter().map(ToString::to_string).collect();
    print_lines(&texts.join("\n"))
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let run = &self.record;
        let Record { command, product_name, product_version, environment, status, .. } = run;
        let version = if product_version.is_empty() { "" } else { " " };
        writeln!(
            f,
            "{command} of {product_name}{version}{product_version} ({environment}): {status}"
        )?;
        let no_trace = "not recorded".to_owned();
        let no_link = "set `observability.tracing.trace_url` in the manifest".to_owned();
        let link = self.trace_url.as_ref().or(Some(&no_link));
        let lines = [
            ("started", Some(&run.started_at)),
            ("ended", run.ended_at.as_ref()),
            ("run", run.run_id.as_ref()),
            ("trace", run.trace_id.as_ref().or(Some(&no_trace))),
            ("span", run.span_id.as_ref()),
            ("trace URL", link.filter(|_| run.trace_id.is_some())),
            ("OpenLineage run", run.lineage_run_id.as_ref()),
            ("dbt invocation", run.dbt_invocation_id.as_ref()),
            ("Dagster run", run.dagster_run_id.as_ref()),
        ];
        for (label, text) in lines {
            if let Some(text) = text {
                writeln!(f, "  {label:<16} {text}")?;
            }
        }
        for asset in &run.assets {
            if let Some(id) = &asset.lineage_run_id {
                writeln!(f, "  {:<16} {id} {}", "OpenLineage run", asset.key)?;
            }
        }
        Ok(())
    }
}
