//! The identity of a call: its service, its name, and the place that it calls.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::net::IpAddr;

use indexmap::IndexSet;
use itertools::Itertools as _;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::names::normalized;
use crate::span::{Recording, Span};

/// The attributes that state what is called: they distinguish spans of one name.
const PLACES: [&str; 14] = [
    "db.query.summary",
    "db.query.text",
    "db.statement",
    "db.collection.name",
    "rpc.method",
    "floe.asset.key",
    "http.route",
    "url.template",
    "graphql.operation.name",
    "messaging.destination.name",
    "gen_ai.request.model",
    "gen_ai.agent.name",
    "gen_ai.tool.name",
    "faas.invoked_name",
];
/// The number of places at the beginning of [`PLACES`] that state the whole operation, whichever replica or shard takes
/// it.
const WHOLE: usize = 5;
const ADDRESSES: [&str; 2] = ["server.address", "net.peer.name"];

/// The maximum number of calls of a span whose relations are examined.
const MOST: usize = 16;
/// Two calls exclude each other if none of at least this many expected spans makes both.
const EXPECTED: usize = 3;

/// The identity by which spans are compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Operation {
    pub(crate) service: String,
    pub(crate) name: String,
    /// The asset, route, statement, model or host, unless the name contains it.
    pub(crate) place: String,
}

/// The service, the name, the places and the address of a span.
type Texts<'a> = (&'a str, &'a str, Vec<&'a str>, Option<&'a str>);

#[derive(Debug, Default)]
pub(crate) struct Operations(pub(crate) IndexSet<Operation>);

/// The operation of each span, as an index, and the operations.
pub(crate) type Identities<'a> = (&'a [usize], &'a IndexSet<Operation>);

impl Operations {
    /// Returns the index of the operation of each span.
    pub(crate) fn of(&mut self, recording: &Recording) -> Vec<usize> {
        // Texts repeat, and a lookup is quicker than normalizing a text again.
        let mut known: FxHashMap<Texts<'_>, usize> = FxHashMap::default();
        let spans = recording.spans.iter().map(|span| {
            let texts = (recording.service(span), &*span.name, places(span), address(span));
            *known.entry(texts).or_insert_with_key(|texts| self.index_of(texts))
        });
        spans.collect()
    }

    fn index_of(&mut self, (service, name, places, address): &Texts<'_>) -> usize {
        let places = places.iter().map(|it| without_values(it));
        let operation = Operation {
            service: (*service).to_owned(),
            name: normalized(name),
            place: places.chain(address.map(without_digits)).join(" "),
        };
        self.0.insert_full(operation).0
    }
}

/// Counts which calls are made by the same spans. Calls are counted within a group of spans. Calls and groups are
/// identified by numbers.
#[derive(Debug, Default)]
pub(crate) struct Together {
    spans: FxHashMap<usize, usize>,
    alone: FxHashMap<(usize, usize), usize>,
    pairs: FxHashSet<(usize, usize, usize)>,
}

impl Together {
    pub(crate) fn add(&mut self, group: usize, called: &BTreeSet<usize>) {
        *self.spans.entry(group).or_default() += 1;
        for one in called.iter().take(MOST) {
            *self.alone.entry((group, *one)).or_default() += 1;
            let others = called.range(one + 1..).take(MOST);
            self.pairs.extend(others.map(|other| (group, *one, *other)));
        }
    }

    /// Returns the calls of each group that exclude another call of the group.
    pub(crate) fn excluded(self) -> FxHashSet<(usize, usize)> {
        let mut by_group: FxHashMap<usize, Vec<(usize, usize)>> = FxHashMap::default();
        for ((group, call), many) in self.alone {
            by_group.entry(group).or_default().push((call, many));
        }
        let mut found = FxHashSet::default();
        for (group, mut calls) in by_group {
            calls.sort_unstable_by_key(|it| Reverse(it.1));
            calls.truncate(MOST * MOST);
            let expected = EXPECTED * self.spans[&group];
            for (at, (one, many)) in calls.iter().enumerate() {
                for (other, others) in &calls[at + 1..] {
                    let pair = (group, *one.min(other), *one.max(other));
                    if many * others >= expected && !self.pairs.contains(&pair) {
                        found.extend([(group, *one), (group, *other)]);
                    }
                }
            }
        }
        found
    }
}

fn places(span: &Span) -> Vec<&str> {
    let found = PLACES.iter().filter_map(|key| span.attribute(key)?.as_str());
    found.filter(|place| !span.name.contains(place)).collect()
}

/// Returns the address of a call whose other attributes do not state the whole operation.
fn address(span: &Span) -> Option<&str> {
    let is_whole = PLACES[..WHOLE].iter().any(|key| span.attribute(key).is_some());
    let mut found = ADDRESSES.iter().filter_map(|key| span.attribute(key)?.as_str());
    found.next().filter(|it| !is_whole && !span.name.contains(it))
}

/// Replaces an IP address, and the numbers of another address, by which the replicas of a service differ, by `*`.
pub(crate) fn without_digits(address: &str) -> String {
    if address.parse::<IpAddr>().is_ok() {
        return "*".to_owned();
    }
    let plain = address.chars().map(|c| if c.is_ascii_digit() { '*' } else { c });
    plain.dedup_by(|one, next| [*one, *next] == ['*'; 2]).collect()
}

/// Replaces the numbers and the ids of a text by `*`, so that texts that differ by them are equal.
#[must_use]
pub fn without_numbers(text: &str) -> String {
    without_digits(&normalized(text)).replace("*.*", "*")
}

/// Replaces each literal of a statement by `*`, and a list of literals by a single `*`.
fn without_values(text: &str) -> String {
    let parts = text.split('\'').enumerate();
    let plain: String = parts.map(|(at, part)| if at % 2 == 0 { part } else { "*" }).collect();
    let mut plain = normalized(&plain);
    while plain.contains("*, *") {
        plain = plain.replace("*, *", "*");
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_exclude_each_other_if_no_span_makes_both() {
        let mut together = Together::default();
        // The calls of group 0 are made alone, or both; those of group 1 are not made together.
        for called in [[1, 2].as_slice(), &[1], &[2]] {
            (0..9).for_each(|_| together.add(0, &called.iter().copied().collect()));
        }
        for called in [1, 2] {
            (0..9).for_each(|_| together.add(1, &[called].into()));
        }
        assert_eq!(together.excluded(), [(1, 1), (1, 2)].into_iter().collect());
    }
}
