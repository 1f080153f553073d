//! `floe runs`: the last runs of a product, with their times and unusual findings.

use std::fmt;

use clap::Args;
use floe_plugins::error::Error;
use serde_json::json;

use super::arguments::ProductArgs;
use super::columns;
use super::output::{print, print_lines};
use crate::history;
use crate::record::Record;
use crate::text::Elapsed;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    product: ProductArgs,
    /// The number of runs to print
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    last: usize,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn runs(arguments: &Arguments) -> Result<(), Error> {
    let folder = &arguments.product.folder;
    if !history::exists(folder) {
        arguments.product.read()?;
    }
    let mut runs = history::read(folder)?;
    runs.truncate(arguments.last);
    if arguments.json {
        return print(&format_args!("{:#}\n", json!({ "runs": runs })));
    }
    print_lines(&Runs(&runs).to_string())
}

struct Runs<'a>(&'a [Record]);

impl fmt::Display for Runs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["RUN", "COMMAND", "STARTED", "STATUS", "TIME", "BUILT", "UNUSUAL"];
        let rows = self.0.iter().flat_map(|run| {
            let built = run.assets.iter().filter(|it| it.is_built()).count();
            let all = run.assets.iter().filter(|it| !it.is_only_tested()).count();
            let first = [
                run.number.to_string(),
                run.command.clone(),
                run.started_at.clone(),
                run.status.to_string(),
                Elapsed(run.seconds).to_string(),
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
