//! Unique attribute keys.

use opentelemetry::Key;

/// Keeps the first `limit` keys, each at its first position and with its last value
/// ([specification](https://opentelemetry.io/docs/specs/otel/common/#attribute-collections)). An empty key
/// is invalid and never kept. Returns the number of dropped attributes; a replaced one is not dropped.
pub(crate) fn keep_distinct<A>(
    attributes: &mut Vec<A>,
    limit: usize,
    key: impl Fn(&A) -> &Key,
) -> u32 {
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

#[cfg(test)]
mod tests {
    use opentelemetry::KeyValue;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn keys_are_unique_and_have_their_last_values(
            keys in prop::collection::vec("[a-c]{0,2}", 0..20),
            limit in 0..12_usize,
        ) {
            let numbered = || keys.iter().cloned().zip(0_i64..);
            let mut attributes: Vec<_> = numbered().map(|(key, n)| KeyValue::new(key, n)).collect();
            let dropped = keep_distinct(&mut attributes, limit, |attribute| &attribute.key);

            // The rule of the specification, one attribute after the other.
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
}
