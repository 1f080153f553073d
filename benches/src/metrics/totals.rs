//! Exporters of metrics that keep nothing, or only the totals.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, HistogramDataPoint, MetricData, ResourceMetrics, SumDataPoint,
};
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;

/// Discards every export.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data of this workspace")]
pub struct Nowhere;

/// Keeps the latest total of each counter and the number of values of each histogram.
#[derive(Clone, Debug, Default)]
pub(super) struct Totals(Arc<Mutex<BTreeMap<String, u64>>>);

impl Totals {
    /// The total of the metric with this name. 0 if it was never exported.
    pub(super) fn of(&self, metric: &str) -> u64 {
        let totals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        totals.get(metric).copied().unwrap_or_default()
    }
}

fn total(data: &AggregatedMetrics) -> u64 {
    match data {
        AggregatedMetrics::U64(MetricData::Sum(sum)) => {
            sum.data_points().map(SumDataPoint::value).sum()
        }
        AggregatedMetrics::F64(MetricData::Histogram(histogram)) => {
            histogram.data_points().map(HistogramDataPoint::count).sum()
        }
        _ => 0,
    }
}

impl PushMetricExporter for Totals {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let mut totals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for scope in metrics.scope_metrics() {
            for metric in scope.metrics() {
                totals.insert(metric.name().to_owned(), total(metric.data()));
            }
        }
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}

impl PushMetricExporter for Nowhere {
    async fn export(&self, _: &ResourceMetrics) -> OTelSdkResult {
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}
