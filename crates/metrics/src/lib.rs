//! Aggregates metrics with the SDK of OpenTelemetry: readers, views, and the redaction of attributes.
//!
//! Programs depend on [`floe-telemetry`](https://docs.rs/floe-telemetry), whose feature `metrics` links this crate.
//! This crate is its implementation, and any release may change it.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod redacting;
mod views;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use floe_telemetry_core::__sdk::internal_log;
use floe_telemetry_core::__sdk::metrics::Current;
use floe_telemetry_core::__sdk::{caught, char_boundary, recorder, redaction};
use floe_telemetry_sdk::__parts::collector;
use floe_telemetry_sdk::__parts::collector::{
    Counters, Exemplars, Redaction, Redactor, SpanMetrics,
};
use floe_telemetry_sdk::__parts::metrics::{AddedMetrics, MeterProviders, ProviderMeters, observe};
use floe_telemetry_sdk::TelemetryConfig;
use floe_telemetry_sdk::config::MetricsConfig;
use opentelemetry::InstrumentationScope;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::SdkMeterProvider;

use self::redacting::{RedactingMeterProvider, exemplars};
use self::views::Views;

floe_telemetry_sdk::__part!(
    Metrics,
    MeterProviders {
        start: |config, resource, redaction, counters, added| {
            Arc::new(Meters::start(config, resource, redaction, counters, added))
        },
    }
);

/// The scope of the library's own metrics.
fn scope() -> InstrumentationScope {
    InstrumentationScope::builder("floe.telemetry").with_version(env!("CARGO_PKG_VERSION")).build()
}

/// The meter provider of the SDK behind a telemetry provider.
struct Meters {
    sdk: SdkMeterProvider,
    views: Views,
}

impl fmt::Debug for Meters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meters").field("sdk", &self.sdk).finish_non_exhaustive()
    }
}

impl Meters {
    /// Starts the readers, as the current meter provider of the process.
    fn start(
        all: &TelemetryConfig,
        resource: &Resource,
        redaction: Redaction,
        counters: &Arc<Counters>,
        added: AddedMetrics,
    ) -> Self {
        let config = &all.metrics;
        let mut builder = SdkMeterProvider::builder().with_resource(resource.clone());
        for destination in added.destinations {
            builder = destination.add(builder, all, counters);
        }
        Exemplars::clear();
        let views = Views::new(config, added.views);
        let sdk = views.apply(builder).build();
        observe(&sdk.meter_with_scope(scope()), counters);
        let redacting = RedactingMeterProvider::new(sdk.clone(), redaction, views.clone());
        Current::replace(Some(Arc::new(redacting)));
        Self { sdk, views }
    }
}

impl ProviderMeters for Meters {
    fn span_metrics(&self, config: &MetricsConfig, redactor: Redactor) -> SpanMetrics {
        let scope = scope();
        let meter = self.sdk.meter_with_scope(scope.clone());
        SpanMetrics::new(&meter, config.from_spans, redactor, |name, kind, bounds| {
            exemplars(&self.views, &scope, name, kind, Some(bounds))
        })
    }

    fn stop(&self) {
        Current::replace(None);
    }

    fn flush(&self) -> OTelSdkResult {
        self.sdk.force_flush()
    }

    fn shut_down(&self, timeout: Duration) -> OTelSdkResult {
        self.sdk.shutdown_with_timeout(timeout)
    }
}
