//! The data product of the demo, compiled and built from its seeds.

use std::fs;
use std::path::Path;
use std::time::Duration;

use floe::compile::Definition;
use floe::environment::Environment;
use floe::pipeline::{self, Origin, RunId};
use floe_telemetry::config::OtlpProtocol;
use floe_telemetry::{TelemetryConfig, TelemetryProvider};
use tempfile::TempDir;

use crate::checks::Checks;
use crate::cpu_time::of_process as cpu_time;
use crate::receiver::Receiver;
use crate::sink::Protocol;

const TIMEOUT: Duration = Duration::from_secs(30);

/// The demo in a folder, and the receiver of its telemetry.
pub(super) struct Pipeline {
    origin: Origin,
    receiver: Receiver,
    pub(super) spans: u64,
    pub(super) expected_spans: u64,
    /// Deleted when it is dropped.
    _folder: TempDir,
}

impl Pipeline {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the product");
        let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../platform/demo/customer-360");
        copy(&demo, folder.path());
        let definition = Definition::read(folder.path(), None, Some(Environment::Dev));
        let origin = Origin::from(definition.expect("a product"));
        let receiver = Receiver::start(Protocol::Http);
        Self { origin, receiver, spans: 0, expected_spans: 0, _folder: folder }
    }

    /// Telemetry as in a service: every span is sampled and exported over OTLP to a local collector.
    fn start(&self, enabled: bool) -> TelemetryProvider {
        let mut config = TelemetryConfig::new("gate");
        config.enabled = enabled;
        config.otlp_endpoint = Some(self.receiver.otlp.endpoint.clone());
        config.otlp_protocol = Some(OtlpProtocol::Http);
        let provider = TelemetryProvider::builder(config).initialize();
        provider.expect("the provider starts")
    }

    /// The CPU time of a run. The same code runs with the provider enabled and with `enabled: false`. A run is long
    /// enough to be preempted, so CPU time is compared instead of elapsed time: the sum over all threads, including
    /// the start of the provider and the delivery of all spans.
    pub(super) fn run(&mut self, with: bool, checks: &mut Checks) -> Duration {
        let before = cpu_time();
        let provider = self.start(with);
        let report =
            pipeline::run(&self.origin, &RunId::new()).expect("a product that can be built");
        provider.shutdown(TIMEOUT).expect("spans are delivered");
        let took = cpu_time().saturating_sub(before);
        let arrived = self.receiver.arrived().items;
        let collected = provider.statistics().collected;
        if with {
            // One span for the run and at least one for each of its steps.
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
        let (from, to) = (from.join(folder), to.join(folder));
        fs::create_dir_all(&to).expect("a folder");
        for entry in fs::read_dir(from).expect("the demo") {
            let path = entry.expect("an entry").path();
            if let Some(name) = path.file_name().filter(|_| path.is_file()) {
                fs::copy(&path, to.join(name)).expect("a copy");
            }
        }
    }
}
