//! Checks that a path of a product stays inside the product's folder when its symbolic links are resolved.
//!
//! The check protects the user of a product from the product's contents. It does not protect from a program
//! that changes the folder at the same time.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::reason;

/// Checks a path that is relative to `folder` and has no `..`. Its last parts may not exist yet.
///
/// `Err` is what was found and what is accepted.
pub(crate) fn check(folder: &Path, inner: &Path) -> Result<(), String> {
    let path = folder.join(inner);
    let existing = path
        .ancestors()
        .find(|path| fs::symlink_metadata(path).is_ok());
    let Some(existing) = existing else {
        return Ok(());
    };
    let real = resolve(existing)?;
    if real.starts_with(resolve(folder)?) {
        return Ok(());
    }
    Err(format!(
        "`{}` leads to `{}`, accepted: a path that stays inside the product's folder",
        inner.display(),
        real.display()
    ))
}

fn resolve(path: &Path) -> Result<PathBuf, String> {
    fs::canonicalize(path)
        .map_err(|error| format!("cannot resolve `{}`: {}", path.display(), reason(&error)))
}
