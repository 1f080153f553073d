//! The marts with window functions and self-joins, compared with results that are computed from the CSV
//! files without SQL.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::Connection;

use crate::shop::Shop;

type Mart = BTreeMap<String, Vec<i64>>;

/// The rows of a table: the texts of the first columns and the integers of the others.
fn rows(database: &Connection, query: &str, texts: usize) -> Mart {
    let mut statement = database.prepare(query).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map((), |row| {
        let key: Result<Vec<String>, _> = (0..texts).map(|column| row.get(column)).collect();
        let numbers: Result<Vec<i64>, _> = (texts..columns).map(|column| row.get(column)).collect();
        Ok((key?.join(" "), numbers?))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// The number of quarters since the year 0.
fn quarter(date: &str) -> i64 {
    let (year, month) = (&date[..4], &date[5..7]);
    year.parse::<i64>().unwrap() * 4 + (month.parse::<i64>().unwrap() - 1) / 3
}

/// The number of days since a fixed day of the Gregorian calendar, with years that start in March.
fn day(date: &str) -> i64 {
    let number = |part: &str| part.parse::<i64>().unwrap();
    let (year, month) = (number(&date[..4]), number(&date[5..7]));
    let year = if month < 3 { year - 1 } else { year };
    let months_since_march = (month + 9) % 12;
    let leap_days = year / 4 - year / 100 + year / 400;
    year * 365 + leap_days + (months_since_march * 153 + 2) / 5 + number(&date[8..])
}

pub(crate) fn cohort_retention(shop: &Shop, database: &Connection) {
    let mut sizes: HashMap<i64, i64> = HashMap::new();
    let mut signed_up: HashMap<&str, i64> = HashMap::new();
    for customer in &shop.customers {
        let cohort = quarter(&customer["signed_up_on"]);
        *sizes.entry(cohort).or_default() += 1;
        signed_up.insert(&customer["customer_id"], cohort);
    }
    let completed = |order: &&HashMap<String, String>| order["status"] == "completed";
    let bought: BTreeSet<(&str, i64)> = shop
        .orders
        .iter()
        .filter(completed)
        .map(|order| (order["customer_id"].as_str(), quarter(&order["ordered_on"])))
        .collect();
    let mut buyers: BTreeMap<(i64, i64), i64> = BTreeMap::new();
    for (customer, when) in bought {
        let cohort = signed_up[customer];
        *buyers.entry((cohort, when - cohort)).or_default() += 1;
    }
    let expected: Mart = buyers
        .into_iter()
        .map(|((cohort, since), buyers)| {
            let name = format!("{}-Q{} {since}", cohort / 4, cohort % 4 + 1);
            let size = sizes[&cohort];
            (name, vec![size, buyers, buyers * 100 / size])
        })
        .collect();
    let found = rows(
        database,
        "SELECT cohort, CAST(quarters_since AS TEXT), cohort_size, buyers, retention_percent
         FROM cohort_retention",
        2,
    );
    assert_eq!(found, expected);
}

pub(crate) fn churn_risk(shop: &Shop, database: &Connection) {
    let values = shop.values();
    // The day of the last order, with any status, and the revenue of the completed orders.
    let mut buyers: HashMap<&str, (&str, i64)> = HashMap::new();
    for order in &shop.orders {
        let (last, revenue) = buyers.entry(&order["customer_id"]).or_default();
        *last = (*last).max(order["ordered_on"].as_str());
        if order["status"] == "completed" {
            *revenue += values[order["order_id"].as_str()];
        }
    }
    let today = buyers.values().map(|(last, _)| *last).max().unwrap();
    let mut states: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for (last, revenue) in buyers.values() {
        let state = match day(today) - day(last) {
            ..=60 => "1 active",
            61..=180 => "2 cooling",
            181..=365 => "3 at risk",
            _ => "4 lost",
        };
        let sums = states.entry(state).or_default();
        *sums = (sums.0 + 1, sums.1 + revenue);
    }
    let expected: Mart = states
        .into_iter()
        .map(|(state, (customers, revenue))| {
            (state.to_owned(), vec![customers, revenue, revenue / customers])
        })
        .collect();
    assert!(expected.len() > 1, "{expected:?}");
    assert_eq!(rows(database, "SELECT * FROM churn_risk", 1), expected);
}

pub(crate) fn product_affinity(shop: &Shop, database: &Connection) {
    let mut baskets: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    for item in &shop.order_items {
        let basket = baskets.entry(&item["order_id"]).or_default();
        basket.insert(&item["product"]);
    }
    let mut popularity: HashMap<&str, i64> = HashMap::new();
    let mut pairs: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for basket in baskets.values() {
        let products: Vec<_> = basket.iter().copied().collect();
        for (index, one) in products.iter().enumerate() {
            *popularity.entry(one).or_default() += 1;
            for two in &products[index + 1..] {
                *pairs.entry((one, two)).or_default() += 1;
            }
        }
    }
    let expected: Mart = pairs
        .into_iter()
        .filter(|(_, together)| *together >= 20)
        .map(|((one, two), together)| {
            let rarer = popularity[one].min(popularity[two]);
            (format!("{one} {two}"), vec![together, together * 100 / rarer])
        })
        .collect();
    assert!(expected.len() > 1, "{expected:?}");
    assert_eq!(rows(database, "SELECT * FROM product_affinity", 2), expected);
}
