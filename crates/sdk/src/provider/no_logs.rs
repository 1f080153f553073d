//! The logs of a provider without the feature `logs`: there are none.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry_sdk::Resource;

use super::targets::OtlpTargets;
use crate::collector::{Counters, Exceptions, WorkerSettings};
use crate::config::TelemetryConfig;
use crate::error::Error;

pub(super) type Added = Vec<Infallible>;

pub(super) type Reports = Option<Infallible>;

#[derive(Debug, Default)]
pub(super) struct ProviderLogs {
    pub(super) follow_spans: bool,
}

#[expect(
    clippy::unused_self,
    clippy::unnecessary_wraps,
    reason = "the functions have the signatures of the other module"
)]
impl ProviderLogs {
    pub(super) fn start(
        _: &TelemetryConfig,
        _: &OtlpTargets,
        _: Added,
        _: &Resource,
        _: &WorkerSettings,
    ) -> Result<Self, Error> {
        Ok(Self::default())
    }

    pub(super) const fn are_exported(&self) -> bool {
        false
    }

    pub(super) const fn exceptions(&mut self, _: &TelemetryConfig) -> Option<Exceptions> {
        None
    }

    pub(super) const fn flush(&self) -> Reports {
        None
    }

    pub(super) const fn shut_down(&self, _: Duration) -> Reports {
        None
    }
}

#[expect(clippy::unnecessary_wraps, reason = "as above")]
pub(super) fn start_local(_: &TelemetryConfig, _: Arc<Counters>) -> Result<(), Error> {
    Ok(())
}

pub(super) const fn count(_: &TelemetryConfig, _: &OtlpTargets, _: &Added) -> usize {
    0
}

#[expect(clippy::unnecessary_wraps, reason = "as above")]
pub(super) const fn await_delivery(
    _: Reports,
    _: &'static str,
    _: Duration,
    _: Option<Instant>,
) -> Result<(), Error> {
    Ok(())
}
