//! The bytes of a span on the network, with several settings and with other libraries. The spans are those of one
//! trace, recorded again and again: a root and ten children, each with three attributes. They are sent over OTLP/HTTP.
//!
//! The benchmark counts the bytes of the bodies that a receiver in another process reads, and the length of the bodies
//! with gzip. It measures no time, so it needs no optimized build. `--spans N` sets the number of spans.

use crate::contestant::{FASTRACE, OPENTELEMETRY, OURS, TRACING};
use crate::delivery::{DEFAULT_CONFIG, Order};
use crate::measure;
use crate::receiver::Receiver;
use crate::report::{self, Checks, figure};
use crate::sink::Protocol;

const PRODUCT: &str = "resource_attributes: {service_name: bench, floe_namespace: sales, \
     floe_product_name: customer-360, floe_product_version: 1.2.0, floe_mode: prod}\n";

const WITHOUT_CODE: &str = "code_attributes: false\n";

/// The rows: the name, the contestant, and the two parts of the configuration, which applies to floe-telemetry.
const ROWS: [(&str, &str, [&str; 2]); 7] = [
    (OPENTELEMETRY, OPENTELEMETRY, [DEFAULT_CONFIG, ""]),
    (FASTRACE, FASTRACE, [DEFAULT_CONFIG, ""]),
    (TRACING, TRACING, [DEFAULT_CONFIG, ""]),
    ("the default", OURS, [DEFAULT_CONFIG, ""]),
    ("`code_attributes: false`", OURS, [DEFAULT_CONFIG, WITHOUT_CODE]),
    ("a floe product", OURS, [PRODUCT, ""]),
    ("the same, `code_attributes: false`", OURS, [PRODUCT, WITHOUT_CODE]),
];

pub(crate) fn run(checks: &mut Checks) {
    let default = if measure::quick() { 500 } else { 10_000 };
    let spans = measure::value("--spans").unwrap_or(default);

    let rows = ROWS.into_iter().map(|(setting, contestant, config)| {
        let mut receiver = Receiver::start(Protocol::Http, true);
        let order = Order {
            name: contestant.to_owned(),
            otlp: receiver.otlp.clone(),
            spans,
            // At this rate no queue becomes full, even in a build without optimization.
            rate: 1_000,
            config: config.concat(),
        };

        let recorded = order.run().recorded;
        let arrived = receiver.arrived();
        checks.equal(format!("{setting}, spans sent"), arrived.items, recorded);
        #[expect(clippy::cast_precision_loss, reason = "numbers of bytes and spans")]
        let per_span = |bytes: u64| figure(bytes as f64 / recorded.max(1) as f64);
        vec![setting.to_owned(), per_span(arrived.bytes), per_span(arrived.gzip)]
    });

    report::table(&["bytes a span", "with gzip"], rows);
}
