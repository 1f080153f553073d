//! The macros behind `floe-telemetry`.
