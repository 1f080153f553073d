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
/// - The program does not export the variable of its threads. Its resource is published nevertheless.
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
    let has_threads = symbol::is_exported();
    mapping::publish(payload::encode(provider.resource(), has_threads))?;
    if !has_threads {
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            format!(
                "expected the dynamic symbol `{symbol}`, found none: readers see the resource, but no spans; the build script of the program needs the line println!(\"cargo::rustc-link-arg-bins=-Wl,--export-dynamic-symbol={symbol}\")",
                symbol = floe_thread_context::SYMBOL
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
