//! Finds the servers for the tests of clients, and compiles examples of the manual.

#![expect(clippy::expect_used, reason = "a panic fails the test")]

/// Returns the address of a server that `.ci/services clients` has started.
///
/// # Panics
///
/// The variable is not set.
#[must_use]
pub fn server(variable: &str) -> String {
    std::env::var(variable).expect("these tests need servers: run .ci/services clients")
}

/// The examples of docs/messages.md and of some crates compile.
#[cfg(doctest)]
#[doc = include_str!("../../docs/messages.md")]
#[doc = include_str!("../../integrations/floe-telemetry-diesel/README.md")]
#[doc = include_str!("../../integrations/floe-telemetry-nosql/README.md")]
#[doc = include_str!("../../integrations/floe-telemetry-sql/README.md")]
struct Examples;
