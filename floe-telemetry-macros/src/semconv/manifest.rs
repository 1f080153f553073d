//! `[package.metadata.floe-telemetry]` in the `Cargo.toml` of the crate that is compiled.

use std::{
    collections::HashMap,
    env, fs,
    path::Path,
    sync::{LazyLock, Mutex, PoisonError},
};

use super::Mode;
use crate::words;

/// What the manifest of a crate says.
#[derive(Clone)]
pub(super) struct Manifest {
    pub(super) path: String,
    pub(super) mode: Mode,
}

impl Manifest {
    /// That of the crate that is compiled, which is read once; `None` if it says nothing.
    pub(super) fn of_this_crate() -> Result<Option<Self>, String> {
        static READ: LazyLock<Mutex<HashMap<String, Option<Manifest>>>> =
            LazyLock::new(Mutex::default);
        let Ok(folder) = env::var("CARGO_MANIFEST_DIR") else {
            return Ok(None);
        };
        let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = read.get(&folder) {
            return Ok(known.clone());
        }
        let path = Path::new(&folder).join("Cargo.toml");
        let path = path.to_string_lossy();
        // Without a manifest, Cargo did not begin this compilation.
        let text = fs::read_to_string(&*path).unwrap_or_default();
        let mode = mode(&text, &path);
        let manifest = mode
            .as_ref()
            .ok()
            .copied()
            .flatten()
            .map(|mode| Self { path: path.into_owned(), mode });
        // A mistake is reported once.
        read.insert(folder, manifest.clone());
        mode.map(|_| manifest)
    }
}

/// The value of `semconv` in the section. The file is valid, because Cargo has read it.
fn mode(text: &str, path: &str) -> Result<Option<Mode>, String> {
    let mut is_section = false;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.starts_with('[') {
            is_section = line == "[package.metadata.floe-telemetry]";
        } else if is_section
            && let Some((key, value)) = line.split_once('=')
            && key.trim() == "semconv"
        {
            let value = value.trim().trim_matches(['"', '\'']);
            let Some(mode) = Mode::of(value) else {
                let words = words::one_of(&Mode::WORDS);
                return Err(format!(
                    "expected {words} as `semconv`, found `{value}`, at {path}:{number}"
                ));
            };
            return Ok(Some(mode));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_section_is_read() {
        let read = |text: &str| mode(text, "Cargo.toml");
        let section = "[package]\nname = \"a\"\n[package.metadata.floe-telemetry]\n";
        assert_eq!(read(section), Ok(None));
        assert_eq!(read("[other]\nsemconv = \"strict\""), Ok(None));
        for (value, mode) in [("\"strict\" # all", Mode::Strict), ("'off'", Mode::Off)] {
            assert_eq!(read(&format!("{section}semconv = {value}\n")), Ok(Some(mode)));
        }
        assert_eq!(
            read(&format!("{section}semconv = \"warn\"")),
            Err("expected one of `strict`, `off` as `semconv`, found `warn`, at Cargo.toml:4"
                .to_owned())
        );
    }
}
