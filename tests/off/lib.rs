//! An empty library: see the tests.
//!
//! The feature does not hide a mistake in the attribute. This compiles:
//!
//! ```
//! #[floe_telemetry::traced(name = "load", attributes(n))]
//! fn load(n: u8) -> u8 {
//!     n
//! }
//! assert_eq!(load(1), 1);
//! ```
//!
//! An unknown argument does not:
//!
//! ```compile_fail
//! #[floe_telemetry::traced(nmae = "load", attributes(n))]
//! fn load(n: u8) -> u8 {
//!     n
//! }
//! assert_eq!(load(1), 1);
//! ```
//!
//! Neither does an attribute of a parameter that does not exist:
//!
//! ```compile_fail
//! #[floe_telemetry::traced(name = "load", attributes(m))]
//! fn load(n: u8) -> u8 {
//!     n
//! }
//! assert_eq!(load(1), 1);
//! ```
//!
//! Neither does the same on a block, for one of its methods:
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
