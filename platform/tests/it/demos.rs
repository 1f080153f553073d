//! The product `iot-telemetry` of the demo: its trace, and the faults that its tables are known to show.

use std::collections::BTreeSet;

use floe_tests::{ReceivedStatus, Receiver};
use rusqlite::Connection;
use rusqlite::types::FromSql;

use crate::product::Product;

/// Returns the rows of a CSV file that contains no quotes, without the header.
fn rows(product: &Product, source: &str) -> Vec<Vec<String>> {
    let text = product.read(&format!("data/{source}.csv"));
    let fields = |line: &str| line.split(',').map(str::to_owned).collect();
    text.lines().skip(1).map(fields).collect()
}

/// Runs a product, and checks that its trace has a span for each of its assets, all with the identity of the product.
fn traced(demo: &str) -> Product {
    let receiver = Receiver::http();
    let product = Product::demo(demo);
    let endpoint = receiver.endpoint();
    product.floe("run", &[], &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]).assert_ok();
    let specification = product.read("floe.yaml");
    let names = specification.lines().filter_map(|line| line.strip_prefix("  - name: "));
    let expected: BTreeSet<_> = names.map(|name| format!("floe.asset.{name}")).collect();
    let spans = receiver.spans();
    let names = spans.iter().map(|span| span.name.clone());
    let found: BTreeSet<_> = names.filter(|name| name.starts_with("floe.asset.")).collect();
    assert_eq!(found, expected);
    assert_eq!(receiver.span("floe.pipeline.run").status, ReceivedStatus::Ok);
    for span in spans {
        assert_eq!(span.attributes["floe.product.name"], demo, "{}", span.name);
    }
    product
}

fn value<T: FromSql>(database: &Connection, query: &str) -> T {
    database.query_row(query, (), |row| row.get(0)).unwrap()
}

#[test]
fn iot_telemetry_finds_the_door_the_fan_and_the_gateway() {
    let product = traced("iot-telemetry");
    let database = product.open(".floe/warehouse.db");
    // The plugins of the product's manifest have stored this object.
    let object = product.read(".floe/lake/acme-stores/iot-telemetry/site_climate.csv");
    assert!(object.starts_with("site,kind,day,celsius,"), "{object}");

    let readings = rows(&product, "readings");
    let moments: BTreeSet<_> = readings.iter().map(|row| (&row[1], &row[2])).collect();
    assert!(moments.len() < readings.len(), "the readings contain no repeated message");
    let stored: u32 = value(&database, "SELECT count(*) FROM stg_readings");
    assert_eq!(stored as usize, moments.len());
    // Without the broken measurements, a cold store is never warmer than 15 degrees.
    let broken = readings.iter().filter(|row| row[3] == "999.9").count();
    let hottest: f64 =
        value(&database, "SELECT max(celsius) FROM stg_readings WHERE device_id <= 40");
    assert!(broken > 0, "{broken} {hottest}");
    assert!(hottest < 15.0, "{broken} {hottest}");

    let device: String = value(&database, "SELECT group_concat(DISTINCT device_id) FROM anomalies");
    assert_eq!(device, "17", "expected the sensor beside the fan");
    let site: String = value(
        &database,
        "SELECT group_concat(DISTINCT site || ' ' || day) FROM site_climate WHERE hours_outside > 0",
    );
    assert_eq!(site, "cold-store-5 2026-03-09", "expected the door");
    let gaps: String = value(
        &database,
        "SELECT group_concat(device_id) FROM (SELECT DISTINCT device_id FROM reading_gaps WHERE minutes > 600 ORDER BY 1)",
    );
    assert_eq!(gaps, "41,42,43,44,45", "expected the gateway");
}
