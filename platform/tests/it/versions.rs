//! For artifacts that this program cannot use, it prints exactly one error.

use floe::artifacts::{CompiledArtifacts, VERSION};

use crate::product::Product;

#[test]
fn artifacts_of_another_form_are_one_error_with_their_place() {
    let product = Product::shop();
    product.append("manifest.yaml", "plugins: { telemetry_backend: { type: jaeger } }");
    product.floe("compile", &[], &[("OTEL_SDK_DISABLED", "true")]).assert_ok();
    let compiled = product.read(".floe/compiled_artifacts.json");
    for (from, to, error) in [
        (
            VERSION,
            "0.1.0",
            format!(": expected artifacts of version {VERSION}, found `0.1.0`; compile the product again"),
        ),
        (
            "\"lineage\": true",
            "\"sharding\": 4",
            ": these are not compiled artifacts: unknown field `sharding`, expected one of `telemetry`, `lineage`, ".to_owned(),
        ),
        ("\"version\"", "\"vers\"", ": these are not compiled artifacts: missing field `version` at ".to_owned()),
        (
            "SELECT",
            "SELECT '<REDACTED>', ",
            ": a credential in `stg_orders` was redacted from the artifacts, so they ".to_owned(),
        ),
        ("\"jaeger\"", "\"abacus\"", ": observability.telemetry: backend: unknown backend `abacus`, ".to_owned()),
    ] {
        assert!(compiled.contains(from), "{from}");
        product.write("artifacts.json", &compiled.replacen(from, to, 1));
        let path = product.path("artifacts.json");
        let found = CompiledArtifacts::read(&path).unwrap_err().to_string();
        let (place, message) = found.split_once(": ").unwrap();
        assert!(place.starts_with(path.to_str().unwrap()), "{found}");
        assert!(format!(": {message}").starts_with(&error), "{found}");
    }
}
