//! Messages that wait in a queue: the time between the end of the sending span (the parent, or the target of a link)
//! and the start of the handling span.

use floe_waterfall::duration;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{CauseKind, Finding, MS, name};
use crate::forest::Forest;
use crate::names::{normalized, percentile};
use crate::span::Kind;

/// The minimum wait of a message.
const WAIT: u64 = 20 * MS;
/// The minimum part of the time of all traces, as a divisor. No test for chance is needed, because nothing ran during
/// the wait.
const OF_FILE: u64 = 10;

/// The messages handled by spans of one name.
#[derive(Default)]
struct Messages {
    /// The delayed messages: the handling span, the wait, and the sending span.
    late: Vec<(usize, u64, usize)>,
    all: usize,
}

pub(super) fn lag(forest: &Forest<'_>) -> Vec<Finding> {
    let spans = || forest.recording().spans.iter().enumerate();
    let handlers = || spans().filter(|it| it.1.kind == Kind::Consumer);
    let links = handlers().flat_map(|it| &it.1.links).map(|it| (it.trace, it.span));
    let wanted: FxHashSet<_> = links.collect();
    let senders = spans().filter(|it| wanted.contains(&(it.1.trace, it.1.id)));
    let senders: FxHashMap<_, _> = senders.map(|(at, it)| ((it.trace, it.id), at)).collect();
    let mut waits: FxHashMap<(&str, String), Messages> = FxHashMap::default();
    for (index, handler) in handlers() {
        let linked =
            handler.links.iter().filter_map(|it| senders.get(&(it.trace, it.span)).copied());
        // The lag is unknown for a sender that has not ended.
        let ended = linked.chain(forest.parent(index)).filter(|it| forest.span(*it).end > 0);
        let Some(sender) = ended.min_by_key(|it| forest.span(*it).end) else {
            continue;
        };
        let (service, name) = name(forest, index);
        let group = waits.entry((service, normalized(name))).or_default();
        group.all += 1;
        let wait = handler.start.saturating_sub(forest.span(sender).end);
        if wait >= WAIT {
            group.late.push((index, wait, sender));
        }
    }
    let found = waits.into_values().filter_map(|Messages { late, all }| {
        let (span, longest, sender) = late.iter().copied().max_by_key(|it| it.1)?;
        let at: Vec<_> = late.into_iter().map(|it| (it.0, it.1)).collect();
        let mut times: Vec<u64> = at.iter().map(|it| it.1).collect();
        times.sort_unstable();
        let (many, longest, usual) =
            (at.len(), duration(longest), duration(percentile(&times, 50)));
        let wait = match many {
            1 => format!("a message waits {longest}"),
            _ => format!("{many} of {all} messages wait up to {longest}, {usual} or so,"),
        };
        let [sender, handler] = [sender, span].map(|it| &forest.span(it).name);
        let message = format!(
            "{wait} between the end of `{sender}` and the start of `{handler}`: no span runs then"
        );
        Some(Finding::new(CauseKind::ConsumerLag, OF_FILE, at, message).of(span))
    });
    found.collect()
}
