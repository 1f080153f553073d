//! Aggregates metrics with the SDK of OpenTelemetry: readers, views, and the redaction of attributes.
//!
//! Programs depend on [`floe-telemetry`](https://docs.rs/floe-telemetry), whose feature `metrics` links this crate.
//! This crate is its implementation, and any release may change it.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod redacting;
mod views;

use std::sync::Arc;

use floe_telemetry_core::__sdk::internal_log;
use floe_telemetry_core::__sdk::metrics::Current;
use floe_telemetry_core::__sdk::{caught, char_boundary, recorder, redaction};
use floe_telemetry_sdk::__parts::collector;
use floe_telemetry_sdk::__parts::collector::{
    Counters, Exemplars, Redaction, Redactor, SpanMetrics,
};
use floe_telemetry_sdk::__parts::metrics::{AddedMetrics, MeterProviders, observe};
use floe_telemetry_sdk::__parts::parts::Part;
use floe_telemetry_sdk::TelemetryConfig;
use opentelemetry::InstrumentationScope;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;

use self::redacting::{RedactingMeterProvider, exemplars};
use self::views::Views;

floe_telemetry_sdk::__part!(
    Part::of(&["metrics"]);
    "fl_metrics_0_1": metrics::MeterProviders = MeterProviders { start };
);

/// The scope of the library's own metrics.
fn scope() -> InstrumentationScope {
    InstrumentationScope::builder("floe.telemetry").with_version(env!("CARGO_PKG_VERSION")).build()
}

/// Starts the readers, as the current meter provider of the process.
fn start(
    all: &TelemetryConfig,
    resource: &Resource,
    redaction: Redaction,
    counters: &Arc<Counters>,
    added: AddedMetrics,
) -> (SdkMeterProvider, SpanMetrics) {
    let config = &all.metrics;
    let mut builder = SdkMeterProvider::builder().with_resource(resource.clone());
    for destination in added.destinations {
        builder = destination.add(builder, all, counters);
    }
    Exemplars::clear();
    let views = Views::new(config, added.views);
    let sdk = views.apply(builder).build();
    let scope = scope();
    let meter = sdk.meter_with_scope(scope.clone());
    observe(&meter, counters);
    let redactor = Redactor::new(redaction.clone());
    let of_spans = SpanMetrics::new(&meter, redactor, |name, kind, bounds| {
        exemplars(&views, &scope, name, kind, Some(bounds))
    });
    let redacting = RedactingMeterProvider::new(sdk.clone(), redaction, views);
    Current::replace(Some(Arc::new(redacting)));
    (sdk, of_spans)
}
