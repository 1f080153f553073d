//! What is made of the metrics of some names.

use serde::{Deserialize, Serialize};

use crate::config::problems::Problems;

/// Views there may be.
const MAX_VIEWS: usize = 256;

/// Bytes that the pattern of a view may have.
const MAX_PATTERN: usize = 256;

/// What is made of the metrics that are called so, in place of what is made of all
/// ([views](https://opentelemetry.io/docs/specs/otel/metrics/sdk/#view)).
///
/// ```
/// use floe_telemetry::config::MetricView;
///
/// let views = [
///     MetricView { drop: true, ..MetricView::new("process.*") },
///     MetricView { boundaries: Some(vec![1.0, 60.0, 3600.0]), ..MetricView::new("*.duration") },
/// ];
/// # let _ = views;
/// ```
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data with a published schema"
)]
pub struct MetricView {
    /// The name of the metric, with `*` for any characters, none too: `floe.transform.*`.
    pub metric: String,
    /// Whether nothing is made of it. Default `false`.
    #[serde(default)]
    pub drop: bool,
    /// The bounds between the buckets of a histogram, rising. Nothing to other metrics.
    #[serde(default)]
    pub boundaries: Option<Vec<f64>>,
    /// The keys of the attributes that are kept; what differs by others goes together. Default: all.
    #[serde(default)]
    pub attributes: Option<Vec<String>>,
    /// As `metrics.cardinality_limit`.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub cardinality_limit: Option<usize>,
}

impl MetricView {
    /// A view that changes nothing.
    pub fn new(metric: impl Into<String>) -> Self {
        Self {
            metric: metric.into(),
            drop: false,
            boundaries: None,
            attributes: None,
            cardinality_limit: None,
        }
    }

    fn changes(&self) -> bool {
        self.boundaries.is_some() || self.attributes.is_some() || self.cardinality_limit.is_some()
    }
}

pub(super) fn check(views: &[MetricView], problems: &mut Problems) {
    if views.len() > MAX_VIEWS {
        let found = views.len();
        let message = format!("found {found}, accepted are at most {MAX_VIEWS}");
        problems.add("metrics.views", message);
    }
    for (at, view) in views.iter().enumerate() {
        let key = |field: &str| format!("metrics.views.{at}.{field}");
        if !(1..=MAX_PATTERN).contains(&view.metric.len()) {
            let found = view.metric.len();
            problems.add(
                &key("metric"),
                format!(
                    "found {found} bytes, accepted is a name of 1 to {MAX_PATTERN} with `*` for any characters"
                ),
            );
        }
        if view.drop && view.changes() {
            problems.add(
                &key("drop"),
                "nothing can be made of what is dropped, accepted is `drop` alone",
            );
        }
        let bounds = view.boundaries.as_deref().unwrap_or_default();
        let is_finite = bounds.iter().all(|bound| bound.is_finite());
        if !is_finite || !bounds.is_sorted_by(|a, b| a < b) {
            problems.add(
                &key("boundaries"),
                format!("found {bounds:?}, accepted are finite numbers that rise"),
            );
        }
        if view.cardinality_limit == Some(0) {
            problems.add(&key("cardinality_limit"), "found 0, accepted is 1 or more");
        }
    }
}
