//! Missing files of sources. They are known before a run, and fail only the assets that read them.

use floe_plugins::place::Place;

use super::load::Loaded;
use crate::identity::Identity;
use crate::product::{self, missing_file};

/// The missing files, each with its place in the specification.
pub(super) fn find(identity: &Identity, loaded: &Loaded<'_>) -> Vec<String> {
    let file = product::spec_path(&identity.folder);
    let sources = loaded.product.sources.iter();
    let paths = sources.filter(|it| it.generate.is_none());
    let paths = paths.map(|it| &it.path);
    let absent = paths.filter(|path| !identity.folder.join(&*path.value).exists());
    let absent = absent.map(|path| {
        let place = Place::yaml(&file, path.position).redacted();
        format!("{place}: {}", missing_file(&path.value))
    });
    absent.collect()
}
