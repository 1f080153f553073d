//! The receiver of OTLP and the headers of its backend, or the file or stream that OTLP is written to.

use secrecy::SecretString;

use crate::config::{ExporterKind, TelemetryConfig};

/// A configuration with the final endpoint and protocol, and the headers that the backend adds.
#[derive(Clone, Debug)]
#[cfg_attr(
    not(feature = "_otlp"),
    expect(dead_code, reason = "only the OTLP exporter reads it")
)]
pub(crate) struct OtlpTarget {
    pub(crate) config: TelemetryConfig,
    /// Headers of the environment and the configuration take precedence over these.
    pub(crate) headers: Vec<(String, SecretString)>,
    /// Whether the backend accepts traces only.
    pub(crate) is_traces_only: bool,
    pub(crate) output: OtlpOutput,
}

/// Where OTLP goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum OtlpOutput {
    /// The endpoint.
    Network,
    Stdout,
    /// The file of the signal.
    File,
}

impl OtlpTarget {
    /// The targets among the exporters that are chosen for a signal, except for the endpoint.
    pub(crate) fn written<'a>(
        chosen: Option<&'a [ExporterKind]>,
        config: &'a TelemetryConfig,
    ) -> impl Iterator<Item = Self> + 'a {
        let chosen = chosen.unwrap_or_default().iter();
        chosen.filter_map(|kind| {
            let output = match kind {
                ExporterKind::OtlpFile => OtlpOutput::File,
                ExporterKind::OtlpStdout => OtlpOutput::Stdout,
                _ => return None,
            };
            Some(Self {
                output,
                ..config.clone().into()
            })
        })
    }
}

impl From<TelemetryConfig> for OtlpTarget {
    fn from(config: TelemetryConfig) -> Self {
        Self {
            config,
            headers: Vec::new(),
            is_traces_only: false,
            output: OtlpOutput::Network,
        }
    }
}
