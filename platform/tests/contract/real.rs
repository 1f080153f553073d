//! The plugins against real services, with the feature `real-services`. `.ci/services plugins` installs the services
//! and names their folder in `PLUGINS`.

mod alertmanager;
mod catalog_polaris;
mod email;
mod ingestion_dlt;
mod keycloak;
mod openlineage;
mod process;
mod python;
mod quality_dbt;
mod quality_gx;
mod security_k8s;
mod semantic_cube;
