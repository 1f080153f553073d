//! The outcomes of building an asset.

use std::path::Path;

use floe_plugin::PluginType;
use floe_plugin::orchestrator::AssetStatus;
use floe_plugins::error::Error;
use floe_plugins::files::input_file;
use floe_plugins::place::Place;
use floe_plugins::process::interrupt;
use floe_suggest::{did_you_mean, nearest};
use floe_telemetry::{ErrorType, FloeAttributes, get_current_span, sanitize_error_message};
use floe_yaml::Position;

use super::excerpt;
use super::orchestration::Orchestration;
use crate::compile::reference;
use crate::product;

/// The outcome of building an asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The asset is in the warehouse.
    Built {
        /// The number of its rows, if that is known.
        rows: Option<u64>,
    },
    /// The query, the data or a check of the asset failed.
    Failed {
        /// The place of the mistake and its description.
        message: String,
        /// The line of the query, with a mark below the mistake.
        excerpt: Option<String>,
    },
    /// An asset that this one depends on was not built.
    Skipped {
        /// The name of that asset.
        missing: String,
    },
}

impl Outcome {
    /// Whether the asset is in the warehouse.
    pub fn is_built(&self) -> bool {
        matches!(self, Self::Built { .. })
    }

    /// Whether the query of the asset failed.
    pub fn is_failed(&self) -> bool {
        matches!(self, Self::Failed { .. })
    }

    /// Whether the asset was skipped because a dependency was not built.
    pub fn is_skipped(&self) -> bool {
        matches!(self, Self::Skipped { .. })
    }
}

/// An error in a query, in a check, or in the data of a source.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {message}")]
pub struct QueryError {
    place: Place,
    message: String,
    /// The class of the error.
    error_type: &'static str,
    /// The line of the query, with a mark below the mistake, without credentials.
    pub(super) excerpt: Option<Box<str>>,
}

impl QueryError {
    pub(super) fn new(place: Place, error: &floe_plugin::Error) -> Self {
        Self { place, message: error.to_string(), error_type: error.error_type(), excerpt: None }
    }

    /// The error of a check, at its place in the specification if the place is known.
    pub(super) fn in_specification(
        folder: &Path,
        position: Option<Position>,
        error: &floe_plugin::Error,
    ) -> Self {
        let file = product::spec_path(folder);
        let failed = Self::new(Place::file(&file), error);
        let Some((position, text)) = position.zip(input_file::read(&file).ok()) else {
            return failed;
        };
        let lines = text.split_inclusive('\n').take(position.line - 1);
        let start: usize = lines.map(str::len).sum();
        let column = text[start..].chars().take(position.column - 1);
        let offset = start + column.map(char::len_utf8).sum::<usize>();
        Self {
            place: Place::yaml(&file, position),
            excerpt: Some(excerpt::draw(&text, offset).into()),
            ..failed
        }
    }

    /// The message without credentials.
    pub(super) fn redacted(&self) -> String {
        let message = sanitize_error_message(&self.message);
        format!("{}: {message}", self.place.redacted())
    }
}

/// An error that prevented an asset from being built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The query of the asset, its data, or one of its checks is wrong. Other assets can still be built.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// A plugin failed. The run stops.
    #[error(transparent)]
    Stop(#[from] Error),
}

impl Failure {
    /// The failure of a query that is stored in a file.
    pub(super) fn of_query(error: floe_plugin::Error, file: &Path, sql: &str) -> Self {
        if !error.kind().is_of_input() {
            return Self::Stop(Error::from_plugin(error));
        }
        let error = match error.into_source::<Error>() {
            Ok(error) => return Self::Stop(error),
            Err(error) => error,
        };
        let message = error.to_string();
        let offset = error.offset().filter(|at| sql.is_char_boundary(*at));
        let Some(offset) = offset.or_else(|| excerpt::find_name(&message, sql)) else {
            return Self::Query(QueryError::new(Place::file(file), &error));
        };
        // The file as its author wrote it, unless it has changed since the compilation.
        let source = input_file::read(file).ok().and_then(|text| {
            // One that is wrong is new, and makes another text.
            let references = reference::find(file, &text, &mut Vec::new());
            let offset = reference::source_offset(&references, offset);
            (reference::render(&text, &references) == sql).then_some((text, offset))
        });
        let line = sql[..offset].matches('\n').count() as u64 + 1;
        let (place, excerpt) = source.map_or_else(
            || (Place::file(file).line(line), excerpt::draw(sql, offset)),
            |(text, offset)| {
                let place = Place::offset(file, &text, offset);
                (place, excerpt::draw(&text, offset))
            },
        );
        let error = QueryError { excerpt: Some(excerpt.into()), ..QueryError::new(place, &error) };
        Self::Query(error)
    }

    /// The failure of a source with wrong data. A plugin that reads no file reports no place.
    pub(super) fn of_data(error: floe_plugin::Error, plugin: &str, folder: &Path) -> Self {
        let failed = QueryError::new(Place::file(&product::spec_path(folder)), &error);
        Self::Query(match Error::of_plugin(PluginType::Ingestion, plugin, error) {
            Error::Input { place, message } => QueryError { place, message, ..failed },
            other => QueryError { message: other.to_string(), ..failed },
        })
    }

    /// Adds similar column names to the error about an unknown column.
    #[must_use]
    pub(super) fn with_columns(mut self, columns: &[&str]) -> Self {
        if let Self::Query(error) = &mut self
            && let Some(name) = error.message.strip_prefix("no such column: ")
        {
            let name = name.rsplit('.').next().unwrap_or_default();
            let suggestion = did_you_mean(nearest(name, columns));
            error.message.push_str(&suggestion);
        }
        self
    }

    /// The message without credentials.
    pub(super) fn redacted(&self) -> String {
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

/// Records the outcome of an asset on the current span and in the log. `attributes` are the outcome's attributes of the
/// asset's domain.
pub(super) fn record(
    key: &str,
    orchestration: Orchestration,
    built: Result<Option<u64>, &Failure>,
    attributes: &impl FloeAttributes,
) {
    let span = get_current_span();
    span.set_attributes(attributes);
    let status = match built {
        Ok(rows) => {
            tracing::info!(asset = key, rows, "built");
            AssetStatus::Success
        }
        Err(error) => {
            tracing::error!(asset = key, %error, "not built");
            if interrupt::is_requested() { AssetStatus::Canceled } else { AssetStatus::Failed }
        }
    };
    orchestration.record(status);
}
