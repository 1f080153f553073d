//! The levels and the format of log records.

use floe_yaml::accepted;
use serde::{Deserialize, Serialize};

use super::problems::Problems;
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
/// use floe_telemetry::config::LoggingConfig;
///
/// let logging = LoggingConfig::default().with_log_level("INFO,hyper=WARN,orders::load=DEBUG");
/// assert!(logging.json_output);
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
}

setters! { LoggingConfig {
    with_log_level(log_level: into String);
    with_json_output(json_output: bool);
} }

impl Default for LoggingConfig {
    fn default() -> Self {
        Self {
            log_level: "INFO".to_owned(),
            json_output: true,
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
    /// The error describes what was found and what is accepted.
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
                "found `{part}`, accepted is a level, followed by `target=level` with commas: `INFO,hyper=WARN`",
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
        None => Err(format!("found `{part}`, {}", accepted(word, levels))),
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
            ("", "found ``, accepted are `DEBUG`"),
            ("hyper=warn", "found `hyper=warn`, accepted are `DEBUG`"),
            ("INFO,", "found ``, accepted is a level, followed by"),
            (
                "INFO,hyper",
                "found `hyper`, accepted is a level, followed by",
            ),
            (
                "INFO,=warn",
                "found `=warn`, accepted is a level, followed by",
            ),
            (
                "INFO,hyper=loud",
                "found `hyper=loud`, accepted are `TRACE`",
            ),
            ("INFO,hyper=wran", "did you mean `WARN`?"),
        ] {
            let error = Levels::parse(text).unwrap_err();
            assert!(error.contains(message), "{text}: {error}");
        }
    }
}
