//! A run uses several services that only the manifest selects, and all their spans are in one trace.

use std::collections::BTreeSet;

use serde_json::json;

use crate::product::Product;
use crate::service::{Answer, Received, Service};

/// The credentials of the services. Only requests may contain them.
const CREDENTIALS: [&str; 2] = ["c4n4ryInfisical", "c4n4ryPolaris"];

/// Answers a request of a run as Infisical, Polaris, Marquez or Alertmanager would.
fn answer(request: &Received) -> Answer {
    let path = request.path.split('?').next().unwrap();
    let body = match (request.method.as_str(), path) {
        ("POST", "/api/v1/auth/universal-auth/login") => {
            assert_eq!(request.json()["clientSecret"], CREDENTIALS[0]);
            json!({ "accessToken": "c4n4ryToken", "expiresIn": 3600 })
        }
        ("GET", "/api/v4/secrets/polaris") => {
            json!({ "secret": { "secretKey": "polaris", "secretValue": CREDENTIALS[1] } })
        }
        ("POST", "/polaris/v1/oauth/tokens") => {
            json!({ "access_token": "c4n4ryToken", "token_type": "bearer", "expires_in": 3600 })
        }
        ("GET", "/polaris/v1/config") => json!({ "defaults": {}, "overrides": {} }),
        (
            "POST",
            "/polaris/v1/namespaces"
            | "/polaris/polaris/v1/namespaces/retail/generic-tables"
            | "/api/v1/lineage"
            | "/api/v2/alerts",
        ) => json!({}),
        _ => return Answer::text(404, "there is no such path"),
    };
    Answer::json(200, &body)
}

/// Returns the shop with a check that fails, and with every service at `url`.
fn shop(url: &str) -> Product {
    let product = Product::shop();
    product.replace(
        "floe.yaml",
        "    layer: bronze\n",
        "    layer: bronze\n    checks: [{ row_count: 3 }]\n",
    );
    product.write(
        "models/totals.sql",
        "SELECT count(*) AS orders, 0.5 AS share, min(ordered_on) AS first FROM {{ ref('stg_orders') }}\n",
    );
    let manifest = format!(
        "\
plugins:
  secrets: {{ type: infisical, url: '{url}', project: p, environment: prod, client_id: floe, client_secret: '${{env:INFISICAL}}' }}
  storage: {{ type: local }}
  catalog: {{ type: polaris, uri: '{url}/polaris', client_id: '${{env:KEY}}', client_secret: '${{secret:infisical/polaris}}' }}
  lineage_backend: {{ type: marquez, url: '{url}' }}
  quality: {{ type: sql, on_failure: continue }}
  alert_channel: {{ type: alertmanager, url: '{url}' }}"
    );
    product.append("manifest.yaml", &manifest);
    product
}

fn assert_requests(received: &[Received], product: &Product) {
    let of = |path: &str| {
        let found = received.iter().filter(|it| it.path.starts_with(path));
        found.collect::<Vec<_>>()
    };
    // Two events of the run, and two of each of its three assets.
    assert_eq!(of("/api/v1/lineage").len(), 8);
    let stored = ".floe/objects/retail/shop/totals.csv";
    assert_eq!(product.read(stored), "orders,share,first\n2,0.5,2024-01-31\n");
    let alert = of("/api/v2/alerts")[0].json();
    assert_eq!(alert[0]["labels"]["alertname"], "FloeQualityCheckFailed");
    let table = of("/polaris/polaris/v1/namespaces/retail/generic-tables")[0].json();
    let location = format!("file://{}", product.path(stored).display());
    assert_eq!(
        table,
        json!({ "name": "totals", "format": "csv", "base-location": location, "properties": { "header": "true" } })
    );
}

fn assert_context(received: &[Received], trace: &str) {
    let traces: BTreeSet<&str> =
        received.iter().map(|request| &request.header("traceparent").unwrap()[3..35]).collect();
    assert_eq!(traces, BTreeSet::from([trace]));
    for request in received {
        let mut baggage: Vec<&str> = request.header("baggage").unwrap().split(',').collect();
        baggage.sort_unstable();
        let expected = [
            "floe.mode=dev",
            "floe.namespace=retail",
            "floe.product.name=shop",
            "floe.product.version=1.0.0",
        ];
        assert_eq!(baggage, expected, "{}", request.path);
    }
}

#[test]
fn a_run_talks_to_the_services_of_the_manifest_in_its_trace() {
    let service = Service::start(answer);
    let product = shop(&service.url);
    let variables = [("INFISICAL", CREDENTIALS[0]), ("KEY", "floe")];
    let output = product.floe("run", &["--trace", "full"], &variables);
    let warning = "warning: the quality plugin `sql`: the check `row_count` of `stg_orders` failed: found 2 rows, expected at least 3\n";
    assert_eq!((output.code, &*output.complaints()), (Some(0), warning));

    let received = service.received();
    assert_requests(&received, &product);
    let trace = &output.stdout.split_once("trace ").unwrap().1[..32];
    assert_context(&received, trace);
    for span in [
        "secrets.get_secret",
        "storage.put_object",
        "catalog.create_namespace",
        "catalog.create_table",
        "lineage.emit_event",
        "alert.send_alert",
    ] {
        assert!(output.stdout.contains(&format!("✓ {span}")), "{span}: {}", output.stdout);
    }
    let files = product
        .files()
        .into_iter()
        .filter(|file| file.starts_with(".floe/"))
        .map(|file| std::fs::read(product.path(&file)).unwrap());
    let all: Vec<u8> = files.chain([output.stdout.into_bytes()]).flatten().collect();
    assert!(!String::from_utf8_lossy(&all).contains("c4n4ry"));
}

#[test]
fn a_catalog_that_is_away_fails_the_run_and_keeps_the_warehouse() {
    let service = Service::start(|request| match answer(request) {
        _ if request.path.ends_with("/generic-tables") => Answer::text(500, "c4n4ryToken was here"),
        answer => answer,
    });
    let product = Product::shop();
    product.run().assert_ok();
    let before = std::fs::read(product.path(".floe/warehouse.db")).unwrap();
    let manifest = format!(
        "plugins: {{ catalog: {{ type: polaris, uri: '{}/polaris', client_id: '${{env:KEY}}', client_secret: '${{env:KEY}}' }} }}",
        service.url
    );
    product.append("manifest.yaml", &manifest);
    product.append("data/orders.csv", "3,2024-02-01");
    let output = product.floe("run", &[], &[("KEY", "floe")]);
    output.assert_code(1);
    let error = format!(
        "error: the catalog plugin `polaris`: POST {}: 500 Internal Server Error: <REDACTED> was here\n",
        service.url
    );
    assert_eq!(output.complaints(), error);
    assert_eq!(std::fs::read(product.path(".floe/warehouse.db")).unwrap(), before);
    let results = product.json(".floe/run_results.json");
    assert_eq!(results["status"], "failed");
}
