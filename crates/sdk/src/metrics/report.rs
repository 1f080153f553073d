//! The result of a flush or a shutdown of metrics, for which callers wait with a timeout.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};

use crate::caught::caught;
use crate::collector::Counters;

/// The result of a flush or a shutdown, once it has ended.
#[derive(Debug, Default)]
pub struct MetricReport {
    result: Mutex<Option<Result<(), String>>>,
    changed: Condvar,
}

impl MetricReport {
    /// Waits for the result, at most for `timeout`. `None` if there is none.
    pub(crate) fn wait(&self, timeout: Duration) -> Option<Result<(), String>> {
        let result = self.result.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = (self.changed).wait_timeout_while(result, timeout, |it| it.is_none());
        waited.unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// Does the work, and reports its result.
    pub fn complete(&self, work: impl FnOnce() -> OTelSdkResult) {
        let result = match caught(work) {
            Ok(result) => result.map_err(|error| match error {
                OTelSdkError::InternalFailure(reason) => reason,
                error => error.to_string(),
            }),
            Err(_) => Err("an exporter panicked".to_owned()),
        };
        *self.result.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        self.changed.notify_all();
    }
}

/// Adds the failure of an exporter to the result of the SDK.
///
/// # Errors
///
/// The SDK or an exporter has failed.
pub fn reported(result: OTelSdkResult, counters: &Counters) -> OTelSdkResult {
    match counters.exports.take_metric_failure() {
        Some(failure) => Err(OTelSdkError::InternalFailure(failure)),
        None => result,
    }
}
