//! Plugins: what each says of itself, which of them are linked into the program, and where
//! telemetry goes.
//!
//! A plugin is a value that implements [`PluginMetadata`], and one line that puts it into the list
//! which the linker makes of all plugins of the program:
//!
//! ```standalone_crate
//! use floe_telemetry::plugin::{self, PluginMetadata, PluginType};
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
//! floe_telemetry::plugin!(DuckDb);
//!
//! assert!(plugin::linked().any(|linked| linked.plugin().name() == "duckdb"));
//! ```
//!
//! A telemetry backend implements [`TelemetryBackendPlugin`] too, is registered with
//! [`telemetry_backend!`](crate::telemetry_backend), and is then chosen by its name:
//! `plugins.telemetry_backend` in a manifest, `backend` in a
//! [`TelemetryConfig`](crate::TelemetryConfig).
//!
//! A crate that nothing refers to is not linked, and neither are its plugins. A program that wants
//! the plugins of a crate names it once: `use acme_floe_backend as _;`.

/// Declares a telemetry backend of this crate, and what it says of itself.
#[cfg(feature = "provider")]
macro_rules! built_in {
    ($backend:ident, $name:expr, $description:expr) => {
        struct $backend;

        pub(super) static LINKED: super::LinkedPlugin =
            super::LinkedPlugin::new(&$backend, module_path!(), file!(), line!())
                .with_backend(&$backend);

        impl super::PluginMetadata for $backend {
            fn name(&self) -> &'static str {
                $name
            }

            fn version(&self) -> &'static str {
                env!("CARGO_PKG_VERSION")
            }

            fn floe_api_version(&self) -> &'static str {
                "1.0"
            }

            fn plugin_type(&self) -> super::PluginType {
                super::PluginType::TelemetryBackend
            }

            fn description(&self) -> &'static str {
                $description
            }
        }
    };
}

#[cfg(feature = "provider")]
mod audit;
#[cfg(feature = "provider")]
mod backend;
#[cfg(feature = "provider")]
mod connection;
#[cfg(feature = "provider")]
mod console;
#[cfg(feature = "provider")]
mod helm;
#[cfg(feature = "provider")]
mod jaeger;
mod kind;
mod linked;
mod metadata;
#[cfg(feature = "provider")]
mod otlp;
#[cfg(feature = "provider")]
mod registry;
#[cfg(feature = "provider")]
mod target;
#[cfg(feature = "provider")]
mod version;

#[cfg(feature = "provider")]
pub use self::audit::{
    InstrumentationGap, InstrumentationWarning, audit, verify_plugin_instrumentation,
};
#[cfg(feature = "provider")]
pub use self::backend::{ExporterConfig, OtlpExporterConfig, TelemetryBackendPlugin};
#[cfg(feature = "provider")]
pub use self::connection::{CONNECTION_TIMEOUT, ConnectionReport, validate_connection};
#[cfg(feature = "provider")]
pub use self::helm::HelmValues;
pub use self::kind::PluginType;
#[doc(hidden)]
pub use self::linked::{LinkedPlugin, linked};
pub use self::metadata::{API_VERSION, PluginMetadata};
#[cfg(feature = "provider")]
pub use self::registry::{backend, backend_names, discover};
#[cfg(feature = "provider")]
pub(crate) use self::target::target;
