//! The command `recover`.

mod request;

use std::fs::File;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use floe_journal::{Kind, Recovered};
use floe_redact::{Redactor, printable};
use serde_json::Value;

use super::{Failure, escaped, output};

/// The exit code if something could not be written.
const NOT_WRITTEN: u8 = 1;

/// What is recovered.
#[derive(Debug, Args)]
pub(crate) struct Recover {
    /// The folder of the exporter `journal`
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// The file to which the lines are appended; `-` is standard output
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    out: PathBuf,
    /// Leave everything in the folder
    #[arg(long)]
    keep: bool,
}

/// Writes what ended processes have left.
pub(crate) fn recover(options: &Recover) -> Result<ExitCode, Failure> {
    let (folder, out) = (&*options.folder, &*options.out);
    let unusable = |error| Failure(format!("{}: cannot be read: {error}", folder.display()));
    let place = folder.canonicalize().map_err(unusable)?;
    if !output::is_standard(out) && parent(out).canonicalize().is_ok_and(|it| it == place) {
        return Err(Failure(format!(
            "expected a file outside of the folder that is read, found {}",
            out.display()
        )));
    }
    let mut lines =
        Lines { out, file: None, redactor: Redactor::default(), count: Count::default() };
    let mut failed = false;
    let recovered = floe_journal::recover(&place, options.keep, |kind, request| {
        let written = lines.write(kind, request);
        failed = written.is_err();
        written
    });
    let mut errors = io::stderr().lock();
    match recovered {
        Ok(recovered) => {
            for problem in &recovered.problems {
                let _ = writeln!(errors, "note: {}", printable(problem));
            }
            let summary = summary(options, &recovered, &lines.count);
            let _ = writeln!(errors, "{}", printable(&summary));
            Ok(ExitCode::SUCCESS)
        }
        Err(error) if failed => {
            let name = if output::is_standard(out) {
                "standard output".into()
            } else {
                out.display().to_string()
            };
            let failure = format!(
                "{name}: cannot be written after {}: {error}; the others stay in {}",
                number(lines.count.requests, "request"),
                folder.display()
            );
            let _ = writeln!(errors, "error: {}", printable(&failure));
            Ok(ExitCode::from(NOT_WRITTEN))
        }
        Err(error) if !options.keep && is_read_only(&error) => Err(Failure(format!(
            "{}: expected a folder that can be written, found: {error}; `--keep` only reads it",
            folder.display()
        ))),
        Err(error) => Err(unusable(error)),
    }
}

fn is_read_only(error: &io::Error) -> bool {
    use io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};

    matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem)
}

/// The folder of a file.
fn parent(file: &Path) -> &Path {
    let parent = file.parent().unwrap_or(file);
    if parent.as_os_str().is_empty() { Path::new(".") } else { parent }
}

/// What was written.
#[derive(Debug, Default)]
struct Count {
    requests: usize,
    spans: usize,
    /// Those that were open when their process ended.
    open: usize,
    /// The bytes that are no requests.
    damaged: usize,
}

/// Where the lines go.
#[derive(Debug)]
struct Lines<'o> {
    out: &'o Path,
    /// Opened for the first line.
    file: Option<File>,
    redactor: Redactor,
    count: Count,
}

impl Lines<'_> {
    /// Writes the line of a request, whole if it can be read again.
    fn write(&mut self, kind: Kind, request: &[u8]) -> io::Result<()> {
        let json = match kind {
            Kind::Traces => floe_otlp_json::traces(request),
            Kind::Metrics => floe_otlp_json::metrics(request),
            Kind::Logs => floe_otlp_json::logs(request),
        };
        let parsed = json.map(|json| serde_json::from_slice::<Value>(&json));
        let Ok(Ok(mut json)) = parsed else {
            self.count.damaged += request.len();
            return Ok(());
        };
        let (spans, open) = request::spans(&mut json);
        request::redact(&self.redactor, &mut json);
        self.line(&json.to_string())?;
        self.count.requests += 1;
        self.count.spans += spans;
        self.count.open += open;
        Ok(())
    }

    fn line(&mut self, json: &str) -> io::Result<()> {
        if output::is_standard(self.out) {
            let mut out = io::stdout().lock();
            if out.is_terminal() {
                out.write_all(escaped(json).as_bytes())?;
            } else {
                out.write_all(json.as_bytes())?;
                out.write_all(b"\n")?;
            }
            return out.flush();
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(output::append(self.out)?),
        };
        let before = file.metadata()?.len();
        let written = file.write_all(format!("{json}\n").as_bytes());
        if written.is_err() {
            // Without the part of it that the disk had room for; a device has no length.
            let _ = file.set_len(before);
        }
        written
    }
}

/// What is printed at the end.
fn summary(options: &Recover, recovered: &Recovered, count: &Count) -> String {
    let alive = match recovered.alive {
        0 => String::new(),
        alive => format!("; left {} alone", number(alive, "living process")),
    };
    if recovered.processes == 0 {
        return format!("found nothing in {}{alive}", options.folder.display());
    }
    let damaged = usize::try_from(recovered.damaged).unwrap_or(usize::MAX);
    format!(
        "{} {} of {}: {} ({} of them open at the end), {}{alive}",
        if options.keep { "read" } else { "recovered" },
        number(count.requests, "request"),
        number(recovered.processes, "ended process"),
        number(count.spans, "span"),
        count.open,
        number(damaged.saturating_add(count.damaged), "damaged byte"),
    )
}

fn number(number: usize, noun: &str) -> String {
    let plural = match noun {
        _ if number == 1 => "",
        _ if noun.ends_with('s') => "es",
        _ => "s",
    };
    format!("{number} {noun}{plural}")
}
