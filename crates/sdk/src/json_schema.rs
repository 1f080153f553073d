//! The derive of the configuration's JSON Schema. Without the feature `_schema` it accepts the same attributes and
//! expands to nothing.

#[cfg(not(feature = "_schema"))]
pub(crate) use floe_telemetry_macros::NoJsonSchema as JsonSchema;
#[cfg(feature = "_schema")]
pub(crate) use schemars::JsonSchema;
