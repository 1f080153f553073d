//! The types of plugins.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Defines `PluginType` from rows of the form `Variant: "name", domain of the spans;`.
macro_rules! types {
    ($($(#[$doc:meta])* $kind:ident: $name:literal, $domain:expr;)*) => {
        /// The type of a plugin: its task in the platform.
        #[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum PluginType {
            $($(#[$doc])* $kind,)*
        }

        impl PluginType {
            /// All plugin types.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$kind),*];

            /// The names of all plugin types.
            pub const NAMES: [&str; Self::ALL.len()] = [$($name),*];

            /// Returns the name in configuration files and in logs, for example `telemetry_backend`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }

            /// Returns the domain of the plugin's spans; `None` for telemetry backends, which are never traced.
            #[must_use]
            pub const fn domain(self) -> Option<&'static str> {
                match self {
                    $(Self::$kind => $domain,)*
                }
            }
        }
    };
}

types! {
    /// Runs queries.
    Compute: "compute", Some("compute");
    /// Builds the assets of a product in order.
    Orchestrator: "orchestrator", Some("orchestrator");
    /// Lists tables and where they are stored.
    Catalog: "catalog", Some("catalog");
    /// Stores objects, such as the rows of a table.
    Storage: "storage", Some("storage");
    /// Stores telemetry. Never instrumented, because it would export its spans to itself, which would cause new spans.
    TelemetryBackend: "telemetry_backend", None;
    /// Stores lineage.
    LineageBackend: "lineage_backend", Some("lineage");
    /// Runs dbt.
    Dbt: "dbt", Some("dbt");
    /// Defines metrics and dimensions over tables.
    SemanticLayer: "semantic_layer", Some("semantic");
    /// Loads data from external sources.
    Ingestion: "ingestion", Some("ingestion");
    /// Resolves secrets.
    Secrets: "secrets", Some("secrets");
    /// Authenticates the platform.
    Identity: "identity", Some("identity");
    /// Checks the quality of data.
    Quality: "quality", Some("quality");
    /// Generates the namespace, the roles and the security context of a product in a cluster.
    Rbac: "rbac", Some("security");
    /// Sends alerts.
    AlertChannel: "alert_channel", Some("alert");
    /// Generates network policies.
    NetworkSecurity: "network_security", Some("security");
}

impl PluginType {
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
