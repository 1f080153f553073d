//! The kinds of plugins.

use std::fmt;

/// The type of a plugin: its task in the platform.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum PluginType {
    /// Runs queries.
    Compute,
    /// Schedules and runs the assets of a product.
    Orchestrator,
    /// Lists tables and where they are stored.
    Catalog,
    /// Stores files and tables.
    Storage,
    /// Stores telemetry. Never instrumented: its spans would be exported to itself and cause new spans.
    TelemetryBackend,
    /// Stores lineage.
    LineageBackend,
    /// Runs dbt.
    Dbt,
    /// Defines metrics and dimensions over tables.
    SemanticLayer,
    /// Loads data from external sources.
    Ingestion,
    /// Resolves secrets.
    Secrets,
    /// Authenticates users and services.
    Identity,
    /// Checks the quality of data.
    Quality,
    /// Generates roles and role bindings.
    Rbac,
    /// Sends alerts.
    AlertChannel,
    /// Generates network policies.
    NetworkSecurity,
}

impl PluginType {
    /// All plugin types.
    pub const ALL: [Self; 15] = [
        Self::Compute,
        Self::Orchestrator,
        Self::Catalog,
        Self::Storage,
        Self::TelemetryBackend,
        Self::LineageBackend,
        Self::Dbt,
        Self::SemanticLayer,
        Self::Ingestion,
        Self::Secrets,
        Self::Identity,
        Self::Quality,
        Self::Rbac,
        Self::AlertChannel,
        Self::NetworkSecurity,
    ];

    /// The name in configuration files and in logs, for example `telemetry_backend`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Compute => "compute",
            Self::Orchestrator => "orchestrator",
            Self::Catalog => "catalog",
            Self::Storage => "storage",
            Self::TelemetryBackend => "telemetry_backend",
            Self::LineageBackend => "lineage_backend",
            Self::Dbt => "dbt",
            Self::SemanticLayer => "semantic_layer",
            Self::Ingestion => "ingestion",
            Self::Secrets => "secrets",
            Self::Identity => "identity",
            Self::Quality => "quality",
            Self::Rbac => "rbac",
            Self::AlertChannel => "alert_channel",
            Self::NetworkSecurity => "network_security",
        }
    }
}

impl fmt::Display for PluginType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
