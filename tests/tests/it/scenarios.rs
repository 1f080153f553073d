//! Each of the 80 scenarios has a test, which is named in the heads of the files in `conformance`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// In a head, numbers (`1`, `2, 3` or `4 to 6`) precede names in backticks, and `;` ends an entry.
fn scenarios(head: &str) -> BTreeMap<u32, Vec<String>> {
    let mut found: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for part in head.split("; ") {
        let Some((numbers, _)) = part.split_once('`') else {
            continue;
        };
        let names = part.split('`').skip(1).step_by(2);
        let names: Vec<_> = names
            .map(|name| name.rsplit("::").next().unwrap_or_default().to_owned())
            .collect();
        let mut last = None;
        let mut through = false;
        for word in numbers.split_whitespace() {
            through |= word == "to";
            let Ok(number) = word.trim_end_matches(',').parse::<u32>() else {
                continue;
            };
            let first = last.filter(|_| through).map_or(number, |last| last + 1);
            for number in first..=number {
                found.entry(number).or_default().extend(names.clone());
            }
            last = Some(number);
        }
    }
    found
}

fn head(file: &str) -> String {
    let lines = file.lines().map_while(|line| line.strip_prefix("//!"));
    // The first paragraph describes the file.
    let lines = lines.skip_while(|line| !line.is_empty());
    lines.map(str::trim).collect::<Vec<_>>().join(" ")
}

/// The names of functions with a test attribute.
fn tests(file: &str) -> impl Iterator<Item = String> {
    let is_test = |line: &str| {
        let line = line.trim_start();
        line.starts_with("#[test]") || line.starts_with("#[tokio::test")
    };
    let after = file.lines().skip_while(move |line| !is_test(line));
    let mut awaited = false;
    after.filter_map(move |line| {
        awaited |= is_test(line);
        let (_, rest) = line.split_once("fn ").filter(|_| awaited)?;
        awaited = false;
        rest.split('(').next().map(str::to_owned)
    })
}

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn each_scenario_names_an_existing_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    for directory in [
        "tests/it",
        "renamed/tests",
        "../ui-tests/tests",
        "../floe-telemetry-macros/src",
    ] {
        files(&root.join(directory), &mut paths);
    }
    for process in ["panics", "spawned"] {
        paths.push(root.join(format!("tests/global_{process}.rs")));
    }
    let mut scenarios_found: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    let mut names = BTreeSet::new();
    for path in paths {
        let file = fs::read_to_string(&path).unwrap();
        let path = path.to_string_lossy();
        if path.contains("ui-tests") {
            let name = path.rsplit('/').next().unwrap_or_default();
            names.insert(name.trim_end_matches(".rs").to_owned());
        } else {
            names.extend(tests(&file));
        }
        if path.contains("/conformance/") {
            for (number, tests) in scenarios(&head(&file)) {
                scenarios_found.entry(number).or_default().extend(tests);
            }
        }
    }
    let numbers: Vec<_> = scenarios_found.keys().copied().collect();
    assert_eq!(numbers, (1..=80).collect::<Vec<_>>());
    for (number, tests) in scenarios_found {
        for test in tests {
            assert!(names.contains(&test), "{number}: there is no test `{test}`");
        }
    }
}
