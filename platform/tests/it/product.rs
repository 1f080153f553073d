//! A product in a temporary folder, and the `floe` binary run on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

/// One source, a model that reads it, and a model that reads the first model.
const SHOP: [(&str, &str); 5] = [
    (
        "floe.yaml",
        "\
name: shop
version: 1.0.0
sources:
  - name: orders
    path: data/orders.csv
    columns:
      - { name: order_id, type: integer }
      - { name: ordered_on, type: date }
models:
  - name: stg_orders
    layer: bronze
  - name: totals
    layer: gold
",
    ),
    ("manifest.yaml", "name: shop-platform\nnamespace: retail\n"),
    ("models/stg_orders.sql", "SELECT order_id, ordered_on FROM {{ source('orders') }}\n"),
    ("models/totals.sql", "SELECT count(*) AS orders FROM {{ ref('stg_orders') }}\n"),
    ("data/orders.csv", "order_id,ordered_on\n1,2024-01-31\n2,\n"),
];

pub(crate) struct Product {
    folder: TempDir,
}

/// The output of the program, with the product's folder replaced by `{dir}`.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Product {
    pub(crate) fn shop() -> Self {
        let product = Self { folder: tempfile::tempdir().unwrap() };
        for (path, text) in SHOP {
            product.write(path, text);
        }
        product
    }

    pub(crate) fn demo(name: &str) -> Self {
        let product = Self { folder: tempfile::tempdir().unwrap() };
        let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo").join(name);
        product.write_bytes("floe.yaml", &fs::read(demo.join("floe.yaml")).unwrap());
        if let Ok(manifest) = fs::read(demo.join("manifest.yaml")) {
            product.write_bytes("manifest.yaml", &manifest);
        }
        for folder in ["models", "seeds"] {
            for entry in fs::read_dir(demo.join(folder)).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_str().unwrap();
                product.write_bytes(&format!("{folder}/{name}"), &fs::read(&path).unwrap());
            }
        }
        product
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    pub(crate) fn json(&self, path: &str) -> serde_json::Value {
        serde_json::from_str(&self.read(path)).unwrap()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        self.write_bytes(path, text.as_bytes());
    }

    pub(crate) fn write_bytes(&self, path: &str, bytes: &[u8]) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn replace(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "`{path}` has no `{from}`");
        self.write(path, &text.replacen(from, to, 1));
    }

    pub(crate) fn append(&self, path: &str, lines: &str) {
        self.write(path, &format!("{}{lines}\n", self.read(path)));
    }

    pub(crate) fn remove(&self, path: &str) {
        fs::remove_file(self.path(path)).unwrap();
    }

    pub(crate) fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        let mut folders = vec![self.folder.path().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let inner = path.strip_prefix(self.folder.path()).unwrap();
                    files.push(inner.to_str().unwrap().replace('\\', "/"));
                }
            }
        }
        files.sort();
        files
    }

    /// Runs `floe <command> <folder> <arguments>` without the `OTEL_` variables of this process.
    pub(crate) fn floe(
        &self,
        command: &str,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Output {
        let folder = self.folder.path().to_str().unwrap();
        let mut words = vec![command, folder];
        words.extend(arguments);
        let output = program(&words, variables);
        Output {
            stdout: output.stdout.replace(folder, "{dir}"),
            stderr: output.stderr.replace(folder, "{dir}"),
            ..output
        }
    }

    pub(crate) fn run(&self) -> Output {
        self.floe("run", &[], &[])
    }

    /// Returns the runs in the history, the newest first.
    pub(crate) fn runs(&self) -> Vec<serde_json::Value> {
        let history = self.read(".floe/runs.jsonl");
        history.lines().rev().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub(crate) fn write_orders(&self, count: usize) {
        let rows = (0..count).map(|id| format!("{id},2024-01-31\n"));
        let text = format!("order_id,ordered_on\n{}", rows.collect::<String>());
        self.write("data/orders.csv", &text);
    }

    pub(crate) fn open(&self, path: &str) -> Connection {
        Connection::open_with_flags(self.path(path), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
    }
}

impl Output {
    #[track_caller]
    pub(crate) fn assert_code(&self, code: i32) {
        assert_eq!(self.code, Some(code), "{}", self.stderr);
    }

    #[track_caller]
    pub(crate) fn assert_says(&self, text: &str) {
        assert!(self.stderr.contains(text), "{}", self.stderr);
    }

    #[track_caller]
    pub(crate) fn assert_ok(&self) {
        self.assert_code(0);
        assert_eq!(self.complaints(), "");
    }

    /// Returns standard error without the progress and the summary of a run. Errors of assets have the usual form.
    pub(crate) fn complaints(&self) -> String {
        let marks = [
            "  ✓ ",
            "  ↷ ",
            "failed   ",
            "checks   ",
            "stages   ",
            "tables   ",
            "objects  ",
            "trace    ",
            "run      ",
            "         ",
        ];
        let is_of_run = |line: &&str| {
            line.contains(") · ")
                || line.contains(" built, ")
                || marks.iter().any(|mark| line.starts_with(mark))
        };
        let lines = self.stderr.lines().filter(|line| !is_of_run(line)).map(|line| {
            match line.strip_prefix("  ✗ ") {
                Some(failed) => {
                    let (_, message) = failed.split_once(' ').unwrap();
                    format!("error: {}\n", message.trim_start())
                }
                None => format!("{line}\n"),
            }
        });
        lines.collect()
    }
}

/// Returns a command that runs the `floe` binary without the `OTEL_` variables of this process.
pub(crate) fn command(words: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut floe = Command::new(env!("CARGO_BIN_EXE_floe"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OTEL_")) {
        floe.env_remove(name);
    }
    floe.args(words).envs(variables.iter().copied());
    floe
}

pub(crate) fn program(words: &[&str], variables: &[(&str, &str)]) -> Output {
    let output = command(words, variables).output().unwrap();
    Output {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
