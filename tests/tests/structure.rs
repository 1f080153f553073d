//! The size of each crate against `tests/structure.txt`: what grows shows itself in the diff of that file.
//!
//! `BLESS=1 cargo test -p floe-tests --test structure` writes the file; a larger number needs a line in CHANGELOG.md that
//! says what it is for.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fmt::{self, Display};
use std::fs;
use std::path::{Path, PathBuf};

/// The crates that are counted.
const CRATES: [&str; 41] = [
    "crates/console",
    "crates/context-reader",
    "crates/core",
    "crates/journal",
    "crates/logs",
    "crates/metrics",
    "crates/otlp",
    "crates/otlp-json",
    "crates/redact",
    "crates/sdk",
    "crates/semconv",
    "crates/suggest",
    "crates/testing",
    "crates/thread-context",
    "crates/trace",
    "crates/tracing",
    "crates/waterfall",
    "crates/yaml",
    "floe-telemetry",
    "floe-telemetry-macros",
    "integrations/floe-dagster-pipes",
    "integrations/floe-telemetry-detectors",
    "integrations/floe-telemetry-diesel",
    "integrations/floe-telemetry-http",
    "integrations/floe-telemetry-flight-recorder",
    "integrations/floe-telemetry-journal",
    "integrations/floe-telemetry-messaging",
    "integrations/floe-telemetry-metrics-facade",
    "integrations/floe-telemetry-otlp-file",
    "integrations/floe-telemetry-process-context",
    "integrations/floe-telemetry-prometheus",
    "integrations/floe-telemetry-report",
    "integrations/floe-telemetry-sql",
    "integrations/floe-telemetry-sqlx",
    "integrations/floe-telemetry-tokio",
    "integrations/floe-telemetry-web",
    "platform",
    "platform/dbt",
    "platform/plugin",
    "platform/plugins",
    "benches",
];

/// A function with more lines is counted.
const LONG: usize = 40;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Size {
    /// Lines outside of comments and tests.
    code: usize,
    /// Lines with `cfg(`.
    cfg: usize,
    /// Items with a bare `pub`.
    public: usize,
    /// Functions with more than [`LONG`] lines.
    long: usize,
    /// Features, without `default`.
    features: usize,
    /// What it depends on, without what only its tests do.
    dependencies: usize,
}

impl Size {
    fn columns(self) -> [(&'static str, usize); 6] {
        [
            ("code", self.code),
            ("cfg", self.cfg),
            ("public", self.public),
            ("long", self.long),
            ("features", self.features),
            ("dependencies", self.dependencies),
        ]
    }

    fn of(folder: &Path) -> Self {
        let mut size = Self::default();
        let mut folders = vec![folder.join("src")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                if path.is_dir() {
                    // A folder of tests, as a file of them.
                    if name != "tests" {
                        folders.push(path);
                    }
                } else if path.extension().is_some_and(|it| it == "rs") && name != "tests.rs" {
                    size.add(&fs::read_to_string(&path).unwrap());
                }
            }
        }
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let section = |name: &str| {
            let (_, lines) = manifest.split_once(&format!("\n[{name}]\n")).unwrap_or_default();
            let lines = lines.lines().take_while(|line| !line.starts_with('['));
            lines.filter(|line| line.contains('=') && !line.starts_with('#')).count()
        };
        size.features =
            section("features").saturating_sub(usize::from(manifest.contains("\ndefault = [")));
        size.dependencies = section("dependencies");
        size
    }

    /// Counts a file that rustfmt has formatted: what ends at an indentation has begun at it.
    fn add(&mut self, text: &str) {
        let mut lines = text.lines();
        let mut function: Option<(usize, usize)> = None;
        while let Some(line) = lines.next() {
            let trimmed = line.trim_start();
            if trimmed.is_empty() || trimmed.starts_with("//") {
                continue;
            }
            let indentation = line.len() - trimmed.len();
            if trimmed.starts_with("#[cfg(test)]") || trimmed.starts_with("#[cfg(all(test") {
                // The item behind it.
                let end = format!("{}}}", " ".repeat(indentation));
                let mut item =
                    lines.by_ref().skip_while(|line| line.trim_start().starts_with("#["));
                if item.next().is_some_and(|line| line.ends_with('{')) {
                    item.find(|line| *line == end);
                }
                continue;
            }
            self.code += 1;
            self.cfg += usize::from(trimmed.contains("cfg(") || trimmed.contains("cfg_attr("));
            self.public += usize::from(trimmed.starts_with("pub "));
            match function {
                Some((start, lines)) if trimmed == "}" && indentation == start => {
                    self.long += usize::from(lines > LONG);
                    function = None;
                }
                Some((start, lines)) => function = Some((start, lines + 1)),
                None if is_function(trimmed)
                    && !trimmed.ends_with('}')
                    && !trimmed.ends_with(';') =>
                {
                    function = Some((indentation, 1));
                }
                None => {}
            }
        }
    }
}

fn is_function(line: &str) -> bool {
    let words = line.split(' ').take_while(|word| {
        ["pub", "pub(crate)", "pub(super)", "const", "async", "unsafe", "extern", "\"C\"", "fn"]
            .contains(word)
    });
    words.last() == Some("fn")
}

struct Table(Vec<(&'static str, Size)>);

impl Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, size) in &self.0 {
            write!(f, "{name}:")?;
            for (column, number) in size.columns() {
                write!(f, " {column} {number}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn no_crate_is_larger_than_its_budget() {
    let path = root().join("tests/structure.txt");
    let sizes = CRATES.map(|name| (name, Size::of(&root().join(name))));
    let found = Table(sizes.to_vec()).to_string();
    if std::env::var_os("BLESS").is_some() {
        fs::write(path, found).unwrap();
        return;
    }
    let budget = fs::read_to_string(path).unwrap();
    let mut larger = Vec::new();
    for ((name, size), line) in sizes.iter().zip(budget.lines()) {
        let mut words = line.split(' ');
        assert_eq!(words.next(), Some(&*format!("{name}:")), "{line}");
        for (column, number) in size.columns() {
            assert_eq!(words.next(), Some(column), "{line}");
            let most: usize = words.next().unwrap().parse().unwrap();
            if number > most {
                larger
                    .push(format!("{name}: expected at most {most} of `{column}`, found {number}"));
            }
        }
    }
    assert_eq!(budget.lines().count(), CRATES.len());
    assert!(larger.is_empty(), "{}", larger.join("\n"));
}

#[test]
fn what_is_no_code_is_not_counted() {
    let mut size = Size::default();
    let long = "    work();\n".repeat(LONG);
    size.add(&format!(
        "//! Text.\n\npub fn f() {{\n{long}}}\n\n#[cfg(feature = \"x\")]\npub(crate) fn g() {{}}\n\n\
         #[cfg(test)]\nmod tests {{\n    fn h() {{}}\n}}\nfn i() {{\n    work();\n}}\n"
    ));
    let expected = Size { code: LONG + 7, cfg: 1, public: 1, long: 1, ..Size::default() };
    assert_eq!(size, expected);
}
