//! The meter provider for code that uses OpenTelemetry's API.

use opentelemetry::InstrumentationScope;
use opentelemetry::metrics::noop::NoopMeterProvider;
use opentelemetry::metrics::{Meter, MeterProvider};

use super::current;

/// An OpenTelemetry [`MeterProvider`] whose meters are those of the [`TelemetryProvider`](crate::TelemetryProvider)
/// in use: what they measure is redacted, and exported with the same resource. Without a provider, or without
/// exporters of metrics, meters do nothing.
///
/// A meter and its instruments belong to the provider that was in use when the meter was created.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct RecorderMeterProvider;

impl MeterProvider for RecorderMeterProvider {
    fn meter_with_scope(&self, scope: InstrumentationScope) -> Meter {
        match current::current() {
            Some(current) => current.provider.meter_with_scope(scope),
            None => NoopMeterProvider::new().meter_with_scope(scope),
        }
    }
}
