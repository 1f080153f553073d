//! Mistakes with compiler messages that differ in this edition. `TRYBUILD=overwrite` accepts new
//! ones.

#[path = "../../ui-tests/toolchain.rs"]
mod toolchain;

#[test]
fn mistakes_are_explained_in_this_edition() {
    toolchain::assert_toolchain();
    trybuild::TestCases::new().compile_fail("../../ui-tests/edition-2021/*.rs");
}
