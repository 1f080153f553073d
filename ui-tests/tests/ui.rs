//! One mistake in each `fail/*.rs`, with the words of the error beside it. `TRYBUILD=overwrite` blesses.

#[path = "../toolchain.rs"]
mod toolchain;

use toolchain::{assert_toolchain, is_version};

#[test]
fn mistakes_are_explained_and_the_rest_compiles() {
    assert_toolchain();
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/*/fail/*.rs");
    cases.pass("tests/*/pass/*.rs");
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
