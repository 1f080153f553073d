//! The interface between the floe data platform and its plugins.
//!
//! A plugin is a type that serde reads from its configuration, that implements [`Lifecycle`] and the trait of
//! its kind, for example [`alert::AlertChannel`], and that is registered with [`plugin!`]. The linker collects
//! the registered plugins, so no code runs at startup. The platform selects plugins by name ([`Plugins`]) and
//! calls them through a [`Handle`], which opens the span of each call: a plugin contains no telemetry code.
//! [`Handle`] and [`plugin!`] have examples.
//!
//! # Domains
//!
//! Each domain of the platform has a module with its attribute types and a function that starts its
//! span, `<domain>_span`. The span is named `<domain>.<operation>`, has the plugin's tracer as its
//! instrumentation scope, and carries the attributes of its type. Types whose name ends in `Outcome`
//! contain the attributes that are known when the operation ends. [`DOMAINS`] lists the attributes of all domains.
//!
//! A guard must not be held across an `.await`; see [`Operation`] for asynchronous functions.

#![expect(
    clippy::exhaustive_structs,
    reason = "attributes and data of plugins are written as literals"
)]

mod address;
mod audit;
mod check;
pub mod configuration;
mod endpoint;
mod error;
pub mod failure;
mod handle;
mod kind;
mod lifecycle;
mod max_age;
mod metadata;
mod operation;
mod plugins;
pub mod product;
mod query_comment;
pub mod registry;
pub mod table;
mod timestamp;

use floe_telemetry::FloeAttributes;
use floe_telemetry::attributes::AttributeGroup;

pub use self::address::{CleanUrl, Destination};
pub use self::audit::{
    InstrumentationGap, InstrumentationWarning, audit, verify_plugin_instrumentation,
};
pub use self::configuration::{Credential, LocalPath, OutputPath};
pub use self::endpoint::Endpoint;
pub use self::error::{Error, ErrorKind};
pub use self::handle::{Handle, Kind};
pub use self::kind::PluginType;
pub use self::lifecycle::{HEALTH_TIMEOUT, Lifecycle, START_TIMEOUT};
pub use self::metadata::{API_VERSION, PluginMetadata};
pub use self::operation::Operation;
pub use self::plugins::{Plugins, Selection, SelectionError};
pub use self::timestamp::rfc3339;

/// A domain of the platform: the attributes that its spans can carry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Domain {
    name: &'static str,
    brief: &'static str,
    groups: &'static [AttributeGroup],
}

impl Domain {
    /// The name of the domain, which is that of its module.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// One sentence that describes the domain.
    #[must_use]
    pub const fn brief(&self) -> &'static str {
        self.brief
    }

    /// The attributes of each of its types.
    #[must_use]
    pub const fn groups(&self) -> &'static [AttributeGroup] {
        self.groups
    }
}

/// Declares the module of each domain and lists the domain with its attribute types.
macro_rules! domains {
    ($($name:ident: $brief:literal [$($type:ident),* $(,)?])*) => {
        $(pub mod $name;)*

        /// All domains of the platform, sorted by name.
        pub const DOMAINS: &[Domain] = &[$(Domain {
            name: stringify!($name),
            brief: $brief,
            groups: &[$($name::$type::GROUP),*],
        }),*];
    };
}

domains! {
    alert: "Alerts that a channel delivers." [Alert, Delivery]
    catalog: "Requests to a table catalog." [Catalog]
    compile: "The compilation of a data product." [Compile, CompileStage, CompileOperation]
    compute: "Work of a compute engine."
        [Compute, DatabaseTable, SourceTable, Transform, TransformOutcome]
    dbt: "dbt commands and the nodes that they build."
        [Dbt, DbtOutcome, Invocation, Node, NodeOutcome, Command]
    egress: "Data that is written to a system outside of the platform." [Egress, EgressOutcome]
    identity: "Requests to an identity provider." [Identity, IdentityOutcome]
    ingestion: "Data that is loaded into the platform." [Ingestion, IngestionOutcome]
    lineage: "Lineage events." [Lineage]
    orchestrator: "Runs of a data product and the assets that they build."
        [Orchestrator, PipelineRun, Asset, AssetOutcome, LocalAsset, LocalAssetOutcome]
    quality: "Data quality checks." [Quality, QualityOutcome, FailedCheck]
    secrets: "Requests to a secret store." [SecretRequest, SecretsOutcome]
    security: "Network policies and roles that are generated for a cluster." [Security]
    semantic: "Requests to a semantic layer." [Semantic, SemanticOutcome]
    storage: "Objects that are stored." [Storage, Object, StorageOutcome]
}

/// Support for the expansion of [`plugin!`]. Not part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use floe_telemetry::{
        __floe_linked as linked, __floe_location as location, Tracer, tracer,
    };
    pub use serde_json::Value;

    pub use crate::configuration::{parse, schema};
    pub use crate::lifecycle::Instance;
    pub use crate::registry::{Configured, Described, Factory};
}

/// The example of README compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
