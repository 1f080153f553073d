//! Finds what is unusual about a run by comparison with earlier runs of the same kind: failures, times, rows, queries.
//!
//! Logarithms of times are compared with the median of the last runs, relative to their scatter. The median shift of
//! the assets and stages without a recorded cause is attributed to the machine and subtracted first. The rest has a
//! recorded cause (an unusual number of rows, another query), or none. Only times that are rare and matter are named.

mod trend;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use floe_telemetry::config::suggest::all_of;
use floe_trace::significance::{common, median, unusual};

use super::WINDOW;
use crate::record::{Record, Step};
use crate::text::{Elapsed, Thousands};

/// The minimum number of earlier runs for a comparison.
const FEWEST: usize = 7;

/// The maximum number of findings of a run.
const MOST: usize = 3;

/// The maximum chance that an ordinary run gets a finding about its machine, or any finding about an asset or a stage.
const RARE: f64 = 0.001;

/// The maximum chance of a false finding in a single test of a deviation with a recorded cause.
const EXPECTED: f64 = 0.02;

/// The minimum factor by which an unusual number of rows differs from the usual one.
const LEAST_ROWS: f64 = 1.5;

/// The minimum factor of the usual time for a finding about the machine, or about an asset or a stage without a cause.
const LEAST_TIME: f64 = 1.3;

/// The minimum additional seconds of a finding about time. The function `matters` explains their minimum share.
const LEAST_SECONDS: f64 = 0.1;
const LEAST_SHARE: f64 = 0.2;

/// Seconds that are added to a time before its logarithm is taken, because short times scatter too much.
const TICK: f64 = 0.001;

/// The stage in which a run waits for another one.
pub(crate) const WAIT: &str = "wait for another run";

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Kind {
    Failure,
    Rows,
    Query,
    Machine,
    Wait,
    Unknown,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Finding {
    pub(super) kind: Kind,
    /// The additional seconds; zero if the finding is not about time.
    excess: f64,
    pub(super) text: String,
}

pub(crate) fn sentences(past: &[Record], run: &Record) -> Vec<String> {
    explain(past, run).into_iter().map(|it| it.text).collect()
}

/// Returns the unusual findings of a run, failures first, then by their additional seconds. `past` are the earlier runs
/// of the same kind, the newest first.
pub(super) fn explain(past: &[Record], run: &Record) -> Vec<Finding> {
    let mut found = failures(past, run);
    let past: Vec<&Record> =
        past.iter().filter(|run| run.assets.iter().any(Step::is_built)).take(WINDOW).collect();
    if past.len() >= FEWEST {
        found.extend(Comparison::new(&past, run).findings());
    }
    found.sort_by(|one, other| {
        let is_other = |it: &Finding| it.kind != Kind::Failure;
        let by_excess = other.excess.total_cmp(&one.excess);
        is_other(one).cmp(&is_other(other)).then(by_excess)
    });
    found.truncate(MOST);
    found
}

fn failures(past: &[Record], run: &Record) -> Vec<Finding> {
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
    texts.map(|text| Finding { kind: Kind::Failure, excess: 0.0, text }).collect()
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Cause<'a> {
    /// This asset has an unusual number of rows without a recorded reason.
    Rows(&'a str),
    /// The query of this asset, or the definition of this source, changed.
    Query(&'a str),
}

/// An asset or a stage of the run, with its times in earlier runs.
struct Part<'a> {
    name: &'a str,
    asset: Option<&'a Step>,
    causes: BTreeSet<Cause<'a>>,
    now: f64,
    /// The seconds in the order of the runs; `None` for runs that did not build the part.
    past: Vec<Option<f64>>,
    usual: f64,
}

impl Part<'_> {
    /// Returns the logarithm of the ratio of a time to the usual one.
    fn deviation(&self, seconds: f64) -> f64 {
        ((seconds + TICK) / (self.usual + TICK)).ln()
    }

    /// Whether the part's time indicates how fast the machine is.
    fn is_steady(&self) -> bool {
        self.name != WAIT && self.causes.is_empty() && self.usual > 2.0 * TICK
    }
}

struct Comparison<'a> {
    past: &'a [&'a Record],
    run: &'a Record,
    built: Vec<HashMap<&'a str, &'a Step>>,
    parts: Vec<Part<'a>>,
    /// The assets with an unusual number of rows, each with the usual number, and whether its number is rare in earlier
    /// runs. Only a rare number is a cause.
    rows: HashMap<&'a str, (f64, bool)>,
    /// The assets with another query than in most earlier runs, and the number of the first run with the new query.
    changed: HashMap<&'a str, u64>,
    /// The usual seconds of the run.
    usual: f64,
    /// The logarithm of the factor by which the machine was slower in each earlier run; `shift` is that of this run.
    past_shifts: Vec<f64>,
    shift: f64,
    tests: f64,
}

impl<'a> Comparison<'a> {
    #[expect(clippy::cast_precision_loss, reason = "the counts are small")]
    fn new(past: &'a [&'a Record], run: &'a Record) -> Self {
        let mut comparison = Self {
            past,
            run,
            built: past.iter().map(|run| built(run)).collect(),
            parts: Vec::new(),
            rows: HashMap::new(),
            changed: HashMap::new(),
            usual: median(past.iter().map(|run| run.seconds)),
            past_shifts: Vec::new(),
            shift: 0.0,
            // A run tests the time and the rows of each asset, the time of each stage, and the machine.
            tests: (2 * run.assets.len() + run.stages.len() + 1) as f64,
        };
        for asset in run.assets.iter().filter(|asset| asset.is_built()) {
            comparison.add_asset(asset);
        }
        for (name, seconds) in &run.stages {
            let of = |run: &&Record| {
                let stage = run.stages.iter().find(|(other, _)| other == name);
                Some(stage.map_or(0.0, |(_, seconds)| *seconds))
            };
            let past = past.iter().map(of).collect();
            comparison.add_part(name, None, BTreeSet::new(), *seconds, past);
        }
        comparison.set_shifts();
        comparison
    }

    /// Adds an asset. The assets that it reads must have been added before.
    fn add_asset(&mut self, asset: &'a Step) {
        let name = &*asset.key;
        let before: Vec<Option<&Step>> =
            self.built.iter().map(|run| run.get(name).copied()).collect();
        let built: Vec<&Step> = before.iter().copied().flatten().collect();
        if built.len() < FEWEST {
            return;
        }
        let mut causes = BTreeSet::new();
        let is_same = |it: &&&Step| it.query == asset.query;
        let same = built.iter().take_while(is_same).count();
        if 2 * same < built.len() && !is_varying(&built) {
            causes.insert(Cause::Query(name));
            let runs = self.past.iter().zip(&before).filter(|(_, before)| before.is_some());
            let first = runs.take(same).last().map_or(self.run, |(run, _)| *run);
            self.changed.insert(name, first.number);
        }
        for input in &asset.inputs {
            let part = self.parts.iter().find(|part| part.name == input);
            // A view, which has no number of rows, passes on the causes of its inputs.
            let part = part.filter(|part| match part.asset.and_then(Step::rows) {
                Some(_) => self.rows.get(part.name).is_some_and(|it| it.1),
                None => true,
            });
            causes.extend(part.iter().flat_map(|part| &part.causes));
        }
        let rows = built.iter().filter_map(|it| it.rows());
        if let Some((usual, is_rare)) = self.other_rows(asset, rows.collect()) {
            self.rows.insert(name, (usual, is_rare));
            if is_rare && causes.is_empty() {
                causes.insert(Cause::Rows(name));
            }
        }
        let past = before.iter().map(|it| it.map(|it| it.seconds)).collect();
        self.add_part(name, Some(asset), causes, asset.seconds, past);
    }

    fn add_part(
        &mut self,
        name: &'a str,
        asset: Option<&'a Step>,
        causes: BTreeSet<Cause<'a>>,
        now: f64,
        past: Vec<Option<f64>>,
    ) {
        let usual = median(past.iter().copied().flatten());
        self.parts.push(Part { name, asset, causes, now, past, usual });
    }

    /// Returns the usual number of rows if the new number is unusual, and whether the new one is rare in earlier runs.
    #[expect(clippy::cast_precision_loss, reason = "only the logarithm is compared")]
    fn other_rows(&self, asset: &Step, past: Vec<u64>) -> Option<(f64, bool)> {
        let now = asset.rows()? as f64;
        let past: Vec<f64> = past.into_iter().map(|rows| rows as f64).collect();
        let logs: Vec<f64> = past.iter().map(|rows| rows.ln_1p()).collect();
        let usual = median(past.into_iter());
        let factor = (now.ln_1p() - usual.ln_1p()).abs();
        let is_rare = unusual(&logs, now.ln_1p()) * self.tests <= RARE;
        (factor >= LEAST_ROWS.ln()).then_some((usual, is_rare))
    }

    /// Sets the shift of each run: the median deviation of the steady parts, or zero if fewer than three are known.
    fn set_shifts(&mut self) {
        let steady: Vec<&Part<'_>> = self.parts.iter().filter(|part| part.is_steady()).collect();
        let shift_of = |times: &dyn Fn(&Part<'_>) -> Option<f64>| {
            common(steady.iter().filter_map(|part| times(part).map(|it| part.deviation(it))))
        };
        let runs = 0..self.past.len();
        let past_shifts = runs.map(|index| shift_of(&|part| part.past[index])).collect();
        let shift = shift_of(&|part| Some(part.now));
        (self.past_shifts, self.shift) = (past_shifts, shift);
    }

    fn findings(&self) -> Vec<Finding> {
        let mut found: Vec<Finding> = self.find_slower_machine().into_iter().collect();
        let mut told = BTreeSet::new();
        for (causes, parts) in self.by_causes() {
            let excess = parts.iter().map(|part| self.excess(part)).sum();
            let names: Vec<&str> = parts.iter().map(|part| part.name).collect();
            if self.matters(excess) {
                let texts: Vec<String> = causes.iter().map(|it| self.describe(*it)).collect();
                let text =
                    format!("{}: +{} in {}", texts.join(", and "), Elapsed(excess), listed(&names));
                let is_rows = matches!(causes.first(), Some(Cause::Rows(_)));
                let kind = if is_rows { Kind::Rows } else { Kind::Query };
                found.push(Finding { kind, excess, text });
                told.extend(causes);
            }
        }
        found.extend(self.without_time(&told));
        found.extend(self.unexplained());
        found.extend(self.trends());
        found
    }

    fn find_slower_machine(&self) -> Option<Finding> {
        // Only a slower machine is reported, so only one of the two tails counts.
        let is_rare = unusual(&self.past_shifts, self.shift) / 2.0 <= RARE;
        let usual: f64 = self.parts.iter().map(|part| part.usual).sum();
        let excess = usual * self.shift.exp_m1();
        if !is_rare || self.shift < LEAST_TIME.ln() || !self.matters(excess) {
            return None;
        }
        let text = format!(
            "assets with the usual rows and queries took {:.1} × their usual time (median): +{}{}",
            self.shift.exp(),
            Elapsed(excess),
            self.surroundings()
        );
        Some(Finding { kind: Kind::Machine, excess, text })
    }

    fn by_causes(&self) -> BTreeMap<BTreeSet<Cause<'a>>, Vec<&Part<'a>>> {
        let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for part in self.parts.iter().filter(|part| !part.causes.is_empty()) {
            if self.chance(part) <= EXPECTED && self.excess(part) > 0.0 {
                groups.entry(part.causes.clone()).or_default().push(part);
            }
        }
        for parts in groups.values_mut() {
            parts.sort_by(|one, other| self.excess(other).total_cmp(&self.excess(one)));
        }
        groups
    }

    /// Returns the findings of causes that are not in `told`, because their effect on the time is not reported.
    fn without_time(&self, told: &BTreeSet<Cause<'_>>) -> Vec<Finding> {
        let all: BTreeSet<Cause<'_>> = self.parts.iter().flat_map(|it| it.causes.clone()).collect();
        let rest: Vec<Cause<'_>> = all.into_iter().filter(|it| !told.contains(it)).collect();
        let rows = rest.iter().filter(|it| matches!(it, Cause::Rows(_)));
        let mut found: Vec<Finding> = rows
            .map(|cause| Finding { kind: Kind::Rows, excess: 0.0, text: self.describe(*cause) })
            .collect();
        let queries = rest.iter().filter_map(|it| match it {
            // A new query that takes no longer is reported only in the first run with it.
            Cause::Query(name) if self.changed.get(name) == Some(&self.run.number) => Some(*name),
            _ => None,
        });
        let queries: Vec<&str> = queries.collect();
        let text = match &queries[..] {
            [] => return found,
            [name] => self.describe(Cause::Query(name)),
            names => format!("the queries of {} changed", listed(names)),
        };
        found.push(Finding { kind: Kind::Query, excess: 0.0, text });
        found
    }

    fn unexplained(&self) -> Vec<Finding> {
        let parts = self.parts.iter().filter(|part| part.causes.is_empty()).filter(|part| {
            let excess = self.excess(part);
            let is_slower = part.deviation(part.now) - self.shift >= LEAST_TIME.ln();
            is_slower && self.matters(excess) && self.chance(part) * self.tests <= RARE
        });
        parts.map(|part| self.unexplained_part(part)).collect()
    }

    fn unexplained_part(&self, part: &Part<'_>) -> Finding {
        let took = format!("{}, usually {}", Elapsed(part.now), Elapsed(part.usual));
        let (kind, text) = match part.asset {
            _ if part.name == WAIT => (Kind::Wait, format!("waited for another run: {took}")),
            None => (Kind::Unknown, format!("the stage `{}` took {took}", part.name)),
            Some(asset) => {
                let with = match (self.rows.get(part.name), asset.rows()) {
                    (Some((usual, _)), Some(rows)) => {
                        format!("{} rows, usually {}", Thousands(rows), rounded(*usual))
                    }
                    _ if is_varying(&self.before(part.name)) => "the same rows".to_owned(),
                    _ => "the same rows and query".to_owned(),
                };
                let place = self.surroundings();
                let text = format!("`{}` took {took}, with {with}{place}", part.name);
                (Kind::Unknown, text)
            }
        };
        Finding { kind, excess: self.excess(part), text }
    }

    /// Returns the asset's record from each earlier run that built it.
    fn before(&self, name: &str) -> Vec<&'a Step> {
        self.built.iter().filter_map(|run| run.get(name).copied()).collect()
    }

    /// Returns by how many seconds the part exceeds its usual time on an equally fast machine.
    fn excess(&self, part: &Part<'_>) -> f64 {
        part.now - part.usual * self.shift.exp()
    }

    /// Whether additional seconds are a notable part of the usual time of the run, or of its own additional time.
    fn matters(&self, excess: f64) -> bool {
        let longer = self.run.seconds - self.usual;
        let is_of_longer = longer >= (LEAST_TIME - 1.0) * self.usual && excess >= longer / 4.0;
        excess >= LEAST_SECONDS && (excess >= LEAST_SHARE * self.usual || is_of_longer)
    }

    /// Returns the chance that the part's time is this far from the usual one (see [`unusual`]). The shift of
    /// each run is subtracted first.
    fn chance(&self, part: &Part<'_>) -> f64 {
        let runs = part.past.iter().zip(&self.past_shifts);
        let before: Vec<f64> =
            runs.filter_map(|(seconds, shift)| Some(part.deviation((*seconds)?) - shift)).collect();
        unusual(&before, part.deviation(part.now) - self.shift)
    }

    #[expect(clippy::cast_precision_loss, reason = "the factor has one decimal")]
    fn describe(&self, cause: Cause<'_>) -> String {
        let name = match cause {
            Cause::Query(name) => {
                let asset = self.run.asset(name);
                let is_source = asset.is_some_and(|it| it.inputs.is_empty());
                let what = if is_source { "definition" } else { "query" };
                let first = self.changed.get(name).filter(|first| **first < self.run.number);
                let when = first.map(|first| format!(" in run {first}")).unwrap_or_default();
                return format!("the {what} of `{name}` changed{when}");
            }
            Cause::Rows(name) => name,
        };
        let now = self.run.asset(name).and_then(Step::rows).unwrap_or_default();
        let (usual, _) = self.rows.get(name).copied().unwrap_or_default();
        let usually = rounded(usual);
        if now == 0 {
            return format!("`{name}` is empty, usually {usually} rows");
        }
        let factor = now as f64 / usual.max(1.0);
        let now = Thousands(now);
        format!("`{name}` has {factor:.1} × its usual rows ({now}, usually {usually})")
    }

    /// Returns a text that names both machines if all earlier runs had the same machine and this run had another one.
    fn surroundings(&self) -> String {
        let now = &self.run.machine;
        let usual = &self.past[0].machine;
        if now == usual || self.past.iter().any(|run| run.machine != *usual) {
            return String::new();
        }
        format!("; on {now}, usually {usual}")
    }
}

fn built(run: &Record) -> HashMap<&str, &Step> {
    let assets = run.assets.iter().filter(|asset| asset.is_built());
    assets.map(|asset| (&*asset.key, asset)).collect()
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

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of rows")]
fn rounded(rows: f64) -> Thousands {
    Thousands(rows.round() as u64)
}

#[cfg(test)]
mod tests;
