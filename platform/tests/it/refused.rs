//! What a test of bad input says: spoil this, expect exactly that error, exit code 2, and no file
//! that was not there before.

use crate::product::Product;

/// A product with one thing wrong must give exactly this error.
#[track_caller]
pub(crate) fn check(spoil: impl FnOnce(&Product), error: &str) {
    check_called(spoil, &[], &[], error, &[]);
}

#[track_caller]
pub(crate) fn check_called(
    spoil: impl FnOnce(&Product),
    arguments: &[&str],
    settings: &[(&str, &str)],
    error: &str,
    left: &[&str],
) {
    let product = Product::shop();
    spoil(&product);
    let mut files = product.files();
    let said = product.floe("run", arguments, settings);
    assert_eq!(said.stderr, format!("error: {error}\n"));
    assert_eq!(said.code, Some(2), "{}", said.stdout);
    files.extend(left.iter().map(|path| (*path).to_owned()));
    files.sort();
    assert_eq!(product.files(), files);
}

/// Replaces a text in a file.
pub(crate) fn swap<'a>(path: &'a str, from: &'a str, to: &'a str) -> impl FnOnce(&Product) + 'a {
    move |product| product.replace(path, from, to)
}

/// Adds lines to a file.
pub(crate) fn append<'a>(path: &'a str, lines: &'a str) -> impl FnOnce(&Product) + 'a {
    move |product| product.write(path, &format!("{}{lines}", product.read(path)))
}

/// Replaces a file.
pub(crate) fn whole<'a>(path: &'a str, bytes: &'a [u8]) -> impl FnOnce(&Product) + 'a {
    move |product| product.write_bytes(path, bytes)
}

pub(crate) fn gone(path: &str) -> impl FnOnce(&Product) {
    move |product| product.remove(path)
}
