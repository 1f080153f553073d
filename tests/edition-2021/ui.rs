//! Mistakes of which the compiler may speak differently in this edition. `TRYBUILD=overwrite` blesses.

#[test]
fn mistakes_are_explained_in_this_edition() {
    trybuild::TestCases::new().compile_fail("../../ui-tests/edition-2021/*.rs");
}
