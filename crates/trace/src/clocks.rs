//! The clocks of hosts, which calls between them show to differ.

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
    /// call between two hosts bounds by how much their clocks differ. If the bounds of all calls do not admit 0, the host
    /// with fewer roots is moved to their middle. If they contradict each other, as after a clock was set, each trace is
    /// looked at alone; it is left as it was recorded if its own calls contradict each other, too.
    pub fn align_clocks(&mut self) {
        let (hosts, names) = hosts(&self.sources);
        if names.len() < 2 {
            return;
        }
        let spans = self.spans.iter().enumerate();
        let ids: FxHashMap<_, _> = spans.map(|(at, it)| ((it.trace, it.id), at)).collect();
        let host = |span: &Span| hosts.get(usize::try_from(span.source).ok()?).copied();
        let (calls, roots) = calls(&self.spans, &ids, names.len(), host);
        let mut clocks = Clocks::new(roots);
        clocks.join(&calls, false);
        let mut notes: BTreeMap<String, Count> = BTreeMap::new();
        for (at, reason) in clocks.reasons.iter().enumerate() {
            if let Some(reason) = reason {
                let reference = &names[clocks.group[at]];
                let message = reason.message(&names[at], reference, clocks.offset[at]);
                notes
                    .entry(message)
                    .or_default()
                    .add(&self.spans[reason.span]);
            }
        }
        let mut apart: BTreeMap<TraceId, Vec<Call>> = BTreeMap::new();
        for call in calls {
            if clocks.group[call.from] != clocks.group[call.to] {
                let trace = self.spans[call.bounds.span].trace;
                apart.entry(trace).or_default().push(call);
            }
        }
        let mut by_trace: FxHashMap<TraceId, Clocks> = FxHashMap::default();
        for (trace, calls) in apart {
            let mut alone = Clocks {
                reasons: vec![None; names.len()],
                ..clocks.clone()
            };
            for (from, to, span) in alone.join(&calls, true) {
                let message = format!(
                    "the calls between {} and {} contradict each other about their clocks; both are shown as recorded",
                    names[from], names[to]
                );
                notes.entry(message).or_default().add(&self.spans[span]);
            }
            for (at, reason) in alone.reasons.iter().enumerate() {
                if let Some(reason) = reason {
                    let message = format!(
                        "the clock of {} moved against that of {}; its spans are moved in each trace by itself",
                        names[at], names[alone.group[at]]
                    );
                    notes
                        .entry(message)
                        .or_default()
                        .add(&self.spans[reason.span]);
                }
            }
            by_trace.insert(trace, alone);
        }
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

    const fn admits(&self, offset: i128) -> bool {
        self.least - ROUNDING <= offset && offset <= self.most + ROUNDING
    }

    /// The smallest offset that puts all calls in the middle of what is left, or `None` if there is none.
    fn middle(&self) -> Option<i128> {
        match (self.least, self.most) {
            (least, most) if least - ROUNDING > most => None,
            (least, most) if least < -FAR / 2 => Some(most),
            (least, most) if most > FAR / 2 => Some(least),
            (least, most) => Some(i128::midpoint(least, most)),
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

    /// Compares clocks by calls, those first whose difference is known best, and returns the hosts, with a call, for
    /// which they contradict each other. In `strict` comparisons, a delay must not explain the difference.
    fn join(&mut self, calls: &[Call], strict: bool) -> Vec<(usize, usize, usize)> {
        let mut pairs: BTreeMap<(usize, usize), Bounds> = BTreeMap::new();
        for call in calls {
            let bounds = call.bounds.exchanged(call.from > call.to);
            let pair = pairs.entry((call.from.min(call.to), call.from.max(call.to)));
            pair.and_modify(|it| *it = it.and(bounds)).or_insert(bounds);
        }
        let mut pairs: Vec<_> = pairs.into_iter().collect();
        pairs.sort_by_key(|(_, bounds)| bounds.most - bounds.least);
        let mut refused = Vec::new();
        for ((one, other), _) in &pairs {
            if self.group[*one] == self.group[*other] {
                continue;
            }
            let bounds = self.between(&pairs, self.group[*one], self.group[*other]);
            let Some(bounds) = bounds.filter(|bounds| bounds.is_evident || !strict) else {
                continue;
            };
            // Clocks are as equal as the calls admit, so that what is not known does not move anything.
            let same = self.offset[*one] - self.offset[*other];
            match bounds.middle() {
                None if bounds.is_evident => refused.push((*one, *other, bounds.span)),
                None => {}
                Some(_) if bounds.admits(0) => self.merge(*one, *other, 0, bounds),
                Some(_) if bounds.admits(same) => self.merge(*one, *other, same, bounds),
                Some(middle) => self.merge(*one, *other, middle, bounds),
            }
        }
        refused
    }

    /// By how much the clocks of one group are ahead of those of another, as all calls between them tell.
    fn between(
        &self,
        pairs: &[((usize, usize), Bounds)],
        one: usize,
        other: usize,
    ) -> Option<Bounds> {
        let pairs = pairs.iter().filter_map(|((from, to), bounds)| {
            let groups = (self.group[*from], self.group[*to]);
            let bounds = bounds.set_back(self.offset[*to] - self.offset[*from]);
            if groups == (one, other) || groups == (other, one) {
                Some(bounds.exchanged(groups.0 == other))
            } else {
                None
            }
        });
        pairs.reduce(Bounds::and)
    }

    /// Makes one group of two, of which the second one is ahead by `offset`: that with more roots stays as it is.
    fn merge(&mut self, one: usize, other: usize, offset: i128, bounds: Bounds) {
        let roots = |group: usize| -> usize {
            let hosts = self.group.iter().zip(&self.roots);
            hosts
                .filter(|(it, _)| **it == group)
                .map(|(_, it)| it)
                .sum()
        };
        let (one, other) = (self.group[one], self.group[other]);
        let (stays, moves, offset) = if roots(one) >= roots(other) {
            (one, other, offset)
        } else {
            (other, one, -offset)
        };
        for (at, group) in self.group.iter_mut().enumerate() {
            if *group == moves {
                *group = stays;
                self.offset[at] += offset;
                self.reasons[at] = (self.offset[at] != 0).then_some(bounds);
            }
        }
    }
}
