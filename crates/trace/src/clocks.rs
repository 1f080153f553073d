//! Corrects the clocks of services: a server handles a call while its client waits for it, so all calls between two
//! services bound the offset of their clocks.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use floe_waterfall::duration;
use indexmap::IndexSet;
use itertools::Itertools as _;
use rustc_hash::FxHashMap;

use crate::span::{Kind, Note, Recording};

/// Bounds may contradict each other, or exclude an offset of zero, by this many nanoseconds, because times are rounded.
const ROUNDED: i64 = 1_000_000;
/// The minimum number of calls for an offset that explains late starts of servers. An asynchronous server may start late
/// without an offset.
const CALLS: usize = 3;
/// At most the number of calls divided by this may contradict the others.
const CONTRADICTING: usize = 10;
/// The attributes that tell the machines of one service apart.
const MACHINES: [&str; 4] = ["host.id", "host.name", "k8s.pod.name", "service.instance.id"];
/// The bounds of the offset of one clock to another, in nanoseconds.
type Bounds = Vec<(i64, i64)>;

impl Recording {
    /// Corrects the times of services whose clocks differ from those of most others, and notes it.
    ///
    /// The offset of two clocks is estimated from all calls between them. Without a consistent offset, as after a clock
    /// was set, times remain as recorded.
    pub fn correct_clocks(&mut self) {
        let clocks = self.clocks();
        let offsets = offsets(&self.bounds(&clocks), &self.spans_of(&clocks));
        let offset = |source: u32| {
            let source = usize::try_from(source).unwrap_or(usize::MAX);
            clocks.get(source).and_then(|clock| offsets.get(clock)).copied().unwrap_or_default()
        };
        let correct = |time: &mut u64, offset: i64| {
            if *time > 0 {
                *time = time.saturating_add_signed(offset.saturating_neg());
            }
        };
        for span in &mut self.spans {
            let offset = offset(span.source);
            correct(&mut span.start, offset);
            correct(&mut span.end, offset);
            span.events.iter_mut().for_each(|it| correct(&mut it.time, offset));
        }
        self.logs.iter_mut().for_each(|log| correct(&mut log.time, offset(log.source)));
        let named: BTreeMap<&str, i64> = (self.sources.iter().zip(&clocks))
            .filter_map(|(it, clock)| {
                Some((&*it.service, *offsets.get(clock).filter(|it| **it != 0)?))
            })
            .collect();
        let note = note(named.into_iter().collect());
        self.notes.extend(note);
    }

    /// Returns the number of the clock of each source: one for each machine of a service.
    fn clocks(&self) -> Vec<usize> {
        let mut known = IndexSet::new();
        let clocks = self.sources.iter().map(|source| {
            let value = |key: &&str| source.resource.iter().find(|it| *it.0 == **key);
            let machine = MACHINES.iter().find_map(value).map(|it| it.1.to_string());
            known.insert_full((&source.service, machine)).0
        });
        clocks.collect()
    }

    fn spans_of(&self, clocks: &[usize]) -> Vec<usize> {
        let mut spans = vec![0; clocks.iter().max().map_or(0, |it| it + 1)];
        for span in &self.spans {
            if let Some(clock) = clocks.get(span.source as usize) {
                spans[*clock] += 1;
            }
        }
        spans
    }

    /// Returns the bounds of the offset of each clock to another one, by the calls from the first to the second one.
    fn bounds(&self, clocks: &[usize]) -> BTreeMap<(usize, usize), Bounds> {
        let clients = self.spans.iter().filter(|it| it.kind == Kind::Client && it.start > 0);
        let by_id: FxHashMap<_, _> = clients.map(|it| ((it.trace, it.id), it)).collect();
        let mut all: BTreeMap<(usize, usize), Bounds> = BTreeMap::new();
        for server in self.spans.iter().filter(|it| it.kind == Kind::Server && it.start > 0) {
            let Some(client) = server.parent.and_then(|it| by_id.get(&(server.trace, it))) else {
                continue;
            };
            let clock = |source: u32| clocks.get(source as usize).copied().unwrap_or_default();
            let pair = (clock(client.source), clock(server.source));
            let bounds = (apart(client.end, server.end), apart(client.start, server.start));
            // A server that takes longer than its client does not answer it.
            if pair.0 != pair.1 && bounds.0 <= bounds.1 {
                all.entry(pair).or_default().push(bounds);
            }
        }
        all
    }
}

fn apart(from: u64, to: u64) -> i64 {
    i64::try_from(i128::from(to) - i128::from(from)).unwrap_or(i64::MAX)
}

/// Returns the offset of the second clock to the first one that all calls allow, or zero if they allow that.
fn offset(bounds: &Bounds) -> Option<i64> {
    let ignored = bounds.len() / CONTRADICTING;
    let (mut least, mut most): (Vec<_>, Vec<_>) = bounds.iter().copied().unzip();
    least.sort_unstable_by_key(|it| Reverse(*it));
    most.sort_unstable();
    let least = *least.get(ignored)?;
    let most = *most.get(ignored)?;
    let is_certain = most < 0 || bounds.len() >= CALLS;
    if least <= ROUNDED && most >= -ROUNDED || !is_certain {
        return Some(0);
    }
    let range = most.saturating_sub(least);
    let middle = least.saturating_add(range / 2);
    // A rounded offset keeps the resolution of the clocks.
    let step = if range >= 2 * ROUNDED { ROUNDED } else { 1_000 };
    (range >= -ROUNDED).then_some(middle / step * step)
}

/// Returns the offset of each clock to the one that the most spans of its group share.
fn offsets(bounds: &BTreeMap<(usize, usize), Bounds>, spans: &[usize]) -> FxHashMap<usize, i64> {
    let mut links: BTreeMap<usize, Vec<(usize, i64)>> = BTreeMap::new();
    for ((one, other), bounds) in bounds {
        if let Some(offset) = offset(bounds) {
            links.entry(*one).or_default().push((*other, offset));
            links.entry(*other).or_default().push((*one, -offset));
        }
    }
    let mut offsets = FxHashMap::default();
    for first in links.keys() {
        if offsets.contains_key(first) {
            continue;
        }
        offsets.insert(*first, 0);
        let mut group = vec![(*first, 0_i64)];
        let mut at = 0;
        while let Some((clock, offset)) = group.get(at).copied() {
            at += 1;
            for (next, apart) in &links[&clock] {
                let offset = offset.saturating_add(*apart);
                if offsets.insert(*next, offset).is_none() {
                    group.push((*next, offset));
                }
            }
        }
        let mut shared: BTreeMap<i64, usize> = BTreeMap::new();
        for (clock, offset) in &group {
            *shared.entry(*offset).or_default() += spans[*clock];
        }
        let right = shared.into_iter().max_by_key(|it| (it.1, it.0 == 0)).map_or(0, |it| it.0);
        offsets.extend(group.into_iter().map(|(clock, offset)| (clock, offset - right)));
    }
    offsets
}

fn note(mut clocks: Vec<(&str, i64)>) -> Option<Note> {
    clocks.sort_by_key(|(service, offset)| (Reverse(offset.unsigned_abs()), *service));
    let mut named = clocks.iter().map(|(service, offset)| {
        let side = if *offset > 0 { "ahead" } else { "behind" };
        format!("the clock of `{service}` is {} {side}", duration(offset.unsigned_abs()))
    });
    let message = format!("{}; corrected", named.join(", "));
    (!clocks.is_empty()).then(|| Note { place: "clocks".to_owned(), message, times: 1 })
}
