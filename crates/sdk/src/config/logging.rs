//! The levels and the format of log records.

use std::io::{self, IsTerminal as _};

use opentelemetry::logs::Severity;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::env::parse::entries;
use super::filter::parse_levels;
use super::mistake::{Mistake, at, at_most};
use super::named::choice;
use super::section::is_default;

/// The levels and the format of log records.
///
/// ```
/// use floe_telemetry::TelemetryConfig;
///
/// let mut config = TelemetryConfig::new("orders");
/// config.logging.log_level = "info,hyper=warn,orders::load=debug".to_owned();
/// assert!(config.logging.json_output);
/// ```
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct LoggingConfig {
    /// The levels, in the syntax of `RUST_LOG`: a level for all targets, and `target=level` for all targets with that
    /// prefix, as in `info,hyper=warn`. The levels are `off`, `error`, `warn`, `info`, `debug` and `trace`, in upper or
    /// lower case; `warning` is `warn`, and `critical` is `error`. A target is off if no directive matches it, so
    /// levels usually begin with one for all targets. Default `INFO`.
    pub log_level: String,
    /// Whether lines are JSON instead of text. Default `true`.
    pub json_output: bool,
    /// The output of lines of `init`, `configure_logging` and `logs::layer`: `stderr` (default), `stdout` or `none`. It
    /// does not affect the export of records.
    #[serde(skip_serializing_if = "is_default")]
    pub output: LogOutput,
    /// Patterns for the keys of attributes of the current span that are copied to records and lines; `span.name` stands
    /// for the name of the span. `*` matches any characters and `?` one, so `["*"]` copies all. Default: none.
    ///
    /// The current span is one of `#[traced]`, of `tracing` (with the feature `tracing`) or of OpenTelemetry's API. The
    /// attributes that it has so far are copied, but not those of its ancestors. A field of the record with the same
    /// key takes precedence. With such patterns, spans are recorded even if they are not exported, and each span costs
    /// more: about as much as one update of its attributes.
    #[serde(skip_serializing_if = "is_default")]
    pub span_attributes: Vec<String>,
    /// Which records are exported. Default: all.
    #[serde(skip_serializing_if = "is_default")]
    pub export: LogExportConfig,
}

/// Which log records are exported, in the words of OpenTelemetry's
/// [`LoggerConfig`](https://opentelemetry.io/docs/specs/otel/logs/sdk/#loggerconfig). Lines are written in any case.
///
/// ```
/// use floe_telemetry::TelemetryConfig;
/// use floe_telemetry::opentelemetry::logs::Severity;
///
/// let mut config = TelemetryConfig::new("orders");
/// config.sampling.sampler_arg = Some(0.1);
/// config.logging.export.trace_based = true;
/// config.logging.export.minimum_severity = Some(Severity::Info);
/// ```
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct LogExportConfig {
    /// Whether the records of a trace that is not sampled are left out. Unlike in OpenTelemetry's specification, errors
    /// are exported in any case. So are records without a span. Default `false`.
    #[serde(skip_serializing_if = "is_default")]
    pub trace_based: bool,
    /// The least severity of exported records, from `trace` to `fatal4`. A record without a severity is exported. An
    /// event of `tracing` below it is an event of its span. Default: none.
    #[serde(
        deserialize_with = "read_severity",
        serialize_with = "write_severity",
        skip_serializing_if = "is_default"
    )]
    pub minimum_severity: Option<Severity>,
}

const SEVERITIES: [Severity; 24] = [
    Severity::Trace,
    Severity::Trace2,
    Severity::Trace3,
    Severity::Trace4,
    Severity::Debug,
    Severity::Debug2,
    Severity::Debug3,
    Severity::Debug4,
    Severity::Info,
    Severity::Info2,
    Severity::Info3,
    Severity::Info4,
    Severity::Warn,
    Severity::Warn2,
    Severity::Warn3,
    Severity::Warn4,
    Severity::Error,
    Severity::Error2,
    Severity::Error3,
    Severity::Error4,
    Severity::Fatal,
    Severity::Fatal2,
    Severity::Fatal3,
    Severity::Fatal4,
];

/// Parses the name of a severity, in upper or lower case.
pub(super) fn severity(text: &str) -> Result<Severity, String> {
    let named = SEVERITIES.into_iter().find(|it| it.name().eq_ignore_ascii_case(text));
    named.ok_or_else(|| {
        format!("expected a severity from `trace` to `fatal4`, such as `warn`, found `{text}`")
    })
}

fn read_severity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Severity>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| severity(&text)).transpose().map_err(D::Error::custom)
}

#[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn write_severity<S: Serializer>(
    minimum: &Option<Severity>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    minimum.map(|it| it.name().to_ascii_lowercase()).serialize(serializer)
}

impl LogExportConfig {
    /// Parses `trace_based,minimum_severity=warn`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut export = Self::default();
        for entry in entries(text) {
            let pair = entry.split_once('=').map(|(key, text)| (key.trim(), text.trim()));
            match pair {
                None if entry == "trace_based" => export.trace_based = true,
                Some(("trace_based", "true")) => export.trace_based = true,
                Some(("trace_based", "false")) => export.trace_based = false,
                Some(("minimum_severity", text)) => export.minimum_severity = Some(severity(text)?),
                _ => {
                    return Err(format!(
                        "expected `trace_based`, `minimum_severity=warn` or both, found `{entry}`"
                    ));
                }
            }
        }
        Ok(export)
    }
}

/// The maximum number of patterns for attributes of the current span.
const MAX_SPAN_ATTRIBUTES: usize = 64;

pub(super) fn check_span_attribute(pattern: &str) -> Result<(), String> {
    if pattern.is_empty() || pattern.contains(char::is_whitespace) {
        return Err(format!(
            "expected the key of an attribute, a pattern for keys such as `http.*`, or `*` for all, found `{pattern}`"
        ));
    }
    Ok(())
}

choice! {
    /// The output of log lines.
    ///
    /// ```
    /// use floe_telemetry::TelemetryConfig;
    /// use floe_telemetry::config::LogOutput;
    ///
    /// let mut config = TelemetryConfig::new("orders");
    /// config.logging.output = LogOutput::Stdout;
    /// ```
    #[derive(Default)]
    LogOutput {
        /// Standard error (default), because standard output may be the result of the program.
        #[default]
        Stderr = "stderr",
        /// Standard output.
        Stdout = "stdout",
        /// No output, for a program with its own layer. Records are still exported.
        None = "none",
    }
}

impl LogOutput {
    /// Whether log lines are written to a terminal.
    #[doc(hidden)]
    pub fn is_terminal(self) -> bool {
        match self {
            Self::Stdout => io::stdout().is_terminal(),
            Self::Stderr => io::stderr().is_terminal(),
            Self::None => false,
        }
    }
}

impl Default for LoggingConfig {
    fn default() -> Self {
        Self {
            log_level: "INFO".to_owned(),
            json_output: true,
            output: LogOutput::default(),
            span_attributes: Vec::new(),
            export: LogExportConfig::default(),
        }
    }
}

impl LoggingConfig {
    pub(super) fn check(&self) -> Result<(), Mistake> {
        at("logging.log_level", parse_levels(&self.log_level).map(drop))?;
        at_most("logging.span_attributes", MAX_SPAN_ATTRIBUTES, self.span_attributes.len())?;
        for (index, pattern) in self.span_attributes.iter().enumerate() {
            let path = format!("logging.span_attributes.{index}");
            at(&path, check_span_attribute(pattern))?;
        }
        Ok(())
    }
}
