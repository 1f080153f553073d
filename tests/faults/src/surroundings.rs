//! The surroundings of a program: a resolver of its own, and whether it can create threads and register exit handlers.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::{env, fs};

use anyhow::{Context as _, Result, anyhow, ensure};
use tempfile::TempDir;

/// Replaces functions of the C library in a program. Its head describes the answers of the resolver.
const PRELOAD: &str = include_str!("../preload.c");

const NAME: &str = "receiver.faults.test";

#[derive(Debug)]
pub(crate) struct Surroundings {
    folder: TempDir,
}

impl Surroundings {
    /// Creates surroundings with an answer of the resolver, one line of `preload.c` for each element.
    pub(crate) fn answering(answer: &[&str]) -> Result<Self> {
        let this = Self { folder: tempfile::tempdir()? };
        this.answer(answer)?;
        Ok(this)
    }

    /// Changes the answer, also to look-ups that are waiting.
    pub(crate) fn answer(&self, lines: &[&str]) -> Result<()> {
        self.write("names", lines)
    }

    /// Changes the answer to look-ups of one name.
    pub(crate) fn answer_to(&self, name: &str, lines: &[&str]) -> Result<()> {
        self.write(&format!("names.{name}"), lines)
    }

    fn write(&self, file: &str, lines: &[&str]) -> Result<()> {
        let draft = self.file("draft");
        fs::write(&draft, lines.join("\n") + "\n")?;
        Ok(fs::rename(draft, self.file(file))?)
    }

    /// Returns the number of look-ups so far.
    pub(crate) fn lookups(&self) -> usize {
        self.lines("names.asked")
    }

    /// Returns the number of look-ups that have returned.
    pub(crate) fn answered(&self) -> usize {
        self.lines("names.answered")
    }

    fn lines(&self, file: &str) -> usize {
        fs::read_to_string(self.file(file)).unwrap_or_default().lines().count()
    }

    /// From now on, the program cannot create a thread.
    pub(crate) fn forbid_threads(&self) -> Result<()> {
        Ok(fs::write(self.file("threads"), "")?)
    }

    /// From now on, the program cannot register a function for its exit.
    pub(crate) fn forbid_exit_handlers(&self) -> Result<()> {
        Ok(fs::write(self.file("exit-handlers"), "")?)
    }

    /// Returns the endpoint of a receiver at this port, by a name.
    #[expect(clippy::unused_self, reason = "only a program in such surroundings can use the name")]
    pub(crate) fn endpoint(&self, port: u16) -> String {
        format!("http://{NAME}:{port}")
    }

    pub(crate) fn surround(&self, program: &mut Command) -> Result<()> {
        static LIBRARY: OnceLock<Result<PathBuf, String>> = OnceLock::new();
        let library = LIBRARY
            .get_or_init(|| compiled().map_err(|error| format!("{error:#}")))
            .as_ref()
            .map_err(|error| anyhow!("{error}"))?;
        program
            .env("LD_PRELOAD", library)
            .env("FLOE_FAULTS_NAMES", self.names())
            .env("FLOE_FAULTS_FORBIDDEN", self.folder.path());
        Ok(())
    }

    fn names(&self) -> PathBuf {
        self.file("names")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// Compiles the library beside this program. Another process may do the same at the same time.
fn compiled() -> Result<PathBuf> {
    let program = env::current_exe()?;
    let folder = program.parent().unwrap_or(Path::new("."));
    let draft = tempfile::Builder::new().prefix("faults-preload").tempfile_in(folder)?;
    let mut compiler = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-Wall", "-x", "c", "-", "-ldl", "-o"])
        .arg(draft.path())
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start `cc`")?;
    compiler.stdin.take().context("no standard input")?.write_all(PRELOAD.as_bytes())?;
    let output = compiler.wait_with_output()?;
    ensure!(output.status.success(), "cc: {}", String::from_utf8_lossy(&output.stderr));
    let library = folder.join("faults-preload.so");
    draft.persist(&library)?;
    Ok(library)
}
