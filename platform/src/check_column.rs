//! Checks that a table has the columns that its checks name.

use floe_telemetry::config::suggest::{all_of, did_you_mean, nearest};
use floe_telemetry::config::yaml::Position;

use crate::product::{Check, Product};

const MOST_NAMES: usize = 10;

/// Returns the error of a check whose column the table does not have.
pub(crate) fn mistake(table: &str, check: &Check, columns: &[String]) -> Option<String> {
    let name = check.name();
    let column = check.column()?;
    // The comparison ignores case, because some engines do.
    if columns.iter().any(|it| it.eq_ignore_ascii_case(column)) {
        return None;
    }
    let names: Vec<&str> = columns.iter().map(String::as_str).collect();
    let mut hint = did_you_mean(nearest(column, &names));
    if hint.is_empty() {
        let more = if names.len() > MOST_NAMES { "…" } else { "" };
        let names = all_of(&names[..names.len().min(MOST_NAMES)]);
        hint = format!("; it has {names}{more}");
    }
    Some(format!("`{name}` checks the column `{column}`, which `{table}` does not have{hint}"))
}

/// Returns the place of a check in the specification; `None` if the specification does not contain this check any more.
pub(crate) fn position(product: &Product, asset: &str, check: &Check) -> Option<Position> {
    let mut checks = product.checks();
    let found = checks.find(|(name, it)| ***name == *asset && it.value == *check);
    found.map(|(_, check)| check.position)
}
