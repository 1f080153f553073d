//! `floe backend`: the connection check of the manifest's backend.

use floe_tests::Receiver;

use crate::product::Product;

fn shop(endpoint: &str) -> Product {
    let product = Product::shop();
    product.append(
        "manifest.yaml",
        &format!(
            "observability: {{ tracing: {{ endpoint: '{endpoint}' }} }}\nplugins: {{ telemetry_backend: {{ type: jaeger }} }}"
        ),
    );
    product
}

#[test]
fn the_connection_check_sends_no_span() {
    let receiver = Receiver::http();
    let endpoint = receiver.endpoint();
    let product = shop(&endpoint);
    let files = product.files();
    let output = product.floe("backend", &[], &[]);
    output.assert_ok();
    let expected = format!("jaeger: an empty OTLP/HTTP request to `{endpoint}`: accepted in ");
    assert!(output.stdout.starts_with(&expected), "{}", output.stdout);
    assert_eq!(receiver.requests().len(), 1);
    assert!(receiver.spans().is_empty());
    assert_eq!(product.files(), files);

    let _port = receiver.stop();
    let output = product.floe("backend", &[], &[]);
    output.assert_code(1);
    let expected =
        format!("error: telemetry: jaeger: an empty OTLP/HTTP request to `{endpoint}`: ");
    assert!(output.stderr.starts_with(&expected), "{}", output.stderr);
}
