//! Object storage in a folder.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use floe_plugin::storage::{ObjectStore, System};
use floe_plugin::{Error, ErrorKind, Lifecycle, OutputPath};
use schemars::JsonSchema;
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
    description: "stores objects as files of a folder",
}

/// Objects as files of a folder.
#[derive(Debug, Deserialize, JsonSchema)]
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
    fn system(&self) -> System {
        System::File
    }

    fn warehouse_uri(&self) -> String {
        format!("file://{}", self.folder.display())
    }

    fn put_object(&self, key: &str, file: &Path) -> Result<u64, Error> {
        let target = self.path(key)?;
        let mut input = File::open(file)?;
        let mut bytes = 0;
        atomic::write(&target, Access::Private, |output| {
            bytes = io::copy(&mut input, output)?;
            Ok(())
        })
        .map_err(|error| Error::new(ErrorKind::System, error.to_string()).with_source(error))?;
        Ok(bytes)
    }

    fn get_object(&self, key: &str, output: &mut dyn Write) -> Result<u64, Error> {
        let path = self.path(key)?;
        if !path.is_file() {
            let message = format!("there is no object `{key}`");
            return Err(Error::new(ErrorKind::NotFound, message));
        }
        Ok(io::copy(&mut File::open(path)?, output)?)
    }

    fn list_objects(&self, prefix: &str) -> Result<Vec<String>, Error> {
        if prefix.split('/').any(|part| part == "..") {
            return Err(outside(prefix));
        }
        confine::check_folder(self.folder.folder(), self.folder.inner())
            .map_err(PlatformError::into_plugin)?;
        let mut keys = Vec::new();
        let mut folders = vec![self.folder.to_path_buf()];
        while let Some(folder) = folders.pop() {
            let entries = match fs::read_dir(&folder) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                entries => entries?,
            };
            for entry in entries {
                let entry = entry?;
                let (path, kind) = (entry.path(), entry.file_type()?);
                if kind.is_dir() {
                    folders.push(path);
                } else if !kind.is_file() {
                    // Not an object: a link could lead out of the folder, or into a circle.
                } else if let Some(key) = self.key(&path).filter(|key| key.starts_with(prefix)) {
                    keys.push(key);
                }
            }
        }
        keys.sort_unstable();
        Ok(keys)
    }

    fn delete_object(&self, key: &str) -> Result<(), Error> {
        match fs::remove_file(self.path(key)?) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}

impl Local {
    fn path(&self, key: &str) -> Result<PathBuf, Error> {
        let is_inside = Path::new(key)
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        if key.is_empty() || !is_inside {
            return Err(outside(key));
        }
        confine::check_file(self.folder.folder(), &self.folder.inner().join(key))
            .map_err(PlatformError::into_plugin)?;
        Ok(self.folder.join(key))
    }

    /// The key of a file; `None` for drafts and locks, which begin with a dot.
    fn key(&self, path: &Path) -> Option<String> {
        let inside = path.strip_prefix(&*self.folder).ok()?;
        let key = inside.to_str()?.to_owned();
        let is_hidden = inside.file_name()?.as_encoded_bytes().starts_with(b".");
        (!is_hidden).then_some(key)
    }
}

fn outside(key: &str) -> Error {
    let message = format!("found the key `{key}`, accepted: a path without `..`");
    Error::new(ErrorKind::InvalidInput, message)
}
