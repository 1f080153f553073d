//! The demonstration's data product, compiled and built from its seeds.

use std::fs;
use std::path::Path;

use floe::environment::Environment;
use floe::identity::Identity;
use floe::pipeline::{self, RunId};

use super::{Row, TIMEOUT, Telemetry, pairs};
use crate::cpu_time::of_process as cpu_time;

/// The provider is on, or its configuration says `enabled: false`; the code is the same. A run is
/// long enough for others to come in between, so it is the time of the processors that is compared:
/// of all threads, with starting the telemetry and delivering everything.
pub(super) fn row() -> Row {
    let folder = tempfile::tempdir().expect("a folder for the product");
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../demo/customer-360");
    copy(&demo, folder.path());
    let identity = Identity::read(folder.path(), None, Some(Environment::Dev));
    let (identity, _) = identity.expect("a product");
    let mut telemetry = Telemetry::new();
    let mut row = pairs("demo pipeline, CPU time", 40, 1, |with| {
        let before = cpu_time();
        let provider = telemetry.start(with);
        pipeline::run(&identity, &RunId::new()).expect("a product that can be built");
        provider.shutdown(TIMEOUT).expect("spans are delivered");
        cpu_time().saturating_sub(before)
    });
    row.spans = telemetry.receiver.arrived().spans;
    row
}

/// What the product is made of, without what was made from it.
fn copy(from: &Path, to: &Path) {
    for folder in ["", "models", "seeds"] {
        let (from, to) = (from.join(folder), to.join(folder));
        fs::create_dir_all(&to).expect("a folder");
        for entry in fs::read_dir(from).expect("the demonstration") {
            let path = entry.expect("an entry").path();
            if let Some(name) = path.file_name().filter(|_| path.is_file()) {
                fs::copy(&path, to.join(name)).expect("a copy");
            }
        }
    }
}
