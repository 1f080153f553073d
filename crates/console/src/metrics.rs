//! Prints metrics to the terminal, one line per data point.

use std::fmt::{Display, Write as _};
use std::io::Write as _;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, Metric, MetricData, ResourceMetrics, ScopeMetrics,
};
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;

use floe_redact::Printable;
use floe_telemetry_sdk::exporter::StandardStream;

#[derive(Debug)]
pub(super) struct ConsoleMetrics;

impl PushMetricExporter for ConsoleMetrics {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let text = render(metrics);
        // Standard error may be closed, so errors are ignored.
        let _ = StandardStream::stderr().write_all(text.as_bytes());
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

fn render(metrics: &ResourceMetrics) -> String {
    let mut text = String::new();
    for metric in metrics.scope_metrics().flat_map(ScopeMetrics::metrics) {
        match metric.data() {
            AggregatedMetrics::F64(data) => lines(&mut text, metric, data),
            AggregatedMetrics::U64(data) => lines(&mut text, metric, data),
            AggregatedMetrics::I64(data) => lines(&mut text, metric, data),
        }
    }
    text
}

fn lines<T: Copy + Display>(text: &mut String, metric: &Metric, data: &MetricData<T>) {
    let mut line = |attributes: Vec<&KeyValue>, value: String| {
        let measurement = format!("{} {value} {}", metric.name(), metric.unit());
        let mut line = measurement.trim_end().to_owned();
        for KeyValue { key, value, .. } in attributes {
            let _ = write!(line, " {key}={value}");
        }

        let _ = writeln!(text, "{}", Printable(&line));
    };

    let summary = |count: u64, sum: T| format!("{count} values, sum {sum}");
    match data {
        MetricData::Gauge(gauge) => gauge.data_points().for_each(|point| {
            line(point.attributes().collect(), point.value().to_string());
        }),
        MetricData::Sum(sum) => sum.data_points().for_each(|point| {
            line(point.attributes().collect(), point.value().to_string());
        }),
        MetricData::Histogram(histogram) => histogram.data_points().for_each(|point| {
            let value = summary(point.count(), point.sum());
            line(point.attributes().collect(), value);
        }),
        MetricData::ExponentialHistogram(histogram) => {
            histogram.data_points().for_each(|point| {
                let value = summary(point.count() as u64, point.sum());
                line(point.attributes().collect(), value);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::metrics::MeterProvider;
    use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};

    use super::*;

    #[test]
    fn each_point_is_a_line() {
        let memory = InMemoryMetricExporter::default();
        let sdk = SdkMeterProvider::builder().with_periodic_exporter(memory.clone()).build();
        let meter = sdk.meter("test");
        let orders = [KeyValue::new("table", "orders")];
        meter.u64_counter("rows").with_unit("{row}").build().add(5, &orders);
        meter.f64_histogram("load").with_unit("s").build().record(0.5, &[]);
        sdk.force_flush().unwrap();

        let metrics = memory.get_finished_metrics().unwrap();
        let text: String = metrics.iter().map(render).collect();
        assert_eq!(text, "rows 5 {row} table=orders\nload 1 values, sum 0.5 s\n");
    }
}
