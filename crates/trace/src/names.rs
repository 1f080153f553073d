//! Statistics of spans by their name.

use std::cmp::Reverse;

use itertools::Itertools as _;

use crate::forest::Forest;
use crate::span::Span;

/// Statistics of the spans of one service that share a name. Times are in nanoseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct NameStatistics<'a> {
    /// The name.
    pub name: &'a str,
    /// The service, or an empty text.
    pub service: &'a str,
    /// The number of spans.
    pub count: usize,
    /// The number of failed spans.
    pub errors: usize,
    /// The sum of the durations.
    pub total: u64,
    /// The sum of the self times.
    pub own: u64,
    /// The median of the durations.
    pub p50: u64,
    /// The 95th percentile of the durations.
    pub p95: u64,
    /// The 99th percentile of the durations.
    pub p99: u64,
    /// The longest duration.
    pub max: u64,
}

/// Returns statistics of spans by their name and service, those with the most self time first.
#[must_use]
pub fn names<'a>(
    forest: &Forest<'a>,
    spans: impl IntoIterator<Item = usize>,
) -> Vec<NameStatistics<'a>> {
    let groups = spans.into_iter().into_group_map_by(|index| {
        let span = forest.span(*index);
        (&*span.name, forest.recording().service(span))
    });
    let statistics = groups.into_iter().map(|((name, service), spans)| {
        let all = || spans.iter().map(|it| forest.span(*it));
        let durations = all().map(Span::duration).sorted_unstable().collect_vec();
        let [p50, p95, p99, max] = [50, 95, 99, 100].map(|it| percentile(&durations, it));
        NameStatistics {
            name,
            service,
            count: spans.len(),
            errors: all().filter(|it| it.is_failure()).count(),
            total: durations.into_iter().fold(0, u64::saturating_add),
            own: spans.iter().map(|it| forest.self_time(*it)).fold(0, u64::saturating_add),
            p50,
            p95,
            p99,
            max,
        }
    });
    statistics.sorted_by_key(|it| (Reverse(it.own), it.name, it.service)).collect()
}

/// Returns the nearest-rank percentile: the smallest element that at least `percent` percent of the elements do not
/// exceed.
pub(crate) fn percentile<T: Copy + Default>(sorted: &[T], percent: usize) -> T {
    let rank = (sorted.len() * percent).div_ceil(100);
    let at = rank.saturating_sub(1);
    sorted.get(at).copied().unwrap_or_default()
}

/// Replaces variable words of a name by `*`: numbers, and hexadecimal words of eight or more characters with a digit.
pub(crate) fn normalized(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    let ends_word = |c: char| !c.is_ascii_alphanumeric() && c != '-';
    for word in name.split_inclusive(ends_word) {
        let text = word.trim_end_matches(ends_word);
        let digits = text.chars().filter(char::is_ascii_digit).count();
        let is_id = digits > 0
            && text.len() >= 8
            && text.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
        let is_variable = is_id || digits > 0 && digits == text.len();
        plain.push_str(if is_variable { "*" } else { text });
        plain.extend(word.strip_prefix(text));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_ids_in_names_are_equal() {
        for (name, plain) in [
            ("GET /orders/4711", "GET /orders/*"),
            ("job 5b8efff7-9803-8103-d269-b633813fc60c", "job *"),
            ("chunk-17 of 20", "chunk-17 of *"),
            ("h2 md5 utf8", "h2 md5 utf8"),
            ("deadbeef decade", "deadbeef decade"),
            ("load 0042_a", "load *_a"),
            ("", ""),
        ] {
            assert_eq!(normalized(name), plain);
        }
    }
}
