//! Writes the requests of a signal into the journal of the process.

use std::error::Error;
use std::path::{self, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use floe_telemetry::TelemetryConfig;
use floe_telemetry::config::Signal;
use floe_telemetry::exporter::{OtlpRequest, OtlpWriter};

use crate::delivery::{Delivery, kind, label};
use crate::resource;

/// The journals of the process, which its signals share.
static OPEN: Mutex<Vec<(PathBuf, Weak<Delivery>)>> = Mutex::new(Vec::new());

#[derive(Debug)]
pub(crate) struct Writer {
    delivery: Arc<Delivery>,
    is_first: bool,
}

impl Writer {
    /// Opens the journal of a configuration, unless another signal has opened it.
    pub(crate) fn open(
        signal: Signal,
        config: &TelemetryConfig,
    ) -> Result<Self, Box<dyn Error + Send + Sync>> {
        if config.runtime.is_caller() {
            return Err("expected a runtime with threads, found `runtime: caller`".into());
        }
        let others = config.otlp.additional.iter();
        let others = others.filter(|other| other.signal == signal).count();
        if others > 0 {
            let (signal, found) = (signal.as_str(), others + 1);
            return Err(format!("expected one OTLP receiver of {signal}, found {found}").into());
        }
        let settings = &config.exporters.journal;
        let path = path::absolute(&settings.path)?;
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|(_, delivery)| delivery.strong_count() > 0);
        let found = open.iter().find(|(of, _)| *of == path);
        let found = found.and_then(|(_, delivery)| delivery.upgrade());
        let delivery = if let Some(delivery) = found.filter(|delivery| delivery.join()) {
            delivery
        } else {
            let started = Delivery::start(&path, settings.max_bytes, config)?;
            open.push((path, Arc::downgrade(&started)));
            started
        };
        Ok(Self {
            delivery,
            is_first: true,
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
        let (kind, request) = (kind(request.signal()), request.protobuf());
        if self.is_first
            && let Some(resource) = resource::of_request(kind, request)
        {
            self.is_first = false;
            label(&resource);
        }
        self.delivery.add(kind, request)
    }

    fn shutdown(&mut self, timeout: Duration) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.delivery.leave(timeout);
        Ok(())
    }
}
