//! The journal of requests that are not delivered.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::problems::Problems;
use crate::json_schema::JsonSchema;

/// The smallest `max_bytes`: 1 MiB.
const MIN_BYTES: u64 = 1024 * 1024;

/// The journal of the exporter `journal`, a folder in which requests wait until the OTLP receiver has accepted them, also
/// if the process ends before.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct JournalConfig {
    /// The folder, which is created if it does not exist, and which several processes can use. Default
    /// `telemetry-journal`, in the working directory of the process.
    pub path: PathBuf,
    /// The most bytes of the requests of a signal that wait, with those that ended processes have left. At least 1048576.
    /// Default 268435456 (256 MiB).
    #[schemars(range(min = 1_048_576))]
    pub max_bytes: u64,
}

impl Default for JournalConfig {
    fn default() -> Self {
        Self { path: PathBuf::from("telemetry-journal"), max_bytes: 256 * 1024 * 1024 }
    }
}

impl JournalConfig {
    pub(super) fn check(&self, problems: &mut Problems) {
        if self.path.as_os_str().is_empty() {
            let message = "expected the path of a folder, found an empty path";
            problems.add("exporters.journal.path", message);
        }
        if self.max_bytes < MIN_BYTES {
            let found = self.max_bytes;
            let message = format!("expected {MIN_BYTES} or more, found {found}");
            problems.add("exporters.journal.max_bytes", message);
        }
    }
}
