//! The toolchain that produces the `.stderr` files.

use std::env;
use std::process::Command;

/// The compiler of CI.
const RUST_VERSION: &str = "1.95";

/// Panics with another toolchain, because parts of the messages come from the compiler and differ between versions.
pub(crate) fn assert_toolchain() {
    let required = RUST_VERSION;
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let found = match Command::new(&rustc).arg("--version").output() {
        Ok(output) => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        Err(error) => format!("{}: {error}", rustc.display()),
    };
    assert!(
        is_version(&found, required),
        "expected Rust {required}, found `{found}`: run `cargo +{required}`, or change `RUST_VERSION` and update the \
         `.stderr` files"
    );
}

/// Whether `rustc 1.95.0 (59807616e 2026-04-14)` is version `1.95`.
fn is_version(rustc: &str, required: &str) -> bool {
    let version = rustc.split(' ').nth(1).unwrap_or_default();
    let rest = version.strip_prefix(required);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
