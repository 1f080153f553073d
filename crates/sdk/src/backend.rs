//! Telemetry backends: named destinations that a configuration chooses with
//! [`TelemetryConfig::backend`](crate::TelemetryConfig::backend). A program with one collector needs only the variable
//! `OTEL_EXPORTER_OTLP_ENDPOINT`. Backends are for platforms whose configurations name a product in place of an address.
//!
//! Three backends are built in:
//!
//! | name | where telemetry goes |
//! |---|---|
//! | `console` (default) | traces to the terminal or, once an endpoint is configured, over OTLP |
//! | `jaeger` | traces over OTLP to `jaeger-collector` in the same cluster, or to the configured endpoint |
//! | `otlp` | over OTLP to the configured endpoint |
//!
//! Another crate adds a backend by implementing [`TelemetryBackendPlugin`] and registering it with
//! `telemetry_backend!`. The linker collects the registered backends, so no code runs at startup.
//! A crate that is never referenced is not linked, so a program that uses a backend of another crate needs the line
//! `use acme_floe_backend as _;`.
//!
//! A backend determines only where OTLP is sent. To use another protocol, send OTLP to an OpenTelemetry collector that
//! translates it.

mod built_in;
mod chosen;
mod connection;
mod exporter_config;
mod plugin;
mod registry;

pub(crate) use self::chosen::target;
pub use self::chosen::validate_connection;
pub use self::connection::{CONNECTION_TIMEOUT, ConnectionReport};
pub use self::exporter_config::{ExporterConfig, OtlpExporterConfig};
pub use self::plugin::TelemetryBackendPlugin;
pub use self::registry::{LinkedBackend, find, linked, names};
#[doc(inline)]
pub use crate::telemetry_backend;
