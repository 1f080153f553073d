//! Artifacts of other versions: those that can be understood are, the others are one clear error.

use floe::artifacts::{CompiledArtifacts, VERSION};
use floe_telemetry::Mode;

use crate::product::{Product, Said};

/// What version 0.1.0 wrote of the shop.
const OLD: &str = include_str!("fixtures/artifacts-0.1.0.json");

#[test]
fn artifacts_of_an_older_version_are_read_and_run() {
    let product = Product::shop();
    product.write("old.json", OLD);
    let path = product.path("old.json");
    let artifacts = CompiledArtifacts::read(&path).unwrap();
    assert_eq!(artifacts.version, "0.1.0");
    let telemetry = &artifacts.observability.telemetry;
    assert_eq!(telemetry.backend, "jaeger");
    assert_eq!(telemetry.otlp_endpoint, "http://otel-collector:4317");
    assert_eq!(telemetry.resource_attributes.floe_mode, Some(Mode::Prod));
    assert_eq!(artifacts.observability.lineage_transport, None);
    // The collector of the fixture is nowhere, so nothing is to be sent.
    let settings = [("OTEL_SDK_DISABLED", "true")];
    let said = product.floe("run", &["--artifacts", path.to_str().unwrap()], &settings);
    said.assert_ok();
    assert!(
        said.stdout.contains("3 built, 0 failed, 0 skipped"),
        "{}",
        said.stdout
    );
}

#[test]
fn a_newer_version_is_read_as_long_as_nothing_in_it_is_unknown() {
    let product = Product::shop();
    let newer = OLD.replace("\"0.1.0\"", "\"0.9.0\"");
    product.write("newer.json", &newer);
    CompiledArtifacts::read(&product.path("newer.json")).unwrap();
}

#[test]
fn what_cannot_be_understood_is_one_error() {
    let unknown = "\"lineage\": true,\n    \"sharding\": 4";
    for (from, to, error) in [
        (
            "\"0.1.0\"",
            "\"1.0.0\"",
            format!(": found version `1.0.0`, accepted: {VERSION} and older"),
        ),
        (
            "\"0.1.0\"",
            "\"one\"",
            format!(": found version `one`, accepted: {VERSION} and older"),
        ),
        (
            "\"lineage\": true",
            unknown,
            ":44: these are not compiled artifacts: unknown field `sharding`, expected one of `telemetry`, `lineage`, `lineage_namespace`, `lineage_endpoint`, `lineage_transport` at line 44 column 14".to_owned(),
        ),
        (
            "\"version\"",
            "\"vers\"",
            ":89: these are not compiled artifacts: missing field `version` at line 89 column 1".to_owned(),
        ),
    ] {
        assert!(OLD.contains(from));
        check(&OLD.replacen(from, to, 1), &error);
    }
    let newer = OLD
        .replace("\"0.1.0\"", "\"0.9.0\"")
        .replacen("\"lineage\": true", unknown, 1);
    check(
        &newer,
        &format!(
            ":44: version 0.9.0 has a key that this program, which writes {VERSION}, does not know: unknown field `sharding`, expected one of `telemetry`, `lineage`, `lineage_namespace`, `lineage_endpoint`, `lineage_transport` at line 44 column 14; compile the product again"
        ),
    );
}

#[test]
fn a_configuration_that_is_not_valid_is_not_run() {
    let said = run(&OLD.replace("http://otel-collector:4317", "otel-collector"));
    let error = "error: {dir}/artifacts.json: observability.telemetry: ";
    assert!(said.stderr.starts_with(error), "{}", said.stderr);
    assert!(said.stderr.contains("`otel-collector`"), "{}", said.stderr);
}

fn run(artifacts: &str) -> Said {
    let product = Product::shop();
    product.write("artifacts.json", artifacts);
    let path = product.path("artifacts.json");
    let said = product.floe("run", &["--artifacts", path.to_str().unwrap()], &[]);
    assert_eq!(said.code, Some(2));
    assert!(!product.path(".floe").exists());
    said
}

#[track_caller]
fn check(artifacts: &str, error: &str) {
    let said = run(artifacts);
    assert_eq!(
        said.stderr,
        format!("error: {{dir}}/artifacts.json{error}\n")
    );
}
