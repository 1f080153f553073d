//! The levels and the format of log records.

use floe_yaml::{did_you_mean, one_of};
use serde::{Deserialize, Serialize};

use super::problems::Problems;
use super::section::is_default;
use crate::json_schema::JsonSchema;

/// The accepted levels, in any case.
const LEVELS: [&str; 5] = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];

/// The accepted levels of a target.
const TARGET_LEVELS: [&str; 8] = [
    "TRACE", "DEBUG", "INFO", "WARN", "WARNING", "ERROR", "CRITICAL", "OFF",
];

/// The levels and the format of log records.
///
/// ```
/// use floe_telemetry::TelemetryConfig;
///
/// let mut config = TelemetryConfig::new("orders");
/// config.logging.log_level = "INFO,hyper=WARN,orders::load=DEBUG".to_owned();
/// assert!(config.logging.json_output);
/// ```
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct LoggingConfig {
    /// The level: `DEBUG`, `INFO`, `WARNING` (or `WARN`), `ERROR` or `CRITICAL`, in any case. It may be followed by
    /// levels for targets, separated by commas: `INFO,hyper=WARN`. The level of a target applies to all
    /// targets with that prefix, and may also be `TRACE` or `OFF`. Default `INFO`.
    #[schemars(regex(
        pattern = "(?i)^(DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL)( *, *[^=, ]+ *= *(TRACE|DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL|OFF))*$"
    ))]
    pub log_level: String,
    /// Whether lines are JSON instead of text. Default `true`.
    pub json_output: bool,
    /// Whether events of `tracing` in a span are also events of that span, for the layer that [`init`](crate::init)
    /// installs. Default `true`: each event in a span is exported twice then, with its span and as a log record. With
    /// `false` it only sets the status of its span.
    pub span_events: bool,
    /// The keys of message, level, time, target and ids in lines of JSON: as Python's `structlog` names them (default), or
    /// `plain`, `gcp`, `ecs` or `datadog`.
    #[serde(skip_serializing_if = "is_default")]
    pub keys: LogKeys,
    /// Where `init`, `configure_logging` and `logs::layer` write lines: `stdout` (default), `stderr` or `none`. The
    /// records are exported in any case.
    #[serde(skip_serializing_if = "is_default")]
    pub output: LogOutput,
}

/// Where log lines are written.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LogOutput {
    /// Standard output (default).
    #[default]
    Stdout,
    /// Standard error, for a program that writes its result to standard output.
    Stderr,
    /// Nowhere, for a program with a layer of its own. Records are still exported.
    None,
}

impl LogOutput {
    pub(super) const ALL: [(&'static str, Self); 3] = [
        ("stdout", Self::Stdout),
        ("stderr", Self::Stderr),
        ("none", Self::None),
    ];
}

/// The keys of the built-in fields in log lines of JSON.
///
/// | | message | level | time | target | ids |
/// |---|---|---|---|---|---|
/// | `structlog` | `event` | `level`: `warning` | `timestamp` | `target` | `trace_id`, `span_id` |
/// | `plain` | `message` | `severity`: `WARN` | `timestamp` | `target` | `trace_id`, `span_id` |
/// | `gcp` | `message` | `severity`: `WARNING` | `time` | `target` | `logging.googleapis.com/trace`, `logging.googleapis.com/spanId` |
/// | `ecs` | `message` | `log.level`: `warn` | `@timestamp` | `log.logger` | `trace.id`, `span.id` |
/// | `datadog` | `message` | `status`: `warn` | `timestamp` | `logger.name` | `trace_id`, `span_id` |
///
/// A line with the keys of ECS also has `ecs.version`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LogKeys {
    /// The keys of Python's `structlog` (default).
    #[default]
    Structlog,
    /// Keys that many programs use.
    Plain,
    /// Google Cloud Logging.
    Gcp,
    /// The Elastic Common Schema.
    Ecs,
    /// Datadog.
    Datadog,
}

impl LogKeys {
    pub(super) const ALL: [(&'static str, Self); 5] = [
        ("structlog", Self::Structlog),
        ("plain", Self::Plain),
        ("gcp", Self::Gcp),
        ("ecs", Self::Ecs),
        ("datadog", Self::Datadog),
    ];
}

impl Default for LoggingConfig {
    fn default() -> Self {
        Self {
            log_level: "INFO".to_owned(),
            json_output: true,
            span_events: true,
            keys: LogKeys::default(),
            output: LogOutput::default(),
        }
    }
}

impl LoggingConfig {
    pub(super) fn check(&self, problems: &mut Problems) {
        if let Err(message) = Levels::parse(&self.log_level) {
            problems.add("logging.log_level", message);
        }
    }
}

/// The default level and the levels of targets, in upper case.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Levels {
    pub(crate) default: String,
    pub(crate) targets: Vec<(String, String)>,
}

impl Levels {
    /// Parses `INFO` or `INFO,hyper=WARN`.
    ///
    /// # Errors
    ///
    /// The error describes what was expected and what was found.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = text.split(',').map(str::trim);
        let default = parts.next().unwrap_or_default();
        let default = match default {
            // As `tracing` and `RUST_LOG` call it.
            warn if warn.eq_ignore_ascii_case("WARN") => "WARNING".to_owned(),
            default => level(default, default, &LEVELS)?,
        };
        let targets = parts.map(|part| match part.split_once('=') {
            Some((target, word)) if is_target(target.trim()) => {
                let level = level(part, word.trim(), &TARGET_LEVELS)?;
                Ok((target.trim().to_owned(), level))
            }
            _ => Err(format!(
                "expected a level, followed by `target=level` with commas: `INFO,hyper=WARN`, found `{part}`",
            )),
        });
        Ok(Self {
            default,
            targets: targets.collect::<Result<_, _>>()?,
        })
    }
}

/// Writes the form that [`Levels::parse`] parses.
impl std::fmt::Display for Levels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.default)?;
        let mut targets = self.targets.iter();
        targets.try_for_each(|(target, level)| write!(f, ",{target}={level}"))
    }
}

/// Returns the level with the name `word`. The error quotes all of `part`, because redaction recognizes a
/// secret by the key that precedes it.
fn level(part: &str, word: &str, levels: &[&str]) -> Result<String, String> {
    let known = levels.iter().find(|level| level.eq_ignore_ascii_case(word));
    match known {
        Some(level) => Ok((*level).to_owned()),
        None => Err(format!(
            "expected {}, found `{part}`{}",
            one_of(levels),
            did_you_mean(word, levels)
        )),
    }
}

fn is_target(target: &str) -> bool {
    !target.is_empty() && !target.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_of_targets_follow_the_default_level() {
        assert_eq!(Levels::parse("warn"), Levels::parse("WARNING"));
        let levels = Levels::parse(" info, hyper=warn,orders::load = Off").unwrap();
        assert_eq!(levels.to_string(), "INFO,hyper=WARN,orders::load=OFF");
        assert_eq!(Levels::parse(&levels.to_string()), Ok(levels));
    }

    #[test]
    fn an_unknown_level_or_target_is_quoted_in_the_error() {
        for (text, message) in [
            ("", "or `CRITICAL`, found ``"),
            ("hyper=warn", "or `CRITICAL`, found `hyper=warn`"),
            ("INFO,", "`INFO,hyper=WARN`, found ``"),
            ("INFO,hyper", "`INFO,hyper=WARN`, found `hyper`"),
            ("INFO,=warn", "`INFO,hyper=WARN`, found `=warn`"),
            ("INFO,hyper=loud", "found `hyper=loud`"),
            ("INFO,hyper=wran", "did you mean `WARN`?"),
        ] {
            let error = Levels::parse(text).unwrap_err();
            assert!(error.contains(message), "{text}: {error}");
        }
    }
}
