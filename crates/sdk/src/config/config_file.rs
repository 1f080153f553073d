//! The file of `OTEL_CONFIG_FILE`: OpenTelemetry's
//! [declarative configuration](https://opentelemetry.io/docs/specs/otel/configuration/data-model/), file formats 1.0 and
//! 1.1.
//!
//! Each module reads a part of the file into this crate's configuration, and lists its known keys. An unknown key or
//! component is reported once with its place, and ignored, because the file may also be for other programs.

mod exporter;
mod meter;
mod part;
mod processors;
mod resource;
mod sampler;

use std::path::Path;

use floe_suggest::expected;
use floe_yaml::{Content, Node};

use self::part::{Found, Part};
use super::env::{self, warn};
use super::exporters::{ExporterKind, ExportersConfig};
use super::limits::{LogRecordLimits, SpanLimits};
use super::otlp::OtlpConfig;
use super::problems::Problems;
use super::substitution;
use super::telemetry::TelemetryConfig;
use crate::environment;
use crate::error::Error;
use crate::regular_file;

/// The maximum size of the file, in bytes: 1 MiB.
const MAX_BYTES: u64 = 1024 * 1024;

/// The suffix of unstable keys, which disappears when they become stable.
const EXPERIMENTAL: &str = "/development";

/// The keys of a file that are not sections. `log_level` has no effect: the `tracing` subscriber decides the level of
/// this library's messages.
const KEYS: [&str; 5] = ["file_format", "disabled", "log_level", "instrumentation", "distribution"];

/// The severities. Each has three higher variants, such as `trace2`.
const SEVERITIES: [&str; 6] = ["trace", "debug", "info", "warn", "error", "fatal"];

/// The sections of a file, in the order in which they are applied.
const SECTIONS: [(&str, Apply); 6] = [
    ("attribute_limits", processors::limits),
    ("resource", resource::resource),
    ("propagator", resource::propagators),
    ("tracer_provider", processors::tracer),
    ("meter_provider", meter::meter),
    ("logger_provider", processors::logger),
];

/// A function that applies a section.
type Apply = fn(&Part<'_>, &mut TelemetryConfig);

impl TelemetryConfig {
    /// Loads a file in the format of OpenTelemetry's
    /// [declarative configuration](https://opentelemetry.io/docs/specs/otel/configuration/data-model/), version 1.0 or 1.1,
    /// as [`from_env`](Self::from_env) does with the file in `OTEL_CONFIG_FILE`.
    ///
    /// References to environment variables (`${NAME}`, `${NAME:-default}`) are substituted; other variables are not
    /// read. A signal without a provider in the file is not exported, and without `propagator` no context is
    /// propagated. Properties that this library does not support are ignored with one warning, which names their
    /// places. [The manual](https://docs.rs/floe-telemetry/latest/floe_telemetry/_manual/configuration/index.html#opentelemetrys-configuration-file) lists them.
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
    /// mistakes, such as values of the wrong type. The error has their line, column and keys.
    pub fn from_config_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let mut config = Self::new(env::default_service_name());
        config.apply_config_file(path.as_ref())?;
        Ok(config)
    }

    /// Applies a file. After an error the configuration is unchanged.
    pub(super) fn apply_config_file(&mut self, path: &Path) -> Result<(), Error> {
        let context = context(path);
        let parsed = read(path)
            .and_then(|text| parse(&text, self, &|name| environment::variable(name).ok()));
        let parsed = parsed.map_err(|error| error.within(&context))?;
        for message in &parsed.warnings {
            warn_within(&context, message);
        }
        *self = parsed.config;
        Ok(())
    }
}

/// Precedes an error of the file.
pub(super) fn context(path: &Path) -> String {
    format!("the configuration file `{}`", path.display())
}

/// Warns about a part of the file, after its [`context`].
pub(super) fn warn_within(context: &str, message: &str) {
    let warning = Error::mistakes(message.split("\n  ")).within(context);
    warn(&warning.to_string());
}

pub(super) fn read(path: &Path) -> Result<String, Error> {
    let bytes = regular_file::read(path, MAX_BYTES);
    let bytes = bytes.map_err(|error| Error::config(error.to_string()))?;
    String::from_utf8(bytes).map_err(|_| Error::config("it is not UTF-8"))
}

/// A file that was read.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) config: TelemetryConfig,
    /// The warnings, each with sanitized lines.
    pub(crate) warnings: Vec<String>,
}

/// Parses a file. Sections that the format lacks come from `base`. `variable` returns the value of an environment
/// variable.
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
    let Some(mut document) = problems.unless_mistaken(floe_yaml::parse(text)) else {
        return problems.finish(None);
    };
    hide_suffixes(&mut document);
    substitution::substitute(&mut document, variable, |_| false, &mut problems);
    let found = Found::new(problems);
    let (mut config, mut warnings) = (base.clone(), Vec::new());
    let root = Part::root(&document, &found);
    if let Some(version) = root.required("file_format")
        && accepts_version(&version, &mut warnings)
    {
        apply(&root, &mut config);
    }
    let (problems, unsupported) = found.into_parts();
    problems.into_result()?;
    config.validate()?;
    let unsupported = unsupported.into_lines();
    if !unsupported.is_empty() {
        let places = unsupported.join("\n  ");
        warnings.push(format!("not supported, and ignored:\n  {places}"));
    }
    Ok(Parsed { config, warnings })
}

/// Makes experimental keys readable without their suffix.
fn hide_suffixes(node: &mut Node) {
    match &mut node.content {
        Content::List(items) => items.iter_mut().for_each(hide_suffixes),
        Content::Map(entries) => {
            for entry in entries {
                entry.alias = entry.key.strip_suffix(EXPERIMENTAL).map(str::to_owned);
                hide_suffixes(&mut entry.value);
            }
        }
        _ => {}
    }
}

/// Whether the version of the file is accepted
/// ([versions](https://github.com/open-telemetry/opentelemetry-configuration/blob/main/VERSIONING.md#file-format)).
fn accepts_version(version: &Part<'_>, warnings: &mut Vec<String>) -> bool {
    let Some(text) = version.read::<String>() else {
        return false;
    };
    let is_number = |text: &str| text.parse::<u32>().is_ok();
    let minor = text.strip_prefix("1.").unwrap_or_default();
    let warning = match minor {
        // Additions of 1.1 are known, or reported where they occur.
        "0" | "1" => return true,
        _ if is_number(minor) => "which may have properties that 1.1 has not",
        _ if minor.strip_prefix("0-rc.").is_some_and(is_number) => "which is read as `1.0`",
        _ => {
            version.refuse(format!("expected `1.0` or `1.1`, found `{text}`"));
            return false;
        }
    };
    warnings.push(format!("found the file format `{text}`, {warning}"));
    true
}

/// Applies a file to a configuration. A signal without a provider is not exported.
fn apply(root: &Part<'_>, config: &mut TelemetryConfig) {
    root.expect(&[&KEYS[..], &SECTIONS.map(|(key, _)| key)].concat());
    config.enabled = !root.value("disabled").unwrap_or(false);
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
    if let Some(level) = root.get("log_level")
        && let Some(text) = level.read::<String>()
        && let word = text.to_ascii_lowercase()
        && !SEVERITIES.contains(&word.trim_end_matches(['2', '3', '4']))
    {
        level.ignore(expected(&SEVERITIES, &text));
    }
    if let Some(instrumentation) = root.get("instrumentation") {
        // The sections of other languages are meant for other programs.
        for key in ["general", "rust"] {
            if let Some(section) = instrumentation.get(key) {
                section.ignore("");
            }
        }
    }
    for (key, apply) in SECTIONS {
        if let Some(section) = root.get(key) {
            apply(&section, config);
        }
    }
}

#[cfg(test)]
mod tests;
