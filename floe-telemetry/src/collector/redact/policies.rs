//! Compiles the redaction policies of a configuration.

use regex::{Regex, RegexBuilder};

use crate::config::{RedactionConfig, RedactionLevel};
use crate::error::Error;
use crate::sanitizer::{Level, Policy};

/// The maximum number of bytes of a compiled pattern.
const MAX_COMPILED: usize = 1 << 20;

/// The redaction policies of a configuration.
#[derive(Debug, Default)]
pub(crate) struct Policies {
    /// The policy for error text.
    pub(super) text: Policy,
    /// The policy for all other text.
    pub(super) attribute: Policy,
}

impl Policies {
    /// Compiles the policies.
    ///
    /// # Errors
    ///
    /// A pattern is too large or is not a regular expression.
    pub(crate) fn compile(config: &RedactionConfig) -> Result<Self, Error> {
        let patterns = config.patterns.iter().enumerate();
        let patterns: Vec<_> = patterns
            .map(|(at, pattern)| compile(at, pattern))
            .collect::<Result<_, _>>()?;
        let policy = |level| {
            Policy::of(level_of(level))
                .with_extra_keys(config.keys.iter().map(String::as_str))
                .with_allowed_keys(config.allowed_keys.iter().map(String::as_str))
                .with_patterns(patterns.clone())
        };
        Ok(Self {
            text: policy(config.level),
            attribute: policy(config.level_of_attributes()),
        })
    }
}

fn level_of(level: RedactionLevel) -> Level {
    match level {
        RedactionLevel::Credentials => Level::Credentials,
        RedactionLevel::CredentialsAndPii => Level::CredentialsAndPii,
        RedactionLevel::Strict => Level::Strict,
    }
}

fn compile(at: usize, pattern: &str) -> Result<Regex, Error> {
    let compiled = RegexBuilder::new(pattern).size_limit(MAX_COMPILED).build();
    compiled.map_err(|error| {
        // The first characters identify a long pattern.
        let beginning: String = pattern.chars().take(64).collect();
        let problem = match error {
            regex::Error::CompiledTooBig(_) => {
                format!("is too large, accepted are at most {MAX_COMPILED} bytes compiled")
            }
            error => format!("is not a regular expression: {error}"),
        };
        Error::config(format!("redaction.patterns.{at}: `{beginning}` {problem}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_that_compiles_to_too_much_is_refused() {
        let config = RedactionConfig::default().with_patterns(["ok", r"\w{500}{20}"]);
        let error = Policies::compile(&config).unwrap_err();
        assert_eq!(
            error.to_string(),
            r"redaction.patterns.1: `\w{500}{20}` is too large, accepted are at most 1048576 bytes compiled"
        );
    }
}
