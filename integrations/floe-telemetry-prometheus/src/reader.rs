//! The metric reader behind the endpoint.

use std::sync::{Mutex, PoisonError, Weak};
use std::time::Duration;

use floe_telemetry::config::PrometheusConfig;
use opentelemetry_prometheus::PrometheusExporter;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{InstrumentKind, Pipeline, Temporality};
use prometheus::Registry;

use crate::server::Server;

#[derive(Debug)]
pub(crate) struct Prometheus {
    exporter: PrometheusExporter,
    /// The server; `None` after shutdown.
    server: Mutex<Option<Server>>,
}

impl Prometheus {
    pub(crate) fn start(config: &PrometheusConfig) -> Result<Self, String> {
        let registry = Registry::new();
        let exporter = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .build()
            .map_err(|error| error.to_string())?;
        let server = Server::start(config, registry)?;
        Ok(Self { exporter, server: Mutex::new(Some(server)) })
    }
}

impl MetricReader for Prometheus {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.exporter.register_pipeline(pipeline);
    }

    fn collect(&self, into: &mut ResourceMetrics) -> OTelSdkResult {
        self.exporter.collect(into)
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        let mut slot = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        let server = slot.take();
        drop(slot);
        // If a scrape never ends, the port stays in use. The exporter is not shut down, because it would block.
        if let Some(mut server) = server
            && !server.stop(timeout)
        {
            return Err(OTelSdkError::Timeout(timeout));
        }
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn temporality(&self, kind: InstrumentKind) -> Temporality {
        self.exporter.temporality(kind)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::net::{Ipv4Addr, SocketAddr, TcpStream};
    use std::sync::mpsc::channel;
    use std::thread;

    use opentelemetry::metrics::MeterProvider as _;
    use opentelemetry_sdk::metrics::SdkMeterProvider;
    use socket2::{Domain, Socket, Type};

    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(60);

    #[test]
    fn a_scrape_that_does_not_end_does_not_block_the_shutdown() {
        // The port is bound without a listener: no other program gets it, and the endpoint, which also has
        // `SO_REUSEADDR`, can listen on it.
        let reserved = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        reserved.set_reuse_address(true).unwrap();
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        reserved.bind(&any.into()).unwrap();
        let port = reserved.local_addr().unwrap().as_socket().unwrap().port();
        let mut config = PrometheusConfig::default();
        config.port = port;
        "127.0.0.1".clone_into(&mut config.host);
        let reader = Prometheus::start(&config).unwrap();
        let metrics = SdkMeterProvider::builder().with_reader(reader).build();
        let (started, is_started) = channel();
        let _gauge = metrics
            .meter("orders")
            .u64_observable_gauge("orders.open")
            .with_callback(move |_| {
                let _ = started.send(());
                loop {
                    thread::park();
                }
            })
            .build();
        let mut scrape = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let request = b"GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n";
        scrape.write_all(request).unwrap();
        is_started.recv_timeout(TIMEOUT).unwrap();

        let (ended, has_ended) = channel();
        thread::spawn(move || ended.send(metrics.shutdown()));
        let result = has_ended.recv_timeout(TIMEOUT).unwrap();
        assert!(result.is_err(), "the scrape has not ended");
    }
}
