//! The flight recorder: spans of the last seconds that are written on demand.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::duration;
use super::problems::Problems;
use crate::json_schema::JsonSchema;

/// The smallest `max_bytes`: 1 MiB.
const MIN_BYTES: usize = 1024 * 1024;

/// The flight recorder of the exporter `flight_recorder`, which has the spans of the last seconds in memory, also those
/// that are not sampled, and writes them into a file when there is a reason.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct FlightRecorderConfig {
    /// The folder of the files, which is created if it does not exist. Default `flight-recorder`, in the working directory
    /// of the process.
    pub path: PathBuf,
    /// The most files in the folder; the oldest are removed. At least 1. Default 10.
    #[schemars(range(min = 1))]
    pub max_files: usize,
    /// The most bytes of the spans that are in memory. At least 1048576. Default 67108864 (64 MiB).
    #[schemars(range(min = 1_048_576))]
    pub max_bytes: usize,
    /// How many seconds spans stay in memory. At least 1. Default 60.
    #[schemars(range(min = 1))]
    pub max_seconds: u64,
    /// Whether a span with the status error is a reason. Default `true`.
    pub errors: bool,
    /// Whether a panic is a reason. Default `true`.
    pub panics: bool,
    /// Whether the signal `SIGUSR2` is a reason, by which `floe-trace dump` asks. Default `true`.
    pub signal: bool,
    /// Which duration of the first span of a trace in this process is a reason: `2s`, `500ms`, or a number of seconds.
    /// Default none.
    #[serde(with = "duration", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "duration::schema")]
    pub slower_than: Option<Duration>,
}

impl Default for FlightRecorderConfig {
    fn default() -> Self {
        Self {
            path: PathBuf::from("flight-recorder"),
            max_files: 10,
            max_bytes: 64 * 1024 * 1024,
            max_seconds: 60,
            errors: true,
            panics: true,
            signal: true,
            slower_than: None,
        }
    }
}

impl FlightRecorderConfig {
    pub(super) fn check(&self, problems: &mut Problems) {
        if self.path.as_os_str().is_empty() {
            let message = "expected the path of a folder, found an empty path";
            problems.add("exporters.flight_recorder.path", message);
        }
        if self.max_bytes < MIN_BYTES {
            let found = self.max_bytes;
            let message = format!("expected {MIN_BYTES} or more, found {found}");
            problems.add("exporters.flight_recorder.max_bytes", message);
        }
        for (key, is_zero) in
            [("max_files", self.max_files == 0), ("max_seconds", self.max_seconds == 0)]
        {
            if is_zero {
                let path = format!("exporters.flight_recorder.{key}");
                problems.add(&path, "expected 1 or more, found 0");
            }
        }
        if !(self.errors || self.panics || self.signal) && self.slower_than.is_none() {
            let message = "expected one of `errors`, `panics`, `signal` and `slower_than`, found no reason to write what is recorded";
            problems.add("exporters.flight_recorder", message);
        }
        if self.slower_than == Some(Duration::ZERO) {
            let message = "expected a duration above 0, found 0";
            problems.add("exporters.flight_recorder.slower_than", message);
        }
    }
}
