//! Which tracers, meters and loggers are enabled, by name.

use serde::Deserialize;

use super::Severity;
use super::findings::{Findings, Word, below};
use crate::config::scopes::{LoggerConfig, ScopeConfig};
use crate::recorder::matches;

/// `tracer_configurator`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tracers {
    default_config: Option<Scope>,
    tracers: Option<Vec<Named<Scope>>>,
}

/// `meter_configurator`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Meters {
    default_config: Option<Scope>,
    meters: Option<Vec<Named<Scope>>>,
}

/// `logger_configurator`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Loggers {
    default_config: Option<Logger>,
    loggers: Option<Vec<Named<Logger>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named<C> {
    name: String,
    config: C,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scope {
    enabled: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Logger {
    enabled: Option<bool>,
    minimum_severity: Option<Word<Severity>>,
    trace_based: Option<bool>,
}

impl Tracers {
    pub(super) fn convert(self, found: &mut Findings<'_>) -> Vec<ScopeConfig> {
        let path = "tracer_provider.tracer_configurator.tracers";
        convert(self.default_config, self.tracers, path, found)
    }
}

impl Meters {
    pub(super) fn convert(self, found: &mut Findings<'_>) -> Vec<ScopeConfig> {
        let path = "meter_provider.meter_configurator.meters";
        convert(self.default_config, self.meters, path, found)
    }
}

impl Loggers {
    pub(super) fn convert(self, found: &mut Findings<'_>) -> Vec<LoggerConfig> {
        let path = "logger_provider.logger_configurator.loggers";
        convert(self.default_config, self.loggers, path, found)
    }
}

/// What a scope has by its name.
trait OfScope {
    type Config;

    fn of(self, name: String) -> Self::Config;
}

impl OfScope for Scope {
    type Config = ScopeConfig;

    fn of(self, name: String) -> ScopeConfig {
        ScopeConfig::new(name, self.enabled.unwrap_or(true))
    }
}

impl OfScope for Logger {
    type Config = LoggerConfig;

    fn of(self, name: String) -> LoggerConfig {
        LoggerConfig {
            enabled: self.enabled.unwrap_or(true),
            minimum_severity: self.minimum_severity.map_or(0, |Word(it)| it.0),
            trace_based: self.trace_based.unwrap_or(false),
            ..LoggerConfig::new(name)
        }
    }
}

/// The default is that of all other names, so it is the last.
fn convert<C: OfScope>(
    default: Option<C>,
    named: Option<Vec<Named<C>>>,
    path: &str,
    found: &mut Findings<'_>,
) -> Vec<C::Config> {
    let mut seen = Vec::<String>::new();
    let mut configs = Vec::new();
    for (path, Named { name, config }) in found.items(named, path) {
        // A `?` in the earlier name would match a `*` in the later one.
        let earlier = seen.iter().find(|it| !it.contains('?') && matches(it, &name));
        if let Some(earlier) = earlier {
            let reason = format!("it never applies, because `{earlier}` comes first");
            found.ignore(&below(&path, "name"), &reason);
        }
        seen.push(name.clone());
        configs.push(config.of(name));
    }
    configs.extend(default.map(|config| config.of("*".to_owned())));
    configs
}
