//! A per-thread cache of redacted attribute sets.

use std::collections::HashMap;

use opentelemetry::KeyValue;
use rustc_hash::FxBuildHasher;

use super::Policy;
use crate::collector::Redactor;
use crate::recorder::SpanRecord;

/// The maximum number of attribute sets in the cache, which is cleared when it is full.
const MAX_SETS: usize = 1024;

const MAX_BYTES: usize = 1024 * 1024;

pub(super) type AttributeSet = Box<[KeyValue]>;

/// The redacted attribute sets under one policy.
#[derive(Default)]
pub(super) struct RedactionCache {
    /// The id of the policy; 0 before the first use of the cache.
    pub(super) policy: u64,
    redactor: Redactor,
    /// The redacted set of each original set; `None` if redaction does not change the set.
    sets: HashMap<AttributeSet, Option<AttributeSet>, FxBuildHasher>,
    bytes: usize,
}

impl RedactionCache {
    pub(super) fn new(policy: &Policy) -> Self {
        Self {
            policy: policy.id,
            redactor: Redactor::new(policy.redaction.clone()),
            sets: HashMap::default(),
            bytes: 0,
        }
    }

    /// Returns the redacted attributes; `None` if redaction does not change them.
    pub(super) fn redacted(&mut self, attributes: &[KeyValue]) -> Option<&[KeyValue]> {
        if !self.sets.contains_key(attributes) {
            if self.sets.len() >= MAX_SETS || self.bytes >= MAX_BYTES {
                self.sets.clear();
                self.bytes = 0;
            }

            let mut redacted = attributes.to_vec();
            self.redactor.attributes(&mut redacted);
            let redacted = (redacted != attributes).then(|| AttributeSet::from(redacted));
            self.bytes += SpanRecord::bytes_of(attributes)
                + redacted.as_deref().map_or(0, SpanRecord::bytes_of);
            self.sets.insert(attributes.into(), redacted);
        }

        self.sets.get(attributes)?.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::super::CACHE;
    use super::*;
    use crate::collector::Redaction;

    #[test]
    fn a_long_text_is_cut_before_it_is_redacted() {
        let policy = Policy { id: 1, redaction: Redaction::default() };
        let long = "ü".repeat(10 * MAX_BYTES);
        let attributes = [KeyValue::new(long.clone(), long), KeyValue::new("n", 1)];
        let expected = [("ü".repeat(1024), "ü".repeat(65_536)), ("n".to_owned(), "1".to_owned())];
        policy.apply(&attributes, |redacted| {
            let found = redacted.iter().map(|it| (it.key.to_string(), it.value.to_string()));
            assert!(found.eq(expected.clone()));
        });

        let bytes = CACHE.with_borrow(|cache| cache.bytes);
        assert!(bytes < MAX_BYTES, "{bytes} bytes were redacted");
    }

    #[test]
    fn a_full_cache_is_cleared() {
        let mut cache = RedactionCache::default();
        for number in 0..MAX_SETS + 10 {
            let number = i64::try_from(number).unwrap();
            assert!(cache.redacted(&[KeyValue::new("n", number)]).is_none());
        }

        assert_eq!(cache.sets.len(), 10);
        for number in 0..8 {
            let number = format!("{number}{}", "x".repeat(MAX_BYTES / 4));
            cache.redacted(&[KeyValue::new("n", number)]);
            assert!(cache.bytes < 2 * MAX_BYTES, "{}", cache.bytes);
        }
    }
}
