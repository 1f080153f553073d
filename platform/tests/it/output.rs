//! The output of a run, for people and for machines.

use floe_tests::{Receiver, ReservedPort};

use crate::exporting_to;
use crate::product::{Product, command};

/// Without a terminal, a run prints one line for each asset, and a summary with the results and their places.
#[test]
fn a_run_prints_a_line_for_each_asset_and_a_summary_last() {
    let product = Product::shop();
    let checks = "    layer: bronze\n    checks: [{ unique: order_id }, { row_count: 2 }]\n";
    product.replace("floe.yaml", "    layer: bronze\n", checks);
    let output = product.run();
    output.assert_ok();
    assert_eq!(output.stdout, "");
    let mut lines = output.stderr.lines();
    let mut next = || lines.next().unwrap();
    assert_eq!(next(), "shop 1.0.0 (dev) · 2 models and 1 source, 2 checks");
    for (start, end) in [
        ("  ✓ orders      source         2 rows ", " ms"),
        ("  ✓ stg_orders  bronze         2 rows ", " ms  2 checks passed"),
        ("  ✓ totals      gold           1 row  ", " ms"),
    ] {
        let line = next();
        assert!(line.starts_with(start), "{line}");
        assert!(line.ends_with(end), "{line}");
    }
    let line = next();
    let counts = "2 models and 1 source built, 0 failed · 2 checks passed, 0 failed · ";
    assert!(line.starts_with(counts), "{line}");
    let mut stages = next().strip_prefix("stages   ").unwrap().split(", ");
    for stage in ["compile", "publish"] {
        let (name, took) = stages.next().unwrap().split_once(' ').unwrap();
        assert_eq!(name, stage);
        assert!(took.ends_with(" ms") || took.ends_with(" s"), "{took}");
    }
    assert_eq!(stages.next(), None);
    assert_eq!(next(), "tables   {dir}/.floe/warehouse.db (sqlite)");
    assert_eq!(next(), "objects  {dir}/.floe/objects/retail/shop (1 CSV file)");
    let results = product.json(".floe/run_results.json");
    let run_id = results["run_id"].as_str().unwrap();
    assert_eq!(next(), format!("run      {run_id}"));
    assert_eq!(lines.next(), None);
    assert_eq!(results["status"], "success");
    let totals = &results["assets"][2];
    assert_eq!((&totals["key"], &totals["rows"]), (&"totals".into(), &1.into()));
}

/// The time of an asset does not include the generation of its file.
#[test]
fn the_input_is_generated_before_its_asset_is_built() {
    let product = Product::shop();
    product.remove("data/orders.csv");
    product.replace("floe.yaml", "    columns", "    generate: seed.sql\n    columns");
    product.write("seed.sql", "SELECT 1 AS order_id, NULL AS ordered_on");
    let first = product.floe("run", &["--trace", "full"], &[]);
    first.assert_ok();
    let line = first.stderr.lines().nth(1).unwrap();
    let start = "  ✓ orders      source         1 row  ";
    assert!(line.starts_with(start), "{line}");
    // The line of the generation is above the line of the asset, at the same depth.
    let drawn: Vec<&str> = first.stdout.lines().collect();
    let at = |name: &str| drawn.iter().position(|line| line.contains(name)).unwrap();
    let depth = |at: usize| drawn[at].chars().position(|it| it == '✓').unwrap();
    let generated = at("floe.input.generate");
    let asset = at("floe.asset.orders");
    assert!(generated < asset, "{}", first.stdout);
    assert_eq!(depth(generated), depth(asset), "{}", first.stdout);

    let second = product.run();
    second.assert_ok();
    assert!(!second.stderr.contains("generate"), "{}", second.stderr);
}

#[test]
fn the_trace_is_printed_on_request_only() {
    let receiver = Receiver::http();
    let endpoint = receiver.endpoint();
    let exported = exporting_to(&endpoint);
    let nowhere = [("OTEL_TRACES_EXPORTER", "none")];
    // Which spans are folded depends on their times, so only these texts are compared.
    let full = "✓ floe.compile.stage1 ";
    let folded = "… ";
    for (arguments, variables, drawn, hidden) in [
        (&[][..], &[][..], None, None),
        (&["--trace"], &[], Some(folded), None),
        (&["--trace", "full"], &[], Some(full), Some(folded)),
        (&["--trace", "none"], &[], None, None),
        (&[], &exported, None, None),
        (&["--trace", "summary"], &exported, Some(folded), None),
        (&[], &nowhere, None, None),
        (&["--trace", "full"], &nowhere, Some(full), None),
    ] {
        let output = Product::shop().floe("run", arguments, variables);
        output.assert_ok();
        let found = &output.stdout;
        assert_eq!(found.is_empty(), drawn.is_none(), "{arguments:?} {variables:?}: {found}");
        assert!(drawn.is_none_or(|text| found.contains(text)), "{arguments:?}: {found}");
        assert!(!hidden.is_some_and(|text| found.contains(text)), "{arguments:?}: {found}");
    }
}

#[test]
fn an_exporter_writes_the_trace_into_a_file() {
    let product = Product::shop();
    let mut floe = command(&["run", "-q"], &[("OTEL_TRACES_EXPORTER", "otlp_file")]);
    let output = floe.current_dir(product.path("")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(product.read("telemetry/traces.jsonl").contains("floe.pipeline.run"));
}

#[test]
fn the_console_exporter_prints_the_trace_once() {
    let variables = [("OTEL_TRACES_EXPORTER", "console")];
    for arguments in [&[][..], &["--trace", "full"]] {
        let output = Product::shop().floe("run", arguments, &variables);
        output.assert_code(0);
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
    let quiet = |product: &Product, variables: &[_]| product.floe("run", &["-q"], variables);
    for variables in [&[][..], &[("OTEL_TRACES_EXPORTER", "console")]] {
        let output = quiet(&product, variables);
        assert_eq!((output.code, &*output.stdout, &*output.stderr), (Some(0), "", ""));
    }
    product.write("models/totals.sql", "SELECT price FROM {{ ref('stg_orders') }}");
    let output = quiet(&product, &[]);
    let error = "error: {dir}/models/totals.sql:1: no such column: price\n";
    assert_eq!(output.stderr, error);
}

#[test]
fn colours_are_forced_and_forbidden_by_variables() {
    for (variables, has_color) in [
        (&[][..], false),
        (&[("FORCE_COLOR", "1")], true),
        (&[("FORCE_COLOR", "1"), ("NO_COLOR", "1")], false),
        (&[("FORCE_COLOR", "0")], false),
    ] {
        let output = Product::shop().floe("run", &["--trace"], variables);
        assert_eq!(output.stderr.contains("\u{1b}["), has_color, "{}", output.stderr);
        assert_eq!(output.stdout.contains("\u{1b}["), has_color, "{}", output.stdout);
    }
}

/// A run prints its summary whether it stops in the middle or after everything was built.
#[test]
fn a_run_that_stops_ends_with_its_summary() {
    let product = Product::shop();
    let bronze = "    layer: bronze\n";
    let checks = format!("{bronze}    checks: [{{ row_count: 3 }}]\n");
    product.replace("floe.yaml", bronze, &checks);
    let channel = "plugins: { alert_channel: { type: terminal, file: data, on_failure: fail } }";
    product.append("manifest.yaml", channel);
    let output = product.run();
    output.assert_code(2);
    output.assert_says("  ✗ stg_orders {dir}/data: it is a directory");
    output.assert_says("\n1 source built, 1 failed, 1 not started · ");
    let product = Product::shop();
    product.write(".floe/objects", "no folder");
    let output = product.run();
    output.assert_code(2);
    let (error, summary) = output.stderr.split_once("\nerror: ").unwrap();
    assert!(error.ends_with(" ms"), "{error}");
    assert!(summary.contains("\n2 models and 1 source built, 0 failed · "), "{summary}");
    let lost = "\ntables   none: the run ended before its tables were in place\n";
    assert!(summary.contains(lost), "{summary}");
}

/// The summary repeats the failures, because the lines of failed assets may be far above the summary.
#[test]
fn the_summary_repeats_the_failures_up_to_ten() {
    let product = Product::shop();
    for number in 1..=12 {
        product.append("floe.yaml", &format!("  - {{ name: bad_{number:02}, layer: gold }}"));
        product.write(
            &format!("models/bad_{number:02}.sql"),
            "SELECT price FROM {{ ref('stg_orders') }}",
        );
    }
    let output = product.run();
    let (_, summary) = output.stderr.split_once(" built, 12 failed · ").unwrap();
    let lines: Vec<&str> = summary.lines().skip(1).collect();
    let message =
        |number: u32| format!("{{dir}}/models/bad_{number:02}.sql:1: no such column: price");
    assert_eq!(lines[0], format!("failed   bad_01  {}", message(1)));
    assert_eq!(lines[9], format!("         bad_10  {}", message(10)));
    assert_eq!(lines[10], "         and 2 more");
    assert!(lines[11].starts_with("stages   "), "{summary}");
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
    product.write("models/totals.sql", "SELECT price FROM {{ ref('stg_orders') }}");
    let output = product.run();
    output.assert_code(1);
    let warning = &*format!("warning: the alert_channel plugin `alertmanager`: POST {url}");
    assert_eq!(output.stderr.matches(warning).count(), 1, "{}", output.stderr);
    // A product that cannot be compiled sends an alert, too.
    product.write("models/totals.sql", "SELECT 1 FROM {{ ref('nowhere') }}");
    let output = product.run();
    output.assert_code(2);
    assert_eq!(output.stderr.matches(warning).count(), 1, "{}", output.stderr);
    assert_eq!(output.stderr.matches("error: ").count(), 1, "{}", output.stderr);
}

#[test]
fn debug_records_of_the_exporter_are_not_printed() {
    let receiver = Receiver::http();
    let variables =
        [("OTEL_EXPORTER_OTLP_ENDPOINT", &*receiver.endpoint()), ("FLOE_LOG_LEVEL", "DEBUG")];
    let output = Product::shop().floe("run", &[], &variables);
    output.assert_code(0);
    for target in ["h2::", "hyper", "rustls", "tonic"] {
        assert!(!output.stderr.contains(target), "{}", output.stderr);
    }
}
