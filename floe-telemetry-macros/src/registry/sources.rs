//! The files of a registry: one, or those of a folder with Weaver's manifest, which names other registries.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

/// What Weaver calls the manifest of a folder, in this and the next version of the format.
const MANIFESTS: [&str; 2] = ["registry_manifest.yaml", "manifest.yaml"];

/// Where OpenTelemetry's conventions are, whose keys are known.
const CONVENTIONS: &str = "open-telemetry/semantic-conventions";

/// The files of a registry and of those that it depends on.
#[derive(Default)]
pub(super) struct Sources {
    pub(super) files: Vec<Source>,
    /// A registry that it depends on is not a folder on this machine.
    pub(super) is_incomplete: bool,
}

/// A file.
pub(super) struct Source {
    /// Its path as the program writes it.
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) text: String,
    /// Whether it is none of a registry that the program's depends on.
    pub(super) is_own: bool,
    pub(super) is_manifest: bool,
}

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    registry_path: Option<String>,
}

impl Sources {
    /// Those of a file, a manifest or a folder. `name` is what the program writes.
    pub(super) fn read(path: &Path, name: &str) -> Result<Self, String> {
        let mut sources = Self::default();
        let parent = |path: &Path| path.parent().map(Path::to_owned).unwrap_or_default();
        let mut next = if is_manifest(path) {
            vec![(parent(path), parent(Path::new(name)))]
        } else {
            vec![(path.to_owned(), PathBuf::from(name))]
        };
        let mut is_own = true;
        // Its own files are the first, also where a registry depends on it in turn.
        while !next.is_empty() {
            let mut others = Vec::new();
            for (path, name) in next {
                sources.add(&path, &name, is_own, &mut others)?;
            }
            next = others;
            is_own = false;
        }
        if sources.files.iter().all(|source| source.is_manifest) {
            let path = path.display();
            return Err(format!("expected a folder with files in YAML, found none below `{path}`"));
        }
        Ok(sources)
    }

    /// Adds a file, or those below a folder. `others`: the registries that it depends on.
    fn add(
        &mut self,
        path: &Path,
        name: &Path,
        is_own: bool,
        others: &mut Vec<(PathBuf, PathBuf)>,
    ) -> Result<(), String> {
        let unreadable = |error| format!("cannot read `{}`: {error}", path.display());
        if path.is_dir() {
            let entries = fs::read_dir(path).map_err(unreadable)?;
            let mut entries: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
            entries.sort();
            for entry in entries {
                let is_yaml = entry.extension().is_some_and(|it| it == "yaml" || it == "yml");
                let file = entry.file_name().unwrap_or_default();
                let is_hidden = file.to_string_lossy().starts_with('.');
                if !is_hidden && (is_yaml || entry.is_dir() && !entry.is_symlink()) {
                    self.add(&entry, &name.join(file), is_own, others)?;
                }
            }
            return Ok(());
        }
        let path = path.canonicalize().map_err(unreadable)?;
        if self.files.iter().any(|known| known.path == path) {
            return Ok(());
        }
        let source = Source {
            name: name.to_string_lossy().into_owned(),
            text: fs::read_to_string(&path).map_err(unreadable)?,
            is_own,
            is_manifest: is_manifest(&path),
            path,
        };
        if source.is_manifest {
            self.add_dependencies(&source, others)?;
        }
        self.files.push(source);
        Ok(())
    }

    fn add_dependencies(
        &mut self,
        manifest: &Source,
        others: &mut Vec<(PathBuf, PathBuf)>,
    ) -> Result<(), String> {
        let Source { name, path, text, .. } = manifest;
        let Manifest { dependencies } = floe_yaml::read(text).map_err(|mistakes| {
            let mistakes = mistakes.iter().map(|mistake| format!("{name}: {mistake}"));
            mistakes.collect::<Vec<_>>().join("\n")
        })?;
        for Dependency { registry_path } in dependencies {
            let other = registry_path.unwrap_or_default();
            let folder = path.with_file_name(&other);
            if folder.is_dir() && !other.is_empty() {
                others.push((folder, Path::new(name).with_file_name(&other)));
            } else if !other.contains(CONVENTIONS) {
                self.is_incomplete = true;
            }
        }
        Ok(())
    }
}

fn is_manifest(path: &Path) -> bool {
    path.file_name().is_some_and(|name| MANIFESTS.iter().any(|manifest| name == *manifest))
}
