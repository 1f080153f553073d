//! A ratio for the spans of some names.

use serde::{Deserialize, Serialize};

use crate::config::problems::Problems;

/// Rules there may be.
const MAX_RULES: usize = 256;

/// Bytes that the pattern of a rule may have.
const MAX_PATTERN: usize = 256;

/// The share of the traces that is recorded of those whose root is called so.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data with a published schema"
)]
pub struct SamplingRule {
    /// The name of the root, with `*` for any characters, none too: `health.*`. It is the name that
    /// the span has when it starts; of a `#[traced]` function whose name is an expression, the name
    /// of the function.
    pub span: String,
    /// From 0.0 to 1.0.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0, max = 1.0)))]
    pub ratio: f64,
}

impl SamplingRule {
    /// A rule.
    pub fn new(span: impl Into<String>, ratio: f64) -> Self {
        Self {
            span: span.into(),
            ratio,
        }
    }
}

pub(super) fn check(rules: &[SamplingRule], problems: &mut Problems) {
    if rules.len() > MAX_RULES {
        let found = rules.len();
        let message = format!("found {found}, accepted are at most {MAX_RULES}");
        problems.add("sampling.rules", message);
    }
    for (at, SamplingRule { span, ratio }) in rules.iter().enumerate() {
        if !(1..=MAX_PATTERN).contains(&span.len()) {
            let found = span.len();
            problems.add(
                &format!("sampling.rules.{at}.span"),
                format!(
                    "found {found} bytes, accepted is a name of 1 to {MAX_PATTERN} with `*` for any characters"
                ),
            );
        }
        if !(0.0..=1.0).contains(ratio) {
            problems.add(
                &format!("sampling.rules.{at}.ratio"),
                format!("{ratio} is not a ratio, accepted is 0.0 to 1.0"),
            );
        }
    }
}
