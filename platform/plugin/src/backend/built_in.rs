//! The backends of this crate.

use floe_telemetry::TelemetryConfig;
use floe_telemetry::config::{DEFAULT_BACKEND, ExporterKind, OtlpProtocol, Signal};
use floe_telemetry::trace::TelemetryProviderBuilder;

use super::plugin::{Configured, TelemetryBackendPlugin};

pub(super) enum BuiltIn {
    Console,
    Jaeger,
    /// Any receiver of OTLP, whose endpoint the configuration names.
    Otlp,
}

impl TelemetryBackendPlugin for BuiltIn {
    fn name(&self) -> &'static str {
        match self {
            Self::Console => DEFAULT_BACKEND,
            Self::Jaeger => "jaeger",
            Self::Otlp => "otlp",
        }
    }

    fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    fn description(&self) -> &'static str {
        match self {
            Self::Console => "prints traces on the terminal, unless an endpoint is configured",
            Self::Jaeger => "sends traces to Jaeger's collector",
            Self::Otlp => "sends telemetry to the configured endpoint",
        }
    }

    fn configure(&self, provider: TelemetryProviderBuilder) -> Configured {
        Ok(match self {
            Self::Console => provider,
            Self::Jaeger => provider.configure(jaeger),
            Self::Otlp => provider.configure(|config| self.name().clone_into(&mut config.backend)),
        })
    }
}

/// Sends traces to the Kubernetes service of Jaeger's Helm chart, unless there is an endpoint. Jaeger accepts only traces.
fn jaeger(config: &mut TelemetryConfig) {
    let endpoint = match config.otlp_protocol.unwrap_or_default() {
        OtlpProtocol::Http => "http://jaeger-collector:4318",
        _ => "http://jaeger-collector:4317",
    };
    config.otlp_endpoint.get_or_insert_with(|| endpoint.to_owned());
    let has_endpoint = |signal| config.otlp.signal(signal).endpoint.is_some();
    let [metrics, logs] = [Signal::Metrics, Signal::Logs].map(has_endpoint);
    let exporters = &mut config.exporters;
    for (chosen, has_endpoint) in [(&mut exporters.metrics, metrics), (&mut exporters.logs, logs)] {
        if !has_endpoint {
            chosen.get_or_insert_with(|| vec![ExporterKind::None]);
        }
    }
}
