//! The files of the repository, of which the tests of this package check each.
#![expect(clippy::expect_used, reason = "a file that cannot be read fails a test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Returns the folder of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Returns the output of a Git command, or `None` if it cannot be run or fails.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(root()).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Returns the paths and texts of the files that Git tracks and whose paths end with `end`, without symbolic links.
/// Without Git, returns the files of all folders except `.git`, `node_modules` and `target`.
///
/// # Panics
///
/// A file cannot be read, or is no text.
pub fn files(end: &str) -> Vec<(String, String)> {
    let listed = git(&["ls-files", "-z"]).unwrap_or_default();
    let mut paths: Vec<String> = listed.split_terminator('\0').map(str::to_owned).collect();
    if paths.is_empty() {
        paths = walked();
    }

    let paths = paths.into_iter().filter(|path| path.ends_with(end));
    let files = paths.filter_map(|path| {
        let file = root().join(&path);
        // A deleted file is listed until its deletion is staged.
        let is_file = fs::symlink_metadata(&file).is_ok_and(|file| file.is_file());
        is_file.then(|| (path, fs::read_to_string(file).expect("a text")))
    });

    files.collect()
}

fn walked() -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default();
            if path.is_symlink() || [".git", "node_modules", "target"].iter().any(|it| name == *it)
            {
                continue;
            }

            if path.is_dir() {
                folders.push(path);
            } else if let Some(path) = path.strip_prefix(root()).ok().and_then(Path::to_str) {
                found.push(path.replace('\\', "/"));
            }
        }
    }

    found.sort();
    found
}
