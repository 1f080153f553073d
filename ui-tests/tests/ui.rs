//! Each `fail/*.rs` has a mistake, and a `.stderr` file with the messages. `TRYBUILD=overwrite` updates
//! the files.

#[path = "../toolchain.rs"]
mod toolchain;

use toolchain::{assert_toolchain, is_version};

#[test]
fn failing_cases_have_the_expected_messages_and_passing_cases_compile() {
    assert_toolchain();
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/*/fail/*.rs");
    cases.pass("tests/*/pass/*.rs");
}

#[test]
fn only_the_toolchain_of_the_stderr_files_is_accepted() {
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
