//! The reason of a failed export, and the class of the failure in metrics
//! ([`error.type`](https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/#error-type)).

use opentelemetry_sdk::error::OTelSdkError;

const OTHER_ERROR: &str = "_OTHER";

pub(crate) const QUEUE_FULL: &str = "queue_full";

pub(crate) const ALREADY_SHUTDOWN: &str = "already_shutdown";

/// The `error.type` of items that were not exported before the timeout of the shutdown.
pub(crate) const SHUTDOWN: &str = "shutdown";

/// The failure to export a batch or a part of a batch.
#[derive(Debug)]
pub struct ExportFailure {
    /// The number of spans or log records that were not exported; `None` for the whole batch.
    pub items: Option<u64>,
    /// The class of the failure in metrics.
    pub error_type: &'static str,
    /// The description of the failure.
    pub reason: String,
}

impl ExportFailure {
    pub(crate) fn failed_of(&self, batch: usize) -> u64 {
        let batch = batch as u64;
        self.items.map_or(batch, |items| items.min(batch))
    }
}

impl ExportFailure {
    /// Sets the number of failed items to `batch`, unless a smaller number is known.
    #[must_use]
    pub fn of(self, batch: usize) -> Self {
        Self { items: Some(self.failed_of(batch)), ..self }
    }

    /// Combines the results of a batch that was sent in two parts. If both failed, each must state a number of items,
    /// and the first reason is kept, because the first part may have left no time for the second.
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
