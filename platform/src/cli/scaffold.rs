//! A new product: a folder with a source and two models, which can be run at once.

use std::fs;
use std::io;
use std::path::Path;

use floe_plugins::error::{Error, reason};
use floe_plugins::place::Place;
use tempfile::Builder;

use super::command_line;
use super::output::print;
use crate::word::Name;

/// The files of a new product, by their path in its folder.
const FILES: &[(&str, &str)] = &[
    ("floe.yaml", include_str!("../../template/floe.yaml")),
    ("seeds/orders.sql", include_str!("../../template/seeds/orders.sql")),
    ("models/stg_orders.sql", include_str!("../../template/models/stg_orders.sql")),
    ("models/sales_by_day.sql", include_str!("../../template/models/sales_by_day.sql")),
];

/// Creates the folder of a product, which is named after it, and prints how it is run.
///
/// # Errors
/// There is something at this path, its last part is not the name of a product, or it cannot be written. Then
/// nothing was created.
pub(super) fn create(folder: &Path) -> Result<(), Error> {
    let input = |message: String| Error::input(Place::file(folder), message);
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let name = Name::try_from(name.into_owned())
        .map_err(|message| input(format!("the name of the product: {message}")))?;
    match fs::symlink_metadata(folder) {
        Ok(_) => {
            return Err(input("it exists, expected a path that does not".to_owned()));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(input(format!("cannot read it: {}", reason(&error)))),
    }
    let parent = match folder.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    // The folder appears whole or not at all.
    let draft = Builder::new()
        .prefix(".floe-new-")
        .tempdir_in(parent)
        .map_err(Error::io("create a folder in", parent))?;
    for (path, text) in FILES {
        let path = draft.path().join(path);
        let write = || {
            fs::create_dir_all(path.parent().unwrap_or(parent))?;
            fs::write(&path, text.replace("@NAME@", &name))
        };
        write().map_err(Error::io("write", folder))?;
    }
    #[cfg(unix)]
    readable(draft.path()).map_err(Error::io("write", folder))?;
    fs::rename(draft.path(), folder).map_err(Error::io("create", folder))?;
    // It has another name now, so there is nothing to remove.
    let _ = draft.keep();
    let run = command_line::call(["run".as_ref(), folder.as_os_str()]);
    print(&format_args!("created {}; next: {run}\n", folder.display()))
}

/// Temporary folders are private; this one becomes the user's.
#[cfg(unix)]
fn readable(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
}
