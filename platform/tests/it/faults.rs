//! A library that is preloaded into the program and injects faults into its calls that change files.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::product::{self, Output, Product};

pub(crate) struct Faults {
    folder: TempDir,
}

impl Faults {
    /// Compiles the library with the C compiler that also compiles SQLite.
    pub(crate) fn new() -> Self {
        let faults = Self { folder: tempfile::tempdir().unwrap() };
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/fixtures/faults.c");
        let status = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(faults.library())
            .args([source, "-ldl"])
            .status();
        assert!(status.unwrap().success());
        faults
    }

    /// Runs the product with a fault: `kill` before call number `at`, or a disk that is `full` from then on.
    pub(crate) fn run(&self, product: &Product, mode: &str, at: usize) -> Output {
        let _ = fs::remove_file(self.log());
        // Paths in the log and below the folder are those that the kernel reports.
        let folder = fs::canonicalize(product.path("")).unwrap();
        let folder = folder.to_str().unwrap();
        let (library, log, at) = (self.library(), self.log(), at.to_string());
        let variables = [
            ("LD_PRELOAD", library.to_str().unwrap()),
            ("FAULT_FOLDER", folder),
            ("FAULT_LOG", log.to_str().unwrap()),
            ("FAULT_MODE", mode),
            ("FAULT_AT", &at),
        ];
        product::program(&["run", folder], &variables)
    }

    /// The calls of the last run: the name of the call and its paths.
    pub(crate) fn calls(&self) -> Vec<String> {
        let log = fs::read_to_string(self.log()).unwrap();
        log.lines().map(str::to_owned).collect()
    }

    fn library(&self) -> PathBuf {
        self.folder.path().join("faults.so")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("calls.log")
    }
}
