//! The platform's own plugins that do not run dbt, each in `<domain>/<name>.rs`, and the code that they share with the
//! rest of the platform.
//!
//! The link-time registry of [`floe_plugin`] finds the plugins, so none of them is public here.

pub mod address;
pub mod error;
pub mod place;
pub mod process;
pub mod quote;
pub mod sql;

mod http;
mod kubernetes;
mod time_limit;

/// Access to files: checked paths, atomic replacement, and YAML.
pub mod files {
    pub mod atomic;
    pub mod confine;
    pub mod input_file;
    pub mod yaml;
}

/// The ids of a run in `floe` and in other tools.
pub mod runs {
    pub mod correlation;
    pub mod run_id;
}

mod alert {
    mod alertmanager;
    mod email;
    mod slack;
    mod terminal;
    mod webhook;
}

mod catalog {
    mod polaris;
}

mod compute {
    mod duckdb;
    mod file;
    mod sqlite;
}

mod identity {
    mod keycloak;
}

mod ingestion {
    mod csv;
    mod dlt;
}

mod lineage {
    mod console;
    mod file;
    mod marquez;
}

mod orchestrator {
    mod dagster;
    mod local;
}

/// Checks of data.
pub mod quality {
    mod gx;
    mod sql;
    pub mod suite;
}

mod secrets {
    mod env;
    mod infisical;
    mod k8s;
}

mod security {
    mod network;
    mod rbac;
}

mod semantic {
    mod cube;
}

mod storage {
    mod local;
}
