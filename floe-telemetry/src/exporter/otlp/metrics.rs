//! Metrics over OTLP, encoded by `opentelemetry-proto` and sent over the transport of the spans.

use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use prost::Message;

use super::sender::{Sender, sdk_error};
use super::{OtlpTarget, exemplars};
use crate::collector::{ExportFailure, RateLimited, guarded_message};
use crate::config::Signal;
use crate::error::Error;

/// Sends metrics over OTLP. It blocks the thread of the metric reader that calls it.
#[derive(Debug)]
pub(crate) struct OtlpMetrics {
    sender: Sender,
    max_request: usize,
    temporality: Temporality,
    failures: RateLimited,
}

/// Creates the metric exporter for `target`.
///
/// # Errors
///
/// The settings of the target cannot be used.
pub(crate) fn otlp_metrics(target: &OtlpTarget) -> Result<OtlpMetrics, Error> {
    Ok(OtlpMetrics {
        sender: Sender::new(target, Signal::Metrics)?,
        max_request: target.config.otlp.max_request(Signal::Metrics),
        temporality: target.config.metrics.temporality.into(),
        failures: RateLimited::default(),
    })
}

impl OtlpMetrics {
    /// Sends a request in parts that are as large as a request may be. A metric is not divided.
    fn send(
        &self,
        request: &ExportMetricsServiceRequest,
        deadline: Instant,
    ) -> Result<(), ExportFailure> {
        let parts = (request.encoded_len() > self.max_request)
            .then(|| split(request))
            .flatten();
        match parts {
            Some((first, second)) => {
                let sent = self.send(&first, deadline);
                sent.and(self.send(&second, deadline))
            }
            None => self.sender.send(request.encode_to_vec().into(), deadline),
        }
    }
}

impl PushMetricExporter for OtlpMetrics {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let mut request = ExportMetricsServiceRequest::from(metrics);
        exemplars::add(metrics, &mut request);
        self.send(&request, self.sender.deadline())
            .map_err(|failure| sdk_error(&failure))
            .inspect_err(|reason| {
                if self.failures.is_due() {
                    // The reader of the SDK logs that an export failed, but not the reason.
                    guarded_message(|| {
                        tracing::warn!(%reason, "metrics could not be exported");
                    });
                }
            })
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        self.sender.close();
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        self.temporality
    }
}

/// Splits a request in two. `None` if it contains only one metric.
fn split(
    request: &ExportMetricsServiceRequest,
) -> Option<(ExportMetricsServiceRequest, ExportMetricsServiceRequest)> {
    let scopes = request.resource_metrics.iter();
    let scopes = scopes.flat_map(|resource| &resource.scope_metrics);
    let half = scopes.map(|scope| scope.metrics.len()).sum::<usize>() / 2;
    let part = |range: std::ops::Range<usize>| {
        let (mut part, mut at) = (request.clone(), 0);
        let resources = part.resource_metrics.iter_mut();
        for scope in resources.flat_map(|resource| &mut resource.scope_metrics) {
            scope.metrics.retain(|_| {
                at += 1;
                range.contains(&(at - 1))
            });
        }
        for resource in &mut part.resource_metrics {
            resource
                .scope_metrics
                .retain(|scope| !scope.metrics.is_empty());
        }
        part
    };
    (half > 0).then(|| (part(0..half), part(half..usize::MAX)))
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::metrics::v1::{Metric, ResourceMetrics, ScopeMetrics};

    use super::*;

    fn names(request: &ExportMetricsServiceRequest) -> Vec<Vec<String>> {
        let resources = request.resource_metrics.iter();
        let scopes = resources.flat_map(|resource| &resource.scope_metrics);
        let names = |scope: &ScopeMetrics| scope.metrics.iter().map(|it| it.name.clone()).collect();
        scopes.map(names).collect()
    }

    #[test]
    fn a_request_is_split_between_metrics() {
        let metric = |name: &str| Metric {
            name: name.to_owned(),
            ..Metric::default()
        };
        let scope = |metrics: &[&str]| ScopeMetrics {
            metrics: metrics.iter().copied().map(metric).collect(),
            schema_url: "https://example.com/1".to_owned(),
            ..ScopeMetrics::default()
        };
        let request = ExportMetricsServiceRequest {
            resource_metrics: vec![ResourceMetrics {
                scope_metrics: vec![scope(&["a"]), scope(&["b", "c", "d"])],
                ..ResourceMetrics::default()
            }],
        };
        let (first, second) = split(&request).unwrap();
        assert_eq!(names(&first), [vec!["a"], vec!["b"]]);
        assert_eq!(names(&second), [["c", "d"]]);
        let url = &second.resource_metrics[0].scope_metrics[0].schema_url;
        assert_eq!(url, "https://example.com/1");
        let (c, d) = split(&second).unwrap();
        assert_eq!(
            (names(&c), names(&d)),
            (vec![vec!["c".to_owned()]], vec![vec!["d".to_owned()]])
        );
        assert!(split(&d).is_none());
    }
}
