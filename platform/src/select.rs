//! The assets that a command is about: `--select`, in the simplest part of dbt's syntax.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use floe_plugins::error::Error;
use floe_suggest::{did_you_mean, nearest};

use crate::artifacts::{CompiledModel, CompiledSource};

/// Names of sources and models: `name`, `+name` with all that it reads, `name+` with all that reads it. Without any
/// name, all assets are selected.
#[derive(Debug, Clone, Default)]
pub struct Select(Vec<String>);

impl Select {
    /// Makes a selection of texts with one or more names.
    pub fn new(texts: &[String]) -> Self {
        let names = texts.iter().flat_map(|text| text.split_whitespace());
        Self(names.map(str::to_owned).collect())
    }

    /// The selection as it was written; `None` without any name.
    pub(crate) fn written(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.to_string())
    }

    /// The selected assets among these.
    ///
    /// # Errors
    /// All names of no asset.
    pub(crate) fn of(
        &self,
        sources: &[CompiledSource],
        models: &[CompiledModel],
    ) -> Result<BTreeSet<String>, Error> {
        let mut needs: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for source in sources {
            needs.insert(&source.name, source.needs().into_iter().collect());
        }
        for model in models {
            needs.insert(&model.name, model.needs().into_iter().collect());
        }
        if self.0.is_empty() {
            return Ok(needs.into_keys().map(str::to_owned).collect());
        }
        let mut selected = BTreeSet::new();
        let mut mistakes = Vec::new();
        for word in &self.0 {
            let (name, above, below) = parts(word);
            let Some((name, _)) = needs.get_key_value(name) else {
                mistakes.push(unknown(word, &needs));
                continue;
            };
            selected.insert(*name);
            if above {
                let read = |asset: &str| needs.get(asset).cloned().unwrap_or_default();
                selected.extend(reached(name, read));
            }
            if below {
                let readers = |asset: &str| {
                    let readers = needs.iter().filter(|(_, needs)| needs.contains(&asset));
                    readers.map(|(name, _)| *name).collect()
                };
                selected.extend(reached(name, readers));
            }
        }
        Error::check(mistakes)?;
        Ok(selected.into_iter().map(str::to_owned).collect())
    }

    /// The same with all that these assets read.
    pub(crate) fn with_above(&self, assets: &BTreeSet<&str>) -> Self {
        let is_kept = |word: &&String| !assets.contains(word.as_str());
        let kept = self.0.iter().filter(is_kept).cloned();
        Self(kept.chain(assets.iter().map(|name| format!("+{name}"))).collect())
    }
}

impl fmt::Display for Select {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

/// The name in a word, and whether all that it reads and all that reads it is selected, too.
fn parts(word: &str) -> (&str, bool, bool) {
    let (above, word) = match word.strip_prefix('+') {
        Some(word) => (true, word),
        None => (false, word),
    };
    match word.strip_suffix('+') {
        Some(name) => (name, above, true),
        None => (word, above, false),
    }
}

/// The assets to which steps lead from an asset.
fn reached<'a>(asset: &'a str, step: impl Fn(&str) -> Vec<&'a str>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut next = vec![asset];
    while let Some(asset) = next.pop() {
        next.extend(step(asset).into_iter().filter(|it| reached.insert(*it)));
    }
    reached
}

fn unknown(word: &str, needs: &BTreeMap<&str, Vec<&str>>) -> Error {
    let names: Vec<&str> = needs.keys().copied().collect();
    // Of `tag:daily`, `@orders` or `2+orders`.
    let is_no_name = |c: char| !c.is_ascii_alphanumeric() && c != '_';
    let name = word.split(is_no_name).max_by_key(|part| part.len());
    let hint = match did_you_mean(nearest(name.unwrap_or_default(), &names)) {
        hint if hint.is_empty() => "; `floe ls` prints the names".to_owned(),
        hint => hint,
    };
    Error::Setting(format!(
        "`--select`: expected the name of a source or a model, `+name` with all that it reads or `name+` with all that reads it, found `{word}`{hint}"
    ))
}
