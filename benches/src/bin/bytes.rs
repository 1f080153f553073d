//! The bytes of a span on the wire, by setting, beside the peers: one trace with a root and ten children, each with
//! three attributes, again and again, over OTLP/HTTP.
//!
//! It counts the bytes that a receiver in another process reads from its connections, headers included, and the length
//! of the same bodies with gzip. It measures no time, so it needs no optimized build. `--spans N` sets the number of
//! spans.

#![expect(clippy::print_stdout, reason = "a program that prints its table")]

use std::process::ExitCode;

use benches::arguments;
use benches::checks::Checks;
use benches::paced::{self, Order};
use benches::receiver::{self, Receiver};

const OURS: &str = "floe-telemetry";

/// A product of the floe platform.
macro_rules! product {
    ($settings:literal) => {
        concat!(
            "resource_attributes: {service_name: bench, floe_namespace: sales, floe_product_name: customer-360, ",
            "floe_product_version: 1.2.0, floe_mode: prod}\n",
            $settings
        )
    };
}

/// Each row: its name, the contestant, and our configuration.
const ROWS: [(&str, &str, Option<&str>); 8] = [
    ("opentelemetry + SDK", "opentelemetry", None),
    ("fastrace", "fastrace", None),
    ("tracing + tracing-opentelemetry", "tracing", None),
    ("the default", OURS, None),
    (
        "`code_attributes: once`",
        OURS,
        Some("resource_attributes: {service_name: bench}\ncode_attributes: once"),
    ),
    (
        "`code_attributes: off`",
        OURS,
        Some("resource_attributes: {service_name: bench}\ncode_attributes: off"),
    ),
    ("a floe product", OURS, Some(product!(""))),
    ("the same, `code_attributes: once`", OURS, Some(product!("code_attributes: once"))),
];

#[derive(Debug)]
struct Row {
    setting: &'static str,
    recorded: u64,
    sent: u64,
    bytes_per_span: f64,
    gzip_bytes_per_span: f64,
}

fn main() -> ExitCode {
    if receiver::serve() || paced::serve() {
        return ExitCode::SUCCESS;
    }
    let spans = arguments::value("--spans").unwrap_or(10_000);
    let mut checks = Checks::new();
    let rows: Vec<Row> = ROWS
        .into_iter()
        .map(|(setting, contestant, config)| {
            let row = measure(setting, contestant, config, spans);
            checks.equal(format!("{setting}, spans sent"), row.sent, row.recorded);
            checks.measured(format!("{setting}, bytes"), row.bytes_per_span);
            row
        })
        .collect();
    println!("| | bytes a span | with gzip | spans sent of {} |", rows[0].recorded);
    println!("|---|---|---|---|");
    for row in &rows {
        let (bytes, gzip) = (row.bytes_per_span, row.gzip_bytes_per_span);
        println!("| {} | {bytes:.0} | {gzip:.0} | {} |", row.setting, row.sent);
    }
    checks.finish()
}

#[expect(clippy::cast_precision_loss, reason = "numbers of spans and bytes")]
fn measure(
    setting: &'static str,
    contestant: &'static str,
    config: Option<&'static str>,
    spans: u64,
) -> Row {
    let mut receiver = Receiver::compressing();
    let order = Order {
        contestant,
        otlp: &receiver.otlp,
        spans,
        // So slow that no queue is full, also without optimization.
        rate: 1_000,
        config,
    };
    let recorded = order.run().recorded;
    let arrived = receiver.arrived();
    Row {
        setting,
        recorded,
        sent: arrived.items,
        bytes_per_span: arrived.bytes as f64 / recorded.max(1) as f64,
        gzip_bytes_per_span: arrived.gzip as f64 / recorded.max(1) as f64,
    }
}
