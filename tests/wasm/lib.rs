//! An annotated library, for `.ci/check targets`.
#![forbid(unsafe_code)]

use floe_telemetry::{FloeAttributes, callsite, create_span, traced};

/// An order, whose attributes begin with `order`.
#[derive(Debug, FloeAttributes)]
#[floe(prefix = "order")]
pub struct Order<'a> {
    customer: &'a str,
    lines: usize,
}

/// A store of orders.
#[derive(Debug)]
pub struct Store;

#[traced]
impl Store {
    /// Counts the lines of an order.
    pub fn count(&self, order: &Order<'_>) -> usize {
        order.lines
    }

    /// Counts the lines asynchronously.
    pub async fn load(&self, order: &Order<'_>) -> Result<usize, std::fmt::Error> {
        std::future::ready(()).await;
        Ok(self.count(order))
    }
}

/// Starts a span explicitly, and lists the annotated functions.
#[traced(name = "orders.names", kind = client, metrics, attributes(order.customer, rows = order.lines), floe_attributes = order)]
pub fn names(order: &Order<'_>) -> Vec<&'static str> {
    let span = create_span("orders.sort");
    span.set_attribute("order.lines", 3);
    callsite::all().map(|site| site.name()).collect()
}
