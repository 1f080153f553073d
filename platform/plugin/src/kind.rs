//! The types of plugins.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Defines `PluginType` from rows of the form `Variant: "name", domain of the spans, [operations];`.
macro_rules! types {
    ($($(#[$doc:meta])* $kind:ident: $name:literal, $domain:expr, [$($operation:literal)*];)*) => {
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

            /// Returns the operations of the type, as in the names of their spans. A contract test performs each one.
            #[must_use]
            pub const fn operations(self) -> &'static [&'static str] {
                match self {
                    $(Self::$kind => &[$($operation),*],)*
                }
            }
        }
    };
}

types! {
    /// Runs queries.
    Compute: "compute", Some("compute"), [
        "validate_connection" "create_database" "describe" "open_database" "load" "materialize" "query" "remove"
        "generate_profile"
    ];
    /// Builds the assets of a product in order.
    Orchestrator: "orchestrator", Some("orchestrator"), ["create_definitions" "run"];
    /// Lists tables and where they are stored.
    Catalog: "catalog", Some("catalog"), ["create_namespace" "create_table"];
    /// Stores objects, such as the rows of a table.
    Storage: "storage", Some("storage"), ["put_object"];
    /// Stores telemetry. Never instrumented, because it would export its spans to itself, which would cause new spans.
    TelemetryBackend: "telemetry_backend", None, [];
    /// Stores lineage.
    LineageBackend: "lineage_backend", Some("lineage"), ["emit_event"];
    /// Runs dbt.
    Dbt: "dbt", Some("dbt"), ["build" "run" "test"];
    /// Defines metrics and dimensions over tables.
    SemanticLayer: "semantic_layer", Some("semantic"), ["sync"];
    /// Loads data from external sources.
    Ingestion: "ingestion", Some("ingestion"), ["run" "write"];
    /// Resolves secrets.
    Secrets: "secrets", Some("secrets"), ["get_secret"];
    /// Authenticates the platform.
    Identity: "identity", Some("identity"), ["authenticate"];
    /// Checks the quality of data.
    Quality: "quality", Some("quality"), ["validate_expectations" "run_checks"];
    /// Generates the namespace, the roles and the security context of a product in a cluster.
    Rbac: "rbac", Some("security"), [
        "generate_namespace" "generate_service_account" "generate_role" "generate_role_binding"
        "generate_pod_security_context"
    ];
    /// Sends alerts.
    AlertChannel: "alert_channel", Some("alert"), ["send_alert"];
    /// Generates network policies.
    NetworkSecurity: "network_security", Some("security"), [
        "generate_network_policy" "generate_default_deny_policies"
    ];
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
