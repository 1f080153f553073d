//! Limits of the repository's size. A limit never rises: a commit that makes something smaller lowers its limit, and a
//! commit that adds something must remove as much.
//!
//! `cargo test -p floe-tests --test structure -- --nocapture` prints the current numbers.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "tests")]

use std::collections::BTreeMap;

use floe_tests::repository::{files, git};
use syn::{Item, UseTree, Visibility};

/// In the rows of code and tests, a line counts if it contains more than a comment.
const LIMITS: [(&str, usize); 12] = [
    ("code of the library", 32_684),
    ("code of redact and semconv", 9_876),
    ("code of the integrations", 4_622),
    ("code of floe-trace", 6_122),
    ("code of the platform", 16_941),
    ("tests, benches, examples, fuzz targets", 59_642),
    ("lines of Rust", 162_537),
    ("words of documents", 46_837),
    ("functions above 60 lines", 5),
    ("lines with `cfg(`", 200),
    ("features", 41),
    ("public names at the root of `floe-telemetry`", 52),
];

/// Returns the row that counts the code of a package, or `None` for other folders, such as `tests` and `examples`.
fn house(path: &str) -> Option<&'static str> {
    let is_below = |folders: &[&str]| folders.iter().any(|folder| path.starts_with(folder));
    if is_below(&["crates/redact/", "crates/semconv/"]) {
        Some("code of redact and semconv")
    } else if is_below(&["crates/trace/"]) {
        Some("code of floe-trace")
    } else if is_below(&["integrations/"]) {
        Some("code of the integrations")
    } else if is_below(&["platform/"]) {
        Some("code of the platform")
    } else if is_below(&["crates/", "floe-telemetry"]) {
        Some("code of the library")
    } else {
        None
    }
}

fn is_test(path: &str) -> bool {
    const FOLDERS: [&str; 7] =
        ["tests", "benches", "examples", "ui-tests", "fuzz", "golden", "expected"];
    let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
    folders.split('/').any(|folder| FOLDERS.contains(&folder))
        || ["tests.rs", "golden.rs"].contains(&file)
}

/// Returns the lines that contain more than a comment.
fn code(text: &str) -> Vec<String> {
    let mut without_comments = String::new();
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("/*")
        && let Some((_, after)) = comment.split_once("*/")
    {
        without_comments.push_str(before);
        rest = after;
    }
    without_comments.push_str(rest);
    let lines = without_comments.lines();
    let lines = lines.filter(|line| !line.trim().is_empty() && !line.trim().starts_with("//"));
    lines.map(str::to_owned).collect()
}

/// Counts functions of more than sixty lines. The code must be formatted by rustfmt, because a function is assumed to
/// end at the indentation at which it begins.
fn long_functions(code: &[String]) -> usize {
    let mut long = 0;
    let mut function: Option<(usize, usize)> = None;
    for line in code {
        let trimmed = line.trim_start();
        let indentation = line.len() - trimmed.len();
        function = match function {
            Some((start, lines)) if trimmed == "}" && indentation == start => {
                long += usize::from(lines > 60);
                None
            }
            Some((start, lines)) => Some((start, lines + 1)),
            None => {
                let begins = is_function(trimmed) && !trimmed.ends_with(['}', ';']);
                begins.then_some((indentation, 1))
            }
        };
    }
    long
}

fn is_function(line: &str) -> bool {
    let words = line.split(' ').take_while(|word| {
        ["pub", "pub(crate)", "pub(super)", "const", "async", "unsafe", "extern", "\"C\"", "fn"]
            .contains(word)
    });
    words.last() == Some("fn")
}

/// Counts the features of a manifest, except `default`.
fn features(manifest: &str) -> usize {
    let (_, lines) = manifest.split_once("\n[features]\n").unwrap_or_default();
    let lines = lines.lines().take_while(|line| !line.starts_with('['));
    lines
        .filter(|line| line.contains(" = ") && !line.starts_with('#'))
        .filter(|line| !line.starts_with("default "))
        .count()
}

/// Counts the public names. Names that begin with an underscore do not count, because they are not for users.
fn public_names(text: &str) -> usize {
    fn add(tree: &UseTree, names: &mut Vec<String>) {
        match tree {
            UseTree::Path(path) => add(&path.tree, names),
            UseTree::Group(group) => group.items.iter().for_each(|tree| add(tree, names)),
            UseTree::Name(name) => names.push(name.ident.to_string()),
            UseTree::Rename(rename) => names.push(rename.rename.to_string()),
            UseTree::Glob(_) => names.push("*".to_owned()),
        }
    }
    let mut names = Vec::new();
    for item in syn::parse_file(text).unwrap().items {
        let (visibility, name) = match item {
            Item::Use(item) => {
                if matches!(item.vis, Visibility::Public(_)) {
                    add(&item.tree, &mut names);
                }
                continue;
            }
            Item::Const(item) => (item.vis, item.ident),
            Item::Enum(item) => (item.vis, item.ident),
            Item::Fn(item) => (item.vis, item.sig.ident),
            Item::Mod(item) => (item.vis, item.ident),
            Item::Static(item) => (item.vis, item.ident),
            Item::Struct(item) => (item.vis, item.ident),
            Item::Trait(item) => (item.vis, item.ident),
            Item::Type(item) => (item.vis, item.ident),
            _ => continue,
        };
        if matches!(visibility, Visibility::Public(_)) {
            names.push(name.to_string());
        }
    }
    names.iter().filter(|name| !name.starts_with('_')).count()
}

fn numbers() -> BTreeMap<&'static str, usize> {
    let mut numbers = BTreeMap::new();
    let mut add = |name, count| *numbers.entry(name).or_default() += count;
    for (path, text) in files(".rs") {
        add("lines of Rust", text.matches('\n').count());
        let (text, tests) = text.split_once("#[cfg(test)]\nmod tests {").unwrap_or((&text, ""));
        add("tests, benches, examples, fuzz targets", code(tests).len());
        let code = code(text);
        match house(&path) {
            Some(house) if !is_test(&path) => {
                add(house, code.len());
                add("functions above 60 lines", long_functions(&code));
                let is_cfg = |line: &&String| line.contains("cfg(") || line.contains("cfg_attr(");
                add("lines with `cfg(`", code.iter().filter(is_cfg).count());
            }
            _ => add("tests, benches, examples, fuzz targets", code.len()),
        }
        if path == "floe-telemetry/src/lib.rs" {
            add("public names at the root of `floe-telemetry`", public_names(text));
        }
    }
    for (path, text) in files(".md") {
        if !path.starts_with("tests/") && !path.starts_with("ui-tests/") {
            add("words of documents", text.split_whitespace().count());
        }
    }
    for (path, text) in files("Cargo.toml") {
        if house(&path).is_some() && !is_test(&path) {
            add("features", features(&text));
        }
    }
    numbers
}

#[test]
fn each_number_is_within_its_limit() {
    let numbers = numbers();
    let mut larger = Vec::new();
    eprintln!("{:>45} {:>8} {:>8}", "", "number", "limit");
    for (name, limit) in LIMITS {
        let number = numbers[name];
        eprintln!("{name:>45} {number:>8} {limit:>8}");
        if number > limit {
            larger.push(format!("{name}: expected at most {limit}, found {number}"));
        }
    }
    assert!(larger.is_empty(), "{}", larger.join("\n"));
}

/// Parses the limits in `text`, which is this file at another commit.
fn limits(text: &str) -> Option<BTreeMap<&str, usize>> {
    let (_, rows) = text.split_once("\nconst LIMITS: ")?;
    let rows = rows.split("\n];").next()?.lines().skip(1);
    let limits = rows.map(|row| {
        let (name, limit) = row.trim().strip_prefix("(\"")?.split_once("\", ")?;
        Some((name, limit.strip_suffix("),")?.replace('_', "").parse().ok()?))
    });
    limits.collect()
}

#[test]
fn no_limit_is_higher_than_before_the_last_merge() {
    let merge = git(&["rev-list", "--first-parent", "--merges", "--max-count=1", "HEAD"]);
    let before =
        merge.and_then(|merge| git(&["rev-parse", "--short", &format!("{}^1", merge.trim())]));
    let Some(before) = before.as_deref().map(str::trim) else {
        eprintln!("found no merge to compare the limits with");
        return;
    };
    let text = git(&["show", &format!("{before}:tests/tests/structure.rs")]).unwrap_or_default();
    let Some(limits) = limits(&text) else {
        eprintln!("{before}, the commit before the last merge, has no limits");
        return;
    };
    for (name, was) in limits {
        let is = LIMITS.iter().find(|(it, _)| *it == name).map(|(_, limit)| *limit);
        assert!(
            is.is_some_and(|is| is <= was),
            "{name}: expected a limit of at most {was} as in {before}, before the last merge, found {is:?}"
        );
    }
}

#[test]
fn limits_are_read_from_the_text_of_this_file() {
    let read = limits(include_str!("structure.rs")).unwrap();
    assert_eq!(read, BTreeMap::from(LIMITS));
}
