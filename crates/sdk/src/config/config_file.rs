//! The file of `OTEL_CONFIG_FILE`: OpenTelemetry's
//! [declarative configuration](https://opentelemetry.io/docs/specs/otel/configuration/data-model/), file formats 1.0 and
//! 1.1.
//!
//! The file is read into structures with the names of its schema, which are converted to our own configuration. A
//! property or a component that this program does not have is reported once with its place, and has no effect: the file may
//! be for other programs, too.

mod exporter;
mod findings;
mod logger_provider;
mod meter_provider;
mod propagator;
mod resource;
mod sampler;
mod tracer_provider;
mod view;

use std::path::Path;

use floe_suggest::expected;
use floe_yaml::{Content, Node};
use serde::Deserialize;
use serde::de::IgnoredAny;

use self::findings::{Choice, Findings, Word};
use self::logger_provider::LoggerProvider;
use self::meter_provider::{MeterProvider, READERS};
use self::propagator::Propagator;
use self::resource::Resource;
use self::tracer_provider::{AttributeLimits, PROCESSORS, TracerProvider};
use super::env::{self, warn};
use super::exporters::{ExporterKind, ExportersConfig};
use super::limits::{LogRecordLimits, SpanLimits};
use super::otlp::OtlpConfig;
use super::problems::{Problems, below};
use super::substitution;
use super::telemetry::TelemetryConfig;
use crate::environment;
use crate::error::Error;
use crate::regular_file;

/// The largest file, in bytes: 1 MiB.
const MAX_BYTES: u64 = 1024 * 1024;

/// The suffix of keys that are not stable. It disappears when they are.
const EXPERIMENTAL: &str = "/development";

/// The content of a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "file_format")]
    _file_format: IgnoredAny,
    disabled: Option<bool>,
    #[serde(rename = "log_level")]
    _log_level: Option<Word<Severity>>,
    attribute_limits: Option<AttributeLimits>,
    resource: Option<Resource>,
    propagator: Option<Propagator>,
    tracer_provider: Option<TracerProvider>,
    meter_provider: Option<MeterProvider>,
    logger_provider: Option<LoggerProvider>,
    #[serde(rename = "instrumentation")]
    _instrumentation: Option<Choice<Node>>,
    #[serde(rename = "distribution")]
    _distribution: Option<IgnoredAny>,
}

/// The version of the format.
#[derive(Deserialize)]
struct Version {
    file_format: String,
}

/// The name of a severity. As `log_level` it has no effect: the level of what this library logs is that of the `tracing`
/// subscriber.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Severity;

/// The severities. Each has three others that are a little more severe, such as `trace2`.
const SEVERITIES: [&str; 6] = ["trace", "debug", "info", "warn", "error", "fatal"];

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

/// Warns about what a file has, after its [`context`].
pub(super) fn warn_within(context: &str, message: &str) {
    let warning = Error::mistakes(message.split("\n  ")).within(context);
    warn(&warning.to_string());
}

/// Returns the text of the file.
pub(super) fn read(path: &Path) -> Result<String, Error> {
    let bytes = regular_file::read(path, MAX_BYTES);
    let bytes = bytes.map_err(|error| Error::config(error.to_string()))?;
    String::from_utf8(bytes).map_err(|_| Error::config("it is not UTF-8"))
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
    let parsed = convert(text, base, variable, &mut problems);
    let parsed = problems.finish(parsed)?;
    parsed.config.validate()?;
    Ok(parsed)
}

/// Reads and converts a file. `None` after mistakes that leave nothing to convert.
fn convert(
    text: &str,
    base: &TelemetryConfig,
    variable: &dyn Fn(&str) -> Option<String>,
    problems: &mut Problems,
) -> Option<Parsed> {
    let mut document = problems.unless_mistaken(floe_yaml::parse(text))?;
    hide_suffixes(&mut document);
    substitution::substitute(&mut document, variable, |_| false, problems);
    let mut unsupported = Problems::default();
    findings::take_unsupported(&mut document, &mut unsupported);
    name_others(&mut document, &mut unsupported);
    let mut found = Findings::new(&document, problems, unsupported);
    let mut warnings = Vec::new();
    check_version(found.read(&document, "")?, &mut warnings, &mut found)?;
    let file: File = found.read(&document, "")?;
    let mut config = base.clone();
    file.apply(&mut config, &mut found);
    let unsupported = found.unsupported.into_lines();
    if !unsupported.is_empty() {
        let places = unsupported.join("\n  ");
        warnings.push(format!("not supported, and ignored:\n  {places}"));
    }
    Some(Parsed { config, warnings })
}

/// Lets samplers, processors and readers be read that are not of this crate, and reports those that the program does not
/// have.
fn name_others(document: &mut Node, unsupported: &mut Problems) {
    let traces = document.child_mut("tracer_provider");
    if let Some(node) = traces.and_then(|it| it.child_mut("sampler")) {
        sampler::name_others(node, "tracer_provider.sampler", unsupported);
    }
    for (provider, key, known) in [
        ("tracer_provider", "processors", &PROCESSORS[..]),
        ("logger_provider", "processors", &PROCESSORS),
        ("meter_provider", "readers", &READERS),
    ] {
        if let Some(list) = document.child_mut(provider).and_then(|it| it.child_mut(key)) {
            name_items(list, &below(provider, key), known, unsupported);
        }
    }
}

/// Lets the items of a list that are not `known` be read as `other`.
fn name_items(list: &mut Node, path: &str, known: &[&str], unsupported: &mut Problems) {
    let Content::List(items) = &mut list.content else {
        return;
    };
    for (at, item) in items.iter_mut().enumerate() {
        if let Content::Map(entries) = &mut item.content
            && let [entry] = &mut **entries
            && !known.contains(&entry.name())
        {
            let path = below(&below(path, &at.to_string()), &entry.key);
            unsupported.add_at(entry.position, path, expected(known, entry.name()));
            entry.alias = Some("other".to_owned());
        }
    }
}

/// Lets keys be read without the suffix of experimental ones.
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

/// Returns `None` if the version of the file is not accepted
/// ([versions](https://github.com/open-telemetry/opentelemetry-configuration/blob/main/VERSIONING.md#file-format)).
fn check_version(
    version: Version,
    warnings: &mut Vec<String>,
    found: &mut Findings<'_>,
) -> Option<()> {
    let text = version.file_format;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let warning = match text.strip_prefix("1.") {
        // What 1.1 adds is known, or reported where it occurs.
        Some("0" | "1") => return Some(()),
        Some(minor) if is_number(minor) => "which may have properties that 1.1 has not",
        Some(minor) if minor.strip_prefix("0-rc.").is_some_and(is_number) => {
            "which is read as `1.0`"
        }
        _ => {
            found.refuse("file_format", format!("expected `1.0` or `1.1`, found `{text}`"));
            return None;
        }
    };
    warnings.push(format!("found the file format `{text}`, {warning}"));
    Some(())
}

impl File {
    fn apply(self, config: &mut TelemetryConfig, found: &mut Findings<'_>) {
        config.enabled = !self.disabled.unwrap_or(false);
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
        if let Some(limits) = self.attribute_limits {
            limits.apply_to_all(config, found);
        }
        if let Some(resource) = self.resource {
            resource.apply(config, found);
        }
        if let Some(propagator) = self.propagator {
            propagator.apply(config, found);
        }
        if let Some(provider) = self.tracer_provider {
            provider.apply(config, found);
        }
        if let Some(provider) = self.meter_provider {
            provider.apply(config, found);
        }
        if let Some(provider) = self.logger_provider {
            provider.apply(config, found);
        }
    }
}

impl TryFrom<String> for Severity {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        let name = word.strip_suffix(['2', '3', '4']).unwrap_or(&word);
        if SEVERITIES.contains(&name) { Ok(Self) } else { Err(expected(&SEVERITIES, &word)) }
    }
}

#[cfg(test)]
mod tests;
