//! What a thread has found out about sets of attributes.

use std::collections::HashMap;

use opentelemetry::KeyValue;
use rustc_hash::FxBuildHasher;

use super::Policy;
use crate::collector::Redactor;

/// Sets of attributes that a thread remembers.
const MAX_SETS: usize = 1024;

/// Attributes of one measurement.
pub(super) type Set = Box<[KeyValue]>;

/// What a thread has found out about sets of attributes, under one policy.
#[derive(Default)]
pub(super) struct Memory {
    /// The number of the policy; 0 before the first.
    pub(super) policy: u64,
    redactor: Redactor,
    /// What is to be recorded in the place of a set; `None`: the set itself.
    sets: HashMap<Set, Option<Set>, FxBuildHasher>,
}

impl Memory {
    pub(super) fn under(policy: &Policy) -> Self {
        Self {
            policy: policy.number,
            redactor: Redactor::new(policy.redaction.clone()),
            sets: HashMap::default(),
        }
    }

    pub(super) fn safe(&mut self, attributes: &[KeyValue]) -> Option<&[KeyValue]> {
        if !self.sets.contains_key(attributes) {
            if self.sets.len() >= MAX_SETS {
                self.sets.clear();
            }
            let mut safe: Box<[KeyValue]> = attributes.into();
            safe.iter_mut()
                .for_each(|attribute| self.redactor.attribute(attribute));
            let safe = (*safe != *attributes).then_some(safe);
            self.sets.insert(attributes.into(), safe);
        }
        self.sets.get(attributes)?.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_forgets_before_it_remembers_too_much() {
        let mut memory = Memory::default();
        for number in 0..MAX_SETS + 10 {
            let number = i64::try_from(number).unwrap();
            assert!(memory.safe(&[KeyValue::new("n", number)]).is_none());
        }
        assert_eq!(memory.sets.len(), 10);
    }
}
