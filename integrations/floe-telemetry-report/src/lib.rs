//! The traces of a program with [`floe_telemetry`] as a page for a browser.
//!
//! The crate registers the exporter `report`, which a configuration chooses, for example with
//! `OTEL_TRACES_EXPORTER=report`:
//!
//! ```no_run
//! use floe_telemetry::{TelemetryConfig, TelemetryProvider};
//! use floe_telemetry_report::Report;
//!
//! // Without the exporter: a page at any path.
//! let config = TelemetryConfig::new("orders");
//! let telemetry = TelemetryProvider::builder(config)
//!     .with_span_exporter(Report::new("orders.html")?)
//!     .initialize()?;
//! // …
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

use std::fs::{self, File};
use std::io::{self, BufWriter, Seek as _};
#[cfg(target_os = "linux")]
use std::os::fd::AsRawFd as _;
use std::path::{self, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use floe_telemetry::config::Signal;
use floe_telemetry::exporter::{ExporterFactory, telemetry_exporter};
use floe_trace::read::Reader;
use floe_trace::{Forest, write_page_of};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::logs::tonic::group_logs_by_resource_and_scope;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::logs::{LogBatch, LogExporter};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use prost::Message;
#[cfg(target_os = "linux")]
use rustix::fs::{AtFlags, CWD, linkat};
use tempfile::NamedTempFile;

/// The number of spans of the page that is written first, because the time may end before the whole page is complete.
const FIRST_SPANS: usize = 10_000;

/// The maximum estimated memory of spans and log records until the page is written, in bytes. The time to write the
/// page grows with it, and writing needs several times as much memory.
const MOST_BYTES: usize = 32 << 20;

telemetry_exporter!(ExporterFactory::new(
    "report",
    &[Signal::Traces, Signal::Logs],
    |signal, provider| {
        let directory = &provider.config().exporters.directory;
        let report = Report::shared(&Path::new(directory).join("trace.html"))?;
        Ok(match signal {
            Signal::Logs => provider.with_log_exporter(report),
            _ => provider.with_span_exporter(report),
        })
    }
));

/// Collects the spans and log records that a provider exports, and writes them as a page when the provider shuts down.
#[derive(Clone, Debug)]
pub struct Report {
    collected: Arc<Collected>,
    resource: Resource,
}

#[derive(Debug)]
struct Collected {
    path: PathBuf,
    /// The reader, and the number of spans and log records that were left out at [`MOST_BYTES`].
    reader: Mutex<(Reader, usize)>,
}

/// The reports of the exporter `report`, through which spans and log records share one page.
static SHARED: Mutex<Vec<Weak<Collected>>> = Mutex::new(Vec::new());

impl Report {
    /// Creates a report that writes its page to a path, and creates missing folders.
    ///
    /// # Errors
    /// A file cannot be written there.
    pub fn new(path: impl Into<PathBuf>) -> io::Result<Self> {
        // The process may change its directory before the page is written.
        let path = path::absolute(path.into())?;
        // A path that cannot be written is reported now, not after everything has been collected.
        drop(draft(&path)?);
        // The reader has twice the limit, so that the last batch is read as a whole.
        let reader = Mutex::new((Reader::new().max_bytes(2 * MOST_BYTES), 0));
        Ok(Self::of(Arc::new(Collected { path, reader })))
    }

    fn of(collected: Arc<Collected>) -> Self {
        Self { collected, resource: Resource::builder_empty().build() }
    }

    fn shared(path: &Path) -> io::Result<Self> {
        let path = path::absolute(path)?;
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = shared.iter().filter_map(Weak::upgrade);
        if let Some(known) = known.find(|known| known.path == path) {
            return Ok(Self::of(known));
        }
        let report = Self::new(path)?;
        shared.retain(|known| known.strong_count() > 0);
        shared.push(Arc::downgrade(&report.collected));
        Ok(report)
    }
}

impl Collected {
    /// Reads a batch of `batch` records. At [`MOST_BYTES`], the records are only counted.
    fn read<M: Message>(&self, batch: usize, request: impl FnOnce() -> M) -> OTelSdkResult {
        let (reader, left_out) = &mut *self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        if reader.bytes() >= MOST_BYTES {
            *left_out += batch;
            return Ok(());
        }
        (reader.read("the exporter", &*request().encode_to_vec()))
            .map_err(|error| OTelSdkError::InternalFailure(error.to_string()))
    }

    fn write_page(&self) -> OTelSdkResult {
        let (reader, left_out) = &*self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        // Each signal writes the page anew, so the last page has all signals.
        // The spans of one process have one clock, which needs no correction.
        let recording = reader.recording();
        let forest = Forest::new(recording);
        let spans = recording.spans.len();
        let write =
            |most: usize, page: &mut BufWriter<File>| write_page_of(&forest, most, *left_out, page);
        write_pages(&self.path, spans, write).map_err(|error| {
            let message = format!("the page {} cannot be written: {error}", self.path.display());
            OTelSdkError::InternalFailure(message)
        })
    }
}

impl SpanExporter for Report {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.collected.read(batch.len(), || ExportTraceServiceRequest {
            resource_spans: group_spans_by_resource_and_scope(batch, &(&self.resource).into()),
        })
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        self.collected.write_page()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.resource = resource.clone();
    }
}

impl LogExporter for Report {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        self.collected.read(batch.iter().count(), || ExportLogsServiceRequest {
            resource_logs: group_logs_by_resource_and_scope(&batch, &(&self.resource).into()),
        })
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        self.collected.write_page()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.resource = resource.clone();
    }
}

/// Writes the page, and before a large one a page of its traces with errors and its longest ones. A page has a name only when it is
/// complete, so a process that ends meanwhile leaves no part of it.
fn write_pages(
    page: &Path,
    spans: usize,
    write: impl Fn(usize, &mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    let first = (spans > FIRST_SPANS).then_some(FIRST_SPANS);
    for most in first.into_iter().chain([usize::MAX]) {
        let mut out = BufWriter::new(draft(page)?);
        write(most, &mut out)?;
        publish(out.into_inner()?, page)?;
    }
    Ok(())
}

/// Creates a file without a name in the folder of the page, which only the user of the process may read.
fn draft(page: &Path) -> io::Result<File> {
    let file = tempfile::tempfile_in(folder(page)?)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(file)
}

/// Moves a draft to its place.
fn publish(mut draft: File, page: &Path) -> io::Result<()> {
    let folder = folder(page)?;
    #[cfg(target_os = "linux")]
    {
        let unnamed = format!("/proc/self/fd/{}", draft.as_raw_fd());
        let link = |name: &Path| Ok(linkat(CWD, &*unnamed, CWD, name, AtFlags::SYMLINK_FOLLOW)?);
        if let Ok(named) = tempfile::Builder::new().make_in(folder, link) {
            named.persist(page)?;
            return Ok(());
        }
    }
    // A file system may lack files without names.
    let mut named = NamedTempFile::new_in(folder)?;
    draft.rewind()?;
    io::copy(&mut draft, &mut named)?;
    named.persist(page)?;
    Ok(())
}

/// Returns the folder of the page, and creates it if it is missing.
fn folder(page: &Path) -> io::Result<&Path> {
    let folder = page.parent().unwrap_or(page);
    fs::create_dir_all(folder)?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::io::Write as _;

    use super::*;

    /// Returns the texts of the files in the folder while each page is written, and at the end.
    fn seen(spans: usize) -> io::Result<Vec<String>> {
        let folder = tempfile::tempdir()?;
        let page = folder.path().join("trace.html");
        let seen = RefCell::new(Vec::new());
        let look = || {
            let files = fs::read_dir(&folder)?
                .map(|file| fs::read_to_string(file?.path()))
                .collect::<io::Result<Vec<_>>>()?;
            seen.borrow_mut().push(files.join(" "));
            Ok(())
        };
        write_pages(&page, spans, |most, out| {
            write!(out, "{most}")?;
            out.flush()?;
            look()
        })?;
        look()?;
        Ok(seen.into_inner())
    }

    #[test]
    fn a_small_page_is_there_while_the_whole_one_is_written_and_no_draft() -> io::Result<()> {
        let all = usize::MAX.to_string();
        assert_eq!(seen(FIRST_SPANS)?, ["", &all]);
        assert_eq!(seen(FIRST_SPANS + 1)?, ["", "10000", &all]);
        Ok(())
    }
}
