//! Each `fail/*.rs` has a mistake, and a `.stderr` file with the messages. `TRYBUILD=overwrite` updates
//! the files.

#[path = "../toolchain.rs"]
mod toolchain;

use toolchain::assert_toolchain;

#[test]
fn failing_cases_have_the_expected_messages_and_passing_cases_compile() {
    assert_toolchain();
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/*/fail/*.rs");
    cases.pass("tests/*/pass/*.rs");
}
