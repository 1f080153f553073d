//! The traces of a program with [`floe_telemetry`] as a page for a browser.
//!
//! The crate registers the exporter `report`, which a configuration chooses, as `OTEL_TRACES_EXPORTER=report` does:
//!
//! ```no_run
//! use floe_telemetry::{TelemetryConfig, TelemetryProvider};
//! use floe_telemetry::config::Signal;
//! use floe_telemetry_report::Report;
//!
//! // Or a page at any place.
//! let config = TelemetryConfig::new("orders");
//! let telemetry = TelemetryProvider::builder(config)
//!     .with_otlp_writer(Signal::Traces, Report::new("orders.html")?)
//!     .initialize()?;
//! // …
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

use std::error::Error;
use std::fs;
use std::io::{self, BufWriter, Write as _};
use std::path::{self, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use floe_telemetry::config::Signal;
use floe_telemetry::exporter::{OtlpRequest, OtlpWriter};
use floe_telemetry::{ExporterFactory, telemetry_exporter};
use floe_trace::read::Reader;
use floe_trace::{Forest, page};
use tempfile::NamedTempFile;

/// How much memory spans and log records may take until the page is written, in bytes.
const MOST_BYTES: usize = 256 << 20;

telemetry_exporter!(ExporterFactory::new(
    "report",
    &[Signal::Traces, Signal::Logs],
    |signal, provider| {
        let directory = &provider.config().exporters.file.directory;
        let report = Report::shared(&Path::new(directory).join("trace.html"))?;
        Ok(provider.with_otlp_writer(signal, report))
    }
));

/// Collects the spans and log records that a provider exports, and writes them as a page when the provider shuts down.
#[derive(Clone, Debug)]
pub struct Report(Arc<Collected>);

#[derive(Debug)]
struct Collected {
    path: PathBuf,
    reader: Mutex<Reader>,
}

/// The reports of the exporter `report`: those of spans and of log records are one page.
static SHARED: Mutex<Vec<Weak<Collected>>> = Mutex::new(Vec::new());

impl Report {
    /// Creates a report that becomes the page at a path. Folders that do not exist are created.
    ///
    /// # Errors
    /// A file cannot be written there.
    pub fn new(path: impl Into<PathBuf>) -> io::Result<Self> {
        // The process may change its directory until the page is written.
        let path = path::absolute(path.into())?;
        // A place that cannot be written to is reported now, and not when everything has been collected.
        drop(draft(&path)?);
        Ok(Self(Arc::new(Collected {
            path,
            reader: Mutex::new(Reader::new().max_bytes(MOST_BYTES)),
        })))
    }

    fn shared(path: &Path) -> io::Result<Self> {
        let path = path::absolute(path)?;
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = shared.iter().filter_map(Weak::upgrade);
        if let Some(known) = known.find(|known| known.path == path) {
            return Ok(Self(known));
        }
        let report = Self::new(path)?;
        shared.retain(|known| known.strong_count() > 0);
        shared.push(Arc::downgrade(&report.0));
        Ok(report)
    }
}

impl OtlpWriter for Report {
    fn name(&self) -> &'static str {
        "report"
    }

    fn write(
        &mut self,
        request: OtlpRequest<'_>,
        _: Duration,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        let mut reader = self.0.reader.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(reader.read("the exporter", request.protobuf())?)
    }

    fn shutdown(&mut self) -> Result<(), Box<dyn Error + Send + Sync>> {
        let reader = self.0.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let path = &self.0.path;
        // Each signal writes the page anew, so the last one's has all of them.
        write(path, &Forest::new(reader.recording())).map_err(|error| {
            let path = path.display();
            format!("the page {path} cannot be written: {error}").into()
        })
    }
}

/// A file in the folder of the page.
fn draft(path: &Path) -> io::Result<NamedTempFile> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder)?;
    NamedTempFile::new_in(folder)
}

/// Writes the page beside its place and moves it there, so that nobody sees a part of it.
fn write(path: &Path, forest: &Forest<'_>) -> io::Result<()> {
    let mut draft = draft(path)?;
    let mut out = BufWriter::new(&mut draft);
    page(forest, &mut out)?;
    out.flush()?;
    drop(out);
    draft.persist(path)?;
    Ok(())
}
