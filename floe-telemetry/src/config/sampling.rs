//! Which share of the traces is recorded.

mod keep;
mod rule;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::keep::HoldConfig;
pub(crate) use self::keep::Keep;
pub use self::rule::SamplingRule;
use super::problems::Problems;
use super::{duration, is_default};
use crate::attributes::Mode;
use crate::error::Error;

/// How it is decided whether a span is recorded
/// ([built-in samplers](https://opentelemetry.io/docs/specs/otel/trace/sdk/#built-in-samplers)).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum Sampler {
    /// Every span.
    #[serde(rename = "always_on")]
    AlwaysOn,
    /// No span.
    #[serde(rename = "always_off")]
    AlwaysOff,
    /// The ratio decides, for each span by its trace id.
    #[serde(rename = "traceidratio")]
    TraceIdRatio,
    /// Every root; a span with a parent follows its parent.
    #[serde(rename = "parentbased_always_on")]
    ParentBasedAlwaysOn,
    /// No root; a span with a parent follows its parent.
    #[serde(rename = "parentbased_always_off")]
    ParentBasedAlwaysOff,
    /// The ratio decides for roots; a span with a parent follows its parent.
    #[serde(rename = "parentbased_traceidratio")]
    ParentBasedTraceIdRatio,
}

impl Sampler {
    /// Their names, as `OTEL_TRACES_SAMPLER` has them.
    pub(super) const ALL: [(&'static str, Self); 6] = [
        ("always_on", Self::AlwaysOn),
        ("always_off", Self::AlwaysOff),
        ("traceidratio", Self::TraceIdRatio),
        ("parentbased_always_on", Self::ParentBasedAlwaysOn),
        ("parentbased_always_off", Self::ParentBasedAlwaysOff),
        ("parentbased_traceidratio", Self::ParentBasedTraceIdRatio),
    ];
}

/// The share of traces that is recorded, for each environment, from 0.0 to 1.0.
///
/// It decides for roots; a span with a parent follows its parent. `sampler` replaces that.
///
/// ```
/// use floe_telemetry::TelemetryConfig;
/// use floe_telemetry::config::SamplingRule;
///
/// let config = TelemetryConfig::from_yaml("
/// resource_attributes: { service_name: orders, service_version: 1.0.0, deployment_environment: prod,
///   floe_namespace: sales, floe_product_name: orders, floe_product_version: 1.0.0, floe_mode: prod }
/// sampling:
///   prod: 0.05
///   rules:
///     - { span: health.*, ratio: 0.0 }
///     - { span: floe.pipeline.run, ratio: 1.0 }
///   rate_limit: 100
/// ")?;
/// assert_eq!(config.sampling.rules[0], SamplingRule::new("health.*", 0.0));
/// # Ok::<(), floe_telemetry::Error>(())
/// ```
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data with a published schema"
)]
pub struct SamplingConfig {
    /// Default 1.0.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0, max = 1.0)))]
    pub dev: f64,
    /// Default 0.5.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0, max = 1.0)))]
    pub staging: f64,
    /// Default 0.1.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0, max = 1.0)))]
    pub prod: f64,
    /// Replaces the ratio of the environment. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sampler: Option<Sampler>,
    /// The ratio of the samplers that have one, from 0.0 to 1.0. Default 1.0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0, max = 1.0)))]
    pub sampler_arg: Option<f64>,
    /// Other ratios for roots of some names; the first rule whose pattern matches decides, in place
    /// of the ratio and of the sampler. They hold for spans without a parent, and with a sampler that
    /// does not follow the parent for those with a remote one, too. At most 256. Default none.
    #[serde(skip_serializing_if = "is_default")]
    pub rules: Vec<SamplingRule>,
    /// How many of the roots that were chosen are recorded in a second at most, on average; at once
    /// it may be as many as in a second, or one. More than 0, and fractions are accepted: 0.5 is one
    /// trace in two seconds. Default: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("exclusiveMinimum" = 0)))]
    pub rate_limit: Option<f64>,
    /// Also keeps the traces with a span that failed. Default `false`.
    ///
    /// With this or `keep_slower_than`, roots that were left out are recorded all the same, at the
    /// cost of one that was chosen, and are held until it is known whether they matter. Other
    /// processes are told that they are not sampled. A trace that is kept says why in
    /// `floe.sampling.reason` on its root, and `ot=th:0` in the trace state of each span: it stands
    /// for itself alone
    /// ([probability sampling](https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/)).
    /// What is below a remote parent follows it. Needs a sampler that follows the parent.
    #[serde(skip_serializing_if = "is_default")]
    pub keep_errors: bool,
    /// Also keeps the traces whose root took longer: `2s`, `500ms`, or a number of seconds. Default:
    /// none.
    #[serde(with = "duration", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "duration::schema"))]
    pub keep_slower_than: Option<Duration>,
    /// How much is held until then.
    #[serde(skip_serializing_if = "is_default")]
    pub hold: HoldConfig,
}

impl Default for SamplingConfig {
    fn default() -> Self {
        Self {
            dev: 1.0,
            staging: 0.5,
            prod: 0.1,
            sampler: None,
            sampler_arg: None,
            rules: Vec::new(),
            rate_limit: None,
            keep_errors: false,
            keep_slower_than: None,
            hold: HoldConfig::default(),
        }
    }
}

impl SamplingConfig {
    /// The share of roots that is recorded in an environment.
    #[must_use]
    pub const fn ratio(&self, environment: Mode) -> f64 {
        match self.sampler {
            Some(Sampler::AlwaysOn | Sampler::ParentBasedAlwaysOn) => return 1.0,
            Some(Sampler::AlwaysOff | Sampler::ParentBasedAlwaysOff) => return 0.0,
            Some(Sampler::TraceIdRatio | Sampler::ParentBasedTraceIdRatio) => {
                return match self.sampler_arg {
                    Some(ratio) => ratio,
                    None => 1.0,
                };
            }
            None => {}
        }
        match environment {
            Mode::Dev => self.dev,
            Mode::Staging => self.staging,
            Mode::Prod => self.prod,
        }
    }

    /// The ratio of an environment that is given by name.
    ///
    /// # Errors
    ///
    /// The environment is not one of `dev`, `staging` and `prod`.
    pub fn get_ratio(&self, environment: &str) -> Result<f64, Error> {
        let environment: Mode = environment
            .parse()
            .map_err(|error| Error::config(format!("sampling: {error}")))?;
        Ok(self.ratio(environment))
    }

    /// Whether a span with a parent follows its parent.
    #[must_use]
    pub const fn is_parent_based(&self) -> bool {
        !matches!(
            self.sampler,
            Some(Sampler::AlwaysOn | Sampler::AlwaysOff | Sampler::TraceIdRatio)
        )
    }

    /// The patterns of the rules with their ratios.
    pub(crate) fn patterns(&self) -> Vec<(String, f64)> {
        let rules = self.rules.iter();
        rules.map(|rule| (rule.span.clone(), rule.ratio)).collect()
    }

    /// What is kept of what the ratio left out, if anything is.
    pub(crate) fn keep(&self) -> Option<Keep> {
        let keep = Keep {
            errors: self.keep_errors,
            slower_than: self.keep_slower_than,
            hold: self.hold,
        };
        (keep.errors || keep.slower_than.is_some()).then_some(keep)
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        for (name, ratio) in [
            ("dev", Some(self.dev)),
            ("staging", Some(self.staging)),
            ("prod", Some(self.prod)),
            ("sampler_arg", self.sampler_arg),
        ] {
            let ratio = ratio.unwrap_or(1.0);
            if !(0.0..=1.0).contains(&ratio) {
                problems.add(
                    &format!("sampling.{name}"),
                    format!("{ratio} is not a ratio, accepted is 0.0 to 1.0"),
                );
            }
        }
        rule::check(&self.rules, problems);
        self.hold.check(problems);
        if self.keep_slower_than == Some(Duration::ZERO) {
            let message = "found 0, accepted is a duration of more than 0";
            problems.add("sampling.keep_slower_than", message);
        }
        if self.keep().is_some() && !self.is_parent_based() {
            problems.add(
                "sampling.sampler",
                "does not follow the parent, which `keep_errors` and `keep_slower_than` need: \
                 accepted are the samplers `parentbased_…`, or none",
            );
        }
        if let Some(rate) = self.rate_limit
            && !(rate.is_finite() && rate > 0.0)
        {
            problems.add(
                "sampling.rate_limit",
                format!("{rate} traces in a second, accepted is more than 0"),
            );
        }
    }
}
