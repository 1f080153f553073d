//! The errors of building an asset.

use std::path::Path;

use floe_plugin::quality::CheckResult;
use floe_plugin::{Error as PluginError, PluginType};
use floe_plugins::error::Error;
use floe_plugins::place::Place;
use floe_telemetry::config::suggest::{did_you_mean, nearest};
use floe_telemetry::{ErrorType, sanitize_error_message};

use crate::check_column;
use crate::product::{self, Check, Product};

/// An error of an asset, for example in its query, a check or its data.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {message}")]
pub struct QueryError {
    place: Place,
    message: Box<str>,
    error_type: &'static str,
    /// The results of the asset's checks, if the checks caused the error.
    pub(crate) checks: Box<[Checked]>,
}

#[derive(Debug)]
pub(crate) struct Checked {
    /// The name, which is unique among the checks of the asset.
    pub(crate) name: String,
    pub(crate) result: CheckResult,
    pub(crate) is_tolerated: bool,
}

impl QueryError {
    pub(crate) fn new(place: Place, error: &floe_plugin::Error) -> Self {
        let message = error.to_string().into();
        let error_type = error.error_type();
        Self { place, message, error_type, checks: Box::default() }
    }

    /// Returns the error of a check, with the check's place in the specification if the place is known.
    pub(crate) fn of_check(
        folder: &Path,
        product: Option<&Product>,
        check: Option<(&str, &Check)>,
        error: &PluginError,
    ) -> Self {
        let position = product
            .zip(check)
            .and_then(|(product, (table, check))| check_column::position(product, table, check));
        Self::new(Place::yaml(&product::spec_path(folder), position), error)
    }

    pub(crate) fn redacted(&self) -> String {
        let message = sanitize_error_message(&self.message);
        format!("{}: {message}", self.place.redacted())
    }
}

/// An error that prevented an asset from being built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The query of the asset or its data is wrong, or a check failed. Other assets can still be built.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// Another error, for example of a plugin. The run stops.
    #[error(transparent)]
    Stop(#[from] Error),
}

impl Failure {
    pub(crate) fn of_query(error: floe_plugin::Error, file: &Path, sql: &str) -> Self {
        if !error.kind().is_of_input() {
            return Self::Stop(Error::from_plugin(error));
        }
        let error = match error.into_source::<Error>() {
            Ok(error) => return Self::Stop(error),
            Err(error) => error,
        };
        let message = error.to_string();
        let offset = error
            .offset()
            .filter(|at| sql.is_char_boundary(*at))
            .or_else(|| find_name(&message, sql));
        // The lines of the SQL have the same numbers as in the file.
        let line = offset.map(|offset| sql[..offset].matches('\n').count() as u64 + 1);
        Self::Query(QueryError::new(Place::file(file).line(line), &error))
    }

    /// Returns the failure of a source with wrong data. The default place, if the plugin reports none, is `floe.yaml`.
    pub(crate) fn of_data(error: floe_plugin::Error, plugin: &str, folder: &Path) -> Self {
        let failed = QueryError::new(Place::file(&product::spec_path(folder)), &error);
        Self::Query(match Error::of_plugin(PluginType::Ingestion, plugin, error) {
            Error::Input { place, message } => {
                QueryError { place, message: message.into(), ..failed }
            }
            other => QueryError { message: other.to_string().into(), ..failed },
        })
    }

    /// Adds a similar column name to an error about an unknown column.
    #[must_use]
    pub(crate) fn with_columns(mut self, columns: &[&str]) -> Self {
        if let Self::Query(error) = &mut self
            && let Some(name) = error.message.strip_prefix("no such column: ")
        {
            let name = name.rsplit('.').next().unwrap_or_default();
            let suggestion = did_you_mean(nearest(name, columns));
            error.message = format!("{}{suggestion}", error.message).into();
        }
        self
    }

    pub(crate) fn redacted(&self) -> String {
        match self {
            Self::Query(error) => error.redacted(),
            Self::Stop(error) => error.redacted(),
        }
    }
}

impl ErrorType for Failure {
    fn error_type(&self) -> &'static str {
        match self {
            Self::Query(error) => error.error_type,
            Self::Stop(error) => error.error_type(),
        }
    }
}

/// Returns the offset in `sql` of the name that an error quotes, for engines that report no offset of a mistake.
fn find_name(message: &str, sql: &str) -> Option<usize> {
    let named = ["no such table: ", "no such column: ", "no such function: "]
        .iter()
        .find_map(|start| message.strip_prefix(start));
    let name = named.or_else(|| message.split('"').nth(1))?.trim();
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = sql.match_indices(name).map(|(at, _)| at);
    found.find(|at| {
        !name.is_empty()
            && !sql[..*at].ends_with(is_part)
            && !sql[at + name.len()..].starts_with(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_as_a_whole_word() {
        let sql = "SELECT orders_id FROM orders";
        assert_eq!(find_name("no such table: orders", sql), Some(22));
        assert_eq!(find_name("column \"orders\" was not found", sql), Some(22));
        assert_eq!(find_name("it failed", sql), None);
        assert_eq!(find_name("no such table: x", sql), None);
    }
}
