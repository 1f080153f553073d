//! Finds what is unusual about a run by comparison with earlier runs of the same kind: failures, rows, and the time.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use floe_telemetry::config::suggest::all_of;

use super::WINDOW;
use crate::record::{Record, Step};
use crate::text::{Elapsed, Thousands};

/// The minimum number of earlier runs for a comparison.
const FEWEST: usize = 7;

/// The maximum number of findings of a run.
const MOST: usize = 3;

/// The minimum factor by which unusual rows, or an unusual time, differ from the usual ones.
const LEAST: f64 = 1.5;

/// The minimum additional time of an unusual run, in seconds.
const LEAST_SECONDS: f64 = 2.0;

/// Returns a sentence for each unusual finding: first failures, then rows, then the time. `past` are the earlier runs of
/// the same kind, the newest first.
pub(super) fn sentences(past: &[Record], run: &Record) -> Vec<String> {
    let mut found = failures(past, run);
    let is_built = |run: &&Record| run.assets.iter().any(Step::is_built);
    let past: Vec<&Record> = past.iter().filter(is_built).take(WINDOW).collect();
    found.extend(rows(&past, run));
    found.extend(time(&past, run));
    found.truncate(MOST);
    found
}

fn failures(past: &[Record], run: &Record) -> Vec<String> {
    let mut texts: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for asset in run.assets.iter().filter(|asset| asset.is_bad()) {
        let before: Vec<_> = past.iter().filter_map(|run| run.asset(&asset.key)).collect();
        let since = asset.failed_since.as_ref();
        let when = match since.filter(|(number, _)| *number < run.number) {
            Some((number, at)) => format!("since run {number} ({at})"),
            None if before.len() < FEWEST => continue,
            None => {
                let times = before.iter().filter(|it| it.is_bad()).count();
                let is_changed = !is_varying(&before) && before[0].query != asset.query;
                let changed = if is_changed { ", with a changed definition" } else { "" };
                match times {
                    0 => format!("for the first time in {} runs{changed}", before.len() + 1),
                    _ => format!("as in {times} of the last {} runs{changed}", before.len()),
                }
            }
        };
        texts.entry(when).or_default().push(&asset.key);
    }
    let texts = texts.into_iter().map(|(when, names)| {
        let verb = if names.len() == 1 { "fails" } else { "fail" };
        format!("{} {verb} {when}", listed(&names))
    });
    texts.collect()
}

/// Describes the assets with unusual rows, without those that read one of them.
fn rows(past: &[&Record], run: &Record) -> Vec<String> {
    let mut before: HashMap<&str, Vec<f64>> = HashMap::new();
    for asset in past.iter().flat_map(|run| &run.assets) {
        if let Some(rows) = asset.rows() {
            before.entry(&asset.key).or_default().push(count(rows));
        }
    }
    let mut found = Vec::new();
    let mut unusual: BTreeSet<&str> = BTreeSet::new();
    for asset in run.assets.iter().filter(|asset| asset.is_built()) {
        let is_below = asset.inputs.iter().any(|input| unusual.contains(&**input));
        let Some(now) = asset.rows() else {
            // A view, which has no number of rows, has those of its inputs.
            unusual.extend(is_below.then_some(&*asset.key));
            continue;
        };
        let before = before.get(&*asset.key).map(Vec::as_slice).unwrap_or_default();
        if let Some(usual) = usual_unlike(before, count(now)) {
            unusual.insert(&asset.key);
            found.extend((!is_below).then(|| describe_rows(&asset.key, now, usual)));
        }
    }
    found
}

fn describe_rows(name: &str, now: u64, usual: f64) -> String {
    let factor = count(now) / usual.max(1.0);
    let usually = rounded(usual);
    match now {
        0 => format!("`{name}` is empty, usually {usually} rows"),
        _ => format!(
            "`{name}` has {factor:.1} × its usual rows ({}, usually {usually})",
            Thousands(now)
        ),
    }
}

/// Describes the time of a run that took unusually long.
fn time(past: &[&Record], run: &Record) -> Option<String> {
    let before: Vec<f64> = past.iter().map(|run| run.seconds).collect();
    let usual = usual_unlike(&before, run.seconds)?;
    let factor = run.seconds / usual;
    let (now, usually) = (Elapsed(run.seconds), Elapsed(usual));
    (run.seconds - usual >= LEAST_SECONDS)
        .then(|| format!("the run took {factor:.1} × its usual time ({now}, usually {usually})"))
}

/// Returns the median of earlier values, the newest first, if the new value is unlike it: it differs by a factor of
/// [`LEAST`], and no earlier value differs as clearly. The newest values do not count, because the last runs may already
/// have had the new value; but the first of them must have changed at once, so slow growth is usual.
fn usual_unlike(past: &[f64], now: f64) -> Option<f64> {
    let usual = median(past);
    // One is added, because the factors of small numbers and of short times mean little.
    let distance = |value: f64| ((value + 1.0) / (usual + 1.0)).ln();
    let new = distance(now);
    let is_as_far = |value: &f64| distance(*value) * new.signum() >= new.abs() / 2.0;
    let same = past.iter().take_while(|value| is_as_far(value)).count();
    let (newest, earlier) = past.split_at(same);
    let first = newest.last().copied().unwrap_or(now);
    let change = distance(first) - distance(*earlier.first()?);
    let least = new.abs().min(change * new.signum());
    let is_known = past.len() < FEWEST || earlier.iter().any(is_as_far);
    (least >= LEAST.ln() && !is_known).then_some(usual)
}

/// Returns the median; of no values, 0.
fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_unstable_by(f64::total_cmp);
    let middle = |twice: usize| values.get(twice / 2).copied().unwrap_or_default();
    f64::midpoint(middle(values.len().saturating_sub(1)), middle(values.len()))
}

/// Whether there are more than half as many different queries as runs, for example because they contain the date.
fn is_varying(runs: &[&Step]) -> bool {
    let queries: BTreeSet<&str> = runs.iter().map(|it| &*it.query).collect();
    2 * queries.len() > runs.len()
}

fn listed(names: &[&str]) -> String {
    match names.split_at_checked(MOST) {
        Some((first, more @ [_, ..])) => {
            format!("`{}` and {} more", first.join("`, `"), more.len())
        }
        _ => all_of(names),
    }
}

#[expect(clippy::cast_precision_loss, reason = "the last digits do not matter")]
fn count(rows: u64) -> f64 {
    rows as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of rows")]
fn rounded(rows: f64) -> Thousands {
    Thousands(rows.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Outcome;

    fn run(seconds: f64, assets: &[(&str, Option<u64>, &str)]) -> Record {
        let asset = |(key, rows, input): &(&str, Option<u64>, &str)| Step {
            key: (*key).to_owned(),
            outcome: Outcome::Built { rows: *rows },
            inputs: Vec::from_iter((!input.is_empty()).then(|| (*input).to_owned())),
            ..Step::default()
        };
        Record { seconds, assets: assets.iter().map(asset).collect(), ..Record::default() }
    }

    #[test]
    fn a_value_is_unusual_if_no_earlier_run_had_one_like_it() {
        for (past, now, is_unusual) in [
            (&[5.0; 7][..], 9.0, true),
            (&[5.0; 7], 2.0, true),
            (&[5.0; 7], 7.0, false),
            (&[5.0; 6], 9.0, false),
            // The newest runs may already have the new value.
            (&[9.0, 9.0, 5.0, 5.0, 5.0, 5.0, 5.0], 9.0, true),
            (&[5.0, 5.0, 9.0, 5.0, 5.0, 5.0, 5.0], 9.0, false),
            (&[5.0, 5.0, 2.0, 5.0, 5.0, 5.0, 5.0], 9.0, true),
            (&[9.0, 5.0, 9.0, 5.0, 5.0, 5.0, 5.0], 9.0, false),
            // Growth is no change.
            (&[19.0, 17.0, 15.0, 13.0, 11.0, 9.0, 7.0], 21.0, false),
            // Short times differ by chance.
            (&[0.01; 7], 0.4, false),
        ] {
            assert_eq!(usual_unlike(past, now).is_some(), is_unusual, "{past:?}, {now}");
        }
    }

    #[test]
    fn the_first_asset_with_unusual_rows_is_named_and_then_the_time() {
        let of = |seconds: f64, rows: u64| {
            let assets = [
                ("orders", Some(rows), ""),
                ("recent", None, "orders"),
                ("totals", Some(rows), "recent"),
                ("days", Some(30), "totals"),
            ];
            run(5.0 * seconds, &assets)
        };
        let past = vec![of(1.0, 1000); 14];
        let of_rows = "`orders` has 4.0 × its usual rows (4,000, usually 1,000)";
        let of_time = "the run took 3.0 × its usual time (15.00 s, usually 5.00 s)";
        assert_eq!(sentences(&past, &of(3.0, 4000)), [of_rows, of_time]);
        assert_eq!(sentences(&past, &of(1.2, 1400)), [""; 0]);
        assert_eq!(sentences(&past[..6], &of(3.0, 4000)), [""; 0]);
        let empty = "`orders` is empty, usually 1,000 rows";
        assert_eq!(sentences(&past, &of(1.0, 0)), [empty]);
    }
}
