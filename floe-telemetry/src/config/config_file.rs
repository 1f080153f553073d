//! The file of `OTEL_CONFIG_FILE`: OpenTelemetry's
//! [declarative configuration](https://opentelemetry.io/docs/specs/otel/configuration/data-model/), file format 1.0.
//!
//! The file is read into the same structures as our own YAML. A property that this library does not have is
//! reported once with its place, and has no effect. A component that it does not have, such as an exporter or a
//! sampler, is a mistake: without it, telemetry would go elsewhere.

mod exporter;
mod logger_provider;
mod merge_key;
mod meter_provider;
mod propagator;
mod properties;
mod resource;
mod sampler;
mod substitution;
mod tracer_provider;
mod view;

use std::path::Path;

use self::properties::{Findings, Properties, Value};
use super::document::Document;
use super::env::{self, warn};
use super::exporters::{ExporterKind, ExportersConfig};
use super::limits::{LogRecordLimits, SpanLimits};
use super::otlp::OtlpConfig;
use super::problems::Problems;
use super::telemetry::TelemetryConfig;
use crate::environment;
use crate::error::Error;
use crate::regular_file;

/// The largest file, in bytes: 1 MiB.
const MAX_BYTES: u64 = 1024 * 1024;

/// The keys of the file, without the suffix of experimental ones.
const KEYS: [&str; 11] = [
    "file_format",
    "disabled",
    "log_level",
    "attribute_limits",
    "resource",
    "propagator",
    "tracer_provider",
    "meter_provider",
    "logger_provider",
    "instrumentation",
    "distribution",
];

impl TelemetryConfig {
    /// Loads a file in the format of OpenTelemetry's
    /// [declarative configuration](https://opentelemetry.io/docs/specs/otel/configuration/data-model/), version 1.0,
    /// as [`from_env`](Self::from_env) does with that of `OTEL_CONFIG_FILE`.
    ///
    /// References to environment variables (`${NAME}`, `${NAME:-default}`) are substituted; other variables are not
    /// read. A signal without a provider in the file is not exported, and without `propagator` no context is
    /// propagated. Properties that this library does not support are ignored with one warning, which has their
    /// places. `docs/configuration.md` in the repository lists them.
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
    /// Fails if the file cannot be read, is larger than 1 MiB, is not YAML, has another version, or contains
    /// mistakes: unknown keys, values of the wrong type, and components that this library does not have. The error
    /// reports all of them, each with its line, column and keys.
    pub fn from_config_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let mut config = Self::new(env::default_service_name());
        config.apply_config_file(path.as_ref())?;
        Ok(config)
    }

    /// Applies a file. After an error the configuration is unchanged.
    pub(super) fn apply_config_file(&mut self, path: &Path) -> Result<(), Error> {
        let context = format!("the configuration file `{}`", path.display());
        let parsed = read(path)
            .map_err(Error::config)
            .and_then(|text| parse(&text, self, &|name| environment::variable(name).ok()));
        let parsed = parsed.map_err(|error| error.within(&context))?;
        for message in &parsed.warnings {
            let warning = Error::mistakes(message.split("\n  ")).within(&context);
            warn(&warning.to_string());
        }
        *self = parsed.config;
        Ok(())
    }
}

/// Returns the text of the file.
fn read(path: &Path) -> Result<String, String> {
    let bytes = regular_file::read(path, MAX_BYTES).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())
}

/// A file that was read.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) config: TelemetryConfig,
    /// The lines of each are sanitized.
    pub(crate) warnings: Vec<String>,
}

/// Parses a file. Sections that the format does not have are those of `base`. `variable` returns the value of an
/// environment variable.
///
/// # Errors
///
/// The error reports all mistakes.
pub(crate) fn parse(
    text: &str,
    base: &TelemetryConfig,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Parsed, Error> {
    let mut problems = Problems::default();
    let mut document = Document::parse(text, &mut problems)?;
    merge_key::merge(document.root_mut());
    substitution::substitute(document.root_mut(), variable, &mut problems);
    let mut found = Findings {
        problems: &mut problems,
        unsupported: Problems::default(),
        is_later: false,
    };
    let root = Value::root(document.root());
    let properties = root.open_properties(&mut found);
    let mut warnings = Vec::new();
    let mut config = base.clone();
    if version(&root, &properties, &mut warnings, &mut found) {
        properties.near_misses(&KEYS, &mut found);
        apply(&properties, &mut config, &mut found);
    }
    let unsupported = found.unsupported.into_lines();
    problems.into_result()?;
    config.validate()?;
    if !unsupported.is_empty() {
        let places = unsupported.join("\n  ");
        warnings.push(format!("not supported, and ignored:\n  {places}"));
    }
    Ok(Parsed { config, warnings })
}

/// Returns whether the version of the file is accepted
/// ([versions](https://github.com/open-telemetry/opentelemetry-configuration/blob/main/VERSIONING.md#file-format)).
fn version(
    root: &Value<'_>,
    properties: &Properties<'_>,
    warnings: &mut Vec<String>,
    found: &mut Findings<'_>,
) -> bool {
    let Some(value) = properties.required("file_format", root, found) else {
        return false;
    };
    let Some(text) = value.read::<String>(found) else {
        return false;
    };
    let minor = text.strip_prefix("1.");
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match minor {
        Some("0") => {}
        Some(minor) if is_number(minor) => {
            found.is_later = true;
            warnings.push(format!(
                "found the file format `{text}`, which may have properties that 1.0 has not"
            ));
        }
        Some(minor) if minor.strip_prefix("0-rc.").is_some_and(is_number) => {
            warnings.push(format!(
                "found the file format `{text}`, which is read as `1.0`"
            ));
        }
        _ => {
            value.refuse(found, format!("found `{text}`, accepted is `1.0`"));
            return false;
        }
    }
    true
}

fn apply(properties: &Properties<'_>, config: &mut TelemetryConfig, found: &mut Findings<'_>) {
    config.enabled = !properties.read("disabled", found).unwrap_or(false);
    if let Some(level) = properties.set("log_level") {
        level.word(&SEVERITIES.map(|name| (name, ())), found);
    }
    config.otlp = OtlpConfig::default();
    config.exporters = ExportersConfig {
        traces: Some(vec![ExporterKind::None]),
        metrics: Some(vec![ExporterKind::None]),
        logs: Some(vec![ExporterKind::None]),
        ..ExportersConfig::default()
    };
    config.limits = SpanLimits::default();
    config.log_record_limits = LogRecordLimits::default();
    config.propagators = Vec::new();
    if let Some(value) = properties.set("attribute_limits") {
        tracer_provider::attribute_limits(&value, config, found);
    }
    if let Some(value) = properties.set("resource") {
        resource::read(&value, config, found);
    }
    if let Some(value) = properties.set("propagator") {
        propagator::read(&value, config, found);
    }
    if let Some(value) = properties.set("tracer_provider") {
        tracer_provider::read(&value, config, found);
    }
    if let Some(value) = properties.set("meter_provider") {
        meter_provider::read(&value, config, found);
    }
    if let Some(value) = properties.set("logger_provider") {
        logger_provider::read(&value, config, found);
    }
    if let Some(value) = properties.set("instrumentation") {
        // Those of other languages are for other programs.
        let sections = value.open_properties(found);
        sections.not_supported(&["general", "rust"], found);
    }
}

/// The severities of `log_level`. The level of what this library logs is that of the `tracing` subscriber.
const SEVERITIES: [&str; 24] = [
    "trace", "trace2", "trace3", "trace4", "debug", "debug2", "debug3", "debug4", "info", "info2",
    "info3", "info4", "warn", "warn2", "warn3", "warn4", "error", "error2", "error3", "error4",
    "fatal", "fatal2", "fatal3", "fatal4",
];

#[cfg(test)]
mod tests;
