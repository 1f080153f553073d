//! The CSV files of the demo.

use std::collections::HashMap;

use crate::product::Product;

/// A CSV file as maps from column to value.
pub(crate) type Rows = Vec<HashMap<String, String>>;

pub(crate) struct Shop {
    pub(crate) customers: Rows,
    pub(crate) orders: Rows,
    pub(crate) order_items: Rows,
    pub(crate) payments: Rows,
    pub(crate) events: Rows,
}

impl Shop {
    pub(crate) fn read(product: &Product) -> Self {
        let read = |name: &str| -> Rows {
            let mut reader =
                csv::Reader::from_path(product.path(&format!("data/{name}.csv"))).unwrap();
            reader.deserialize().map(Result::unwrap).collect()
        };
        Self {
            customers: read("customers"),
            orders: read("orders"),
            order_items: read("order_items"),
            payments: read("payments"),
            events: read("events"),
        }
    }

    /// The value of each order, in cents.
    pub(crate) fn values(&self) -> HashMap<&str, i64> {
        let mut values = HashMap::new();
        for item in &self.order_items {
            let full = number(item, "quantity") * number(item, "unit_price_cents");
            let net = full * (100 - number(item, "discount_percent")) / 100;
            *values.entry(item["order_id"].as_str()).or_default() += net;
        }
        values
    }
}

pub(crate) fn number(row: &HashMap<String, String>, column: &str) -> i64 {
    row[column].parse().unwrap()
}
