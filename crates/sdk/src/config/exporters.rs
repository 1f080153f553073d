//! The exporters of each signal.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::mistake::Mistake;
use super::named::{Registered, open_choice};
use super::otlp::Signal;
use crate::suggest::one_of;

open_choice! {
    /// An exporter
    /// ([exporter selection](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#exporter-selection)).
    /// [`telemetry_exporter!`](crate::telemetry_exporter) registers others.
    ExporterKind of EXPORTERS: &'static [Signal] {
        /// `otlp`: OTLP to the configured endpoint.
        Otlp = "otlp",
        /// `otlp/stdout`: OTLP as JSON lines on standard output. Requires the crate `floe-telemetry-otlp-file`.
        OtlpStdout = "otlp/stdout" in "floe-telemetry-otlp-file",
        /// `otlp_file`: OTLP as JSON lines in a file, see [`ExportersConfig::directory`]. Requires the crate
        /// `floe-telemetry-otlp-file`.
        OtlpFile = "otlp_file" in "floe-telemetry-otlp-file",
        /// `console`: standard error.
        Console = "console",
        /// `prometheus`: an endpoint for Prometheus, for metrics only. Requires the crate `floe-telemetry-prometheus`.
        Prometheus = "prometheus" in "floe-telemetry-prometheus",
        /// `none`: no exporter.
        None = "none",
    }
}

/// An exporter that another crate registers with [`telemetry_exporter!`](crate::telemetry_exporter).
pub type RegisteredExporter = Registered<&'static [Signal]>;

floe_telemetry_core::__floe_link_list! {
    #[allow(unsafe_code, reason = "the linker defines the bounds of the list, see `link_list`")]
    static EXPORTERS: [RegisteredExporter] = "fl_exporter_0_1";
}

impl ExporterKind {
    /// Returns the exporters of a signal with their names.
    pub(super) fn of(signal: Signal) -> Vec<(&'static str, Self)> {
        let mut all = Self::every();
        all.retain(|(_, kind)| kind.accepts(signal));
        all
    }

    fn accepts(self, signal: Signal) -> bool {
        match self {
            Self::Prometheus => signal == Signal::Metrics,
            Self::Registered(registered) => registered.value.contains(&signal),
            _ => true,
        }
    }
}

/// The exporters of each signal, in addition to those added in code.
///
/// If no exporter is configured for a signal, the backend and the endpoints determine whether it is sent over OTLP.
/// Spans without an exporter are printed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct ExportersConfig {
    /// The exporters of spans.
    pub traces: Option<Vec<ExporterKind>>,
    /// The exporters of metrics.
    pub metrics: Option<Vec<ExporterKind>>,
    /// The exporters of log records.
    pub logs: Option<Vec<ExporterKind>>,
    /// The directory for the files of `otlp_file`. It is created if it does not exist. Each process needs its own
    /// directory. Default `telemetry`, in the working directory of the process.
    pub directory: PathBuf,
    /// Whether spans without an exporter or an endpoint are neither printed nor reported, for a command whose users have
    /// not asked for telemetry. Default `false`.
    pub quiet_without_endpoint: bool,
}

impl Default for ExportersConfig {
    fn default() -> Self {
        Self {
            traces: None,
            metrics: None,
            logs: None,
            directory: PathBuf::from("telemetry"),
            quiet_without_endpoint: false,
        }
    }
}

impl ExportersConfig {
    /// Returns the exporters of a signal; `None` if none is configured.
    pub fn of(&self, signal: Signal) -> Option<&[ExporterKind]> {
        match signal {
            Signal::Traces => self.traces.as_deref(),
            Signal::Metrics => self.metrics.as_deref(),
            Signal::Logs => self.logs.as_deref(),
        }
    }

    pub(super) const fn of_mut(&mut self, signal: Signal) -> &mut Option<Vec<ExporterKind>> {
        match signal {
            Signal::Traces => &mut self.traces,
            Signal::Metrics => &mut self.metrics,
            Signal::Logs => &mut self.logs,
        }
    }

    /// Whether a signal uses this exporter. `None` if no exporter is configured for the signal.
    pub(crate) fn chooses(&self, signal: Signal, kind: ExporterKind) -> Option<bool> {
        self.of(signal).map(|chosen| chosen.contains(&kind))
    }

    pub(super) fn check(&self) -> Result<(), Mistake> {
        if self.directory.as_os_str().is_empty() {
            let message = "expected the path of a directory, found an empty path";
            return Err(Mistake::new("exporters.directory", message));
        }
        for signal in Signal::ALL {
            let Some(kinds) = self.of(signal) else {
                continue;
            };
            let path = format!("exporters.{}", signal.as_str());
            if let Some(other) = kinds.iter().find(|kind| !kind.accepts(signal)) {
                let names: Vec<_> =
                    ExporterKind::of(signal).iter().map(|(name, _)| *name).collect();
                let signal = signal.as_str();
                let names = one_of(&names);
                let message = format!("`{other}` does not export {signal}, expected {names}");
                return Err(Mistake::new(path, message));
            }
            if kinds.contains(&ExporterKind::None) && kinds.len() > 1 {
                let message = "expected `none` alone, found `none` together with another exporter";
                return Err(Mistake::new(path, message));
            }
        }
        Ok(())
    }
}
