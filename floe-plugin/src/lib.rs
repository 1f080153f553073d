//! What a plugin of the floe data platform is.
//!
//! A plugin is a value that implements [`PluginMetadata`], and one line that registers it. The linker
//! collects the registered plugins, so the platform finds them without any code that runs at startup:
//!
//! ```standalone_crate
//! use floe_plugin::{PluginMetadata, PluginType, registry};
//!
//! struct DuckDb;
//!
//! impl PluginMetadata for DuckDb {
//!     fn name(&self) -> &str { "duckdb" }
//!     fn version(&self) -> &str { env!("CARGO_PKG_VERSION") }
//!     fn floe_api_version(&self) -> &str { "1.0" }
//!     fn plugin_type(&self) -> PluginType { PluginType::Compute }
//!     fn tracer_name(&self) -> Option<&str> { Some("floe.compute.duckdb") }
//! }
//!
//! floe_plugin::plugin!(DuckDb);
//!
//! assert!(registry::linked().any(|linked| linked.plugin().name() == "duckdb"));
//! ```

mod audit;
mod kind;
mod metadata;
pub mod registry;

pub use self::audit::{
    InstrumentationGap, InstrumentationWarning, audit, verify_plugin_instrumentation,
};
pub use self::kind::PluginType;
pub use self::metadata::{API_VERSION, PluginMetadata};

/// What the expansion of [`plugin!`] needs. Not part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use floe_telemetry::__floe_linked as linked;
}
