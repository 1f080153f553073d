//! A per-thread cache of redacted attribute sets.

use std::collections::HashMap;

use opentelemetry::KeyValue;
use rustc_hash::FxBuildHasher;

use super::Policy;
use crate::collector::Redactor;

/// The maximum number of attribute sets in the cache, which is cleared when it is full.
const MAX_SETS: usize = 1024;

/// The attributes of one measurement.
pub(super) type AttributeSet = Box<[KeyValue]>;

/// The redacted attribute sets under one policy.
#[derive(Default)]
pub(super) struct RedactionCache {
    /// The id of the policy; 0 before the first.
    pub(super) policy: u64,
    redactor: Redactor,
    /// By the original set; `None` if redaction does not change it.
    sets: HashMap<AttributeSet, Option<AttributeSet>, FxBuildHasher>,
}

impl RedactionCache {
    pub(super) fn new(policy: &Policy) -> Self {
        Self {
            policy: policy.id,
            redactor: Redactor::new(policy.redaction.clone()),
            sets: HashMap::default(),
        }
    }

    /// The redacted attributes; `None` if redaction does not change them.
    pub(super) fn redacted(&mut self, attributes: &[KeyValue]) -> Option<&[KeyValue]> {
        if !self.sets.contains_key(attributes) {
            if self.sets.len() >= MAX_SETS {
                self.sets.clear();
            }
            let mut redacted = attributes.to_vec();
            self.redactor.attributes(&mut redacted);
            let redacted = (redacted != attributes).then(|| redacted.into());
            self.sets.insert(attributes.into(), redacted);
        }
        self.sets.get(attributes)?.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_cache_is_cleared() {
        let mut cache = RedactionCache::default();
        for number in 0..MAX_SETS + 10 {
            let number = i64::try_from(number).unwrap();
            assert!(cache.redacted(&[KeyValue::new("n", number)]).is_none());
        }
        assert_eq!(cache.sets.len(), 10);
    }
}
