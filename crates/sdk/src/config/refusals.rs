//! The variables that cannot be obeyed, as data.

use std::path::PathBuf;

use super::exporters::ExporterKind;
use super::otlp::{Headers, OtlpProtocol, Signal};
use super::sampling::Sampler;

/// A setting that is obeyed, or its signal is left out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Decisive {
    /// The exporters of a signal. Only the unknown ones are left out.
    Exporters,
    /// The sampler and its argument.
    Sampler,
    /// The filter of spans.
    Filter,
    /// The endpoint of OTLP, with the scheme that `INSECURE` selects.
    Endpoint,
    Protocol,
    Headers,
    /// The certificate of the client and its key.
    Client,
}

/// The fields of a setting, to find out whether code has set them.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Held {
    Exporters(Option<Vec<ExporterKind>>),
    Sampler(Option<Sampler>, Option<f64>),
    /// No field: only the variable sets the filter.
    Filter,
    Endpoint(Option<String>),
    Protocol(Option<OtlpProtocol>),
    Headers(Headers),
    Client(Option<PathBuf>, Option<PathBuf>),
}

impl Held {
    /// Whether the settings for all signals apply.
    pub(super) fn is_unset(&self) -> bool {
        match self {
            Self::Endpoint(endpoint) => endpoint.is_none(),
            Self::Protocol(protocol) => protocol.is_none(),
            Self::Headers(headers) => headers.is_empty(),
            Self::Client(certificate, _) => certificate.is_none(),
            Self::Exporters(_) | Self::Sampler(..) | Self::Filter => false,
        }
    }
}

/// A variable that cannot be obeyed.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) setting: Decisive,
    /// `None` for all signals.
    pub(super) signal: Option<Signal>,
    pub(super) reason: String,
    /// The fields when the variable was read.
    pub(super) held: Held,
}

/// The variables that cannot be obeyed. They are ignored when configurations are compared.
#[derive(Clone, Debug, Default)]
pub(crate) struct Refusals(pub(super) Vec<Refusal>);

impl PartialEq for Refusals {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
