//! Checks of invalid input: an edit of a valid product must give exactly one error, exit code 2 and no
//! unexpected file.

use crate::product::Product;

#[track_caller]
pub(crate) fn check(edit: impl FnOnce(&Product), error: &str) {
    check_with(edit, &[], &[], error, &[]);
}

/// Runs a product after the edit, with arguments and variables, and expects exactly this error and
/// these new files.
#[track_caller]
pub(crate) fn check_with(
    edit: impl FnOnce(&Product),
    arguments: &[&str],
    variables: &[(&str, &str)],
    error: &str,
    written: &[&str],
) {
    let product = Product::shop();
    edit(&product);
    let mut files = product.files();
    let output = product.floe("run", arguments, variables);
    assert_eq!(output.complaints(), format!("error: {error}\n"));
    assert_eq!(output.code, Some(2), "{}", output.stdout);
    files.extend(written.iter().map(|path| (*path).to_owned()));
    files.sort();
    assert_eq!(product.files(), files);
}

pub(crate) fn replace<'a>(path: &'a str, from: &'a str, to: &'a str) -> impl FnOnce(&Product) + 'a {
    move |product| product.replace(path, from, to)
}

pub(crate) fn overwrite<'a>(path: &'a str, bytes: &'a [u8]) -> impl FnOnce(&Product) + 'a {
    move |product| product.write_bytes(path, bytes)
}

pub(crate) fn remove(path: &str) -> impl FnOnce(&Product) {
    move |product| product.remove(path)
}
