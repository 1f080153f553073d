//! The other products of the demo: their results are compared with known values, and with values that are computed from
//! the CSV files without SQL.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use rusqlite::types::FromSql;

use crate::product::Product;

/// Returns the rows of a CSV file that contains no quotes, without the header.
fn rows(product: &Product, source: &str) -> Vec<Vec<String>> {
    let text = product.read(&format!("data/{source}.csv"));
    let fields = |line: &str| line.split(',').map(str::to_owned).collect();
    text.lines().skip(1).map(fields).collect()
}

fn number(text: &str) -> f64 {
    text.parse().unwrap()
}

fn value<T: FromSql>(database: &Connection, query: &str) -> T {
    database.query_row(query, (), |row| row.get(0)).unwrap()
}

#[test]
fn iot_telemetry_finds_the_door_the_fan_and_the_gateway() {
    let product = Product::demo("iot-telemetry");
    product.run().assert_ok();
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
    assert!(broken > 0 && hottest < 15.0, "{broken} {hottest}");

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

#[test]
fn financial_risk_values_positions_and_ranks_losses() {
    let product = Product::demo("financial-risk");
    product.run().assert_ok();
    let database = product.open(".floe/warehouse.db");

    // Prices in euros, by instrument and day.
    let mut rates = BTreeMap::new();
    for row in rows(&product, "exchange_rates") {
        rates.insert((row[0].clone(), row[1].clone()), number(&row[2]));
    }
    let instruments = rows(&product, "instruments");
    let currency = |id: &str| instruments.iter().find(|row| row[0] == id).unwrap()[3].clone();
    let mut prices: BTreeMap<String, BTreeMap<String, f64>> = BTreeMap::new();
    for row in rows(&product, "prices") {
        let rate = rates[&(currency(&row[0]), row[1].clone())];
        let by_day = prices.entry(row[0].clone()).or_default();
        by_day.insert(row[1].clone(), number(&row[2]) * rate);
    }
    // The gain that each desk would have had on each day.
    let mut profits: BTreeMap<String, BTreeMap<&str, f64>> = BTreeMap::new();
    for row in rows(&product, "positions") {
        let by_day: Vec<_> = prices[&row[1]].iter().collect();
        let value = number(&row[3]) * by_day.last().unwrap().1;
        let desk = profits.entry(row[0].clone()).or_default();
        for pair in by_day.windows(2) {
            *desk.entry(pair[1].0).or_default() += value * (pair[1].1 / pair[0].1 - 1.0);
        }
    }
    assert_eq!(profits.len(), 4);
    for (desk, by_day) in profits {
        let mut sorted: Vec<f64> = by_day.into_values().collect();
        sorted.sort_by(f64::total_cmp);
        // Five of the 519 days are worse than the value at risk.
        assert_eq!(sorted.len(), 519);
        let mean = sorted[..6].iter().sum::<f64>() / 6.0;
        let (risk, shortfall): (f64, f64) = database
            .query_row(
                "SELECT value_at_risk, expected_shortfall FROM value_at_risk WHERE desk = ?",
                [&desk],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .unwrap();
        // The tolerance allows for the values of positions, which are rounded to cents.
        assert!((risk + sorted[5]).abs() < 1.0, "{desk}: {risk} {}", sorted[5]);
        assert!((shortfall + mean).abs() < 1.0, "{desk}: {shortfall} {mean}");
    }
    let breaches: String =
        value(&database, "SELECT group_concat(desk || ' ' || measure) FROM limit_breaches");
    assert_eq!(breaches, "convertibles exposure,currencies exposure");
}
