//! Changes of an asset's rows that no single night shows: growth over weeks, and a weekday without its usual rows.

use floe_trace::significance::median;
use jiff::civil::{Date, Weekday};

use super::{Comparison, Finding, Kind, LEAST_ROWS, rounded};
use crate::record::{Record, Step};
use crate::text::Thousands;

const WEEK: usize = 7;

/// The minimum factor of the rows of seven runs to those of the seven before. With 3 % a night, it is 1.23.
const LEAST_GROWTH: f64 = 1.15;

/// The minimum number of earlier runs on a weekday, and the minimum factor by which each differs from the usual rows.
const FEWEST_DAYS: usize = 3;
const LEAST_OF_DAY: f64 = 1.3;

const GREW: &str = "over 21 runs";

impl Comparison<'_> {
    /// Returns the trends of assets. Those that read an asset with a trend have it, too, and are not named.
    pub(super) fn trends(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        let mut names = Vec::new();
        for asset in self.run.assets.iter().filter(|asset| asset.is_built()) {
            let Some(text) = self.growth(asset).or_else(|| self.missing_rows(asset)) else {
                continue;
            };
            if !asset.inputs.iter().any(|input| names.contains(&&**input)) {
                found.push(Finding { kind: Kind::Rows, excess: 0.0, text });
            }
            names.push(&*asset.key);
        }
        found
    }

    /// Describes growth over three periods of seven runs. Because growth lasts, only one run in seven describes it.
    fn growth(&self, asset: &Step) -> Option<String> {
        let is_growth = |text: &String| text.ends_with(GREW);
        if self.past.iter().take(WEEK).any(|run| run.unusual.iter().any(is_growth)) {
            return None;
        }
        let rows: Vec<f64> = self.rows_before(asset).map(|(_, rows)| rows).collect();
        let weeks: Vec<f64> =
            rows.chunks_exact(WEEK).take(3).map(|week| median(week.iter().copied())).collect();
        let grows = |pair: &[f64]| pair[0] >= LEAST_GROWTH * pair[1].max(1.0);
        let now = asset.rows()?;
        (weeks.len() == 3 && weeks.windows(2).all(grows)).then(|| {
            let before = rounded(weeks[2]);
            format!("`{}` grew from {before} to {} rows {GREW}", asset.key, Thousands(now))
        })
    }

    /// Describes an asset with the rows of another weekday, on a weekday that usually has more or fewer.
    fn missing_rows(&self, asset: &Step) -> Option<String> {
        let today = weekday(self.run)?;
        let now = count(asset.rows()?);
        let all: Vec<(Option<Weekday>, f64)> = self.rows_before(asset).collect();
        let usual = median(all.iter().map(|(_, rows)| *rows));
        let same: Vec<f64> =
            all.iter().filter(|(day, _)| *day == Some(today)).map(|(_, rows)| *rows).collect();
        let expected = median(same.iter().copied());
        let factor = |rows: f64| (rows.ln_1p() - usual.ln_1p()) * (expected - usual).signum();
        let is_own = same.len() >= FEWEST_DAYS
            && factor(expected) >= LEAST_ROWS.ln()
            && same.iter().all(|rows| factor(*rows) >= LEAST_OF_DAY.ln());
        // A number of rows that is unusual for every weekday is another finding.
        let is_missing =
            factor(now) <= factor(expected) - LEAST_ROWS.ln() && factor(now) > -LEAST_ROWS.ln();
        (is_own && is_missing).then(|| {
            let now = rounded(now);
            let expected = rounded(expected);
            format!("`{}` has {now} rows, on a {today:?} usually {expected}", asset.key)
        })
    }

    /// Returns the rows of an asset in the earlier runs, with their weekdays, the newest first.
    fn rows_before(&self, asset: &Step) -> impl Iterator<Item = (Option<Weekday>, f64)> {
        let runs = self.past.iter().zip(&self.built);
        runs.filter_map(|(run, built)| Some((weekday(run), count(built.get(&*asset.key)?.rows()?))))
    }
}

#[expect(clippy::cast_precision_loss, reason = "only ratios are compared")]
fn count(rows: u64) -> f64 {
    rows as f64
}

fn weekday(run: &Record) -> Option<Weekday> {
    let date: Date = run.started_at.get(..10)?.parse().ok()?;
    Some(date.weekday())
}
