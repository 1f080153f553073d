//! The toolchain that the `.stderr` files belong to.

use std::env;
use std::process::Command;

/// Newer than the oldest that is supported: the files have what most users see.
const TOOLCHAIN: &str = "1.95";

/// Half of the words are the compiler's, and those of another version would differ everywhere.
pub(crate) fn assert_toolchain() {
    let wanted = TOOLCHAIN;
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let found = match Command::new(&rustc).arg("--version").output() {
        Ok(output) => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        Err(error) => format!("{}: {error}", rustc.display()),
    };
    assert!(
        is_version(&found, wanted),
        "the `.stderr` files belong to Rust {wanted}, and this is `{found}`: run it with \
         `cargo +{wanted}`, or raise `TOOLCHAIN` and bless"
    );
}

/// Whether `rustc 1.95.0 (59807616e 2026-04-14)` is version `1.95`.
pub(crate) fn is_version(rustc: &str, wanted: &str) -> bool {
    let version = rustc.split(' ').nth(1).unwrap_or_default();
    let rest = version.strip_prefix(wanted);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
