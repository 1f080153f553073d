//! Reads the files of a command.

use std::fs::File;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use floe_redact::printable;
use floe_trace::read::Reader;
use floe_trace::{Note, Recording, TraceId};
use rustc_hash::FxHashMap;

use super::Failure;

const STANDARD_INPUT: &str = "-";

/// The files to read.
#[derive(Clone, Debug, Args)]
pub(crate) struct Input {
    /// Files with OTLP, `-` for standard input, or folders, whose files `*.jsonl`, `*.json`, `*.pb` and `*.binpb`, also
    /// with `.gz` at the end, are read [default: standard input]
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Read only the traces whose ids begin with ID
    #[arg(long, value_name = "ID")]
    trace: Option<String>,
    #[command(flatten)]
    limits: Limits,
}

/// The limits of what is read.
#[derive(Clone, Debug, Args)]
pub(crate) struct Limits {
    /// The memory limit for spans, log records and their decoding, in MiB; records beyond it are left out, with a note
    #[arg(long, value_name = "MIB", default_value_t = 1024)]
    max_memory: usize,
}

impl Input {
    /// Reads all files like [`Self::read`], and fails if they contain no span.
    pub(crate) fn read_spans(&self) -> Result<Recording, Failure> {
        let recording = self.read()?;
        if recording.spans.is_empty() {
            return Err(Failure("expected spans, found none".to_owned()));
        }
        Ok(recording)
    }

    /// Reads the wanted traces of all files, and prints the problems of the files to standard error.
    pub(crate) fn read(&self) -> Result<Recording, Failure> {
        let mut recording = self.limits.read(&self.files)?;
        if let Some(id) = &self.trace {
            let wanted = id.to_lowercase();
            let mut known = FxHashMap::default();
            let mut is_wanted = |trace: TraceId| {
                let begins = || trace.to_string().starts_with(&wanted);
                *known.entry(trace).or_insert_with(begins)
            };
            recording.spans.retain(|span| is_wanted(span.trace));
            recording.logs.retain(|log| is_wanted(log.trace));
            if recording.spans.is_empty() {
                return Err(Failure(format!(
                    "expected the beginning of a trace id, found `{id}`: no trace id in the input begins with it"
                )));
            }
        }
        Ok(recording)
    }
}

impl Limits {
    /// Reads the given files, or standard input if none are given, and prints their problems to standard error.
    pub(crate) fn read(&self, files: &[PathBuf]) -> Result<Recording, Failure> {
        let mut reader = Reader::new().max_bytes(self.max_memory.saturating_mul(1 << 20));
        if files.is_empty() {
            if io::stdin().is_terminal() {
                return Err(Failure(
                    "expected a file, or OTLP on standard input, found neither".to_owned(),
                ));
            }
            read_one(&mut reader, Path::new(STANDARD_INPUT))?;
        }
        for path in files {
            read_all(&mut reader, path)?;
        }
        let recording = reader.finish();
        print_notes(&recording.notes);
        Ok(recording)
    }
}

/// Reads a file, or the files of a folder. Unreadable files of a folder are only noted, unless all are unreadable.
fn read_all(reader: &mut Reader, path: &Path) -> Result<(), Failure> {
    if !path.is_dir() {
        return read_one(reader, path);
    }
    let files = files_of(path)?;
    let mut refused: Vec<Failure> =
        files.iter().filter_map(|file| read_one(reader, file).err()).collect();
    if refused.len() == files.len()
        && let Some(first) = refused.pop()
    {
        return Err(first);
    }
    for Failure(reason) in refused {
        let _ = writeln!(io::stderr(), "note: {}", printable(&reason));
    }
    Ok(())
}

pub(crate) fn print_notes(notes: &[Note]) {
    let mut errors = io::stderr().lock();
    for note in notes {
        let _ = writeln!(errors, "note: {}", printable(&note.to_string()));
    }
}

/// Returns the file itself, or the OTLP files of a folder, sorted by name.
pub(crate) fn files_of(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let failed = |error| Failure(format!("{}: cannot be read: {error}", path.display()));
    let mut files = Vec::new();
    for entry in path.read_dir().map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        let end = name.rsplit_once('.').map(|(_, end)| end);
        if matches!(end, Some("jsonl" | "json" | "pb" | "binpb")) && file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(Failure(format!(
            "{}: expected files `*.jsonl`, `*.json`, `*.pb` or `*.binpb`, or these with `.gz`, found none",
            path.display()
        )));
    }
    Ok(files)
}

fn read_one(reader: &mut Reader, path: &Path) -> Result<(), Failure> {
    let read = if path == Path::new(STANDARD_INPUT) {
        reader.read("standard input", io::stdin().lock())
    } else {
        let name = path.display().to_string();
        let failed = |error| Failure(format!("{name}: cannot be read: {error}"));
        reader.read(&name, File::open(path).map_err(failed)?)
    };
    read.map_err(|error| Failure(error.to_string()))
}
