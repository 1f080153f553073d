//! The sampling of traces.

use std::cmp::Reverse;
use std::sync::Arc;

use opentelemetry::trace::SpanKind;
use opentelemetry_sdk::trace::ShouldSample;
use serde::{Deserialize, Serialize};

use super::filter::{self, Directive};
use super::mistake::{Mistake, at, at_most, not_zero};
use super::named::{choice, sorted};
use super::section::is_default;
use crate::callsite::Level;
use crate::error::Error;
use crate::recorder::{Rule, Then};
use crate::suggest::listed;

const MAX_RULES: usize = 256;

/// The maximum number of bytes of a rule's pattern or target.
const MAX_PATTERN: usize = 256;

choice! {
    /// A head sampler, which decides whether a span is recorded
    /// ([built-in samplers](https://opentelemetry.io/docs/specs/otel/trace/sdk/#built-in-samplers)).
    ///
    /// ```
    /// use floe_telemetry::TelemetryConfig;
    /// use floe_telemetry::config::Sampler;
    ///
    /// let mut config = TelemetryConfig::new("orders");
    /// config.sampling.sampler = Some(Sampler::ParentBasedTraceIdRatio);
    /// config.sampling.sampler_arg = Some(0.25);
    /// assert_eq!(config.sampling_ratio(), 0.25);
    /// ```
    Sampler {
        /// Records every span.
        AlwaysOn = "always_on",
        /// Records no span.
        AlwaysOff = "always_off",
        /// Applies the ratio to each span, by its trace id.
        TraceIdRatio = "traceidratio",
        /// Records every root. A child inherits its parent's decision.
        ParentBasedAlwaysOn = "parentbased_always_on",
        /// Records no root. A child inherits its parent's decision.
        ParentBasedAlwaysOff = "parentbased_always_off",
        /// Applies the ratio to roots. A child inherits its parent's decision.
        ParentBasedTraceIdRatio = "parentbased_traceidratio",
    }
}

impl Sampler {
    pub(crate) const fn has_ratio(self) -> bool {
        matches!(self, Self::TraceIdRatio | Self::ParentBasedTraceIdRatio)
    }

    pub(super) const fn is_parent_based(self) -> bool {
        !matches!(self, Self::AlwaysOn | Self::AlwaysOff | Self::TraceIdRatio)
    }
}

/// The sampling of traces. The default is the specification's `parentbased_always_on`: all traces are recorded, and a
/// child inherits its parent's decision.
///
/// The ratios `dev`, `staging` and `prod` apply to roots in the environment with that name, see
/// [`ResourceAttributes::deployment_environment`](super::ResourceAttributes::deployment_environment).
/// `sampler` replaces them. In an environment with another name, or without a name, none of them applies, which one
/// warning reports.
///
/// ```
/// use floe_telemetry::TelemetryConfig;
/// use floe_telemetry::config::SamplingRule;
///
/// let config = TelemetryConfig::from_yaml("
/// resource_attributes: { service_name: orders, deployment_environment: prod }
/// sampling:
///   prod: 0.05
///   rules:
///     - { span: health.*, ratio: 0.0 }
///     - { span: orders.import, ratio: 1.0 }
///     - { level: debug, off: true }
///     - { rate: 100 }
/// ")?;
/// assert_eq!(config.sampling_ratio(), 0.05);
/// assert_eq!(config.sampling.rules[0], SamplingRule::new("health.*", 0.0));
/// # Ok::<(), floe_telemetry::Error>(())
/// ```
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct SamplingConfig {
    /// The ratio in the environment `dev`, from 0.0 to 1.0. Default none: every trace is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dev: Option<f64>,
    /// The ratio in the environment `staging`, from 0.0 to 1.0. Default none: every trace is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staging: Option<f64>,
    /// The ratio in the environment `prod`, from 0.0 to 1.0. Default none: every trace is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prod: Option<f64>,
    /// The sampler, which replaces the ratio of the environment. Default none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sampler: Option<Sampler>,
    /// The ratio for samplers with a ratio, from 0.0 to 1.0. Default 1.0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sampler_arg: Option<f64>,
    /// Rules that turn spans off, or limit how many roots are sampled. The first matching rule with `off`, `ratio` or
    /// `rate` applies, but a matching rule without them disables later `off`. At most 256. Default none.
    #[serde(skip_serializing_if = "is_default")]
    pub rules: Vec<SamplingRule>,
    /// The rules of `FLOE_SPAN_FILTER`, by target and level. They precede `rules`.
    #[serde(skip)]
    pub(crate) filter: Option<Vec<Directive>>,
    /// The sampler of OpenTelemetry's configuration file, if it is not a value of `sampler`. It decides unless `sampler` is
    /// set.
    #[serde(skip)]
    pub(crate) of_file: Option<OfFile>,
    /// Also exports traces in which a span failed (tail sampling). Default `false`.
    ///
    /// With this or `keep_slower_than_millis`, unsampled traces are recorded, too, at the same cost as sampled ones,
    /// and buffered until the tail sampler decides about them. In the `traceparent` for other processes, their sampled
    /// flag is off. The root of a kept trace has the reason in `floe.sampling.reason`. Traces with a remote parent keep
    /// that parent's decision. Requires a parent-based sampler.
    #[serde(skip_serializing_if = "is_default")]
    pub keep_errors: bool,
    /// Also exports traces whose root took longer than this, in milliseconds. Default none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_slower_than_millis: Option<u64>,
}

/// The sampler of a file, without its code in programs that read no files.
#[derive(Clone, Debug)]
pub(crate) struct OfFile(pub(super) Arc<dyn ShouldSample>);

impl PartialEq for OfFile {
    fn eq(&self, other: &Self) -> bool {
        format!("{self:?}") == format!("{other:?}")
    }
}

impl SamplingConfig {
    /// Records this share of the traces in every environment, from 0.0 to 1.0, with the sampler
    /// `parentbased_traceidratio`, or `parentbased_always_on` for 1.0 and above. A negative ratio is an error of the
    /// initialization.
    #[must_use]
    pub fn with_ratio(mut self, ratio: f64) -> Self {
        if ratio >= 1.0 {
            self.sampler = Some(Sampler::ParentBasedAlwaysOn);
        } else {
            self.sampler = Some(Sampler::ParentBasedTraceIdRatio);
            self.sampler_arg = Some(ratio);
        }
        self
    }

    /// Returns the share of roots that are recorded in an environment. Without a ratio for the environment
    /// every root is recorded, unless a sampler is set.
    pub fn get_ratio(&self, environment: &str) -> f64 {
        let ratio = match self.sampler {
            Some(Sampler::AlwaysOn | Sampler::ParentBasedAlwaysOn) => None,
            Some(Sampler::AlwaysOff | Sampler::ParentBasedAlwaysOff) => Some(0.0),
            Some(_) => self.sampler_arg,
            None => self.named().iter().find(|it| it.0 == environment).and_then(|it| it.1),
        };
        ratio.unwrap_or(1.0)
    }

    /// Returns the ratios of the environments by their names.
    const fn named(&self) -> [(&'static str, Option<f64>); 3] {
        [("dev", self.dev), ("staging", self.staging), ("prod", self.prod)]
    }

    /// Returns a warning about the ratios of named environments if this environment has none of the names.
    pub(super) fn unused_ratios(&self, environment: Option<&str>) -> Option<String> {
        let named = self.named();
        let is_replaced = self.sampler.is_some() || self.of_file.is_some();
        if is_replaced || named.iter().any(|it| environment == Some(it.0)) {
            return None;
        }

        let reduced = named.iter().filter(|it| it.1.is_some_and(|ratio| ratio < 1.0));
        let reduced: Vec<_> = reduced.map(|it| format!("`sampling.{}`", it.0)).collect();
        let found = environment.map_or_else(|| "none".to_owned(), |name| format!("`{name}`"));
        let verb = if reduced.len() > 1 { "are" } else { "is" };
        (!reduced.is_empty()).then(|| {
            format!(
                "{} {verb} not used: expected the environment `dev`, `staging` or `prod`, found {found}; set \
                 `deployment_environment`, or `sampler` and `sampler_arg` for every environment",
                listed(reduced, "and")
            )
        })
    }

    /// Whether a child inherits its parent's sampling decision.
    pub fn is_parent_based(&self) -> bool {
        self.sampler.map_or(self.of_file.is_none(), Sampler::is_parent_based)
    }

    /// Returns the sampler of OpenTelemetry's configuration file that decides for each span.
    pub(crate) fn sampler_of_file(&self) -> Option<Arc<dyn ShouldSample>> {
        self.of_file.as_ref().filter(|_| self.sampler.is_none()).map(|own| Arc::clone(&own.0))
    }

    /// Returns the rules of the filter, followed by the others.
    pub(crate) fn table(&self) -> Arc<[Rule]> {
        let filter = self.filter.as_deref().map(rules_of).unwrap_or_default();
        filter.iter().chain(&self.rules).map(Rule::from).collect()
    }

    /// Whether tail sampling decides about traces that head sampling does not sample.
    pub(crate) const fn has_tail(&self) -> bool {
        self.keep_errors || self.keep_slower_than_millis.is_some()
    }

    pub(super) fn check(&self) -> Result<(), Mistake> {
        for (name, ratio) in self.named().into_iter().chain([("sampler_arg", self.sampler_arg)]) {
            at(&format!("sampling.{name}"), ratio.map_or(Ok(()), check_ratio))?;
        }
        at_most("sampling.rules", MAX_RULES, self.rules.len())?;
        for (index, rule) in self.rules.iter().enumerate() {
            rule.check(&format!("sampling.rules.{index}"))?;
        }
        let slow = self.keep_slower_than_millis;
        not_zero("sampling.keep_slower_than_millis", slow.unwrap_or(1))?;
        if self.has_tail() && !self.is_parent_based() {
            return Err(Mistake::new("sampling.sampler", NOT_PARENT_BASED));
        }
        Ok(())
    }
}

pub(super) const NOT_PARENT_BASED: &str = "`keep_errors` and `keep_slower_than_millis` need a parent-based sampler: \
     expected a sampler `parentbased_…`, or no sampler";

/// A rule for the spans that match `span`, `target`, `level` and `kind`, each of which is optional.
///
/// `ratio` and `rate` apply to roots: spans without a parent and, unless the sampler is parent-based, spans with a
/// remote parent. A rule without `ratio`, `rate` and `off` keeps its spans, so that no later rule turns them off.
///
/// ```
/// use floe_telemetry::TelemetryConfig;
/// use floe_telemetry::config::SamplingRule;
///
/// let mut debug = SamplingRule::default();
/// debug.target = Some("orders::cache".to_owned());
/// debug.off = true;
/// let mut config = TelemetryConfig::new("orders");
/// config.sampling.rules = vec![SamplingRule::new("health.*", 0.0), debug];
/// config.validate()?;
/// # Ok::<(), floe_telemetry::Error>(())
/// ```
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct SamplingRule {
    /// A pattern for the name, in which `*` matches any characters and `?` one. It is compared with the name that the
    /// span has when it starts, or with the function's name if the name in `#[traced]` is an expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span: Option<String>,
    /// A prefix of the target. The target of a function is the path of its module, the target of a span of `tracing` is
    /// its own, and the target of any other span is the name of its tracer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Matches this level and more verbose levels. `#[traced(level = …)]` sets the level of a function, by default
    /// `info`. Spans of [`Tracer::span`](floe_telemetry_core::Tracer::span), [`span`](floe_telemetry_core::span) and
    /// [`create_span`](floe_telemetry_core::create_span) have the level `info`, and other spans match no level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<RuleLevel>,
    /// The kind of the span.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<RuleKind>,
    /// Whether matching spans are turned off: a function runs as if it were not annotated, and spans in it are children
    /// of the current span. Its calls still count with `#[traced(metrics)]`. For spans of
    /// [`Tracer::open`](floe_telemetry_core::Tracer::open), such as HTTP requests, this makes roots unsampled.
    /// Default `false`.
    #[serde(skip_serializing_if = "is_default")]
    pub off: bool,
    /// The share of sampled roots, from 0.0 to 1.0. Default: the sampler's decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// The maximum number of sampled roots per second, on average. A burst may contain as many roots as one second
    /// allows, and at least one. The number must be above 0; 0.5 is one trace every two seconds. Default: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
}

/// Declares an enum that is written in snake case, and converts to another enum with the same variants.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident of $other:ident: $($word:ident),+) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
        #[serde(rename_all = "snake_case")]
        #[expect(missing_docs, reason = "the words of OpenTelemetry")]
        #[non_exhaustive]
        pub enum $name {
            $($word),+
        }

        impl From<$name> for $other {
            fn from(word: $name) -> Self {
                match word {
                    $($name::$word => Self::$word),+
                }
            }
        }
    };
}

words! {
    /// A level that rules match.
    RuleLevel of Level: Error, Warn, Info, Debug, Trace
}

words! {
    /// A kind of spans that rules match.
    RuleKind of SpanKind: Internal, Server, Client, Producer, Consumer
}

impl SamplingRule {
    /// Creates a rule that samples this share of the traces whose root matches the pattern `span`.
    pub fn new(span: impl Into<String>, ratio: f64) -> Self {
        Self { span: Some(span.into()), ratio: Some(ratio), ..Self::default() }
    }

    /// Parses a filter as in `FLOE_SPAN_FILTER`, such as `info,orders::db=debug,hyper=off`. As with `RUST_LOG`, spans
    /// with a level but without a matching directive are turned off.
    ///
    /// # Errors
    ///
    /// The error contains the invalid directive and the accepted syntax.
    pub fn parse_filter(filter: &str) -> Result<Vec<Self>, Error> {
        filter::parse_filter(filter).map(|directives| rules_of(&directives)).map_err(Error::config)
    }

    fn check(&self, path: &str) -> Result<(), Mistake> {
        for (key, text) in [("span", &self.span), ("target", &self.target)] {
            if let Some(text) = text
                && !(1..=MAX_PATTERN).contains(&text.len())
            {
                let found = text.len();
                let message =
                    format!("expected a name of 1 to {MAX_PATTERN} bytes, found {found} bytes");
                return Err(Mistake::new(format!("{path}.{key}"), message));
            }
        }
        at(&format!("{path}.ratio"), self.ratio.map_or(Ok(()), check_ratio))?;
        if let Some(rate) = self.rate.filter(|rate| !(rate.is_finite() && *rate > 0.0)) {
            let message = format!("expected a finite number above 0, found {rate}");
            return Err(Mistake::new(format!("{path}.rate"), message));
        }
        if self.off && (self.ratio.is_some() || self.rate.is_some()) {
            let message = "expected `off` alone, found it with `ratio` or `rate`";
            return Err(Mistake::new(format!("{path}.off"), message));
        }
        Ok(())
    }
}

/// Returns the rules of a filter, the longest target first, because the longest matching target takes precedence.
fn rules_of(directives: &[Directive]) -> Vec<SamplingRule> {
    const LEVELS: [RuleLevel; 5] =
        [RuleLevel::Error, RuleLevel::Warn, RuleLevel::Info, RuleLevel::Debug, RuleLevel::Trace];
    // If a target has several directives, the last one applies.
    let reversed: Vec<&Directive> = directives.iter().rev().collect();
    let off = |target, most: u8| {
        LEVELS.get(usize::from(most)).map(|level| SamplingRule {
            target,
            level: Some(*level),
            off: true,
            ..SamplingRule::default()
        })
    };
    let mut rules = Vec::new();
    for (target, most) in sorted(&reversed, |(target, _)| Reverse(target.len())) {
        if target.is_empty() {
            rules.extend(off(None, *most));
            return rules;
        }
        rules.extend(off(Some(target.clone()), *most));
        rules.push(SamplingRule { target: Some(target.clone()), ..SamplingRule::default() });
    }
    rules.extend(off(None, 0));
    rules
}

impl From<&SamplingRule> for Rule {
    fn from(rule: &SamplingRule) -> Self {
        let SamplingRule { span, target, level, kind, off, ratio, rate } = rule.clone();
        Self {
            span,
            target,
            level: level.map(Into::into),
            kind: kind.map(Into::into),
            then: match (off, ratio, rate) {
                (true, ..) => Then::Off,
                (false, None, None) => Then::Keep,
                (false, ..) => Then::sample(ratio, rate),
            },
        }
    }
}

pub(super) fn check_ratio(ratio: f64) -> Result<(), String> {
    if (0.0..=1.0).contains(&ratio) {
        return Ok(());
    }
    Err(format!("{ratio} is not a ratio, expected 0.0 to 1.0"))
}
