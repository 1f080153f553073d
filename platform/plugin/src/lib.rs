//! The interface between the floe data platform and its plugins.
//!
//! A plugin is a type that serde reads from its configuration, that implements [`Lifecycle`] and the trait of its kind,
//! for example [`alert::AlertChannel`], and that is registered with [`plugin!`]. The linker collects the registered
//! plugins, so no code runs at startup. The platform selects plugins by name ([`Plugins`]) and calls them through a
//! [`Handle`], which records the operations in spans, so a plugin contains no telemetry code. [`Handle`] and
//! [`plugin!`] have examples.
//!
//! # Domains
//!
//! Each domain of the platform has a module with its attribute types and a function that starts its
//! span, `<domain>_span`. The span is named `<domain>.<operation>` (`floe.compile` for a compilation), has
//! the given tracer as its instrumentation scope, and carries the given attributes. Types whose name ends in `Outcome`
//! contain the attributes that are known when the operation ends.
//!
//! The guard of a span must not be held across an `.await`; see [`Operation`] for asynchronous functions.

#![expect(clippy::exhaustive_structs, reason = "plugins create these structures with literals")]

mod address;
pub mod alert;
mod audit;
pub mod backend;
pub mod catalog;
mod check;
pub mod compile;
pub mod compute;
pub mod configuration;
pub mod dbt;
pub mod egress;
mod endpoint;
mod error;
pub mod failure;
mod handle;
pub mod identity;
pub mod ingestion;
mod kind;
mod lifecycle;
pub mod lineage;
mod metadata;
mod operation;
pub mod orchestrator;
mod plugins;
pub mod product;
pub mod quality;
pub mod registry;
pub mod secrets;
pub mod security;
pub mod semantic;
pub mod storage;
pub mod table;
mod timestamp;

pub use self::address::{CleanUrl, Destination, origin};
pub use self::audit::{
    InstrumentationGap, InstrumentationWarning, audit, verify_plugin_instrumentation,
};
pub use self::configuration::{Credential, LocalPath, OutputPath, SelectionError};
pub use self::endpoint::Endpoint;
pub use self::error::{Error, ErrorKind};
pub use self::handle::{Handle, Kind};
pub use self::kind::PluginType;
pub use self::lifecycle::Lifecycle;
pub use self::metadata::{API_VERSION, PluginMetadata};
pub use self::operation::Operation;
pub use self::plugins::{Plugins, Selection};
pub use self::timestamp::rfc3339;

/// Support for the expansion of [`plugin!`]. Not part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use floe_telemetry::{
        __floe_linked as linked, __floe_location as location, MetricRecorder, Tracer,
        trace::SpanBuilder, tracer,
    };
    pub use serde_json::Value;

    pub use crate::configuration::parse;
    pub use crate::lifecycle::Instance;
    pub use crate::operation::Opener;
    pub use crate::registry::{Configured, Described, Factory};
}

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
