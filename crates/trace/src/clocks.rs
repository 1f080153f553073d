//! The clocks of hosts, which calls between them show to differ.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use floe_waterfall::duration;
use rustc_hash::FxHashMap;

use crate::forest::Count;
use crate::span::{Kind, Recording, Source, Span, SpanId, TraceId};

/// The first of these attributes of a resource names its clock; without any, its service does.
const HOST: [&str; 6] = [
    "host.id",
    "host.name",
    "k8s.node.name",
    "container.id",
    "k8s.pod.name",
    "service.instance.id",
];
/// Some programs round their times to milliseconds, so that a smaller difference says nothing.
const ROUNDING: i128 = 1_000_000;
/// A bound that is not known: larger than any sum of times.
const FAR: i128 = 1 << 100;

impl Recording {
    /// Moves the spans of hosts whose clocks differ, with their events and log records, and adds a note for each host.
    ///
    /// A server span lies within the span of the client that waited for it, and no span starts before its parent, so each
    /// call between two hosts bounds by how much their clocks differ. If the bounds of all calls do not admit 0, one host is
    /// moved to their middle; the host with the most roots stays. If they contradict each other, as after a clock was set,
    /// each trace is looked at alone, and left as it was recorded if its own calls contradict each other, too.
    pub fn align_clocks(&mut self) {
        let (hosts, names) = hosts(&self.sources);
        if names.len() < 2 {
            return;
        }
        let spans = self.spans.iter().enumerate();
        let ids: FxHashMap<_, _> = spans.map(|(at, it)| ((it.trace, it.id), at)).collect();
        let host = |span: &Span| hosts.get(usize::try_from(span.source).ok()?).copied();
        let (calls, roots) = calls(&self.spans, &ids, names.len(), host);
        let mut notes = Notes {
            spans: &self.spans,
            names: &names,
            counts: BTreeMap::new(),
        };
        let mut clocks = Clocks::new(roots);
        clocks.join(&calls, false);
        notes.file(&clocks);
        let by_trace = clocks.by_trace(calls, &mut notes);
        let notes = notes.counts;
        for span in &mut self.spans {
            if let Some(host) = host(span) {
                let clocks = by_trace.get(&span.trace).unwrap_or(&clocks);
                shift(span, -clocks.offset[host]);
            }
        }
        for log in &mut self.logs {
            if let Some(span) = ids.get(&(log.trace, log.span)) {
                log.time = log.time.saturating_add_signed(self.spans[*span].shifted);
            }
        }
        for (message, count) in notes {
            count.note(&mut self.notes, &message);
        }
    }
}

/// What was found about clocks, each with its first span and how often.
struct Notes<'a> {
    spans: &'a [Span],
    names: &'a [String],
    counts: BTreeMap<String, Count>,
}

impl Notes<'_> {
    fn add(&mut self, span: usize, message: String) {
        self.counts
            .entry(message)
            .or_default()
            .add(&self.spans[span]);
    }

    /// Adds what all calls of the file say.
    fn file(&mut self, clocks: &Clocks) {
        for (host, reason) in clocks.reasons() {
            let reference = &self.names[clocks.group[host]];
            let message = reason.message(&self.names[host], reference, clocks.offset[host]);
            self.add(reason.span, message);
        }
    }

    /// Adds what those of one trace say, and for which hosts they contradict each other.
    fn trace(&mut self, clocks: &Clocks, refused: &[(usize, usize, usize)]) {
        for (host, reason) in clocks.reasons() {
            let message = format!(
                "the clock of {} moved against that of {}; its spans are moved in each trace by itself",
                self.names[host], self.names[clocks.group[host]]
            );
            self.add(reason.span, message);
        }
        for (from, to, span) in refused {
            let message = format!(
                "the calls between {} and {} contradict each other about their clocks; both are shown as recorded",
                self.names[*from], self.names[*to]
            );
            self.add(*span, message);
        }
    }
}

/// Moves a span, unless it has no times.
fn shift(span: &mut Span, by: i128) {
    let Ok(by) = i64::try_from(by) else {
        return;
    };
    if by == 0 || span.end == 0 {
        return;
    }
    span.shifted += by;
    span.start = span.start.saturating_add_signed(by);
    span.end = span.end.saturating_add_signed(by);
    for event in &mut span.events {
        event.time = event.time.saturating_add_signed(by);
    }
}

/// The host of each source, and the names of all hosts.
fn hosts(sources: &[Source]) -> (Vec<usize>, Vec<String>) {
    let mut known: FxHashMap<String, usize> = FxHashMap::default();
    let mut names = Vec::new();
    let of = |source: &Source| {
        let attribute = |key: &&str| source.resource.iter().find(|(it, _)| **it == **key);
        let host = HOST.iter().find_map(attribute);
        let (key, name) = match host {
            Some((key, host)) => (
                format!("{key}={host}"),
                format!("`{}` ({host})", source.service),
            ),
            None => (source.service.to_string(), format!("`{}`", source.service)),
        };
        *known.entry(key).or_insert_with(|| {
            names.push(name);
            names.len() - 1
        })
    };
    let hosts = sources.iter().map(of).collect();
    (hosts, names)
}

/// A span with a parent on another host.
#[derive(Clone, Copy)]
struct Call {
    from: usize,
    to: usize,
    bounds: Bounds,
}

/// By how many nanoseconds the clock of one host is ahead of that of another, at least and at most.
#[derive(Clone, Copy)]
struct Bounds {
    least: i128,
    most: i128,
    calls: usize,
    /// The first call.
    span: usize,
    /// Whether a span begins before its caller, or after the end of a caller that waits: no delay explains that.
    is_evident: bool,
}

/// The spans with a parent on another host, and how many roots each host has.
fn calls(
    spans: &[Span],
    ids: &FxHashMap<(TraceId, SpanId), usize>,
    hosts: usize,
    host: impl Fn(&Span) -> Option<usize>,
) -> (Vec<Call>, Vec<usize>) {
    let mut calls = Vec::new();
    let mut roots = vec![0; hosts];
    for (at, span) in spans.iter().enumerate() {
        let Some(to) = host(span) else {
            continue;
        };
        let parent = span
            .parent
            .and_then(|parent| ids.get(&(span.trace, parent)));
        let Some(parent) = parent.map(|parent| &spans[*parent]) else {
            roots[to] += 1;
            continue;
        };
        if let Some(from) = host(parent)
            && from != to
            && span.end > 0
            && parent.end > 0
        {
            calls.push(Call {
                from,
                to,
                bounds: Bounds::new(parent, span, at),
            });
        }
    }
    (calls, roots)
}

impl Bounds {
    /// Those of no call.
    const UNKNOWN: Self = Self {
        least: -FAR,
        most: FAR,
        calls: 0,
        span: usize::MAX,
        is_evident: false,
    };

    fn new(parent: &Span, span: &Span, at: usize) -> Self {
        let difference = |one: u64, other: u64| i128::from(one) - i128::from(other);
        // Who gave up does not know when the server ended.
        let waits = (parent.kind, span.kind) == (Kind::Client, Kind::Server) && !parent.is_error();
        let most = difference(span.start, parent.start);
        Self {
            least: if waits {
                difference(span.end, parent.end)
            } else {
                -FAR
            },
            most,
            calls: 1,
            span: at,
            is_evident: most < -ROUNDING || waits && difference(span.start, parent.end) > ROUNDING,
        }
    }

    /// The same with the hosts exchanged, if they are.
    const fn exchanged(self, if_so: bool) -> Self {
        if !if_so {
            return self;
        }
        Self {
            least: -self.most,
            most: -self.least,
            ..self
        }
    }

    /// What is left if the second clock is set back by so much.
    const fn set_back(self, by: i128) -> Self {
        Self {
            least: self.least - by,
            most: self.most - by,
            ..self
        }
    }

    fn and(self, other: Self) -> Self {
        Self {
            least: self.least.max(other.least),
            most: self.most.min(other.most),
            calls: self.calls + other.calls,
            span: self.span.min(other.span),
            is_evident: self.is_evident || other.is_evident,
        }
    }

    /// Whether the clocks may differ by this, in times that may be rounded.
    fn admits(&self, offset: i128) -> bool {
        self.least - ROUNDING <= self.most
            && self.least - ROUNDING <= offset
            && offset <= self.most + ROUNDING
    }

    /// The offset that puts all calls in the middle of what is left; the smallest one, if only one bound is known.
    const fn middle(&self) -> i128 {
        if self.least < -FAR / 2 {
            self.most
        } else if self.most > FAR / 2 {
            self.least
        } else {
            i128::midpoint(self.least, self.most)
        }
    }

    fn message(&self, name: &str, reference: &str, offset: i128) -> String {
        let text = |nanos: i128| duration(u64::try_from(nanos).unwrap_or(u64::MAX));
        let (calls, plural) = (self.calls, if self.calls == 1 { "" } else { "s" });
        let width = self.most - self.least;
        let (about, by) = if width > FAR / 2 {
            ("at least ", String::new())
        } else {
            ("", format!("± {}, ", text(width.max(0) / 2)))
        };
        format!(
            "the clock of {name} looks {about}{} {} that of {reference} ({by}{calls} call{plural}); its spans are moved",
            text(offset.abs()),
            if offset > 0 { "ahead of" } else { "behind" },
        )
    }
}

/// What is known about the clocks of hosts.
#[derive(Clone)]
struct Clocks {
    /// A host of those with which the clock can be compared, whose own offset is 0.
    group: Vec<usize>,
    /// By how much the clock is ahead of that host's.
    offset: Vec<i128>,
    roots: Vec<usize>,
    /// Why the offset is not 0.
    reasons: Vec<Option<Bounds>>,
}

impl Clocks {
    fn new(roots: Vec<usize>) -> Self {
        Self {
            group: (0..roots.len()).collect(),
            offset: vec![0; roots.len()],
            reasons: vec![None; roots.len()],
            roots,
        }
    }

    fn reasons(&self) -> impl Iterator<Item = (usize, &Bounds)> {
        let reasons = self.reasons.iter().enumerate();
        reasons.filter_map(|(host, reason)| Some((host, reason.as_ref()?)))
    }

    /// The clocks of the traces whose calls are between hosts that the calls of the whole file contradict.
    fn by_trace(&self, calls: Vec<Call>, notes: &mut Notes<'_>) -> FxHashMap<TraceId, Self> {
        let mut apart: BTreeMap<TraceId, Vec<Call>> = BTreeMap::new();
        for call in calls {
            if self.group[call.from] != self.group[call.to] {
                let trace = notes.spans[call.bounds.span].trace;
                apart.entry(trace).or_default().push(call);
            }
        }
        let alone = apart.into_iter().map(|(trace, calls)| {
            let mut clocks = self.clone();
            clocks.reasons.fill(None);
            let refused = clocks.join(&calls, true);
            notes.trace(&clocks, &refused);
            (trace, clocks)
        });
        alone.collect()
    }

    /// Compares clocks by calls, and returns the hosts, with a call, for which they contradict each other. In `strict`
    /// comparisons, a delay must not explain the difference.
    fn join(&mut self, calls: &[Call], strict: bool) -> Vec<(usize, usize, usize)> {
        let pairs = pairs(calls);
        let mut refused = Vec::new();
        let mut references: Vec<usize> = (0..self.group.len()).collect();
        references.sort_by_key(|host| Reverse(self.roots[*host]));
        let mut is_done = vec![false; references.len()];
        for reference in references {
            let mut unfit = Vec::new();
            // What is next to the hosts of this group, the closest first.
            while let Some((from, to)) = pairs.iter().find_map(|(hosts, _)| {
                let (one, other) = *hosts;
                let ends = [(one, other), (other, one)].into_iter();
                let mut ends = ends.filter(|(from, _)| self.group[*from] == reference);
                let next = self.group[ends.clone().next()?.1];
                let is_open = next != reference && !is_done[next] && !unfit.contains(&next);
                ends.next().filter(|_| is_open)
            }) {
                let next = self.group[to];
                let bounds = self.between(&pairs, reference, next);
                // Clocks are as equal as the calls admit, so that what is not known does not move anything.
                let same = self.offset[from] - self.offset[to];
                let mut offsets = [0, same, bounds.middle()].into_iter();
                match offsets.find(|offset| bounds.admits(*offset)) {
                    Some(offset) if bounds.is_evident || !strict => {
                        self.merge(reference, next, offset, bounds);
                    }
                    found => {
                        unfit.push(next);
                        if found.is_none() && bounds.is_evident {
                            refused.push((from, to, bounds.span));
                        }
                    }
                }
            }
            is_done[reference] = true;
        }
        refused
    }

    /// By how much the clocks of one group are ahead of those of another, as all calls between them tell.
    fn between(&self, pairs: &[(Hosts, Bounds)], other: usize, one: usize) -> Bounds {
        let pairs = pairs.iter().filter_map(|((from, to), bounds)| {
            let groups = (self.group[*from], self.group[*to]);
            let bounds = bounds.set_back(self.offset[*to] - self.offset[*from]);
            let is_between = groups == (one, other) || groups == (other, one);
            is_between.then(|| bounds.exchanged(groups.0 == one))
        });
        pairs.fold(Bounds::UNKNOWN, Bounds::and)
    }

    /// Adds a group to another one, of which it is ahead by `offset`.
    fn merge(&mut self, reference: usize, next: usize, offset: i128, bounds: Bounds) {
        for (at, group) in self.group.iter_mut().enumerate() {
            if *group == next {
                *group = reference;
                self.offset[at] += offset;
                self.reasons[at] = (self.offset[at] != 0).then_some(bounds);
            }
        }
    }
}

/// Two hosts, the smaller one first.
type Hosts = (usize, usize);

/// The bounds of all calls between two hosts, the closest first.
fn pairs(calls: &[Call]) -> Vec<(Hosts, Bounds)> {
    let mut pairs: BTreeMap<Hosts, Bounds> = BTreeMap::new();
    for call in calls {
        let hosts = (call.from.min(call.to), call.from.max(call.to));
        let bounds = call.bounds.exchanged(call.from > call.to);
        let known = pairs.entry(hosts).or_insert(Bounds::UNKNOWN);
        *known = known.and(bounds);
    }
    let mut pairs: Vec<_> = pairs.into_iter().collect();
    pairs.sort_by_key(|(_, bounds)| bounds.most - bounds.least);
    pairs
}
