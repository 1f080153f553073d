//! Why something was not exported, and how metrics call it
//! ([`error.type`](https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/#error-type)).

use opentelemetry_sdk::error::OTelSdkError;

/// The class of an error that is not known better.
pub const OTHER_ERROR: &str = "_OTHER";

/// The class of what a full queue has no room for.
pub(crate) const QUEUE_FULL: &str = "queue_full";

/// The class of what arrives after the shutdown.
pub(crate) const ALREADY_SHUTDOWN: &str = "already_shutdown";

/// The class of what was still queued when the time of a shutdown had passed.
pub(crate) const SHUTDOWN: &str = "shutdown";

/// Why a batch, or a part of it, was not exported.
#[derive(Debug)]
pub struct ExportFailure {
    /// The number of spans or log records that were not exported; `None` for the complete batch.
    pub items: Option<u64>,
    /// Its class in metrics.
    pub error_type: &'static str,
    /// What has failed.
    pub reason: String,
}

impl ExportFailure {
    /// The number of items of a batch that were not exported.
    pub(crate) fn failed_of(&self, batch: usize) -> u64 {
        let batch = batch as u64;
        self.items.map_or(batch, |items| items.min(batch))
    }
}

impl ExportFailure {
    /// Fills in the number of items if the complete batch has failed.
    #[must_use]
    pub fn of(self, batch: usize) -> Self {
        Self { items: Some(self.failed_of(batch)), ..self }
    }

    /// The result of a batch that was sent in two parts, whose failures have a number of items. The reason is
    /// the first one, which may be why there was no time for the second part.
    ///
    /// # Errors
    ///
    /// One of the parts has failed.
    pub fn both(first: Result<(), Self>, second: Result<(), Self>) -> Result<(), Self> {
        match (first, second) {
            (Err(first), Err(second)) => Err(Self {
                items: first.items.zip(second.items).map(|(one, other)| one + other),
                ..first
            }),
            (first, second) => first.and(second),
        }
    }
}

impl ExportFailure {
    /// There was no result in time.
    pub(crate) fn timeout(reason: String) -> Self {
        Self { error_type: "timeout", ..reason.into() }
    }
}

impl From<OTelSdkError> for ExportFailure {
    fn from(error: OTelSdkError) -> Self {
        match error {
            OTelSdkError::InternalFailure(reason) => reason.into(),
            OTelSdkError::Timeout(_) => Self::timeout(error.to_string()),
            OTelSdkError::AlreadyShutdown => {
                Self { error_type: ALREADY_SHUTDOWN, ..error.to_string().into() }
            }
        }
    }
}

impl From<String> for ExportFailure {
    fn from(reason: String) -> Self {
        Self { items: None, error_type: OTHER_ERROR, reason }
    }
}
