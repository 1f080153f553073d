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
        let bounds = self.bounds(&clocks);
        let links = bounds.iter().filter_map(|(pair, bounds)| Link::new(*pair, bounds));
        let offsets = offsets(links.collect(), &self.spans_of(&clocks));
        let offset = |source: u32| {
            let clock = clocks.get(usize::try_from(source).unwrap_or(usize::MAX));
            clock.and_then(|clock| offsets.get(*clock)).copied().unwrap_or_default()
        };
        let correct = |time: &mut u64, offset: i64| {
            if *time > 0 {
                *time = time.saturating_add_signed(offset.saturating_neg());
            }
        };
        let mut moved: BTreeMap<&str, i64> = BTreeMap::new();
        for span in &mut self.spans {
            let offset = offset(span.source);
            // The note leaves out an offset shorter than every span that it moves, because nobody would see it.
            if offset.unsigned_abs() > span.duration()
                && let Some(source) = self.sources.get(span.source as usize)
            {
                moved.insert(&source.service, offset);
            }
            correct(&mut span.start, offset);
            correct(&mut span.end, offset);
            span.events.iter_mut().for_each(|it| correct(&mut it.time, offset));
        }
        self.logs.iter_mut().for_each(|log| correct(&mut log.time, offset(log.source)));
        let note = note(moved.into_iter().collect());
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

/// The offset of a clock to another one, as the calls between both allow it.
struct Link {
    clocks: (usize, usize),
    least: i64,
    most: i64,
}

impl Link {
    /// Returns `None` if the calls contradict each other, or if servers begin late in too few calls, which may be
    /// asynchronous.
    fn new(clocks: (usize, usize), bounds: &Bounds) -> Option<Self> {
        let ignored = bounds.len() / CONTRADICTING;
        let (mut least, mut most): (Vec<_>, Vec<_>) = bounds.iter().copied().unzip();
        least.sort_unstable_by_key(|it| Reverse(*it));
        most.sort_unstable();
        let link = Self { clocks, least: *least.get(ignored)?, most: *most.get(ignored)? };
        let is_certain = link.least <= ROUNDED || bounds.len() >= CALLS;
        (is_certain && link.range() >= -ROUNDED).then_some(link)
    }

    const fn range(&self) -> i64 {
        self.most.saturating_sub(self.least)
    }

    /// Returns the expected offset if the calls allow it, and otherwise the middle of what they allow.
    fn offset(&self, expected: i64) -> i64 {
        let is_allowed = |it| self.least - ROUNDED <= it && it <= self.most + ROUNDED;
        if is_allowed(expected) {
            return expected;
        }
        let middle = self.least.saturating_add(self.range() / 2);
        // A rounded offset keeps the resolution of the clocks.
        let step = if self.range() >= 2 * ROUNDED { ROUNDED } else { 1_000 };
        middle / step * step
    }
}

/// Returns the offset of each clock to the one that the most spans of its group share. Calls that allow the smallest
/// range come first: those of a client that waits for long tell nothing about clocks whose offset is known.
fn offsets(mut links: Vec<Link>, spans: &[usize]) -> Vec<i64> {
    links.sort_by_key(|it| (it.range(), it.clocks));
    let mut groups = (0..spans.len()).collect_vec();
    let mut offsets = vec![0_i64; spans.len()];
    for link in links {
        let (one, other) = link.clocks;
        let (group, joined) = (groups[one], groups[other]);
        if group == joined {
            continue;
        }
        let expected = offsets[other].saturating_sub(offsets[one]);
        let moved = link.offset(expected).saturating_sub(expected);
        let mut shared: BTreeMap<i64, usize> = BTreeMap::new();
        for (clock, offset) in offsets.iter_mut().enumerate() {
            if groups[clock] == joined {
                groups[clock] = group;
                *offset = offset.saturating_add(moved);
            }
            if groups[clock] == group {
                *shared.entry(*offset).or_default() += spans[clock];
            }
        }
        let right = shared.into_iter().max_by_key(|it| (it.1, it.0 == 0)).map_or(0, |it| it.0);
        let of_group = offsets.iter_mut().zip(&groups).filter(|it| *it.1 == group);
        of_group.for_each(|(offset, _)| *offset = offset.saturating_sub(right));
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
