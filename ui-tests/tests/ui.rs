//! One mistake in each `fail/*.rs`, with the words of the error beside it. `TRYBUILD=overwrite` blesses.

use std::env;
use std::process::Command;

#[test]
fn mistakes_are_explained_and_the_rest_compiles() {
    assert_toolchain();
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/*/fail/*.rs");
    cases.pass("tests/*/pass/*.rs");
}

/// Half of the words are the compiler's, and those of another version would differ everywhere.
fn assert_toolchain() {
    let wanted = env!("CARGO_PKG_RUST_VERSION");
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let found = match Command::new(&rustc).arg("--version").output() {
        Ok(output) => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        Err(error) => format!("{}: {error}", rustc.display()),
    };
    assert!(
        is_version(&found, wanted),
        "the `.stderr` files belong to Rust {wanted}, the `rust-version` of Cargo.toml, and this is \
         `{found}`: run `cargo +{wanted} test -p floe-ui-tests`, or raise `rust-version` and bless"
    );
}

/// Whether `rustc 1.95.0 (59807616e 2026-04-14)` is version `1.95`.
fn is_version(rustc: &str, wanted: &str) -> bool {
    let version = rustc.split(' ').nth(1).unwrap_or_default();
    let rest = version.strip_prefix(wanted);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[test]
fn only_the_version_of_the_files_is_accepted() {
    for (rustc, accepted) in [
        ("rustc 1.95.0 (59807616e 2026-04-14)", true),
        ("rustc 1.95.1 (59807616e 2026-05-14)", true),
        ("rustc 1.96.0-nightly (59807616e 2026-04-14)", false),
        ("rustc 1.9.5", false),
        ("rustc 1.950.0", false),
        ("", false),
    ] {
        assert_eq!(is_version(rustc, "1.95"), accepted, "{rustc}");
    }
}
