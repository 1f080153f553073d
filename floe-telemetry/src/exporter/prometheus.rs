//! An endpoint that Prometheus scrapes. What it answers is collected when it is asked.

mod families;
mod name;
mod server;

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{InstrumentKind, ManualReader, Pipeline, Temporality};

use self::server::Server;
use crate::config::PrometheusConfig;
use crate::error::Error;

/// Collects when it is scraped.
#[derive(Debug)]
struct ScrapedReader {
    inner: Arc<ManualReader>,
    /// `None` after shutdown.
    server: Mutex<Option<Server>>,
}

/// Opens the endpoint.
///
/// # Errors
///
/// Nobody can be listened to at this address.
pub(crate) fn prometheus(config: &PrometheusConfig) -> Result<impl MetricReader, Error> {
    let inner = Arc::new(ManualReader::builder().build());
    let server = Server::start(config, Arc::clone(&inner))?;
    Ok(ScrapedReader {
        inner,
        server: Mutex::new(Some(server)),
    })
}

impl MetricReader for ScrapedReader {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.inner.register_pipeline(pipeline);
    }

    fn collect(&self, into: &mut ResourceMetrics) -> OTelSdkResult {
        self.inner.collect(into)
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        let mut server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        // The port is free when this returns.
        drop(server.take());
        self.inner.shutdown_with_timeout(timeout)
    }

    fn temporality(&self, _: InstrumentKind) -> Temporality {
        Temporality::Cumulative
    }
}
