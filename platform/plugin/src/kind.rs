//! The kinds of plugins.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The type of a plugin: its task in the platform.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
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

    /// The domain of the plugin's spans; `None` for telemetry backends, which are never traced.
    #[must_use]
    pub const fn domain(self) -> Option<&'static str> {
        Some(match self {
            Self::Compute => "compute",
            Self::Orchestrator => "orchestrator",
            Self::Catalog => "catalog",
            Self::Storage => "storage",
            Self::TelemetryBackend => return None,
            Self::LineageBackend => "lineage",
            Self::Dbt => "dbt",
            Self::SemanticLayer => "semantic",
            Self::Ingestion => "ingestion",
            Self::Secrets => "secrets",
            Self::Identity => "identity",
            Self::Quality => "quality",
            Self::Rbac | Self::NetworkSecurity => "security",
            Self::AlertChannel => "alert",
        })
    }

    /// The operations of the type's trait, which are the last parts of span names. A contract test performs each
    /// operation.
    #[must_use]
    pub const fn operations(self) -> &'static [&'static str] {
        match self {
            Self::Compute => &[
                "validate_connection",
                "create_database",
                "describe",
                "open_database",
                "load",
                "materialize",
                "query",
                "remove",
                "generate_profile",
            ],
            Self::Orchestrator => &["create_definitions", "run"],
            Self::Catalog => &["create_namespace", "create_table"],
            Self::Storage => &["put_object"],
            Self::TelemetryBackend => &[],
            Self::LineageBackend => &["emit_event"],
            Self::Dbt => &["build", "run", "test"],
            Self::SemanticLayer => &["sync"],
            Self::Ingestion => &["run", "write"],
            Self::Secrets => &["get_secret"],
            Self::Identity => &["authenticate"],
            Self::Quality => &["validate_expectations", "run_checks"],
            Self::Rbac => &[
                "generate_namespace",
                "generate_service_account",
                "generate_role",
                "generate_role_binding",
                "generate_pod_security_context",
            ],
            Self::AlertChannel => &["send_alert"],
            Self::NetworkSecurity => &["generate_network_policy", "generate_default_deny_policies"],
        }
    }

    /// Whether a platform can use several plugins of the type at once.
    #[must_use]
    pub const fn allows_several(self) -> bool {
        matches!(self, Self::AlertChannel | Self::LineageBackend | Self::Ingestion | Self::Secrets)
    }
}

impl fmt::Display for PluginType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
