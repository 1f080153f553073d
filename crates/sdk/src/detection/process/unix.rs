//! The attributes of a process on Unix.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process;

use crate::surroundings::{Surroundings, value};

#[expect(clippy::unnecessary_wraps, reason = "other systems have no parent")]
pub(super) fn parent_id() -> Option<i64> {
    Some(i64::from(process::parent_id()))
}

/// The name of the user, or the number of a user without a name.
pub(super) fn owner(surroundings: &mut Surroundings<'_>) -> Option<String> {
    // The directory belongs to the effective user of the process.
    let user = fs::metadata("/proc/self").ok()?.uid().to_string();
    let users = surroundings.file("/etc/passwd").unwrap_or_default();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, id) = (fields.next()?, fields.nth(1)?);
        (id == user).then(|| value(name))?
    });
    name.or(Some(user))
}
