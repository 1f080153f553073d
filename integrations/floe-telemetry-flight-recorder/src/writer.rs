//! Keeps the requests of spans, and asks for dumps.

use std::error::Error;
use std::path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use floe_telemetry::TelemetryConfig;
use floe_telemetry::exporter::{OtlpRequest, OtlpWriter};

use crate::dump;
use crate::dumper::Dumper;
use crate::failures::Failures;
use crate::marker::Marker;
use crate::panics;
use crate::ring::Ring;
use crate::signal::Watch;

#[derive(Debug)]
pub(crate) struct Writer {
    dumper: Arc<Dumper>,
    failures: Failures,
    signal: Option<(Watch, Marker)>,
}

impl Writer {
    pub(crate) fn start(config: &TelemetryConfig) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let settings = &config.exporters.flight_recorder;
        let folder = path::absolute(&settings.path)?;
        // A folder that cannot be used is known at the start.
        dump::check_folder(&folder).map_err(|error| format!("`{}`: {error}", folder.display()))?;
        let ring = Ring::new(settings.max_bytes, Duration::from_secs(settings.max_seconds));
        let marker = (settings.signal).then(|| Marker::new(&folder.canonicalize()?)).transpose()?;
        let dumper = Dumper::start(ring, folder, settings.max_files)?;
        let mut writer = Self {
            failures: Failures { errors: settings.errors, slower_than: settings.slower_than },
            signal: None,
            dumper,
        };
        if let Some(marker) = marker {
            let watch = Watch::start(Arc::clone(&writer.dumper))?;
            writer.signal = Some((watch, marker));
        }
        if settings.panics {
            panics::watch(&writer.dumper);
        }
        Ok(writer)
    }
}

impl OtlpWriter for Writer {
    fn name(&self) -> &'static str {
        "flight_recorder"
    }

    fn takes_unsampled_spans(&self) -> bool {
        true
    }

    fn write(
        &mut self,
        request: OtlpRequest<'_>,
        _: Duration,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        let request = Bytes::copy_from_slice(request.protobuf());
        self.dumper.ring.push(request.clone(), Instant::now());
        if let Some(reason) = self.failures.find(request) {
            self.dumper.dump(reason);
        }
        Ok(())
    }

    fn shutdown(&mut self, timeout: Duration) -> Result<(), Box<dyn Error + Send + Sync>> {
        // The spans have arrived.
        self.dumper.hurry();
        Ok(self.dumper.wait(timeout)?)
    }
}

impl Drop for Writer {
    /// Also if the start of the provider has failed.
    fn drop(&mut self) {
        panics::forget(&self.dumper);
        self.dumper.end();
    }
}
