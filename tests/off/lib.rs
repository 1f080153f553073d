//! Nothing: see the test.
//!
//! A mistake in the attribute does not hide behind the feature: this compiles,
//!
//! ```
//! #[floe_telemetry::traced(name = "load", attributes(n))]
//! fn load(n: u8) -> u8 {
//!     n
//! }
//! assert_eq!(load(1), 1);
//! ```
//!
//! and with a slip in one word it does not:
//!
//! ```compile_fail
//! #[floe_telemetry::traced(nmae = "load", attributes(n))]
//! fn load(n: u8) -> u8 {
//!     n
//! }
//! assert_eq!(load(1), 1);
//! ```
//!
//! nor with a name that is no argument:
//!
//! ```compile_fail
//! #[floe_telemetry::traced(name = "load", attributes(m))]
//! fn load(n: u8) -> u8 {
//!     n
//! }
//! assert_eq!(load(1), 1);
//! ```
