//! One mistake in each `fail/*.rs`, with the words of the error beside it. `TRYBUILD=overwrite` blesses.

#[test]
fn mistakes_are_explained_and_the_rest_compiles() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/*/fail/*.rs");
    cases.pass("tests/*/pass/*.rs");
}
