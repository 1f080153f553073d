//! Telemetry backends: named destinations of telemetry, one of which the setting `backend` chooses, in a product the
//! `plugins.telemetry_backend` of its manifest.
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
//! `telemetry_backend!`. The linker collects the registered backends, so no code runs at startup. A crate that is never
//! referenced is not linked, so a program that uses a backend of another crate needs the line
//! `use acme_floe_backend as _;`.
//!
//! [`builder`] applies the chosen backend to the builder of a provider. Backends are not called through a
//! [`Handle`](crate::Handle), because telemetry about telemetry would never end.

mod built_in;
mod chosen;
mod connection;
mod plugin;
mod registry;

pub use self::chosen::{builder, validate_connection};
pub use self::connection::{CONNECTION_TIMEOUT, ConnectionReport};
pub use self::plugin::{Configured, TelemetryBackendPlugin};
pub use self::registry::{LinkedBackend, find, linked, names};
#[doc(inline)]
pub use crate::telemetry_backend;
