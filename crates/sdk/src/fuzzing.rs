//! The parsers of untrusted input for `fuzz/targets.rs`, not part of the public interface.

#[cfg(feature = "yaml")]
pub use crate::config::config_file::{Parsed, parse as config_file};
pub use crate::config::env::parse_headers as otlp_headers;
pub use crate::config::env::parse_resource_attributes as resource_attributes;
pub use crate::config::filter::parse_filter as filter;
pub use floe_telemetry_core::__sdk::propagation::by_name;
