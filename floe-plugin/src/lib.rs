//! The interface between the floe data platform and its plugins.
//!
//! A plugin is a value that implements [`PluginMetadata`] and is registered with [`plugin!`]. The linker
//! collects the registered plugins, so no code runs at startup. A plugin creates its spans with its own
//! [`Tracer`](floe_telemetry::Tracer), which its metadata names:
//!
//! ```standalone_crate
//! use floe_plugin::alert::{Alert, Delivery, DeliveryStatus, alert_span};
//! use floe_plugin::{PluginMetadata, PluginType, registry};
//! use floe_telemetry::{Tracer, testing};
//!
//! static TRACER: Tracer = floe_telemetry::tracer!("floe.alert.slack");
//!
//! struct Slack;
//!
//! impl PluginMetadata for Slack {
//!     fn name(&self) -> &str { "slack" }
//!     fn version(&self) -> &str { env!("CARGO_PKG_VERSION") }
//!     fn floe_api_version(&self) -> &str { "1.0" }
//!     fn plugin_type(&self) -> PluginType { PluginType::AlertChannel }
//!     fn tracer_name(&self) -> Option<&str> { Some(TRACER.name()) }
//! }
//!
//! floe_plugin::plugin!(Slack);
//!
//! fn send(webhook: &str) -> std::io::Result<()> {
//!     let span = alert_span(
//!         &TRACER,
//!         &Alert {
//!             operation: "send_alert",
//!             channel: "slack",
//!             destination: webhook.into(),
//!             severity: Some("critical"),
//!         },
//!     );
//!     span.observe(post(webhook))?;
//!     span.set_attributes(&Delivery { delivery_status: DeliveryStatus::Delivered });
//!     Ok(())
//! }
//! # fn post(_: &str) -> std::io::Result<()> { Ok(()) }
//!
//! let spans = testing::capture(|| send("https://hooks.slack.com/services/T0/B0/c2VjcmV0"));
//! let span = spans.single("alert.send_alert").assert_ok();
//! span.assert_attribute("alert.channel", "slack")
//!     .assert_attribute("alert.destination", "https://hooks.slack.com")
//!     .assert_attribute("alert.delivery_status", "delivered");
//! assert_eq!(span.scope(), "floe.alert.slack");
//!
//! assert!(registry::linked().any(|linked| linked.plugin().name() == "slack"));
//! assert_eq!(floe_plugin::audit()?, []);
//! # Ok::<(), registry::Error>(())
//! ```
//!
//! # Domains
//!
//! Each domain of the platform has a module with its attribute types and a function that starts its
//! span, `<domain>_span`. The span is named `<domain>.<operation>`, has the plugin's tracer as its
//! instrumentation scope, and carries the attributes of its type. Types whose name ends in `Outcome`
//! contain the attributes that are known when the operation ends. [`DOMAINS`] lists the attributes of all domains.
//!
//! A guard must not be held across an `.await`; see [`Operation`] for asynchronous functions.
//!
//! # Features
//!
//! | feature | description |
//! |---|---|
//! | `serde` | [`PluginType`] and [`InstrumentationWarning`] can be serialized and deserialized |

mod address;
mod audit;
mod kind;
mod metadata;
mod operation;
pub mod registry;

use floe_telemetry::FloeAttributes;
use floe_telemetry::attributes::AttributeGroup;

pub use self::address::{CleanUrl, Destination};
pub use self::audit::{
    InstrumentationGap, InstrumentationWarning, audit, verify_plugin_instrumentation,
};
pub use self::kind::PluginType;
pub use self::metadata::{API_VERSION, PluginMetadata};
pub use self::operation::Operation;

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
    catalog: "Requests to a table catalog." [Catalog, CatalogHealth]
    compile: "The compilation of a data product." [Compile, CompileStage, CompileOperation]
    compute: "Work of a compute engine." [Compute, ComputeValidation, Transform, TransformOutcome]
    dbt: "dbt commands and the nodes that they build." [Dbt, DbtOutcome, Node, Command]
    egress: "Data that is written to a system outside of the platform." [Egress, EgressOutcome]
    identity: "Requests to an identity provider." [Identity, IdentityOutcome]
    ingestion: "Data that is loaded into the platform." [Ingestion, IngestionOutcome]
    lineage: "Lineage events." [Lineage, ConnectionOutcome]
    orchestrator: "Runs of a data product and the assets that they build."
        [Orchestrator, PipelineRun, Asset, AssetOutcome]
    quality: "Data quality checks." [Quality, QualityOutcome]
    secrets: "Requests to a secret store." [SecretRequest, SecretsOutcome]
    security: "Network policies and roles that are generated for a cluster." [Security]
    semantic: "Requests to a semantic layer." [Semantic, SemanticOutcome]
    storage: "Tables and objects that are stored." [Storage, StorageOutcome]
}

/// Support for the expansion of [`plugin!`]. Not part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use floe_telemetry::{__floe_linked as linked, __floe_location as location};
}

/// The example of README compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
