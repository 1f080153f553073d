//! The demo: its marts are compared with results that are computed from the CSV files without SQL.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use rusqlite::Connection;

use crate::marts;
use crate::product::Product;
use crate::shop::{Shop, number};

/// The rows of a table: the text of the first column and the integers of the others.
fn table(database: &Connection, query: &str) -> BTreeMap<String, Vec<i64>> {
    let mut statement = database.prepare(query).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map((), |row| {
        let numbers: Result<Vec<i64>, _> = (1..columns).map(|column| row.get(column)).collect();
        Ok((row.get::<_, String>(0)?, numbers?))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

#[test]
fn the_marts_agree_with_the_files() {
    let product = Product::demo("customer-360");
    product.run().assert_ok();
    let database = product.open(".floe/warehouse.db");
    let shop = Shop::read(&product);
    check_generated_data(&shop);
    revenue_by_month(&shop, &database);
    customer_360(&shop, &database);
    payment_mix(&shop, &database);
    conversion_funnel(&shop, &database);
    marts::cohort_retention(&shop, &database);
    marts::churn_risk(&shop, &database);
    marts::product_affinity(&shop, &database);

    // A second run from the same files.
    let first = dump(&database);
    drop(database);
    product.run().assert_ok();
    assert!(
        dump(&product.open(".floe/warehouse.db")) == first,
        "a second run built different tables"
    );
}

fn check_generated_data(shop: &Shop) {
    let Shop { customers, orders, order_items, payments, events } = shop;
    let rows = [customers, orders, order_items, payments, events].map(Vec::len);
    assert_eq!(rows, [5_000, 25_000, 60_000, 26_005, 59_951]);
    assert!(customers.iter().any(|customer| customer["email"].is_empty()));
    let statuses: BTreeSet<&str> =
        payments.iter().map(|payment| payment["status"].as_str()).collect();
    assert_eq!(statuses, ["failed", "pending", "refunded", "succeeded"].into());
    let signed_up: HashMap<&str, &str> = customers
        .iter()
        .map(|customer| (customer["customer_id"].as_str(), customer["signed_up_on"].as_str()))
        .collect();
    let early = |order: &&HashMap<String, String>| {
        order["ordered_on"].as_str() < signed_up[order["customer_id"].as_str()]
    };
    assert_eq!(orders.iter().filter(early).count(), 0, "orders before the sign-up");
}

fn revenue_by_month(shop: &Shop, database: &Connection) {
    let values = shop.values();
    // Orders, completed ones, revenue, returned.
    let mut months: BTreeMap<String, ([i64; 4], HashSet<&str>)> = BTreeMap::new();
    for order in &shop.orders {
        let (sums, customers) = months.entry(order["ordered_on"][..7].to_owned()).or_default();
        let value = values[order["order_id"].as_str()];
        sums[0] += 1;
        match order["status"].as_str() {
            "completed" => {
                sums[1] += 1;
                sums[2] += value;
            }
            "returned" => sums[3] += value,
            _ => {}
        }
        customers.insert(&order["customer_id"]);
    }
    let expected: BTreeMap<String, Vec<i64>> = months
        .into_iter()
        .map(|(month, ([orders, completed, revenue, returned], customers))| {
            let customers = i64::try_from(customers.len()).unwrap();
            (month, vec![orders, customers, revenue, returned, revenue / completed.max(1)])
        })
        .collect();
    assert_eq!(table(database, "SELECT * FROM revenue_by_month"), expected);
}

fn customer_360(shop: &Shop, database: &Connection) {
    let values = shop.values();
    // Orders, completed, returned, revenue, visits.
    let mut expected: BTreeMap<String, Vec<i64>> = shop
        .customers
        .iter()
        .map(|customer| (customer["customer_id"].clone(), vec![0; 5]))
        .collect();
    for order in &shop.orders {
        let sums = expected.get_mut(&order["customer_id"]).unwrap();
        sums[0] += 1;
        match order["status"].as_str() {
            "completed" => {
                sums[1] += 1;
                sums[3] += values[order["order_id"].as_str()];
            }
            "returned" => sums[2] += 1,
            _ => {}
        }
    }
    let visits: HashSet<(&str, &str)> = shop
        .events
        .iter()
        .map(|event| (event["customer_id"].as_str(), event["session_id"].as_str()))
        .collect();
    for (customer, _) in visits.iter().filter(|(customer, _)| !customer.is_empty()) {
        expected.get_mut(*customer).unwrap()[4] += 1;
    }
    let found = table(
        database,
        "SELECT CAST(customer_id AS TEXT), orders, completed_orders, returned_orders, revenue_cents, visits
         FROM customer_360",
    );
    assert_eq!(found, expected);

    let mut segments: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for sums in expected.values() {
        let segment = match (sums[1], sums[3]) {
            (0, _) => "prospect",
            (_, 200_000..) => "vip",
            (3.., _) => "regular",
            _ => "occasional",
        };
        segments.entry(segment.to_owned()).or_insert_with(|| vec![0])[0] += 1;
    }
    assert_eq!(
        table(database, "SELECT segment, count(*) FROM customer_360 GROUP BY segment"),
        segments
    );
}

fn payment_mix(shop: &Shop, database: &Connection) {
    // Attempts, failed, refunded, paid.
    let mut methods: BTreeMap<String, [i64; 4]> = BTreeMap::new();
    for payment in &shop.payments {
        let sums = methods.entry(payment["method"].clone()).or_default();
        sums[0] += 1;
        match payment["status"].as_str() {
            "failed" => sums[1] += 1,
            "refunded" => sums[2] += 1,
            "succeeded" => sums[3] += number(payment, "amount_cents"),
            _ => {}
        }
    }
    let all: i64 = methods.values().map(|sums| sums[3]).sum();
    let expected: BTreeMap<String, Vec<i64>> = methods
        .into_iter()
        .map(|(method, [attempts, failed, refunded, paid])| {
            let shares = [failed * 10_000 / attempts, paid * 10_000 / all];
            (method, [&[attempts, failed, refunded, paid][..], &shares].concat())
        })
        .collect();
    assert_eq!(table(database, "SELECT * FROM payment_mix"), expected);
}

fn conversion_funnel(shop: &Shop, database: &Connection) {
    const STEPS: [&str; 5] = ["page_view", "product_view", "add_to_cart", "checkout", "purchase"];
    let mut expected: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for event in &shop.events {
        let step = STEPS.iter().position(|step| *step == event["event_type"]).unwrap();
        // Each visit has each step at most once.
        expected.entry(event["device"].clone()).or_insert_with(|| vec![0; 5])[step] += 1;
    }
    for counts in expected.values_mut() {
        counts.push(counts[4] * 10_000 / counts[0]);
    }
    assert_eq!(table(database, "SELECT * FROM conversion_funnel"), expected);
}

/// All values of all tables, in the order in which they are stored.
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
