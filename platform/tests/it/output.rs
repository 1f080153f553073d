//! What a run prints, for people and for machines.

use floe_tests::{Receiver, ReservedPort};
use serde_json::Value;

use crate::product::Product;

/// The lines of a run without a terminal: one for each asset, and a summary that says where everything is.
#[test]
fn a_run_prints_a_line_for_each_asset_and_a_summary_last() {
    let product = Product::shop();
    let output = product.run();
    output.assert_ok();
    let lines: Vec<&str> = output.stderr.lines().collect();
    assert!(
        lines[0].starts_with("shop 1.0.0 (dev) · 3 assets · run "),
        "{lines:?}"
    );
    let run_id = lines[0].rsplit(' ').next().unwrap();
    for (line, start) in lines[1..4].iter().zip([
        "  ✓ orders               2 rows      36 B ",
        "  ✓ stg_orders           2 rows           ",
        "  ✓ totals               1 rows           ",
    ]) {
        assert!(line.starts_with(start) && line.ends_with(" ms"), "{line}");
    }
    assert!(
        lines[4].starts_with("3 built, 0 failed, 0 skipped · "),
        "{lines:?}"
    );
    assert_eq!(lines[5], "tables  {dir}/.floe/warehouse.db");
    assert_eq!(lines[6].len(), "trace   ".len() + 32, "{lines:?}");
    assert_eq!(lines[7], format!("ids     floe find {{dir}} {run_id}"));
    assert_eq!(lines.len(), 8);
}

#[test]
fn the_trace_is_printed_where_it_goes_nowhere_else_and_on_request() {
    let receiver = Receiver::http();
    let endpoint = receiver.endpoint();
    let exported = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
    ];
    let nowhere = [("OTEL_TRACES_EXPORTER", "none")];
    let full = "✓ floe.compile.stage1 ";
    let folded = "… ";
    for (arguments, variables, drawn, hidden) in [
        (&[][..], &[][..], Some(folded), Some(full)),
        (&["--trace", "full"], &[], Some(full), Some(folded)),
        (&["--trace", "none"], &[], None, None),
        (&[], &exported, None, None),
        (&["--trace", "summary"], &exported, Some(folded), Some(full)),
        (&[], &nowhere, None, None),
        (&["--trace", "full"], &nowhere, Some(full), None),
    ] {
        let output = Product::shop().floe("run", arguments, variables);
        output.assert_ok();
        let found = &output.stdout;
        assert_eq!(
            found.is_empty(),
            drawn.is_none(),
            "{arguments:?} {variables:?}: {found}"
        );
        assert!(
            drawn.is_none_or(|text| found.contains(text)),
            "{arguments:?}: {found}"
        );
        assert!(
            !hidden.is_some_and(|text| found.contains(text)),
            "{arguments:?}: {found}"
        );
    }
}

#[test]
fn the_trace_is_a_page_on_request() {
    let product = Product::shop();
    let output = product.floe("run", &["--trace", "html"], &[]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert!(output.stdout.is_empty(), "{}", output.stdout);
    let summary = "\npage    {dir}/.floe/trace.html\n";
    assert!(output.stderr.contains(summary), "{}", output.stderr);
    let page = product.read(".floe/trace.html");
    assert!(page.contains("<title>floe.pipeline.run</title>"));
    // A failed run has its page, too.
    product.write(
        "models/totals.sql",
        "SELECT nothing FROM {{ ref('stg_orders') }}",
    );
    let output = product.floe("run", &["--trace", "html"], &[]);
    assert_eq!(output.code, Some(1));
    assert_ne!(product.read(".floe/trace.html"), page);
}

#[test]
fn the_console_exporter_prints_the_trace_once() {
    let variables = [("OTEL_TRACES_EXPORTER", "console")];
    for arguments in [&[][..], &["--trace", "full"]] {
        let output = Product::shop().floe("run", arguments, &variables);
        assert_eq!(output.code, Some(0), "{}", output.stderr);
        let all = format!("{}{}", output.stdout, output.stderr);
        assert_eq!(all.matches("floe.pipeline.run ").count(), 1, "{all}");
    }
}

#[test]
fn neither_a_compilation_nor_a_mistake_prints_a_trace() {
    let product = Product::shop();
    let output = product.floe("compile", &[], &[]);
    assert_eq!(output.stdout, "wrote {dir}/.floe/compiled_artifacts.json\n");
    product.replace("floe.yaml", "layer: gold", "layer: golden");
    for command in ["compile", "run"] {
        let output = product.floe(command, &[], &[]);
        assert_eq!((output.code, &*output.stdout), (Some(2), ""));
    }
    product.replace("floe.yaml", "layer: golden", "layer: gold");
    product.write("models/totals.sql", "SELECT 1 FROM {{ ref('stg_order') }}");
    let output = product.run();
    assert_eq!((output.code, &*output.stdout), (Some(2), ""));
    assert_eq!(output.stderr.lines().count(), 1, "{}", output.stderr);
}

#[test]
fn a_quiet_run_prints_errors_only() {
    let product = Product::shop();
    let quiet = |product: &Product| product.floe("run", &["-q"], &[]);
    let output = quiet(&product);
    assert_eq!(
        (output.code, &*output.stdout, &*output.stderr),
        (Some(0), "", "")
    );
    product.write(
        "models/totals.sql",
        "SELECT price FROM {{ ref('stg_orders') }}",
    );
    let output = quiet(&product);
    let error =
        "error: {dir}/models/totals.sql:1:8: no such column: price\n         1 | SELECT price FROM";
    assert!(output.stderr.starts_with(error), "{}", output.stderr);
    assert_eq!(output.stderr.lines().count(), 3, "{}", output.stderr);
}

#[test]
fn a_verbose_run_prints_its_log_as_text() {
    let output = Product::shop().floe("run", &["-v"], &[]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert!(output.stderr.contains(" INFO "), "{}", output.stderr);
    assert!(
        output.stderr.contains(": run ended built=3"),
        "{}",
        output.stderr
    );
}

#[test]
fn machines_get_a_line_for_each_event() {
    let product = Product::shop();
    product.write(
        "models/stg_orders.sql",
        "SELECT price FROM {{ source('orders') }}",
    );
    let output = product.floe("run", &["--json"], &[]);
    assert_eq!(output.code, Some(1));
    let lines = output.stdout.lines().map(serde_json::from_str::<Value>);
    let lines: Vec<Value> = lines.map(Result::unwrap).collect();
    let events: Vec<_> = lines
        .iter()
        .map(|line| line["event"].as_str().unwrap())
        .collect();
    let asset = "asset_ended";
    assert_eq!(events, ["run_started", asset, asset, asset, "run_ended"]);
    assert_eq!(lines[0]["assets"], 3);
    assert_eq!(lines[1]["status"], "built");
    assert_eq!(
        (&lines[1]["rows"], &lines[1]["bytes"]),
        (&2.into(), &36.into())
    );
    let message = lines[2]["message"].as_str().unwrap();
    assert!(
        message.ends_with("stg_orders.sql:1:8: no such column: price"),
        "{message}"
    );
    assert_eq!(lines[3]["missing"], "stg_orders");
    assert_eq!(lines[4]["status"], "failed");
    assert_eq!(
        (&lines[4]["built"], &lines[4]["skipped"]),
        (&1.into(), &1.into())
    );
    assert_eq!(lines[4]["run_id"], lines[0]["run_id"]);
}

#[test]
fn colours_are_forced_and_forbidden_by_variables() {
    for (variables, has_color) in [
        (&[][..], false),
        (&[("FORCE_COLOR", "1")], true),
        (&[("FORCE_COLOR", "1"), ("NO_COLOR", "1")], false),
        (&[("FORCE_COLOR", "0")], false),
    ] {
        let output = Product::shop().floe("run", &[], variables);
        assert_eq!(
            output.stderr.contains("\u{1b}["),
            has_color,
            "{}",
            output.stderr
        );
        assert_eq!(
            output.stdout.contains("\u{1b}["),
            has_color,
            "{}",
            output.stdout
        );
    }
}

/// A run that stops in the middle, or after everything was built.
#[test]
fn a_run_that_stops_ends_with_its_summary() {
    let product = Product::shop();
    product.write("data/orders.csv", "order_id,ordered_on\n1,2024-01-31\nx,\n");
    let output = product.run();
    assert_eq!(output.code, Some(2));
    assert!(
        output
            .stderr
            .contains("  ✗ orders     {dir}/data/orders.csv:3"),
        "{}",
        output.stderr
    );
    assert!(
        output
            .stderr
            .contains("\n0 built, 1 failed, 0 skipped, 2 not started · "),
        "{}",
        output.stderr
    );
    let product = Product::shop();
    product.write(".floe/objects", "no folder");
    let output = product.run();
    assert_eq!(output.code, Some(2), "{}", output.stderr);
    let (error, summary) = output.stderr.split_once("\nerror: ").unwrap();
    assert!(error.ends_with(" ms"), "{error}");
    assert!(
        summary.contains("\n3 built, 0 failed, 0 skipped · "),
        "{summary}"
    );
    assert!(!summary.contains("tables"), "{summary}");
}

#[test]
fn an_alert_that_is_not_sent_is_told() {
    let product = Product::shop();
    let closed = ReservedPort::new();
    let url = closed.endpoint();
    product.append(
        "manifest.yaml",
        &format!("plugins: {{ alert_channel: {{ type: alertmanager, url: '{url}' }} }}"),
    );
    product.write(
        "models/totals.sql",
        "SELECT price FROM {{ ref('stg_orders') }}",
    );
    let output = product.run();
    assert_eq!(output.code, Some(1));
    let warning = &*format!("warning: the alert_channel plugin `alertmanager`: POST {url}");
    assert_eq!(
        output.stderr.matches(warning).count(),
        1,
        "{}",
        output.stderr
    );
    // The product cannot be compiled.
    product.write("models/totals.sql", "SELECT 1 FROM {{ ref('nowhere') }}");
    let output = product.run();
    assert_eq!(output.code, Some(2));
    assert_eq!(
        output.stderr.matches(warning).count(),
        1,
        "{}",
        output.stderr
    );
    assert_eq!(
        output.stderr.matches("error: ").count(),
        1,
        "{}",
        output.stderr
    );
}

#[test]
fn debug_records_of_the_exporter_are_not_printed() {
    let receiver = Receiver::grpc();
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*receiver.endpoint()),
        ("FLOE_LOG_LEVEL", "DEBUG"),
    ];
    let output = Product::shop().floe("run", &[], &variables);
    assert_eq!(output.code, Some(0));
    for target in ["h2::", "hyper", "rustls", "tonic"] {
        assert!(!output.stderr.contains(target), "{}", output.stderr);
    }
}
