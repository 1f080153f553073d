//! Which instrumentation scopes are enabled, by name.

use serde::{Deserialize, Serialize};

use crate::json_schema::JsonSchema;
use crate::recorder::matches;

/// Whether tracers or meters are enabled
/// ([configurator](https://opentelemetry.io/docs/specs/otel/trace/sdk/#tracerconfigurator)). The first that matches a
/// name applies.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ScopeConfig {
    /// A pattern for the name of the instrumentation scope, in which `*` matches any characters and `?` one.
    pub name: String,
    /// Whether spans or metrics of the scope are recorded.
    pub enabled: bool,
}

impl ScopeConfig {
    /// Creates the configuration of the scopes that match `name`.
    pub fn new(name: impl Into<String>, enabled: bool) -> Self {
        Self { name: name.into(), enabled }
    }

    /// Returns whether the first that matches enables the scope. A scope that none matches is enabled.
    #[must_use]
    pub fn enables(scopes: &[Self], scope: &str) -> bool {
        let mut scopes = scopes.iter();
        let config = scopes.find(|config| matches(&config.name, scope));
        config.is_none_or(|config| config.enabled)
    }
}

/// Which log records of a logger are exported
/// ([configurator](https://opentelemetry.io/docs/specs/otel/logs/sdk/#loggerconfigurator)). Lines are not affected. The
/// first that matches a name applies.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct LoggerConfig {
    /// A pattern for the name of the instrumentation scope, in which `*` matches any characters and `?` one. That of
    /// records of `tracing` and `log` is their target.
    pub name: String,
    /// Whether records are exported. Default `true`.
    #[serde(default = "enabled")]
    pub enabled: bool,
    /// The least [severity number](https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber), from
    /// 1 to 24: 5 is `debug`, 9 `info`, 13 `warn`, and 17 `error`. Records without one are exported. Default 0, no limit.
    #[serde(default)]
    #[schemars(range(max = 24))]
    pub minimum_severity: u8,
    /// Whether records that belong to a trace that is not sampled are left out. Default `false`.
    #[serde(default)]
    pub trace_based: bool,
}

const fn enabled() -> bool {
    true
}

impl LoggerConfig {
    /// Creates the configuration of the loggers that match `name`, which changes nothing.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), enabled: true, minimum_severity: 0, trace_based: false }
    }

    /// Returns whether the first that matches the logger accepts a record with this severity number, or 0 for none;
    /// `is_unsampled` if it belongs to a trace that is not sampled. `None` if the logger is not enabled.
    #[must_use]
    pub fn accept(
        loggers: &[Self],
        logger: &str,
        severity: u8,
        is_unsampled: bool,
    ) -> Option<bool> {
        let mut loggers = loggers.iter();
        let Some(config) = loggers.find(|config| matches(&config.name, logger)) else {
            return Some(true);
        };
        config.enabled.then_some(
            (severity == 0 || severity >= config.minimum_severity)
                && !(config.trace_based && is_unsampled),
        )
    }
}
