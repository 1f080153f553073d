//! Finds the name whose slow calls hold most of the time of all traces, although no property tells them from its quick
//! ones. Such a finding says where to look, and not why.

use floe_waterfall::duration;
use itertools::Itertools as _;
use rustc_hash::FxHashSet;

use super::{CauseKind, Finding, LEAST, sum};
use crate::forest::Forest;
use crate::names::{normalized, percentile};

/// A tail is reported only if it takes at least the time of all spans divided by this.
const OF_SPANS: u64 = 2;
/// A cause is reported only if it takes at least the time of all traces divided by this.
const OF_FILE: u64 = 50;
/// The minimum ratio of a slow call to the median.
const RATIO: u64 = 4;
/// The minimum number of slow calls.
const SUPPORT: usize = 5;

/// Returns the findings about the groups whose tail holds most of the time. The time of a span is the one outside of its
/// children. A tail is left out if other findings contain half of it.
pub(super) fn tails(forest: &Forest<'_>, groups: &[Vec<usize>], found: &[Finding]) -> Vec<Finding> {
    let all = sum((0..forest.recording().spans.len()).map(|it| forest.self_time(it)));
    let known: FxHashSet<usize> = found.iter().flat_map(|it| &it.at).map(|it| it.0).collect();
    let is_known = |span: usize| {
        std::iter::successors(Some(span), |it| forest.tree().parent(*it))
            .any(|it| known.contains(&it))
    };
    let is_new = |it: &Finding| {
        let known = it.at.iter().filter(|it| is_known(it.0)).map(|it| it.1);
        sum(known) < it.cause.time / 2
    };
    groups.iter().filter_map(|spans| tail(forest, spans, all)).filter(is_new).collect()
}

fn tail(forest: &Forest<'_>, spans: &[usize], all: u64) -> Option<Finding> {
    let sorted = spans.iter().map(|it| forest.self_time(*it)).sorted_unstable().collect_vec();
    let usual = percentile(&sorted, 50);
    let from = usual.saturating_mul(RATIO).max(LEAST);
    let (quick, slow) = sorted.split_at(sorted.partition_point(|it| *it < from));
    let time = sum(slow.iter().map(|it| it - usual));
    if slow.len() < SUPPORT || time < all / OF_SPANS {
        return None;
    }
    let name = normalized(&forest.span(*spans.first()?).name);
    let percent = u128::from(time) * 100 / u128::from(all.max(1));
    let [took, others] = [slow, quick].map(|it| duration(percentile(it, 50)));
    let message = format!(
        "{} of {} calls of `{name}` took about {took}, the others about {others}: {percent} % of the time of all spans; no property tells them apart",
        slow.len(),
        sorted.len(),
    );
    let slow = spans.iter().map(|it| (*it, forest.self_time(*it))).filter(|it| it.1 >= from);
    let at = slow.map(|(span, time)| (span, time - usual)).collect();
    Some(Finding::new(CauseKind::SlowWith, OF_FILE, at, message))
}
