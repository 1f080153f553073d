//! An endpoint that Prometheus scrapes. Metrics are collected on each scrape.

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

/// A metric reader that collects on each scrape.
#[derive(Debug)]
struct ScrapedReader {
    inner: Arc<ManualReader>,
    /// `None` after shutdown.
    server: Mutex<Option<Server>>,
}

/// Starts the endpoint.
///
/// # Errors
///
/// The address cannot be bound, or the thread cannot be started.
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
        // Dropping the server joins its thread, so the port is free when this returns.
        drop(server.take());
        self.inner.shutdown_with_timeout(timeout)
    }

    fn temporality(&self, _: InstrumentKind) -> Temporality {
        Temporality::Cumulative
    }
}
