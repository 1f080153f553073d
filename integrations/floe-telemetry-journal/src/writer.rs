//! Writes the requests of a signal into its journal.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use floe_telemetry::TelemetryConfig;
use floe_telemetry::config::Signal;
use floe_telemetry::exporter::{OtlpRequest, OtlpWriter};

use crate::delivery::{Delivery, label};
use crate::resource;

#[derive(Debug)]
pub(crate) struct Writer {
    delivery: Arc<Delivery>,
    /// Whether the open spans of the process have no resource yet.
    is_unlabelled: bool,
}

impl Writer {
    pub(crate) fn open(
        signal: Signal,
        config: &TelemetryConfig,
    ) -> Result<Self, Box<dyn Error + Send + Sync>> {
        if config.runtime.is_caller() {
            return Err("expected `runtime: thread`, found `runtime: caller`".into());
        }
        let others = config.otlp.additional.iter();
        let others = others.filter(|other| other.signal == signal).count();
        if others > 0 {
            let (signal, found) = (signal.as_str(), others + 1);
            return Err(format!("expected one OTLP receiver of {signal}, found {found}").into());
        }
        Ok(Self {
            delivery: Delivery::start(signal, config)?,
            is_unlabelled: signal == Signal::Traces,
        })
    }
}

impl OtlpWriter for Writer {
    fn name(&self) -> &'static str {
        "journal"
    }

    fn write(
        &mut self,
        request: OtlpRequest<'_>,
        _: Duration,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        if self.is_unlabelled
            && let Some(resource) = resource::of_spans(request.protobuf())
        {
            self.is_unlabelled = false;
            label(&resource);
        }
        self.delivery.add(request.protobuf())
    }

    fn shutdown(&mut self, timeout: Duration) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.delivery.end(timeout);
        Ok(())
    }
}

impl Drop for Writer {
    /// Also if the start of the provider has failed.
    fn drop(&mut self) {
        self.delivery.end(Duration::ZERO);
    }
}
