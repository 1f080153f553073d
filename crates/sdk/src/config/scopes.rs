//! Which instrumentation scopes are enabled, by name.

use serde::{Deserialize, Serialize};

use crate::json_schema::JsonSchema;

/// Whether tracers are enabled
/// ([configurator](https://opentelemetry.io/docs/specs/otel/trace/sdk/#tracerconfigurator)). The first that matches a
/// name applies.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ScopeConfig {
    /// A pattern for the name of the instrumentation scope, in which `*` matches any characters and `?` one.
    pub name: String,
    /// Whether spans of the scope are recorded.
    pub enabled: bool,
}

impl ScopeConfig {
    /// Creates the configuration of the scopes that match `name`.
    pub fn new(name: impl Into<String>, enabled: bool) -> Self {
        Self { name: name.into(), enabled }
    }
}
