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
//!
//! nor on a block, if it is one for a method of it:
//!
//! ```compile_fail
//! struct Table(u8);
//!
//! #[floe_telemetry::traced(attributes(m))]
//! impl Table {
//!     fn load(&self, n: u8) -> u8 {
//!         self.0 + n
//!     }
//! }
//! assert_eq!(Table(1).load(1), 2);
//! ```
