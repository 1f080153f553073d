//! The backend of the manifest is tried and installed from the command line.

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
fn a_backend_is_tried_without_sending_a_span() {
    let receiver = Receiver::grpc();
    let endpoint = receiver.endpoint();
    let product = shop(&endpoint);
    let files = product.files();
    let said = product.floe("backend", &["--check"], &[]);
    said.assert_ok();
    let tried = format!("jaeger: an empty OTLP/gRPC request to `{endpoint}`: accepted in ");
    assert!(said.stdout.starts_with(&tried), "{}", said.stdout);
    assert_eq!(receiver.requests().len(), 1);
    assert!(receiver.spans().is_empty());
    assert_eq!(product.files(), files);

    drop(receiver);
    let said = product.floe("backend", &["--check"], &[]);
    assert_eq!(said.code, Some(1));
    let tried = format!("error: telemetry: jaeger: an empty OTLP/gRPC request to `{endpoint}`: ");
    assert!(said.stderr.starts_with(&tried), "{}", said.stderr);
}

#[test]
fn its_charts_are_printed() {
    let said = shop("http://jaeger:4317").floe("backend", &[], &[]);
    said.assert_ok();
    let charts: Vec<_> = said
        .stdout
        .lines()
        .filter_map(|line| line.strip_prefix("# helm install … "))
        .collect();
    let collector = "open-telemetry/opentelemetry-collector";
    assert_eq!(charts, ["jaegertracing/jaeger", collector]);
    assert!(
        said.stdout.contains("endpoint: \"jaeger:4317\""),
        "{}",
        said.stdout
    );

    let said = Product::shop().floe("backend", &[], &[]);
    said.assert_ok();
    assert_eq!(said.stdout, "# console needs no chart\n");
}
