//! The file of `OTEL_CONFIG_FILE`: OpenTelemetry's
//! [declarative configuration](https://opentelemetry.io/docs/specs/otel/configuration/data-model/), file formats 1.0 and
//! 1.1.
//!
//! Each module reads a part of the file into this crate's configuration, and lists its known keys. An unknown key or
//! component is reported once with its place, and ignored, because the file may also be for other programs. Below the
//! sampler, it is an error.

mod exporter;
mod meter;
mod part;
mod processors;
mod resource;
mod sampler;

use std::path::Path;
use std::sync::Arc;

use self::part::{Found, Part, Setter};
use super::env::{context, warn};
use super::exporters::{ExporterKind, ExportersConfig};
use super::limits::SpanLimits;
use super::mistake::Mistake;
use super::otlp::OtlpConfig;
use super::source::Source;
use super::telemetry::TelemetryConfig;
use super::yaml::{self, substitution::substitute};
use crate::environment;
use crate::error::Error;
use crate::redaction::sanitize_error;
use crate::regular_file;

const MAX_BYTES: u64 = 1024 * 1024;

const MAX_IGNORED: usize = 100;

/// The sections of a file, in the order in which they are applied, with a setting that each of them determines.
const SECTIONS: [(&str, &str, Apply); 6] = [
    ("attribute_limits", "limits", processors::limits),
    ("resource", "resource_attributes", resource::resource),
    ("propagator", "propagators", resource::propagators),
    ("tracer_provider", "exporters.traces", processors::tracer),
    ("meter_provider", "exporters.metrics", meter::meter),
    ("logger_provider", "exporters.logs", processors::logger),
];

/// The settings that a file replaces as a whole.
const REPLACED: [&str; 5] = ["enabled", "otlp", "exporters", "limits", "propagators"];

/// A part of the sampler that is not supported makes the file invalid, because without it more spans might be recorded
/// than the file asks for. A misspelled `sampler` begins like this, too.
const SAMPLER: &str = "tracer_provider.sampl";
const REFUSED: &str =
    "; a sampler that is only partly applied could record more spans than the file asks for";

type Apply = fn(&Part<'_>, &mut TelemetryConfig) -> Result<(), Mistake>;

impl TelemetryConfig {
    /// Loads a file in the format of OpenTelemetry's
    /// [declarative configuration](https://opentelemetry.io/docs/specs/otel/configuration/data-model/), version 1.0 or 1.1,
    /// as [`from_env`](Self::from_env) does with the file in `OTEL_CONFIG_FILE`.
    ///
    /// References to environment variables (`${NAME}`, `${NAME:-default}`) are substituted. Of other variables, only
    /// `OTEL_SERVICE_NAME` is read, by the resource detector `service`. A signal without a provider in the file is not
    /// exported, and without `propagator` no context is propagated. Settings that this library does not support are
    /// ignored with one warning, which names their lines.
    /// [The manual](https://docs.rs/floe-telemetry/latest/floe_telemetry/_manual/configuration/index.html#declarative-configuration)
    /// lists them.
    ///
    /// ```
    /// use floe_telemetry::TelemetryConfig;
    /// # let directory = std::env::temp_dir().join(format!("floe-{}", std::process::id()));
    /// # std::fs::create_dir_all(&directory).unwrap();
    /// # let path = directory.join("otel.yaml");
    /// # std::fs::write(&path, "
    /// # file_format: '1.0'
    /// # resource: {attributes: [{name: service.name, value: orders}]}
    /// # tracer_provider: {processors: [{batch: {exporter: {console: }}}]}
    /// # ").unwrap();
    ///
    /// let config = TelemetryConfig::from_config_file(&path)?;
    /// assert_eq!(config.resource_attributes.service_name, "orders");
    /// # std::fs::remove_dir_all(&directory).unwrap();
    /// # Ok::<(), floe_telemetry::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Fails if the file cannot be read, is larger than 1 MiB, is not YAML, has another major version, or contains
    /// mistakes, such as values of the wrong type or a sampler that is not supported. For a mistake, the error has the line, the column and the keys.
    pub fn from_config_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let mut config = Self::unnamed();
        config.apply_config_file(path.as_ref())?;
        Ok(config)
    }

    /// Applies a file. After an error the configuration is unchanged.
    pub(super) fn apply_config_file(&mut self, path: &Path) -> Result<(), Error> {
        let context = context(path);
        let parsed = read(path)
            .and_then(|text| {
                parse_file(&text, path, self, &|name| environment::variable(name).ok())
            })
            .map_err(|error| error.within(&context))?;
        if !parsed.warning.is_empty() {
            warn(&format!("{}: {}", sanitize_error(&context), parsed.warning));
        }
        *self = parsed.config;
        Ok(())
    }
}

pub(super) fn read(path: &Path) -> Result<String, Error> {
    let bytes =
        regular_file::read(path, MAX_BYTES).map_err(|error| Error::config(error.to_string()))?;
    String::from_utf8(bytes).map_err(|_| Error::config("it is not UTF-8"))
}

/// A parsed file.
#[derive(Debug)]
#[non_exhaustive]
pub struct Parsed {
    /// The configuration.
    pub config: TelemetryConfig,
    /// The parts that have no effect, as sanitized lines. Empty if there are none.
    pub warning: String,
}

/// Parses a file. Settings that the format lacks come from `base`. `variable` returns the value of an environment
/// variable.
///
/// # Errors
///
/// The error is the first mistake in the order of the file.
pub fn parse(
    text: &str,
    base: &TelemetryConfig,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Parsed, Error> {
    parse_file(text, Path::new(""), base, variable)
}

fn parse_file(
    text: &str,
    path: &Path,
    base: &TelemetryConfig,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Parsed, Error> {
    let mut document = yaml::parse(text)?;
    substitute(&mut document, variable, |_| false)?;
    let found = Found::default();
    let mut config = base.clone();
    let mut mistakes = apply(&Part::root(&document, &found), &mut config)?;
    let Found { ignored, settings } = found;
    let file: Arc<str> = path.display().to_string().into();
    for (path, setter) in settings.into_inner() {
        let source = match setter {
            Setter::Part(position) => Source::ConfigFile(Arc::clone(&file), position),
            Setter::Variable(name) => Source::Variable(name),
        };
        config.sources.note(path, source);
    }
    let ignored = ignored.into_inner();
    for mistake in ignored.iter().filter(|mistake| mistake.path.starts_with(SAMPLER)) {
        let message = mistake.message.clone() + REFUSED;
        mistakes.push(Mistake { message, ..mistake.clone() });
    }
    if let Some(first) = mistakes.into_iter().min_by_key(|mistake| mistake.position) {
        return Err(first.into());
    }
    config.validate()?;
    config.remember();
    Ok(Parsed { config, warning: warning(ignored) })
}

fn warning(mut ignored: Vec<Mistake>) -> String {
    if ignored.is_empty() {
        return String::new();
    }
    ignored.sort_by_key(|mistake| mistake.position);
    let mut lines = vec!["not supported, and ignored:".to_owned()];
    lines.extend(ignored.iter().take(MAX_IGNORED).map(Mistake::line));
    if let Some(more @ 1..) = ignored.len().checked_sub(MAX_IGNORED) {
        lines.push(format!("and {more} more"));
    }
    lines.join("\n  ")
}

/// Checks the major version of the file
/// ([versions](https://github.com/open-telemetry/opentelemetry-configuration/blob/main/VERSIONING.md#file-format)).
/// Every minor version is accepted: a key that it adds is either known, or reported where it occurs.
fn check_version(version: &Part<'_>) -> Result<(), Mistake> {
    let text: String = version.read()?;
    let minor = text.strip_prefix("1.").map(str::parse::<u32>);
    if matches!(minor, Some(Ok(_))) {
        return Ok(());
    }
    Err(version.mistake(format!("expected `1.0` or `1.1`, found `{text}`")))
}

/// Applies a file to a configuration, and returns one mistake of each section. A signal without a provider is not exported.
fn apply(root: &Part<'_>, config: &mut TelemetryConfig) -> Result<Vec<Mistake>, Mistake> {
    check_version(&root.required("file_format")?)?;
    for path in REPLACED {
        root.sets(path);
    }
    config.enabled = !root.value("disabled")?.unwrap_or(false);
    if let Some(part) = root.get("disabled")? {
        part.sets("enabled");
    }
    // Known but not used, because the `tracing` subscriber determines the level of this library's messages.
    root.get("log_level")?;
    config.otlp = OtlpConfig::default();
    config.exporters = ExportersConfig {
        traces: Some(vec![ExporterKind::None]),
        metrics: Some(vec![ExporterKind::None]),
        logs: Some(vec![ExporterKind::None]),
        ..ExportersConfig::default()
    };
    config.limits = SpanLimits::default();
    config.propagators = Vec::new();
    let mut mistakes = Vec::new();
    for (key, field, apply) in SECTIONS {
        if let Some(section) = root.get(key)? {
            section.sets(field);
            mistakes.extend(apply(&section, config).err());
        }
    }
    Ok(mistakes)
}

#[cfg(test)]
mod tests;
