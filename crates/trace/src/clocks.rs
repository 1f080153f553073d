//! Corrects the clocks of services: a server handles a call while its client waits for it, so all calls between two
//! services bound the offset of their clocks.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use floe_waterfall::duration;
use indexmap::IndexSet;
use itertools::Itertools as _;
use rustc_hash::FxHashMap;

use crate::span::{Kind, Note, Recording, value_of};

/// Programs round times, so two bounds may contradict each other by this many nanoseconds. An offset of zero counts as
/// possible if it is at most as far outside of the bounds.
const ROUNDED: i64 = 1_000_000;
/// An offset that makes servers start later than their clients needs at least this many calls, because a single
/// asynchronous server may also start late without an offset.
const CALLS: usize = 3;
/// On each side, the tightest bounds are ignored, one in this many, because a few calls may contradict all others.
const CONTRADICTING: usize = 10;
/// The attributes that tell the machines of one service apart.
const MACHINES: [&str; 4] = ["host.id", "host.name", "k8s.pod.name", "service.instance.id"];
/// The bounds of the offset of one clock to another, in nanoseconds.
type Bounds = Vec<(i64, i64)>;

impl Recording {
    /// Corrects the times of services whose clocks differ from those of most others, and notes it.
    ///
    /// The offset of two clocks is estimated from all calls between them. Without a consistent offset, as after a clock
    /// was set, times remain as recorded, and a note says why.
    pub fn correct_clocks(&mut self) {
        let (clocks, names) = self.clocks();
        let bounds = self.bounds(&clocks);
        let links =
            bounds.iter().filter_map(|(pair, bounds)| Link::new(*pair, bounds)).collect_vec();
        let mut spans = vec![0; names.len()];
        self.spans.iter().filter_map(|it| clocks.get(it.source)).for_each(|it| spans[*it] += 1);
        let offsets = offsets(&links, &spans);
        let refused = links.iter().filter(|it| !it.allows(it.expected(&offsets)));
        let refused: BTreeSet<String> = refused.map(|it| it.refusal(&names)).collect();
        let offset = |source: usize| clocks.get(source).map_or(0, |clock| offsets[*clock]);
        let correct = |time: &mut u64, offset: i64| {
            if *time > 0 {
                *time = time.saturating_add_signed(offset.saturating_neg());
            }
        };
        let mut moved: BTreeMap<&str, i64> = BTreeMap::new();
        for span in &mut self.spans {
            let offset = offset(span.source);
            // The note leaves out an offset shorter than every span that it moves, because nobody would see it.
            if offset.unsigned_abs() > span.duration() {
                moved.insert(&names[clocks[span.source]], offset);
            }
            correct(&mut span.start, offset);
            correct(&mut span.end, offset);
            span.events.iter_mut().for_each(|it| correct(&mut it.time, offset));
        }
        self.logs.iter_mut().for_each(|log| correct(&mut log.time, offset(log.source)));
        let corrected = note(moved.into_iter().collect());
        let place = "clocks".to_owned();
        let notes = corrected.into_iter().chain(refused);
        self.notes.extend(notes.map(|message| Note { place: place.clone(), message, times: 1 }));
    }

    /// Returns the number of the clock of each source, and the names of the clocks: one for each machine of a service.
    fn clocks(&self) -> (Vec<usize>, Vec<String>) {
        let mut known = IndexSet::new();
        let clocks = self.sources.iter().map(|source| {
            let machine = MACHINES.iter().find_map(|key| value_of(&source.resource, key));
            known.insert_full((&source.service, machine.map(ToString::to_string))).0
        });
        let clocks = clocks.collect();
        let machines = known.iter().counts_by(|it| it.0);
        let names = known.iter().map(|(service, machine)| match machine {
            Some(machine) if machines[service] > 1 => format!("`{service}` on `{machine}`"),
            _ => format!("`{service}`"),
        });
        (clocks, names.collect())
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
            let clock = |source: usize| clocks.get(source).copied().unwrap_or_default();
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
    calls: usize,
    least: i64,
    most: i64,
}

impl Link {
    fn new(clocks: (usize, usize), bounds: &Bounds) -> Option<Self> {
        let ignored = bounds.len() / CONTRADICTING;
        let (mut least, mut most): (Vec<_>, Vec<_>) = bounds.iter().copied().unzip();
        least.sort_unstable_by_key(|it| Reverse(*it));
        most.sort_unstable();
        let [least, most] = [*least.get(ignored)?, *most.get(ignored)?];
        Some(Self { clocks, calls: bounds.len(), least, most })
    }

    /// Whether the calls do not contradict each other, and servers do not begin late in too few calls, which may be
    /// asynchronous.
    const fn is_certain(&self) -> bool {
        self.range() >= -ROUNDED && (self.least <= ROUNDED || self.calls >= CALLS)
    }

    const fn range(&self) -> i64 {
        self.most.saturating_sub(self.least)
    }

    const fn allows(&self, offset: i64) -> bool {
        self.least.saturating_sub(ROUNDED) <= offset && offset <= self.most.saturating_add(ROUNDED)
    }

    /// Returns the offset that other calls imply.
    fn expected(&self, offsets: &[i64]) -> i64 {
        offsets[self.clocks.1].saturating_sub(offsets[self.clocks.0])
    }

    fn refusal(&self, names: &[String]) -> String {
        let [one, other] = [self.clocks.0, self.clocks.1].map(|it| &names[it]);
        let reason = if self.is_certain() {
            "the calls between other clocks contradict it"
        } else if self.range() < -ROUNDED {
            "the calls between them contradict each other"
        } else {
            "fewer than 3 calls show it"
        };
        format!("the clocks of {one} and {other} seem to differ; not corrected: {reason}")
    }

    /// Returns the expected offset if the calls allow it, and otherwise the middle of what they allow.
    fn offset(&self, expected: i64) -> i64 {
        if self.allows(expected) {
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
fn offsets(links: &[Link], spans: &[usize]) -> Vec<i64> {
    let certain = links.iter().filter(|it| it.is_certain());
    let mut groups = (0..spans.len()).collect_vec();
    let mut offsets = vec![0_i64; spans.len()];
    for link in certain.sorted_by_key(|it| (it.range(), it.clocks)) {
        let (one, other) = link.clocks;
        let (group, joined) = (groups[one], groups[other]);
        if group == joined {
            continue;
        }
        let expected = link.expected(&offsets);
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

fn note(mut clocks: Vec<(&str, i64)>) -> Option<String> {
    clocks.sort_by_key(|(service, offset)| (Reverse(offset.unsigned_abs()), *service));
    let mut named = clocks.iter().map(|(service, offset)| {
        let side = if *offset > 0 { "ahead" } else { "behind" };
        format!("the clock of {service} is {} {side}", duration(offset.unsigned_abs()))
    });
    let message = format!("{}; corrected", named.join(", "));
    (!clocks.is_empty()).then_some(message)
}
