//! The metric `floe.errors`: each failure of a run is counted once, for the component in which it began.

use std::collections::BTreeMap;

use floe_tests::{MetricValue, Receiver, Value};

use crate::product::Product;
use crate::service::{Answer, Service};

const CHECKS: &str =
    "    checks: [{ row_count: 3 }, { not_null: ordered_on }, { unique: order_id }]\n";

/// Returns the number of errors of each component that a run of the shop exports, without components that have none.
fn errors(change: impl FnOnce(&Product)) -> BTreeMap<String, String> {
    let product = Product::shop();
    change(&product);
    let receiver = Receiver::http();
    let endpoint = receiver.endpoint();
    product.floe("run", &[], &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]);
    let mut errors = BTreeMap::new();
    for point in receiver.points() {
        if point.name != "floe.errors" {
            continue;
        }
        let (Value::String(component), MetricValue::Sum(count)) =
            (&point.attributes["component"], &point.value)
        else {
            panic!("{point:?}");
        };
        if *count > 0.0 {
            errors.insert(component.clone(), count.to_string());
        }
    }
    errors
}

/// Returns a change that adds plugins, and a secret that a run looks up in every store.
fn manifest(plugins: &str) -> impl FnOnce(&Product) {
    move |product| {
        product.append("floe.yaml", "secrets: [{ key: HOME }]");
        product.append("manifest.yaml", &format!("plugins:\n  {plugins}"));
    }
}

#[test]
fn each_failure_is_counted_once_for_its_component() {
    let refusing = Service::start(|_| Answer::text(403, "no"));
    let url = &refusing.url;
    let one = |component: &str| BTreeMap::from([(component.to_owned(), "1".to_owned())]);
    assert_eq!(errors(|_| {}), BTreeMap::new());
    for (plugins, component) in [
        (
            format!(
                "catalog: {{ type: polaris, uri: '{url}', client_id: '${{env:PATH}}', client_secret: '${{env:PATH}}' }}"
            ),
            "catalog",
        ),
        (
            format!(
                "identity: {{ type: keycloak, url: '{url}', realm: floe, client_id: floe, client_secret: '${{env:PATH}}' }}"
            ),
            "identity",
        ),
        (
            format!(
                "secrets: {{ type: infisical, url: '{url}', project: p, environment: dev, client_id: floe, client_secret: '${{env:PATH}}' }}"
            ),
            "secrets",
        ),
        ("orchestrator: { type: dagster, program: ./no-such }".to_owned(), "orchestrator"),
    ] {
        assert_eq!(errors(manifest(&plugins)), one(component), "{plugins}");
    }
    // The start and the end of the run are lost.
    let lineage = format!("lineage_backend: {{ type: marquez, url: '{url}', on_failure: fail }}");
    let both = BTreeMap::from([("lineage".to_owned(), "2".to_owned())]);
    assert_eq!(errors(manifest(&lineage)), both);
    let of_files =
        |file: &'static str, text: &'static str| errors(move |product| product.write(file, text));
    let query = "SELECT no_such FROM {{ ref('stg_orders') }}";
    assert_eq!(of_files("models/totals.sql", query), one("compute"));
    let reference = "SELECT 1 FROM {{ ref('nowhere') }}";
    assert_eq!(of_files("models/totals.sql", reference), one("compile"));
    let row = "order_id,ordered_on\nnone,2024-01-31\n";
    assert_eq!(of_files("data/orders.csv", row), one("ingestion"));

    let failing = |plugins: String| {
        errors(move |product| {
            let bronze = "    layer: bronze\n";
            product.replace("floe.yaml", bronze, &format!("{bronze}{CHECKS}"));
            product.append("manifest.yaml", &format!("plugins:\n{plugins}"));
        })
    };
    // Two of the three checks fail, and so do their two alerts. If the run fails, a third alert is lost.
    let alert = format!("  alert_channel: {{ type: alertmanager, url: '{url}' }}\n");
    let of = |alerts: &str| {
        let counts = [("alert", alerts), ("quality", "2")];
        BTreeMap::from(counts.map(|(key, count)| (key.to_owned(), count.to_owned())))
    };
    assert_eq!(failing(alert.clone()), of("3"));
    let goes_on = format!("{alert}  quality: {{ type: sql, on_failure: continue }}\n");
    assert_eq!(failing(goes_on), of("2"));
}
