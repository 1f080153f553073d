//! The meter provider for code that uses OpenTelemetry's API.

use std::sync::Arc;

use opentelemetry::InstrumentationScope;
use opentelemetry::metrics::{InstrumentProvider, Meter, MeterProvider};

use floe_telemetry_core::__sdk::metrics::Current;

/// An OpenTelemetry [`MeterProvider`] whose meters record with the [`TelemetryProvider`](crate::TelemetryProvider) in
/// use. Measurements are redacted, and exported with the provider's resource. Without a provider, or without exporters
/// of metrics, meters do nothing.
///
/// A meter and its instruments belong to the provider that was in use when the meter was created.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct RecorderMeterProvider;

impl MeterProvider for RecorderMeterProvider {
    fn meter_with_scope(&self, scope: InstrumentationScope) -> Meter {
        match Current::get() {
            Some(current) => current.provider.meter_with_scope(scope),
            None => Meter::new(Arc::new(NoInstruments)),
        }
    }
}

/// Instruments that do nothing. OpenTelemetry's own no-op provider logs each meter as a mistake.
struct NoInstruments;

impl InstrumentProvider for NoInstruments {}
