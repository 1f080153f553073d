//! `floe ls`.

use crate::product::Product;

#[test]
fn the_assets_are_listed_in_the_order_in_which_they_are_built() {
    let product = Product::shop();
    let output = product.floe("ls", &[], &[]);
    output.assert_ok();
    let expected = "\
NAME        KIND          FILE                   NEEDS
orders      source        data/orders.csv
stg_orders  bronze table  models/stg_orders.sql  orders
totals      gold table    models/totals.sql      stg_orders
";
    assert_eq!(output.stdout, expected);
    assert!(!product.path(".floe").exists());
}
