//! Propagation of trace context and baggage between processes, as [W3C Trace Context level 2] and
//! [W3C Baggage], in HTTP headers, headers of messages, string maps and environment variables.
//!
//! ```
//! # #[cfg(feature = "testing")] {
//! use std::collections::HashMap;
//! use floe_telemetry::{propagation, testing, traced};
//!
//! #[traced(kind = client)]
//! fn call() -> HashMap<String, String> {
//!     propagation::inject_headers()
//! }
//!
//! #[traced(kind = server, parent = headers)]
//! fn serve(headers: &HashMap<String, String>) -> Option<String> {
//!     propagation::baggage_value("tenant")
//! }
//!
//! propagation::setup_propagators();
//! let spans = testing::capture(|| {
//!     let headers = {
//!         let _attached = propagation::set_baggage_value("tenant", "acme").attach();
//!         call()
//!     };
//!     assert_eq!(serve(&headers).as_deref(), Some("acme"));
//! });
//! spans.single("serve").assert_child_of("call");
//! # }
//! ```
//!
//! # Without redaction
//!
//! The propagators of this crate redact outgoing baggage, so they require the feature `redact`, which `provider`
//! implies. Without it, as in a library with `default-features = false`, the functions of this module use
//! OpenTelemetry's global propagator, which the application's provider sets to the one of this crate.
//!
//! # Other formats
//!
//! [`setup_propagators_with`], `propagators` in the configuration and `OTEL_PROPAGATORS` select others: B3 (`b3`,
//! `b3multi`). If several headers carry a trace, the last format in the list decides. A header that carries a trace is
//! ignored if it is invalid or occurs twice. `TelemetryProviderBuilder::with_propagator` adds a `TextMapPropagator` of
//! the program, for example for Jaeger's or X-Ray's headers.
//!
//! # Trust
//!
//! The sender of a request chooses its trace and its baggage. Baggage changes no span unless `baggage_attributes` lists
//! its key. A service that is reachable from outside should list only keys that any caller may set. To ignore the
//! callers' context, call `setup_propagators_with` with an empty list, or begin a trace with `root`. Outgoing baggage
//! is redacted like recorded data.
//!
//! [W3C Trace Context level 2]: https://www.w3.org/TR/trace-context-2/
//! [W3C Baggage]: https://www.w3.org/TR/baggage/

pub use floe_telemetry_core::propagation::*;
#[cfg(feature = "provider")]
pub use floe_telemetry_sdk::propagation::*;
