//! Groups equal calls: those of one operation, below one operation, with calls to the same operations.
//!
//! A proxy calls one of several services. Its spans have one name, but are different calls, so a call that excludes
//! another one belongs to the identity of its caller. A call that only some spans make beside all others does not.

use std::collections::BTreeMap;
use std::hash::Hash;

use indexmap::IndexSet;
use itertools::Itertools as _;
use rustc_hash::FxBuildHasher;

use crate::forest::Forest;
use crate::names::normalized;
use crate::operation::{Together, without_digits};

/// The attributes that hold the address of a call, of which a call may have several. Addresses that differ only in their
/// ids or in the query are equal.
const ADDRESSES: [&str; 4] = ["url.path", "http.target", "url.full", "http.url"];

/// Returns the spans of each kind of equal calls.
pub(super) fn groups(forest: &Forest<'_>, operations: &[usize]) -> Vec<Vec<usize>> {
    let kinds = equal_calls(forest, operations);
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for span in forest.traces().iter().flat_map(|trace| &trace.spans) {
        groups.entry(kinds[*span]).or_default().push(*span);
    }
    groups.into_values().collect()
}

/// Returns a number for each span, which is the same for equal calls.
fn equal_calls(forest: &Forest<'_>, operations: &[usize]) -> Vec<usize> {
    let own = operations.iter().enumerate().map(|(span, operation)| {
        let address = ADDRESSES
            .iter()
            .find_map(|key| forest.span(span).attribute(key)?.as_str())
            .and_then(|it| it.split('?').next())
            .map(without_replica);
        (*operation, address, forest.tree().parent(span).map(|it| operations[it]))
    });
    let own = numbered(own);
    let called = (0..own.len())
        .map(|span| forest.tree().children(span).iter().map(|it| own[*it]).collect())
        .collect_vec();
    let mut together = Together::default();
    own.iter().zip(&called).for_each(|(group, called)| together.add(*group, called));
    let excluded = together.excluded();
    let kinds = own.iter().zip(&called).map(|(group, called)| {
        let of_group = called.iter().copied().filter(|it| excluded.contains(&(*group, *it)));
        (*group, of_group.collect_vec())
    });
    numbered(kinds)
}

/// Replaces the ids of an address, and the numbers of its host, by which the replicas of a service differ.
fn without_replica(address: &str) -> String {
    let (host, path) = address.match_indices('/').nth(2).map_or(("", address), |it| {
        if address.contains("://") { address.split_at(it.0) } else { ("", address) }
    });
    without_digits(host) + &normalized(path)
}

fn numbered<T: Eq + Hash>(keys: impl Iterator<Item = T>) -> Vec<usize> {
    let mut known = IndexSet::<T, FxBuildHasher>::default();
    keys.map(|key| known.insert_full(key).0).collect()
}
