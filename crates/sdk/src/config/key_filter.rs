//! Which attributes a view of metrics keeps.

use super::metrics::MetricView;
use crate::recorder::matches_any;

/// Which attributes a view keeps.
#[derive(Clone, Debug)]
pub struct KeyFilter {
    included: Option<Vec<String>>,
    excluded: Vec<String>,
}

impl KeyFilter {
    /// `None` if the view keeps all.
    #[must_use]
    pub fn of(view: &MetricView) -> Option<Self> {
        let excluded = view.excluded_attributes.clone().unwrap_or_default();
        let included = view.attributes.clone();
        (included.is_some() || !excluded.is_empty()).then_some(Self { included, excluded })
    }

    /// The keys, if no other can match.
    #[must_use]
    pub fn keys(&self) -> Option<&[String]> {
        let keys = self.included.as_deref()?;
        let are_keys = !keys.iter().any(|key| key.contains(['*', '?']));
        (are_keys && self.excluded.is_empty()).then_some(keys)
    }

    /// Whether it keeps the attributes with a key.
    #[must_use]
    pub fn keeps(&self, key: &str) -> bool {
        let is_any = |patterns: &[String]| matches_any(patterns, key);
        self.included.as_deref().is_none_or(is_any) && !is_any(&self.excluded)
    }
}
