//! Groups equal calls: those of one operation, below one operation, with calls to the same operations.
//!
//! A proxy calls one of several services. Its spans have one name, but are different calls, so a call that excludes
//! another one belongs to the identity of its caller. A call that only some spans make beside all others does not.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::hash::Hash;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::forest::Forest;
use crate::names::normalized;

/// The attributes with an address, which may contain ids, too.
const ADDRESSES: [&str; 4] = ["url.path", "http.target", "url.full", "http.url"];
/// How far below a span the alternatives of its calls are searched for, in levels.
const LEVELS: usize = 3;
/// The maximum number of operations below a span whose relations are examined.
const MOST: usize = 16;
/// Two calls exclude each other if none of at least this many expected spans makes both.
const EXPECTED: usize = 3;

pub(super) fn is_address(key: &str) -> bool {
    ADDRESSES.contains(&key)
}

/// Returns a number for each span, which is the same for equal calls.
pub(super) fn equal_calls(forest: &Forest<'_>, operations: &[usize]) -> Vec<usize> {
    let own = operations.iter().enumerate().map(|(span, operation)| {
        let address = ADDRESSES.iter().find_map(|key| forest.span(span).attribute(key)?.as_str());
        let address = address.and_then(|it| it.split('?').next()).map(normalized);
        (*operation, address, forest.tree().parent(span).map(|it| operations[it]))
    });
    let own = numbered(own);
    let mut kinds = own.clone();
    for _ in 0..LEVELS {
        let called: Vec<BTreeSet<usize>> = (0..own.len())
            .map(|span| forest.tree().children(span).iter().map(|it| kinds[*it]).collect())
            .collect();
        let excluded = excluded(&own, &called);
        let next = (0..own.len()).map(|span| {
            let called = called[span].iter().copied();
            let called = called.filter(|it| excluded.contains(&(own[span], *it)));
            (own[span], called.collect::<Vec<_>>())
        });
        kinds = numbered(next);
    }
    kinds
}

/// Returns the calls of each group that exclude another call of the group.
fn excluded(groups: &[usize], called: &[BTreeSet<usize>]) -> FxHashSet<(usize, usize)> {
    let mut spans: FxHashMap<usize, usize> = FxHashMap::default();
    let mut alone: FxHashMap<(usize, usize), usize> = FxHashMap::default();
    let mut pairs: FxHashMap<(usize, usize, usize), usize> = FxHashMap::default();
    for (group, called) in groups.iter().zip(called) {
        *spans.entry(*group).or_default() += 1;
        for one in called.iter().take(MOST) {
            *alone.entry((*group, *one)).or_default() += 1;
            for other in called.range(one + 1..).take(MOST) {
                *pairs.entry((*group, *one, *other)).or_default() += 1;
            }
        }
    }
    let mut by_group: FxHashMap<usize, Vec<(usize, usize)>> = FxHashMap::default();
    for ((group, call), many) in alone {
        by_group.entry(group).or_default().push((call, many));
    }
    let mut found = FxHashSet::default();
    for (group, mut calls) in by_group {
        calls.sort_unstable_by_key(|it| Reverse(it.1));
        calls.truncate(MOST * MOST);
        for (at, (one, many)) in calls.iter().enumerate() {
            for (other, others) in &calls[at + 1..] {
                let pair = (group, *one.min(other), *one.max(other));
                if many * others >= EXPECTED * spans[&group] && !pairs.contains_key(&pair) {
                    found.extend([(group, *one), (group, *other)]);
                }
            }
        }
    }
    found
}

fn numbered<T: Eq + Hash>(keys: impl Iterator<Item = T>) -> Vec<usize> {
    let mut known = FxHashMap::default();
    let number = |key: T| {
        let next = known.len();
        *known.entry(key).or_insert(next)
    };
    keys.map(number).collect()
}
