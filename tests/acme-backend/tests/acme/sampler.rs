//! The configuration selects a sampler of another crate by its name.

use std::time::Duration;
use std::{env, fs, process};

use floe_telemetry::config::Sampler;
use floe_telemetry::{TelemetryConfig, TelemetryProvider, traced};
use floe_tests_acme_backend::ARCHIVE;

#[traced(name = "orders.load")]
fn load() {
    check();
}

#[traced(name = "health.check")]
fn check() {}

/// The names of the exported spans, and whether the sampler has set its attribute.
fn exported(config: TelemetryConfig) -> Vec<(String, bool)> {
    let before = ARCHIVE.spans().len();
    let telemetry = TelemetryProvider::builder(config).initialize().unwrap();
    load();
    check();
    telemetry.shutdown(Duration::from_secs(5)).unwrap();
    let spans = ARCHIVE.spans();
    let spans = spans[before..].iter().map(|span| {
        let mut keys = span.attributes.iter().map(|attribute| attribute.key.as_str());
        (span.name.to_string(), keys.any(|key| key == "acme.sampled_by"))
    });
    spans.collect()
}

fn file(sampler: &str) -> Result<TelemetryConfig, floe_telemetry::Error> {
    let path = env::temp_dir().join(format!("acme-{}.yaml", process::id()));
    let text = format!(
        "
file_format: '1.0'
tracer_provider:
  processors: [{{batch: {{exporter: {{acme_archive: }}}}}}, {{batch: {{exporter: {{zipkin: }}}}}}]
  sampler: {sampler}
"
    );
    fs::write(&path, text).unwrap();
    let config = TelemetryConfig::from_config_file(&path);
    fs::remove_file(&path).unwrap();
    config
}

#[test]
fn a_sampler_of_another_crate_is_chosen_by_its_name() {
    floe_tests::alone!();
    let yaml = "
resource_attributes: { service_name: orders }
exporters: { traces: [acme_archive] }
sampling: { sampler: acme_orders }
";
    let named = TelemetryConfig::from_yaml(yaml).unwrap();
    assert_eq!(named.sampling.sampler.map(Sampler::as_str), Some("acme_orders"));
    let orders = ("orders.load".to_owned(), true);
    assert_eq!(exported(named).as_slice(), std::slice::from_ref(&orders));

    // In OpenTelemetry's file. Its other exporter is another program's.
    for own in ["{acme_orders: {ignored: 1}}", "{parent_based: {root: {acme_orders: }}}"] {
        let exported = exported(file(own).unwrap());
        assert_eq!(exported.as_slice(), std::slice::from_ref(&orders), "{own}");
    }
    // For a sampler that the program does not have, or that is misspelled, the default samples all.
    let all = ["health.check", "orders.load", "health.check"].map(|name| (name.to_owned(), false));
    for unknown in ["{jaeger_remote/development: {endpoint: a}}", "{alway_on: }"] {
        assert_eq!(exported(file(unknown).unwrap()), all, "{unknown}");
    }
    let mut lacking = file("{always_on: }").unwrap();
    lacking.exporters.traces = Some(Vec::new());
    assert_eq!(exported(lacking), []);
}
