//! Logging.

use serde::{Deserialize, Serialize};

use super::problems::Problems;
use super::suggest::accepted;

/// The levels that are accepted, in any case.
const LEVELS: [&str; 5] = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];

/// The levels that a target may have.
const TARGET_LEVELS: [&str; 8] = [
    "TRACE", "DEBUG", "INFO", "WARN", "WARNING", "ERROR", "CRITICAL", "OFF",
];

/// How the process logs.
///
/// ```
/// use floe_telemetry::config::LoggingConfig;
///
/// let logging = LoggingConfig {
///     log_level: "INFO,hyper=WARN,orders::load=DEBUG".to_owned(),
///     json_output: true,
/// };
/// # let _ = logging;
/// ```
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data with a published schema"
)]
pub struct LoggingConfig {
    /// `DEBUG`, `INFO`, `WARNING`, `ERROR` or `CRITICAL`, in any case. Targets that differ follow
    /// with commas: `INFO,hyper=WARN`. A target stands for all that begin with it, and its level may
    /// also be `TRACE`, `WARN` or `OFF`. Default `INFO`.
    #[cfg_attr(
        feature = "schema",
        schemars(regex(
            pattern = "(?i)^(DEBUG|INFO|WARNING|ERROR|CRITICAL)( *, *[^=, ]+ *= *(TRACE|DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL|OFF))*$"
        ))
    )]
    pub log_level: String,
    /// JSON lines rather than text. Default `true`.
    pub json_output: bool,
}

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

/// The level of everything, and those of single targets, as words in upper case.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Levels {
    pub(crate) default: String,
    pub(crate) targets: Vec<(String, String)>,
}

impl Levels {
    /// Reads `INFO` or `INFO,hyper=WARN`, or says what was found and what is accepted.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = text.split(',').map(str::trim);
        let default = parts.next().unwrap_or_default();
        let default = level(default, default, &LEVELS)?;
        let targets = parts.map(|part| match part.split_once('=') {
            Some((target, word)) if is_target(target.trim()) => {
                let level = level(part, word.trim(), &TARGET_LEVELS)?;
                Ok((target.trim().to_owned(), level))
            }
            _ => Err(format!(
                "found `{part}`, accepted is a level, then `target=level` with commas: `INFO,hyper=WARN`",
            )),
        });
        Ok(Self {
            default,
            targets: targets.collect::<Result<_, _>>()?,
        })
    }
}

/// In the form that [`Levels::parse`] reads.
impl std::fmt::Display for Levels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.default)?;
        let mut targets = self.targets.iter();
        targets.try_for_each(|(target, level)| write!(f, ",{target}={level}"))
    }
}

/// The level that `word` is. What is not one is told with all that it stands in: a value is known
/// for a secret by its key.
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
    fn a_level_is_followed_by_those_of_targets() {
        let levels = Levels::parse(" info, hyper=warn,orders::load = Off").unwrap();
        assert_eq!(levels.to_string(), "INFO,hyper=WARN,orders::load=OFF");
        assert_eq!(Levels::parse(&levels.to_string()), Ok(levels));
    }

    #[test]
    fn what_is_not_a_level_or_a_target_is_named() {
        for (text, message) in [
            ("", "found ``, accepted are `DEBUG`"),
            ("hyper=warn", "found `hyper=warn`, accepted are `DEBUG`"),
            ("INFO,", "found ``, accepted is a level, then"),
            ("INFO,hyper", "found `hyper`, accepted is a level, then"),
            ("INFO,=warn", "found `=warn`, accepted is a level, then"),
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
