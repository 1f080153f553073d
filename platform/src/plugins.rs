//! The platform's own plugins, one file for each: `plugins/<domain>/<name>.rs`.

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
    mod sqlite;
}

mod dbt {
    mod core;
    mod fusion;
}

mod identity {
    mod keycloak;
}

pub(crate) mod ingestion {
    mod csv;
    mod dlt;
    mod quotes;

    pub(crate) use self::quotes::QuoteCheck;
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

mod quality {
    mod dbt;
    mod gx;
    mod sql;
}

mod secrets {
    mod env;
    mod infisical;
    mod k8s;
}

mod security {
    mod kubernetes;
    mod network;
    mod rbac;
}

mod semantic {
    mod cube;
}

mod storage {
    mod local;
    mod s3;
}
