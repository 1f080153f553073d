//! The largest demo: its marts agree with each other and with the CSV files.

use std::collections::{HashMap, HashSet};

use rusqlite::Connection;

use crate::product::Product;

fn rows(product: &Product, name: &str) -> Vec<HashMap<String, String>> {
    let mut reader = csv::Reader::from_path(product.path(&format!("data/{name}.csv"))).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

/// Returns the revenue in cents: the items of the completed orders after their discount.
fn revenue(product: &Product) -> i64 {
    let orders = rows(product, "orders");
    let completed = orders.iter().filter(|order| order["status"] == "completed");
    let completed: HashSet<&str> = completed.map(|order| &*order["order_id"]).collect();
    let items = rows(product, "order_items");
    let items = items.iter().filter(|item| completed.contains(&*item["order_id"]));
    let value = |item: &HashMap<String, String>| {
        let number = |column: &str| item[column].parse::<i64>().unwrap();
        let full = number("quantity") * number("unit_price_cents");
        full * (100 - number("discount_percent")) / 100
    };
    items.map(value).sum()
}

/// Returns all values of all tables, in the order in which they are stored.
fn dump(database: &Connection) -> Vec<String> {
    let mut names = database.prepare("SELECT name FROM sqlite_master ORDER BY name").unwrap();
    let names = names.query_map((), |row| row.get::<_, String>(0)).unwrap();
    let mut all = Vec::new();
    for name in names.map(Result::unwrap) {
        let mut rows = database.prepare(&format!("SELECT * FROM \"{name}\"")).unwrap();
        let columns = rows.column_count();
        let mut rows = rows.query(()).unwrap();
        while let Some(row) = rows.next().unwrap() {
            all.extend((0..columns).map(|column| format!("{:?}", row.get_ref(column).unwrap())));
        }
    }
    all
}

#[test]
fn the_marts_agree_with_each_other_and_with_the_files() {
    let product = Product::demo("customer-360");
    product.run().assert_ok();
    let database = product.open(".floe/warehouse.db");
    let files = ["customers", "orders", "order_items", "payments", "events"];
    let counts = files.map(|name| rows(&product, name).len());
    assert_eq!(counts, [5_000, 25_000, 60_000, 26_005, 59_951]);
    let revenue = revenue(&product);
    for (query, expected) in [
        ("SELECT sum(revenue_cents) FROM revenue_by_month", revenue),
        ("SELECT sum(revenue_cents) FROM customer_360", revenue),
        ("SELECT sum(revenue_cents) FROM churn_risk", revenue),
        ("SELECT sum(orders) FROM revenue_by_month", 25_000),
        ("SELECT sum(orders) FROM customer_360", 25_000),
        ("SELECT count(*) FROM customer_360", 5_000),
        ("SELECT count(DISTINCT segment) FROM customer_360", 4),
        ("SELECT sum(attempts) FROM payment_mix", 26_005),
        ("SELECT sum(visits) - (SELECT count(*) FROM web_sessions) FROM conversion_funnel", 0),
        (
            "SELECT sum(size) FROM (SELECT max(cohort_size) AS size FROM cohort_retention GROUP BY cohort)",
            5_000,
        ),
        ("SELECT count(*) FROM product_affinity WHERE orders_together < 20", 0),
    ] {
        let found: i64 = database.query_row(query, (), |row| row.get(0)).unwrap();
        assert_eq!(found, expected, "{query}");
    }

    // A second run builds the same tables from the same files.
    let first = dump(&database);
    drop(database);
    product.run().assert_ok();
    assert!(
        dump(&product.open(".floe/warehouse.db")) == first,
        "a second run built different tables"
    );
    assert!(!product.files().iter().any(|path| path.contains(".floe-")));
}
