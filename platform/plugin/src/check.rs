//! A check of a table, and its result.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind};

/// A check of a table.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[expect(clippy::exhaustive_enums, reason = "a tool must support every check")]
pub enum Check {
    /// The column has a value in each row.
    NotNull(String),
    /// No value of the column appears twice.
    Unique(String),
    /// The table has at least this many rows.
    RowCount(u64),
}

impl Check {
    /// Returns the name of the check, for example `not_null`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotNull(_) => "not_null",
            Self::Unique(_) => "unique",
            Self::RowCount(_) => "row_count",
        }
    }

    /// Returns the checked column; `None` for a check of the whole table.
    pub fn column(&self) -> Option<&str> {
        match self {
            Self::NotNull(column) | Self::Unique(column) => Some(column),
            Self::RowCount(_) => None,
        }
    }

    /// Returns the details of a failed check after `: `, or an empty text if the tool reports none.
    pub(crate) fn detail(&self, result: &CheckResult) -> String {
        if let Some(error) = &result.error {
            return format!(": {}", error.message);
        }
        let rows = |count| format!("{count} row{}", if count == 1 { "" } else { "s" });
        match (self, result.rows, result.failed_rows) {
            (Self::RowCount(least), Some(found), _) => {
                format!(": found {}, expected at least {least}", rows(found))
            }
            (Self::RowCount(_), ..) | (_, _, None) => String::new(),
            (_, _, Some(failed)) => format!(": {}", rows(failed)),
        }
    }
}

/// The error of a check that could not run, because the check is wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CheckError {
    /// The category.
    pub kind: ErrorKind,
    /// The description.
    pub message: String,
}

impl From<&Error> for CheckError {
    fn from(error: &Error) -> Self {
        Self { kind: error.kind(), message: error.to_string() }
    }
}

/// Returns for each check a unique name of letters, digits and underscores, as some tools require.
///
/// ```
/// use floe_plugin::quality::{Check, identifiers};
///
/// let unique = || Check::Unique("order id".to_owned());
/// let names = identifiers(&[unique(), unique(), Check::RowCount(1)]);
/// assert_eq!(names, ["unique_order_id", "unique_order_id_2", "row_count"]);
/// ```
#[must_use]
pub fn identifiers(checks: &[Check]) -> Vec<String> {
    let mut names = Vec::with_capacity(checks.len());
    // The last number that was appended to each name.
    let mut numbers: HashMap<String, u64> = HashMap::new();
    for check in checks {
        let mut name = check.name().to_owned();
        for sign in check.column().into_iter().flat_map(|it| "_".chars().chain(it.chars())) {
            name.push(if sign.is_ascii_alphanumeric() { sign } else { '_' });
        }
        let mut free = name.clone();
        while numbers.contains_key(&free) {
            let number = numbers.entry(name.clone()).or_insert(1);
            *number += 1;
            free = format!("{name}_{number}");
        }
        numbers.insert(free.clone(), 1);
        names.push(free);
    }
    names
}

/// The result of a check.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CheckResult {
    /// Whether the data satisfies the check.
    pub passed: bool,
    /// The number of rows that violate the check, if the tool reports it; `None` for a check of the table.
    pub failed_rows: Option<u64>,
    /// The number of rows that were checked, if the tool reports it.
    pub rows: Option<u64>,
    /// The error because of which the check could not run. Such a check has not passed, but the other checks have run.
    pub error: Option<CheckError>,
    /// The query of the check, if the tool runs one.
    pub query: Option<String>,
}
