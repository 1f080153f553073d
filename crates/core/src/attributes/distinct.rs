//! Unique attribute keys.
//!
//! Keys are made unique on the collector's thread, after redaction and truncation, because either can make two keys
//! equal. On the caller's thread, only a full list is searched for duplicates.

use std::collections::HashMap;

use opentelemetry::Key;

/// The maximum length of a list whose keys are compared with each other. For longer lists, an index is faster.
const COMPARED: usize = 32;

/// Keeps the first `limit` keys, each at its first position and with its last value
/// ([specification](https://opentelemetry.io/docs/specs/otel/common/#attribute-collections)). An empty key is invalid
/// and never kept. Returns the number of dropped attributes; replaced ones do not count.
pub fn keep_distinct<A>(attributes: &mut Vec<A>, limit: usize, key: impl Fn(&A) -> &Key) -> u32 {
    if attributes.len() > COMPARED {
        return keep_indexed(attributes, limit, key);
    }

    let mut kept = 0;
    let mut dropped = 0;
    for at in 0..attributes.len() {
        let (before, after) = attributes.split_at_mut(at);
        let next = &mut after[0];
        let name = key(next);
        if name.as_str().is_empty() {
            dropped += 1;
        } else if let Some(first) = before[..kept].iter_mut().find(|first| key(first) == name) {
            std::mem::swap(first, next);
        } else if kept < limit {
            if kept < at {
                attributes.swap(kept, at);
            }

            kept += 1;
        } else {
            dropped += 1;
        }
    }

    attributes.truncate(kept);
    dropped
}

/// Does what [`keep_distinct`] does, in linear time.
fn keep_indexed<A>(attributes: &mut Vec<A>, limit: usize, key: impl Fn(&A) -> &Key) -> u32 {
    let mut index = HashMap::with_capacity(attributes.len().min(limit));
    let places: Vec<Option<usize>> = attributes
        .iter()
        .map(|attribute| {
            let name = key(attribute).as_str();
            let kept = index.len();
            match index.get(name) {
                Some(first) => Some(*first),
                None if name.is_empty() || kept == limit => None,
                None => Some(*index.entry(name).or_insert(kept)),
            }
        })
        .collect();
    let kept = index.len();
    for (at, place) in places.iter().enumerate() {
        if let Some(place) = place {
            attributes.swap(*place, at);
        }
    }

    attributes.truncate(kept);
    let dropped = places.iter().filter(|place| place.is_none()).count();
    u32::try_from(dropped).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use opentelemetry::KeyValue;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn keys_are_unique_and_have_their_last_values(
            keys in prop::collection::vec("[a-d]{0,3}", 0..90),
            limit in 0..60_usize,
        ) {
            let numbered = || keys.iter().cloned().zip(0_i64..);
            let mut attributes: Vec<_> = numbered().map(|(key, n)| KeyValue::new(key, n)).collect();
            let dropped = keep_distinct(&mut attributes, limit, |attribute| &attribute.key);

            // The specification's rule, applied to one attribute after the other.
            let mut expected: Vec<(String, i64)> = Vec::new();
            let mut lost = 0;
            for (key, n) in numbered() {
                match expected.iter().position(|(known, _)| *known == key) {
                    Some(known) => expected[known].1 = n,
                    None if key.is_empty() || expected.len() == limit => lost += 1,
                    None => expected.push((key, n)),
                }
            }
            let expected: Vec<_> = expected.into_iter().map(|(key, n)| KeyValue::new(key, n)).collect();
            prop_assert_eq!(attributes, expected);
            prop_assert_eq!(dropped, lost);
        }
    }

    #[test]
    fn each_key_of_a_long_list_is_read_once() {
        let reads = Cell::new(0);
        let count = 100_000;
        let keys = (0..count).map(|n| KeyValue::new(format!("k{}", n % (count / 2)), n));
        let mut attributes: Vec<_> = keys.collect();
        let dropped = keep_distinct(&mut attributes, usize::MAX, |attribute| {
            reads.set(reads.get() + 1);
            &attribute.key
        });

        assert_eq!((dropped, attributes.len()), (0, 50_000));
        assert_eq!(attributes[7], KeyValue::new("k7", 50_007));
        assert_eq!(reads.get(), count);
    }
}
