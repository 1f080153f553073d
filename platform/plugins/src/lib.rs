//! The platform's own plugins with their clients, a file for each: `<domain>/<name>.rs`; and what they
//! share with the rest of the platform.
//!
//! A plugin is found through the link-time registry of [`floe_plugin`], so none is public here.

pub mod address;
pub mod error;
pub mod place;
pub mod process;
pub mod quote;
pub mod sql;

#[cfg(feature = "http")]
mod http;
#[cfg(any(feature = "email", feature = "http"))]
mod time_limit;

/// Files: which may be read, where may be written, and how they are replaced.
pub mod files {
    pub mod atomic;
    pub mod confine;
    pub mod input_file;
    pub mod yaml;
}

/// The ids of a run, here and in other tools.
pub mod runs {
    pub mod correlation;
    pub mod run_id;
}

mod alert {
    #[cfg(feature = "http")]
    mod alertmanager;
    #[cfg(feature = "email")]
    mod email;
    #[cfg(feature = "http")]
    mod slack;
    mod terminal;
    #[cfg(feature = "http")]
    mod webhook;
}

mod catalog {
    #[cfg(feature = "http")]
    mod polaris;
}

mod compute {
    mod duckdb;
    mod postgres;
    mod rows;
    #[cfg(feature = "sqlite")]
    mod sqlite;
    mod table_copy;
}

mod identity {
    #[cfg(feature = "http")]
    mod keycloak;
}

/// Sources of data.
pub mod ingestion {
    mod csv;
    mod dlt;
    mod quotes;

    #[doc(hidden)]
    pub use self::quotes::QuoteCheck;
}

mod lineage {
    mod console;
    mod file;
    #[cfg(feature = "http")]
    mod marquez;
}

mod orchestrator {
    mod dagster;
    mod local;
}

/// Checks of data.
pub mod quality {
    mod freshness;
    mod gx;
    mod sql;
    pub mod suite;
    pub mod value_type;
}

mod secrets {
    mod env;
    #[cfg(feature = "http")]
    mod infisical;
    #[cfg(feature = "http")]
    mod k8s;
}

mod security {
    mod kubernetes;
    mod network;
    mod rbac;
}

mod semantic {
    #[cfg(feature = "http")]
    mod cube;
}

mod storage {
    mod local;
    #[cfg(feature = "s3")]
    mod s3;
}

/// Declares the plugins that need a feature, so that the error of a selection without it names the feature.
macro_rules! optional {
    ($($feature:literal: $($kind:ident $name:literal),+;)+) => {
        $($(
            #[cfg(not(feature = $feature))]
            floe_plugin::plugin!(@absent $kind $name needs $feature);
        )+)+

        #[cfg(test)]
        const OPTIONAL: &[(floe_plugin::PluginType, &str, &str)] =
            &[$($((floe_plugin::PluginType::$kind, $name, $feature)),+),+];
    };
}

optional! {
    "email": AlertChannel "email";
    "http": AlertChannel "alertmanager", AlertChannel "slack", AlertChannel "webhook", Catalog "polaris",
        Identity "keycloak", LineageBackend "marquez", Secrets "infisical", Secrets "k8s", SemanticLayer "cube";
    "s3": Storage "s3";
    "sqlite": Compute "sqlite";
}

#[cfg(test)]
mod tests {
    use floe_plugin::registry;

    #[test]
    fn a_plugin_is_linked_or_its_error_names_the_feature() {
        for (kind, name, feature) in super::OPTIONAL {
            let Err(error) = registry::find(*kind, name) else {
                continue;
            };
            let expected = format!("expected a build with the feature `{feature}`");
            assert!(error.to_string().ends_with(&expected), "{error}");
        }
    }
}
