//! Confines the paths of a product to the product's folder.
//!
//! A path to read may contain symbolic links that stay inside the folder. A path to write contains no symbolic link,
//! and leads to a regular file or folder below the product's folder, or to nothing.
//!
//! The checks protect the user of a product from the product's contents. They do not protect against a program that
//! changes the folder between a check and the access.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Component, Path, PathBuf};

use floe_plugin::OutputPath;
use rustix::fs::OFlags;

use crate::error::{Error, reason};
use crate::files::input_file;
use crate::place::Place;

/// Checks a path to read, which is relative to `folder` and has no `..`. Its last parts may not exist yet.
///
/// # Errors
/// The path leads out of the folder, or cannot be resolved.
pub fn check(folder: &Path, inner: &Path) -> Result<(), String> {
    let path = folder.join(inner);
    let existing = path.ancestors().find(|path| fs::symlink_metadata(path).is_ok());
    let Some(existing) = existing else {
        return Ok(());
    };
    let real = resolve(existing)?;
    if real.starts_with(resolve(folder)?) {
        return Ok(());
    }
    Err(format!(
        "`{}` leads to `{}`, expected a path that stays inside the product's folder",
        inner.display(),
        real.display()
    ))
}

/// Returns the path of a file to read, after [`check`].
///
/// # Errors
/// As for [`check`], with the file as its place.
pub fn input(folder: &Path, inner: &Path) -> Result<PathBuf, Error> {
    let file = folder.join(inner);
    match check(folder, inner) {
        Ok(()) => Ok(file),
        Err(message) => Err(Error::input(Place::file(&file), message)),
    }
}

fn resolve(path: &Path) -> Result<PathBuf, String> {
    fs::canonicalize(path)
        .map_err(|error| format!("cannot resolve `{}`: {}", path.display(), reason(&error)))
}

/// Checks a file to write. `folder` itself may be a symbolic link, because the user chose it.
///
/// # Errors
/// The file is outside the folder, behind a link, or not regular.
pub fn check_file(folder: &Path, inner: &Path) -> Result<(), Error> {
    walk(folder, inner, false)
}

/// Checks a folder into which files will be written. It does not have to exist.
///
/// # Errors
/// The path is outside the folder, behind a link, or not a folder.
pub fn check_folder(folder: &Path, inner: &Path) -> Result<(), Error> {
    walk(folder, inner, true)
}

/// Opens a file with these options, after [`check_file`]. A new file is readable by its owner only.
///
/// If a link or a pipe has replaced the file since the check, opening neither follows the link nor waits for a reader.
///
/// # Errors
/// The check fails, or the file cannot be opened.
pub fn open(folder: &Path, inner: &Path, options: &mut OpenOptions) -> Result<File, Error> {
    check_file(folder, inner)?;
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    options.mode(0o600).custom_flags(flags.bits().cast_signed());
    let path = folder.join(inner);
    options.open(&path).map_err(Error::io("write", &path))
}

/// Opens a file as [`open`] does. Creates its folder and the file if they do not exist.
///
/// # Errors
/// As for [`open`], or the folder cannot be created.
pub fn create(folder: &Path, inner: &Path, options: &mut OpenOptions) -> Result<File, Error> {
    let parent = inner.parent().unwrap_or(inner);
    check_folder(folder, parent)?;
    let path = folder.join(parent);
    fs::create_dir_all(&path).map_err(Error::io("create the folder", &path))?;
    open(folder, inner, options.create(true))
}

/// Appends a line to a file below the folder of the product, in a single write, so that lines of several processes do not
/// mix. A new file is readable by its owner only.
///
/// # Errors
/// As for [`create`], or the line cannot be written.
pub(crate) fn append(file: &OutputPath, line: &str) -> Result<(), floe_plugin::Error> {
    let options = &mut OpenOptions::new();
    let mut opened =
        create(file.folder(), file.inner(), options.append(true)).map_err(Error::into_plugin)?;
    Ok(opened.write_all(line.as_bytes())?)
}

fn walk(folder: &Path, inner: &Path, is_folder: bool) -> Result<(), Error> {
    let refused = |path: &Path, message: &str| Err(Error::input(Place::file(path), message));
    let is_name = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    if !inner.components().all(is_name) {
        return refused(
            &folder.join(inner),
            "expected a path inside the folder, found one that leads out of it",
        );
    }
    let mut path = folder.to_path_buf();
    let is_below = |part: &Component<'_>| *part != Component::CurDir;
    let mut parts = inner.components().filter(is_below).peekable();
    while let Some(part) = parts.next() {
        path.push(part);
        let kind = match fs::symlink_metadata(&path) {
            Ok(metadata) => metadata.file_type(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(Error::io("write", &path)(error)),
        };
        let is_folder = is_folder || parts.peek().is_some();
        let is_valid = if is_folder { kind.is_dir() } else { kind.is_file() };
        if !is_valid {
            let accepted = if is_folder { "a folder" } else { "a regular file" };
            let found = input_file::describe(kind);
            return refused(&path, &format!("it is {found}, expected {accepted}"));
        }
    }
    Ok(())
}
