//! Compiles the redaction policies of a configuration.

use floe_redact::{Level, Redactor, RedactorBuilder};

use crate::config::{RedactionConfig, RedactionLevel, compile_pattern};
use crate::error::Error;

#[derive(Debug)]
pub(crate) struct Policies {
    pub(super) error: Redactor,
    pub(super) log: Redactor,
    pub(super) attribute: Redactor,
}

impl Default for Policies {
    fn default() -> Self {
        Self::of(&Redactor::builder(), &Redactor::builder(), &Redactor::builder())
    }
}

impl Policies {
    /// Compiles the policies. Fails if a key or a pattern cannot be used.
    pub(crate) fn compile(config: &RedactionConfig) -> Result<Self, Error> {
        let mut builder = Redactor::builder();
        for (at, key) in config.keys.iter().enumerate() {
            let unusable =
                |error| Error::config(format!("redaction.keys.{at}: `{key}` is {error}"));
            builder = builder.key(key).map_err(unusable)?;
        }
        for key in &config.allowed_keys {
            builder = builder.allowed_key(key);
        }
        for (at, pattern) in config.patterns.iter().enumerate() {
            let found = compile_pattern(pattern);
            let pattern = found.map_err(|problem| {
                // A long pattern is identified by its first characters.
                let beginning: String = pattern.chars().take(64).collect();
                Error::config(format!("redaction.patterns.{at}: `{beginning}` {problem}"))
            })?;
            builder = builder.pattern(pattern);
        }
        let with_level = |level| builder.clone().level(level_of(level));
        let levels = [config.level, config.level_of_logs(), config.level_of_attributes()];
        let [error, log, attribute] = levels.map(with_level);
        Ok(Self::of(&error, &log, &attribute))
    }

    pub(super) fn of(
        error: &RedactorBuilder,
        log: &RedactorBuilder,
        attribute: &RedactorBuilder,
    ) -> Self {
        let [error, log, attribute] = [error, log, attribute].map(|it| it.clone().build());
        Self { error, log, attribute }
    }
}

fn level_of(level: RedactionLevel) -> Level {
    match level {
        RedactionLevel::Credentials => Level::Credentials,
        RedactionLevel::CredentialsAndPii => Level::CredentialsAndPii,
        RedactionLevel::Strict => Level::Strict,
    }
}
