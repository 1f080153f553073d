//! A library that is preloaded into the program and injects faults into calls that change files.

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

    /// Runs the product with a fault: in the mode `kill`, the program is killed before call number `at`; in the mode
    /// `full`, the disk is full from that call on.
    pub(crate) fn run(&self, product: &Product, mode: &str, at: usize) -> Output {
        let _ = fs::remove_file(self.log());
        // The library compares this folder with paths from the kernel, which contain no symbolic links.
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

    /// Returns the calls of the last run, each with its name and its path.
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
