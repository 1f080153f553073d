//! Aggregates metrics with the SDK of OpenTelemetry: applies views, redacts attributes and collects exemplars.
//!
//! Programs depend on [`floe-telemetry`](https://docs.rs/floe-telemetry), whose feature `metrics` links this crate.
//! This crate is its implementation, and any release may change it.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(target_os = "linux")]
mod process;
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
use floe_telemetry_sdk::__parts::metrics::{Meters, ProgramView, observe};
use floe_telemetry_sdk::__parts::parts::Part;
use floe_telemetry_sdk::config::{MetricsConfig, ViewedInstrument};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::{MeterProviderBuilder, SdkMeterProvider};

use self::redacting::{RedactingMeterProvider, exemplars};
use self::views::{Views, scope};

floe_telemetry_sdk::__part!(
    Part::of(&[("metrics", true)]);
    "fl_metrics_0_1": metrics::Meters = Meters::created_by(start);
);

fn start(
    builder: MeterProviderBuilder,
    config: &MetricsConfig,
    views: Vec<ProgramView>,
    redaction: Redaction,
    counters: &Arc<Counters>,
) -> (SdkMeterProvider, SpanMetrics) {
    Exemplars::clear();
    let views = Views::new(config, views);
    let sdk = views.apply(builder).build();
    let scope = scope();
    let meter = sdk.meter_with_scope(scope.clone());
    observe(&meter, counters);
    #[cfg(target_os = "linux")]
    process::observe(&meter);
    let redactor = Redactor::new(redaction.clone());
    let of_spans = SpanMetrics::new(&meter, redactor, |name, kind, bounds| {
        let instrument = ViewedInstrument { name, kind, unit: "", scope: &scope };
        exemplars(&views, instrument, Some(bounds))
    });

    let redacting = RedactingMeterProvider::new(sdk.clone(), redaction, views);
    Current::replace(Some(Arc::new(redacting)));
    (sdk, of_spans)
}
