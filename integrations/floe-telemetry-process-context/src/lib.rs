//! The resource of a program and the current span of each thread, for readers outside of it.
//!
#![doc = include_str!("../README.md")]

#[cfg(target_os = "linux")]
mod mapping;
#[cfg(target_os = "linux")]
mod payload;
#[cfg(target_os = "linux")]
mod symbol;

use std::io;

use floe_telemetry::TelemetryProvider;

/// Publishes the resource of a provider, and the current span of each thread from now on. Another call replaces the
/// resource.
///
/// # Errors
///
/// - The system is not Linux, or allows no mapping with a name.
/// - The provider records nothing.
/// - The program does not export the variable of its threads, or exports that of another copy of this crate, and this one
///   is in a shared library. The resource is published nevertheless. A program that is linked statically cannot tell.
/// - Another thread is publishing.
pub fn publish(provider: &TelemetryProvider) -> io::Result<()> {
    if provider.is_noop() {
        return Err(io::Error::other(
            "expected a provider that records, found one that is switched off: its resource is not published",
        ));
    }
    publish_resource(provider)
}

#[cfg(target_os = "linux")]
fn publish_resource(provider: &TelemetryProvider) -> io::Result<()> {
    let missing = symbol::check().err();
    mapping::publish(payload::encode(provider.resource(), missing.is_none()))?;
    if let Some(missing) = missing {
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            format!(
                "expected the dynamic symbol `{}`, found {missing}: readers see the resource, but no spans",
                floe_thread_context::SYMBOL
            ),
        ));
    }
    floe_thread_context::switch(true);
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn publish_resource(_provider: &TelemetryProvider) -> io::Result<()> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "expected Linux, found another system: the resource is not published",
    ))
}
