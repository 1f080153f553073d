//! The expansion requires no names that a `no_std` crate does not have.
#![no_std]
#![deny(warnings)]

extern crate alloc;

use alloc::borrow::{Cow, ToOwned};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::future::Future;
use core::pin::Pin;

use floe_telemetry::{FloeAttributes, traced};

#[derive(FloeAttributes)]
struct Order {
    id: Cow<'static, str>,
    rows: Vec<i64>,
    unit: Unit,
}

#[derive(FloeAttributes)]
#[floe(rename_all = "lowercase")]
enum Unit {
    Rows,
}

#[traced(attributes(n), name = "now")]
fn now(n: u8) -> Result<u8, String> {
    n.checked_add(1).ok_or_else(|| "too many".to_owned())
}

#[traced(floe_attributes = order, boxed)]
async fn later(order: &Order) -> usize {
    order.rows.len()
}

#[traced]
fn boxed(n: u8) -> Pin<Box<dyn Future<Output = u8>>> {
    Box::pin(async move { n })
}

fn main() {
    assert_eq!(now(1), Ok(2));
    let order = Order {
        id: Cow::Borrowed("1"),
        rows: Vec::new(),
        unit: Unit::Rows,
    };
    drop((later(&order), boxed(2)));
}
