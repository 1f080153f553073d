//! The dependencies between assets and the order of building them.

use std::collections::{BTreeMap, BTreeSet};

/// The assets that each asset depends on.
pub(crate) type Dependencies = BTreeMap<String, BTreeSet<String>>;

/// Orders the assets in rounds. A round has, in alphabetical order, the assets whose dependencies precede the round.
///
/// Returns a cycle as an error: each asset depends on the next one, and the last asset is the first one again.
pub(crate) fn order(dependencies: &Dependencies) -> Result<Vec<String>, Vec<String>> {
    let mut ordered: Vec<String> = Vec::with_capacity(dependencies.len());
    let mut done = BTreeSet::new();
    while ordered.len() < dependencies.len() {
        let ready: Vec<&String> = dependencies
            .iter()
            .filter(|(name, needs)| !done.contains(*name) && needs.is_subset(&done))
            .map(|(name, _)| name)
            .collect();
        if ready.is_empty() {
            return Err(cycle(dependencies, &done));
        }
        done.extend(ready.iter().map(|name| (*name).clone()));
        ordered.extend(ready.into_iter().cloned());
    }
    Ok(ordered)
}

/// Finds a cycle by following dependencies outside `done` until an asset repeats.
fn cycle(dependencies: &Dependencies, done: &BTreeSet<String>) -> Vec<String> {
    let mut path: Vec<String> = Vec::new();
    let mut next = dependencies.keys().find(|name| !done.contains(*name));
    while let Some(name) = next {
        if let Some(start) = path.iter().position(|seen| seen == name) {
            path.drain(..start);
            path.push(name.clone());
            break;
        }
        path.push(name.clone());
        next = dependencies[name].iter().find(|need| !done.contains(*need));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(edges: &[(&str, &[&str])]) -> Result<Vec<String>, Vec<String>> {
        let dependencies = edges
            .iter()
            .map(|(name, needs)| {
                ((*name).to_owned(), needs.iter().map(|need| (*need).to_owned()).collect())
            })
            .collect();
        order(&dependencies)
    }

    #[test]
    fn dependencies_come_first() {
        let order = check(&[("a", &["c"]), ("b", &[]), ("c", &["b"])]).unwrap();
        assert_eq!(order, ["b", "c", "a"]);
    }

    #[test]
    fn a_cycle_starts_and_ends_with_the_same_asset() {
        let cycle = check(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"]), ("d", &[])]).unwrap_err();
        assert_eq!(cycle, ["b", "c", "b"]);
        assert_eq!(check(&[("a", &["a"])]).unwrap_err(), ["a", "a"]);
    }
}
