//! Artifacts of other versions: compatible artifacts are read, and all others are one error.

use floe::artifacts::{CompiledArtifacts, VERSION};
use floe_telemetry::Mode;

use crate::product::Product;

/// The artifacts of the shop, as version 0.1.0 wrote them.
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
    assert_eq!(telemetry.otlp_endpoint.as_deref(), Some("http://otel-collector:4317"));
    assert_eq!(telemetry.resource_attributes.floe_mode, Some(Mode::Prod));
    assert_eq!(artifacts.observability.lineage_transport, None);
    assert_eq!((artifacts.sources.len(), artifacts.models.len()), (1, 2));
}

#[test]
fn a_newer_version_without_unknown_keys_is_read() {
    let product = Product::shop();
    let newer = OLD.replace("\"0.1.0\"", "\"0.9.0\"");
    product.write("newer.json", &newer);
    CompiledArtifacts::read(&product.path("newer.json")).unwrap();
}

#[test]
fn incompatible_artifacts_are_one_error_with_their_place() {
    let unknown = "\"lineage\": true,\n    \"sharding\": 4";
    for (from, to, error) in [
        (
            "\"0.1.0\"",
            "\"1.0.0\"",
            format!(": expected {VERSION} and older, found version `1.0.0`"),
        ),
        (
            "\"0.1.0\"",
            "\"one\"",
            format!(": expected {VERSION} and older, found version `one`"),
        ),
        (
            "\"lineage\": true",
            unknown,
            ":44: these are not compiled artifacts: unknown field `sharding`, expected one of `telemetry`, `lineage`, `lineage_namespace`, `lineage_endpoint`, `lineage_transport`, `trace_url` at line 44 column 14".to_owned(),
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
    let newer = OLD.replace("\"0.1.0\"", "\"0.9.0\"").replacen("\"lineage\": true", unknown, 1);
    check(
        &newer,
        &format!(
            ":44: found artifacts of version 0.9.0 with a key that this program (version {VERSION}) does not support: unknown field `sharding`, expected one of `telemetry`, `lineage`, `lineage_namespace`, `lineage_endpoint`, `lineage_transport`, `trace_url` at line 44 column 14; compile the product again"
        ),
    );
}

#[test]
fn artifacts_with_an_invalid_configuration_are_refused() {
    let error = read(&OLD.replace("http://otel-collector:4317", "otel-collector"));
    assert!(error.starts_with("{dir}/artifacts.json: observability.telemetry: "), "{error}");
    assert!(error.contains("`otel-collector`"), "{error}");
}

/// The error of these artifacts.
fn read(artifacts: &str) -> String {
    let product = Product::shop();
    product.write("artifacts.json", artifacts);
    let error = CompiledArtifacts::read(&product.path("artifacts.json")).unwrap_err().to_string();
    error.replace(product.path("").to_str().unwrap().trim_end_matches('/'), "{dir}")
}

#[track_caller]
fn check(artifacts: &str, error: &str) {
    assert_eq!(read(artifacts), format!("{{dir}}/artifacts.json{error}"));
}
