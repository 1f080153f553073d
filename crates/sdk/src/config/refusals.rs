//! The variables that cannot be obeyed, as data.

use super::otlp::Signal;

/// A setting that is obeyed, or its signal is left out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Decisive {
    /// The exporters of a signal. Only the unknown ones are left out.
    Exporters,
    /// The sampler and its argument.
    Sampler,
    /// The filter of spans, which only its variable sets.
    Filter,
    /// The endpoint of OTLP, with the scheme that `INSECURE` selects.
    Endpoint,
    Protocol,
    Headers,
    /// The certificate of the client and its key.
    Client,
    /// Which log records are exported.
    Records,
}

/// A variable that cannot be obeyed.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) setting: Decisive,
    /// `None` for all signals.
    pub(super) signal: Option<Signal>,
    pub(super) reason: String,
    /// The number of sources that had been noted when the variable was read.
    pub(super) order: usize,
}

/// How `OTEL_PROPAGATORS` asks for X-Ray's format.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum XrayRequest {
    #[default]
    None,
    Alone,
    BesideOthers,
}
