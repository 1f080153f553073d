//! Object storage in a folder.

use std::fs::File;
use std::io;
use std::path::Path;

use floe_plugin::storage::ObjectStore;
use floe_plugin::{Error, Lifecycle, OutputPath};
use serde::Deserialize;

use crate::error::Error as PlatformError;
use crate::files::atomic::{self, Access};
use crate::files::confine;

floe_plugin::plugin! {
    kind: ObjectStore,
    plugin: Local,
    name: "local",
    tracer: "floe.storage.local",
    api: "1.0",
    description: "stores objects as files in a folder",
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Local {
    /// The folder. Default: `.floe/objects` in the folder of the product.
    #[serde(default = "default_folder")]
    folder: OutputPath,
}

fn default_folder() -> OutputPath {
    OutputPath::new(".floe/objects")
}

impl Lifecycle for Local {}

impl ObjectStore for Local {
    fn system(&self) -> &'static str {
        "file"
    }

    fn warehouse_uri(&self) -> String {
        format!("file://{}", self.folder.display())
    }

    fn put_object(&self, key: &str, file: &Path) -> Result<u64, Error> {
        confine::check_file(self.folder.folder(), &self.folder.inner().join(key))
            .map_err(PlatformError::into_plugin)?;
        let mut input = File::open(file)?;
        let mut bytes = 0;
        atomic::write(&self.folder.join(key), Access::Private, |output| {
            bytes = io::copy(&mut input, output)?;
            Ok(())
        })
        .map_err(PlatformError::into_plugin)?;
        Ok(bytes)
    }
}
