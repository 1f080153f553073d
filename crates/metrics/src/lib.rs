//! Aggregates metrics with the SDK of OpenTelemetry: readers, views, and the redaction of attributes.
//!
//! Programs depend on [`floe-telemetry`](https://docs.rs/floe-telemetry), whose feature `metrics` links this crate.
//! This crate is its implementation, and any release may change it.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod filtered;
mod redacting;
mod views;

use std::sync::Arc;
use std::time::Duration;

use floe_telemetry_core::__sdk::metrics::{switch, switch_observed};
use floe_telemetry_core::__sdk::{caught, char_boundary, recorder, redaction};
use floe_telemetry_sdk::__parts::collector::{
    Counters, Redaction, Redactor, SpanMetrics, clear_exemplars, instrument_exemplars,
};
use floe_telemetry_sdk::__parts::metrics::{
    MeterProviders, MetricDestination, ProviderMeters, observe, scope,
};
use floe_telemetry_sdk::__parts::{collector, config, internal_log};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::SdkMeterProvider;

use self::filtered::FilteringMeterProvider;
use self::redacting::RedactingMeterProvider;
use self::views::{Selected, Views};
use crate::config::{MetricsConfig, TelemetryConfig};

floe_telemetry_sdk::__part!(
    Metrics,
    MeterProviders {
        start: |config, resource, redaction, counters, destinations| {
            Arc::new(Meters::start(config, resource, redaction, counters, destinations))
        },
    }
);

/// The meter provider of the SDK behind a telemetry provider.
#[derive(Debug)]
struct Meters {
    sdk: SdkMeterProvider,
    filtering: FilteringMeterProvider,
    views: Views,
}

impl Meters {
    /// Starts the readers and makes this the current meter provider of the process.
    fn start(
        all: &TelemetryConfig,
        resource: &Resource,
        redaction: Redaction,
        counters: &Arc<Counters>,
        destinations: Vec<MetricDestination>,
    ) -> Self {
        let config = &all.metrics;
        let mut builder = SdkMeterProvider::builder().with_resource(resource.clone());
        for destination in destinations {
            builder = destination.add(builder, all, counters);
        }
        clear_exemplars();
        let views = Views::new(config);
        let sdk = views.apply(builder).build();
        let filtering = FilteringMeterProvider::new(sdk.clone(), views.clone());
        observe(&filtering.meter_with_scope(scope()), counters);
        let redacting = RedactingMeterProvider::new(filtering.clone(), redaction, views.clone());
        switch_observed(Arc::new(redacting));
        Self { sdk, filtering, views }
    }
}

impl ProviderMeters for Meters {
    fn span_metrics(&self, config: &MetricsConfig, redactor: Redactor) -> SpanMetrics {
        let meter = self.filtering.meter_with_scope(scope());
        SpanMetrics::new(
            &meter,
            config.from_spans,
            config.cardinality_limit,
            redactor,
            |name, unit, kind, bounds| {
                let scope = scope();
                let selected = Selected { name, unit, scope: &scope, kind };
                let shapes = self.views.shapes(selected, Some(bounds)).into_iter();
                let exemplars = shapes.filter_map(|shape| instrument_exemplars(&scope, shape));
                exemplars.collect()
            },
        )
    }

    fn stop(&self) {
        switch(None);
    }

    fn flush(&self) -> OTelSdkResult {
        self.sdk.force_flush()
    }

    fn shut_down(&self, timeout: Duration) -> OTelSdkResult {
        self.sdk.shutdown_with_timeout(timeout)
    }
}
