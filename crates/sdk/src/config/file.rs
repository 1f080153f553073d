//! The files of the exporter `otlp_file`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::otlp::Signal;
use super::problems::Problems;
use crate::json_schema::JsonSchema;

/// The smallest `max_bytes`: 64 KiB.
const MIN_BYTES: u64 = 64 * 1024;

/// The largest `max_files`.
const MAX_FILES: u32 = 1000;

/// The files of the exporter `otlp_file`: `traces.jsonl`, `metrics.jsonl` and `logs.jsonl`, with a line of OTLP in
/// JSON for each request
/// ([OTLP file](https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/)).
///
/// A file that is full is renamed to `traces.1.jsonl`, and so on, and the oldest one is removed. Files are created
/// with the mode 0600 and directories with 0700. Each process needs a directory of its own.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct FileConfig {
    /// The directory of the files. It is created if it does not exist. Default `telemetry`, in the working directory
    /// of the process.
    pub directory: PathBuf,
    /// The size of a file, in bytes, at which it is renamed. At least 65536. Default 104857600 (100 MiB).
    #[schemars(range(min = 65_536))]
    pub max_bytes: u64,
    /// The most files of a signal, the current one included, from 1 to 1000. Default 5.
    #[schemars(range(min = 1, max = 1000))]
    pub max_files: u32,
    /// The file of spans, which replaces `traces.jsonl` in the directory. Default none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traces: Option<PathBuf>,
    /// The file of metrics, which replaces `metrics.jsonl` in the directory. Default none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<PathBuf>,
    /// The file of log records, which replaces `logs.jsonl` in the directory. Default none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logs: Option<PathBuf>,
}

impl Default for FileConfig {
    fn default() -> Self {
        Self {
            directory: PathBuf::from("telemetry"),
            max_bytes: 100 * 1024 * 1024,
            max_files: 5,
            traces: None,
            metrics: None,
            logs: None,
        }
    }
}

impl FileConfig {
    /// Returns the file of a signal.
    #[must_use]
    pub fn path(&self, signal: Signal) -> PathBuf {
        let own = match signal {
            Signal::Traces => &self.traces,
            Signal::Metrics => &self.metrics,
            Signal::Logs => &self.logs,
        };
        own.clone().unwrap_or_else(|| self.directory.join(signal.as_str()).with_extension("jsonl"))
    }

    pub(super) const fn path_mut(&mut self, signal: Signal) -> &mut Option<PathBuf> {
        match signal {
            Signal::Traces => &mut self.traces,
            Signal::Metrics => &mut self.metrics,
            Signal::Logs => &mut self.logs,
        }
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        if self.directory.as_os_str().is_empty() {
            let message = "expected the path of a directory, found an empty path";
            problems.add("exporters.file.directory", message);
        }
        for (key, path) in
            [("traces", &self.traces), ("metrics", &self.metrics), ("logs", &self.logs)]
        {
            if path.as_ref().is_some_and(|path| path.file_name().is_none()) {
                let message = "expected the path of a file, found a path without a name";
                problems.add(&format!("exporters.file.{key}"), message);
            }
        }
        if self.max_bytes < MIN_BYTES {
            let found = self.max_bytes;
            let message = format!("expected {MIN_BYTES} or more, found {found}");
            problems.add("exporters.file.max_bytes", message);
        }
        if !(1..=MAX_FILES).contains(&self.max_files) {
            let found = self.max_files;
            let message = format!("expected 1 to {MAX_FILES}, found {found}");
            problems.add("exporters.file.max_files", message);
        }
    }
}
