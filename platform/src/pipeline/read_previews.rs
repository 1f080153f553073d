//! Reads the first rows of the tables that a product shows after a run.

use floe_plugin::compute::Session;
use floe_plugins::sql::quoted_name;
use floe_telemetry::traced;

use super::preview::{Preview, Rows};
use super::report::Report;
use super::run::{Run, TRACER_NAME};
use crate::identity::Lines;

/// The most rows of a table.
const ROWS: usize = 5;

/// Reads the first rows of each table that the product shows, if they are printed.
pub(super) fn read_previews(run: &Run<'_>, report: &Report) -> Vec<Preview> {
    if run.identity.lines != Lines::Text {
        return Vec::new();
    }
    let shown = run.artifacts.models.iter().filter(|it| it.preview);
    let built = shown.filter_map(|model| {
        let all_rows = report.rows(&model.name)?;
        let mut first = Rows::default();
        let read = query(&model.name, &mut run.warehouse.borrow_mut(), &mut first);
        if let Err(error) = read {
            // The table is built and checked; a signal is seen after this.
            tracing::warn!(table = &*model.name, %error, "its first rows cannot be read");
            return None;
        }
        Some(Preview { table: model.name.to_string(), all_rows, columns: first.0 })
    });
    built.collect()
}

#[traced(name = "floe.preview", tracer = TRACER_NAME, attributes("db.collection.name" = table))]
fn query(table: &str, warehouse: &mut Session, rows: &mut Rows) -> Result<(), floe_plugin::Error> {
    let sql = format!("SELECT * FROM {} LIMIT {ROWS}", quoted_name(table));
    warehouse.query(&sql, rows)
}
