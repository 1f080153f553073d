//! Mixed load for minutes, while the receivers fail in changing ways: memory, threads and descriptors must not grow,
//! and every span must be counted at every moment.
//!
//! Two programs run, one for each protocol. The second half repeats the faults of the first half, so that the halves
//! can be compared.

mod faults;
mod load;
mod sample;
mod site;

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use floe_telemetry::config::OtlpProtocol;

pub(crate) use self::load::program;
pub(crate) use self::sample::Sample;
use self::sample::{check_accounts, check_flat};
use self::site::Site;
use crate::child::Child;
use crate::report::Report;

pub(crate) const NAME: &str = "soak";

/// The duration of a soak for which no number of seconds is given.
pub(crate) const DEFAULT: Duration = Duration::from_secs(30 * 60);

pub(crate) const QUICK: Duration = Duration::from_secs(120);

const SEED: u64 = 2026;

pub(crate) fn run(length: Duration) -> Result<Vec<(String, Result<String>)>> {
    let protocols = [("gRPC", OtlpProtocol::Grpc), ("HTTP", OtlpProtocol::Http)];
    let runs = protocols.map(|(name, protocol)| {
        let run = thread::spawn(move || soak(protocol, length));
        (name, run)
    });

    let mut results = Vec::new();
    for (name, run) in runs {
        let outcome = run.join().map_err(|_| anyhow::anyhow!("{name} panicked"))?;
        results.push((name.to_owned(), outcome.and_then(|outcome| outcome.check())));
    }

    Ok(results)
}

struct Outcome {
    samples: Vec<Sample>,
    report: Report,
    /// The number of distinct spans that receivers accepted.
    accepted: u64,
}

fn soak(protocol: OtlpProtocol, length: Duration) -> Result<Outcome> {
    let mut site = Site::new(protocol);
    // The limit includes time for the start and for the last exports.
    let limit = length + Duration::from_secs(120);
    let mut child = Child::start_within(limit, NAME, protocol, &site.endpoint())?;
    let start = Instant::now();
    let mut samples = Vec::new();
    for step in faults::timeline(length, SEED) {
        site.set(step.fault);
        let until = start + step.end;
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            thread::sleep(left.min(Duration::from_millis(200)));
            samples.extend(child.samples());
        }
    }

    site.set(None);
    child.proceed()?;
    let report = child.finish()?;
    Ok(Outcome { samples, report, accepted: site.accepted() })
}

impl Outcome {
    fn check(&self) -> Result<String> {
        let counters = self.report.counters;
        check_accounts(&self.samples)?;
        let flat = check_flat(&self.samples)?;
        ensure!(counters.pending == 0, "spans are pending at the end: {counters:?}");
        ensure!(
            self.report.created == counters.exported + counters.failed + counters.dropped,
            "{} spans were created, but the counters are {counters:?}",
            self.report.created
        );

        ensure!(
            counters.exported <= self.accepted,
            "{} spans were accepted, but more count as exported: {counters:?}",
            self.accepted
        );

        ensure!(
            counters.failed > 0 && counters.exported > self.report.created / 10,
            "expected failed spans, and more than a tenth exported: {counters:?}"
        );

        let last = self.samples.last().context("no samples")?;
        Ok(format!(
            "{} spans = {} exported + {} failed + {} dropped in {} s, {flat}",
            self.report.created, counters.exported, counters.failed, counters.dropped, last.second
        ))
    }
}
