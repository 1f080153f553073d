//! What a plugin does for the platform.

use std::fmt;

/// What a plugin does for the platform.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(
    feature = "provider",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum PluginType {
    /// Runs queries.
    Compute,
    /// Decides what is built when.
    Orchestrator,
    /// Knows the tables.
    Catalog,
    /// Keeps files and tables.
    Storage,
    /// Keeps telemetry. Never instrumented itself: it would observe itself for ever.
    TelemetryBackend,
    /// Keeps lineage.
    LineageBackend,
    /// Runs models.
    Dbt,
    /// Gives tables business meaning.
    SemanticLayer,
    /// Brings data in.
    Ingestion,
    /// Knows credentials.
    Secrets,
    /// Knows who somebody is.
    Identity,
    /// Checks data.
    Quality,
    /// ErrorView who may do what.
    Rbac,
    /// Tells people.
    AlertChannel,
    /// ErrorView who may talk to whom.
    NetworkSecurity,
}

impl PluginType {
    /// All of them.
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

    /// The name as it is written in configuration and in logs: `telemetry_backend`.
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
