//! Publishes the resource of the program for external readers.

#[cfg(target_os = "linux")]
mod mapping;
#[cfg(target_os = "linux")]
mod payload;
#[cfg(target_os = "linux")]
mod symbol;

use std::io;

use opentelemetry::{Key, Value};

/// Publishes the attributes of a resource, and the current span of each thread from now on. Another call replaces the
/// resource.
///
/// # Errors
///
/// - The system is not Linux, or allows no mapping with a name.
/// - The program does not export its thread-local variable, or this copy of the crate is in a shared library and the
///   program exports another copy's variable. The resource is still published. A statically linked program is not
///   checked.
/// - Another thread is publishing.
#[cfg(target_os = "linux")]
pub fn publish<'a>(resource: impl IntoIterator<Item = (&'a Key, &'a Value)>) -> io::Result<()> {
    let missing = symbol::check().err();
    mapping::publish(payload::encode(resource, missing.is_none()))?;
    if let Some(missing) = missing {
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            format!(
                "expected the dynamic symbol `{}`, found {missing}: readers see the resource, but no spans",
                crate::SYMBOL
            ),
        ));
    }

    crate::switch(true);
    Ok(())
}

/// Publishes nothing.
///
/// # Errors
///
/// The system is not Linux.
#[cfg(not(target_os = "linux"))]
pub fn publish<'a>(_: impl IntoIterator<Item = (&'a Key, &'a Value)>) -> io::Result<()> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "expected Linux, found another system: the resource is not published",
    ))
}
