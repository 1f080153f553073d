//! Corrects the clocks of hosts whose calls show that the clocks differ.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use floe_waterfall::duration;
use rustc_hash::FxHashMap;

use crate::span::{Kind, Note, Recording, Source, Span, SpanId, TraceId};

/// The attribute of a resource that names its clock: the first one that is set, else its service.
const HOST: [&str; 3] = ["host.id", "host.name", "service.instance.id"];
/// Some programs round their times to milliseconds, so smaller differences are ignored.
const ROUNDING: i128 = 1_000_000;
/// An unknown bound: larger than any sum of times.
const FAR: i128 = 1 << 100;

impl Recording {
    /// Moves the spans of hosts whose clocks differ, with their events and log records, and adds a note for each host.
    ///
    /// A server span lies within the span of the client that waited for it, and no span starts before its parent, so
    /// each call between two hosts bounds the difference of their clocks. If the bounds exclude 0, one host is moved to
    /// their middle; the host with the most roots stays. If the bounds contradict each other, as after a clock was set,
    /// both hosts stay.
    pub fn align_clocks(&mut self) {
        let (hosts, names) = hosts(&self.sources);
        if names.len() < 2 {
            return;
        }
        // If several spans have the same id, the first one has the children.
        let spans = self.spans.iter().enumerate().rev();
        let ids: FxHashMap<_, _> = spans.map(|(at, it)| ((it.trace, it.id), at)).collect();
        let host = |span: &Span| hosts.get(usize::try_from(span.source).ok()?).copied();
        let (pairs, roots) = calls(&self.spans, &ids, names.len(), host);
        let (offsets, reasons) = compare(&pairs, &roots);
        for (host, bounds) in reasons {
            let message = bounds.message(&names[host], offsets[host]);
            let span = &self.spans[bounds.span];
            self.notes.push(Note::of_span(span, message, 1));
        }
        for span in &mut self.spans {
            if let Some(host) = host(span) {
                shift(span, -offsets[host]);
            }
        }
        for log in &mut self.logs {
            if let Some(span) = ids.get(&(log.trace, log.span)) {
                log.time = log.time.saturating_add_signed(self.spans[*span].shifted);
            }
        }
    }
}

/// Moves a span, unless it has no times.
fn shift(span: &mut Span, by: i128) {
    if let Ok(by) = i64::try_from(by)
        && by != 0
        && span.end > 0
    {
        let events = span.events.iter_mut().map(|event| &mut event.time);
        for time in [&mut span.start, &mut span.end].into_iter().chain(events) {
            *time = time.saturating_add_signed(by);
        }
        span.shifted += by;
    }
}

/// The host of each source, and the names of all hosts.
fn hosts(sources: &[Source]) -> (Vec<usize>, Vec<String>) {
    let mut known: FxHashMap<String, usize> = FxHashMap::default();
    let mut names = Vec::new();
    let of = |source: &Source| {
        let attribute = |key: &&str| source.resource.iter().find(|(it, _)| **it == **key);
        let name = format!("`{}`", source.service);
        let (key, name) = match HOST.iter().find_map(attribute) {
            Some((key, host)) => (format!("{key}={host}"), format!("{name} ({host})")),
            None => (name.clone(), name),
        };
        *known.entry(key).or_insert_with(|| {
            names.push(name);
            names.len() - 1
        })
    };
    (sources.iter().map(of).collect(), names)
}

/// The bounds, from calls, on the nanoseconds by which the clock of one host is ahead of another.
#[derive(Clone, Copy)]
struct Bounds {
    least: i128,
    most: i128,
    calls: usize,
    /// The span of the first call.
    span: usize,
    /// Whether a span begins before its caller, or after a waiting caller has ended, which no delay explains.
    is_evident: bool,
}

/// A reference host, and a host whose clock is compared with it.
type Pair = (usize, usize);

/// The bounds from spans with a parent on another host, and the number of roots of each host.
fn calls(
    spans: &[Span],
    ids: &FxHashMap<(TraceId, SpanId), usize>,
    hosts: usize,
    host: impl Fn(&Span) -> Option<usize>,
) -> (BTreeMap<Pair, Bounds>, Vec<usize>) {
    let mut pairs: BTreeMap<Pair, Bounds> = BTreeMap::new();
    let mut roots = vec![0; hosts];
    for (at, span) in spans.iter().enumerate() {
        let parent = span.parent.and_then(|id| ids.get(&(span.trace, id)));
        let parent = parent.map(|parent| &spans[*parent]);
        match (parent, parent.and_then(&host), host(span)) {
            (None, _, Some(to)) => roots[to] += 1,
            (Some(parent), Some(from), Some(to))
                if from != to && parent.end > 0 && span.end > 0 =>
            {
                let bounds = Bounds::new(parent, span, at);
                for (pair, bounds) in [((from, to), bounds), ((to, from), bounds.exchanged())] {
                    let known = pairs.entry(pair).and_modify(|it| *it = it.and(bounds));
                    known.or_insert(bounds);
                }
            }
            _ => {}
        }
    }
    (pairs, roots)
}

/// The offset of each host's clock, and the hosts whose offset is unknown or not 0, with the reason.
fn compare(pairs: &BTreeMap<Pair, Bounds>, roots: &[usize]) -> (Vec<i128>, Vec<(usize, Bounds)>) {
    let around = |host: usize| pairs.range((host, 0)..(host + 1, 0));
    let mut offsets: Vec<Option<i128>> = vec![None; roots.len()];
    let mut reasons = Vec::new();
    let mut references: Vec<usize> = (0..roots.len()).collect();
    references.sort_by_key(|host| Reverse(roots[*host]));
    // The hosts next to the known ones, of which the closest is compared first.
    let mut near = BinaryHeap::new();
    for reference in references {
        near.push(Reverse((0, reference, reference)));
        while let Some(Reverse((_, known, host))) = near.pop() {
            if offsets[host].is_some() {
                continue;
            }
            let same = offsets[known].unwrap_or(0);
            let bounds = around(host)
                .filter_map(|((_, it), bounds)| Some(bounds.exchanged().plus(offsets[*it]?)));
            let offset = bounds.reduce(Bounds::and).map_or(0, |bounds| {
                // Clocks are as equal as the calls admit, so that what is not known does not move anything.
                let likely = [0, same, bounds.middle()];
                let offset = likely.into_iter().find(|offset| bounds.admits(*offset));
                if offset.map_or(bounds.is_evident, |offset| offset != 0) {
                    reasons.push((host, bounds));
                }
                offset.unwrap_or(0)
            });
            offsets[host] = Some(offset);
            let next =
                around(host).map(|((_, it), bounds)| (bounds.most - bounds.least, host, *it));
            near.extend(next.map(Reverse));
        }
    }
    (offsets.into_iter().flatten().collect(), reasons)
}

impl Bounds {
    fn new(parent: &Span, span: &Span, at: usize) -> Self {
        let after = |one: u64, other: u64| i128::from(one) - i128::from(other);
        // Who gave up does not know when the server ended.
        let waits = (parent.kind, span.kind) == (Kind::Client, Kind::Server) && !parent.is_error();
        let most = after(span.start, parent.start);
        let least = after(span.end, parent.end);
        Self {
            least: if waits { least } else { -FAR },
            most,
            calls: 1,
            span: at,
            is_evident: most < -ROUNDING || waits && after(span.start, parent.end) > ROUNDING,
        }
    }

    /// The same bounds from the view of the other host.
    const fn exchanged(mut self) -> Self {
        (self.least, self.most) = (-self.most, -self.least);
        self
    }

    const fn plus(mut self, offset: i128) -> Self {
        self.least += offset;
        self.most += offset;
        self
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

    /// Whether the bounds admit this offset. Times may be rounded.
    const fn admits(&self, offset: i128) -> bool {
        let (least, most) = (self.least - ROUNDING, self.most + ROUNDING);
        least <= self.most && least <= offset && offset <= most
    }

    /// The offset in the middle of the bounds, or the smallest one if only one bound is known.
    const fn middle(&self) -> i128 {
        match (self.least < -FAR / 2, self.most > FAR / 2) {
            (true, _) => self.most,
            (_, true) => self.least,
            _ => i128::midpoint(self.least, self.most),
        }
    }

    fn message(&self, name: &str, offset: i128) -> String {
        let text = |nanos: i128| duration(u64::try_from(nanos).unwrap_or(u64::MAX));
        let calls = if self.calls == 1 { "call" } else { "calls" };
        let calls = format!("{} {calls}", self.calls);
        if offset == 0 {
            return format!(
                "the clock of {name} is not known: {calls} contradict each other; its spans are not moved"
            );
        }
        let way = if offset > 0 { "ahead" } else { "behind" };
        let (least, half) = match self.most - self.least {
            width if width > FAR / 2 => ("at least ", String::new()),
            width => ("", format!("± {}, ", text(width.max(0) / 2))),
        };
        let by = text(offset.abs());
        format!("the clock of {name} looks {least}{by} {way} ({half}{calls}); its spans are moved")
    }
}
