//! Fails if telemetry adds five percent or more to the CPU time of a run of the demo. The CPU time is the sum over all
//! threads, with every span sampled and delivered over OTLP, and is compared with a run without telemetry. `--limit
//! PERCENT` sets another limit. `--quick` has no effect: the number of pairs of runs depends on the noise of the
//! machine.

use std::fs;
use std::path::Path;
use std::time::Duration;

use floe::compile::Definition;
use floe::pipeline::{self, RunId};
use floe_telemetry::Mode;
use floe_telemetry::config::OtlpProtocol;
use floe_telemetry::{TelemetryConfig, TelemetryProvider};
use tempfile::TempDir;

use crate::measure::{self, cpu_time};
use crate::receiver::Receiver;
use crate::report::Checks;
use crate::sink::Protocol;

/// The requirements set this limit, in percent.
const LIMIT: f64 = 5.0;

/// The minimum number of pairs. The interval of so few pairs contains all of them.
const LEAST: usize = 8;

/// The maximum number of pairs, after which the median decides.
const MOST: usize = 40;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Measured {
    /// The CPU time that telemetry adds to a run, in percent: the lower bound of the median's 95 % confidence interval,
    /// the median of all pairs, and the upper bound.
    added_percent: [f64; 3],
    pairs: usize,
    is_below: bool,
}

pub(crate) fn run(checks: &mut Checks) {
    let limit = measure::value("--limit").unwrap_or(LIMIT);
    let Measured { added_percent: [from, median, to], pairs, is_below } = gate(limit, checks);
    println!(
        "telemetry adds {median:.2} % of CPU time to a run of the demo (95 % confidence: {from:.2} to {to:.2}, {pairs} pairs), expected less than {limit} %"
    );

    if !is_below {
        checks.failed("telemetry adds too much");
    }
}

/// Measures pairs of runs of the demo, with all spans delivered and without telemetry. Ends when the confidence
/// interval of the added CPU time is on one side of `limit` percent, or after `MOST` pairs. The order within a pair
/// alternates, so that effects of other programs on caches and clock rates are the same for both runs.
fn gate(limit: f64, checks: &mut Checks) -> Measured {
    let mut demo = Pipeline::new();
    let mut percent = Vec::new();
    // The first pair fills the caches.
    for pair in 0_usize.. {
        let first = pair % 2 == 0;
        let took = [first, !first].map(|with| demo.run(with, checks).as_secs_f64());
        let [with, without] = if first { took } else { [took[1], took[0]] };
        if pair == 0 {
            continue;
        }

        percent.push((with / without - 1.0) * 100.0);
        if let Some(measured) = decide(&percent, limit) {
            checks.equal("demo pipeline, spans delivered", demo.spans, demo.expected_spans);
            return measured;
        }
    }

    unreachable!("`MOST` pairs give a result")
}

/// Returns the result, or `None` if more pairs are needed.
fn decide(percent: &[f64], limit: f64) -> Option<Measured> {
    let pairs = percent.len();
    let added_percent @ [from, median, to] = interval(percent.to_vec());
    let is_certain = to < limit || from >= limit;
    let is_decided = pairs >= MOST || pairs >= LEAST && is_certain;
    is_decided.then_some(Measured { added_percent, pairs, is_below: median < limit })
}

/// Returns the median between the bounds of its 95 % confidence interval. The interval is based on ranks, so it assumes
/// nothing about the distribution.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "ranks are small and not negative"
)]
fn interval(mut measured: Vec<f64>) -> [f64; 3] {
    measured.sort_by(f64::total_cmp);
    let last = measured.len() - 1;
    // The number of measurements below the true median is binomial with p = 1/2. 1.96 standard deviations of it are
    // 0.98 √n.
    let half_width = 0.98 * (measured.len() as f64).sqrt();
    let middle = last as f64 / 2.0;
    let ranks = [(middle - half_width).floor(), middle, (middle + half_width).ceil()];
    ranks.map(|rank| measured[(rank.max(0.0) as usize).min(last)])
}

const TIMEOUT: Duration = Duration::from_secs(30);

struct Pipeline {
    definition: Definition,
    receiver: Receiver,
    spans: u64,
    expected_spans: u64,
    /// The folder is deleted when this value is dropped.
    _folder: TempDir,
}

impl Pipeline {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the product");
        let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../platform/demo/customer-360");
        copy(&demo, folder.path());

        let read = Definition::read(folder.path(), None, Some(Mode::Dev));
        let definition = read.expect("a product");
        let receiver = Receiver::start(Protocol::Http, false);
        Self { definition, receiver, spans: 0, expected_spans: 0, _folder: folder }
    }

    /// Starts telemetry. If it is enabled, every span is sampled and exported over OTLP to a local receiver.
    fn start(&self, enabled: bool) -> TelemetryProvider {
        let mut config = TelemetryConfig::new("gate");
        config.enabled = enabled;
        config.otlp_endpoint = Some(self.receiver.otlp.endpoint.clone());
        config.otlp_protocol = Some(OtlpProtocol::Http);
        let provider = TelemetryProvider::builder(config).initialize();
        provider.expect("the provider starts")
    }

    /// Returns the CPU time of a run, for which the provider is enabled or disabled. CPU time is compared instead of
    /// elapsed time, because a run is so long that it may be preempted. It is the sum over all threads, including the
    /// start of the provider and the delivery of all spans.
    fn run(&mut self, with: bool, checks: &mut Checks) -> Duration {
        let before = cpu_time();
        let provider = self.start(with);
        let report =
            pipeline::run(&self.definition, &RunId::new()).expect("a product that can be built");
        provider.shutdown(TIMEOUT).expect("spans are delivered");
        let took = cpu_time().saturating_sub(before);
        let arrived = self.receiver.arrived().items;
        let collected = provider.statistics().collected;
        if with {
            // A run has one span, and each of its steps has at least one.
            let least = report.steps().len() as u64 + 1;
            checks.at_least("demo pipeline, spans of a run", collected, least);
        } else {
            checks.equal("demo pipeline, spans while disabled", arrived - self.spans, 0);
        }

        self.expected_spans += collected;
        self.spans = arrived;
        took
    }
}

/// Copies the sources of the product, without the files that a run generates.
fn copy(from: &Path, to: &Path) {
    for folder in ["", "models", "seeds"] {
        let from = from.join(folder);
        let to = to.join(folder);
        fs::create_dir_all(&to).expect("a folder");
        for entry in fs::read_dir(from).expect("the demo") {
            let path = entry.expect("an entry").path();
            if let Some(name) = path.file_name().filter(|_| path.is_file()) {
                fs::copy(&path, to.join(name)).expect("a copy");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(measure: impl Fn(usize) -> f64) -> Measured {
        let mut percent = Vec::new();
        loop {
            percent.push(measure(percent.len()));
            if let Some(measured) = decide(&percent, 5.0) {
                return measured;
            }
        }
    }

    #[test]
    fn the_median_of_many_pairs_decides_near_the_limit() {
        let near =
            |middle: f64| decided(move |pair| middle + if pair % 2 == 0 { -9.0 } else { 9.0 });
        let undecided = near(5.0);
        assert_eq!(undecided.pairs, MOST);
        assert!(!decided(|_| 5.0).is_below);
    }
}
