//! The comparison of a run with earlier runs, and `floe runs`.

use serde_json::{Value, json};

use crate::product::Product;
use crate::service::{Answer, Service};
use crate::spans_of;

const RUNS: &str = ".floe/runs.jsonl";

fn ran(runs: usize) -> Product {
    let product = Product::shop();
    product.write_orders(200);
    for _ in 0..runs {
        product.run().assert_ok();
    }
    product
}

#[test]
fn a_source_with_eight_times_its_rows_is_said_everywhere() {
    let product = ran(8);
    product.write_orders(1600);
    let expected = "`orders` has 8.0 × its usual rows (1,600, usually 200)";
    let output = product.run();
    output.assert_ok();
    let summary = output.stderr.split_once("\nunusual  ").unwrap().1;
    assert!(summary.contains(expected), "{summary}");

    // In the second run, the unusual number of rows is reported once, without its consequences.
    product.run().assert_ok();
    let ended = &product.runs(&[])[0];
    let told = |unusual: &Value| {
        let texts = unusual.as_array().unwrap().iter().map(|text| text.as_str().unwrap());
        texts.filter(|text| text.contains(" its usual rows ")).count()
    };
    assert!(ended["unusual"].to_string().contains(expected), "{ended:#}");
    assert_eq!(told(&ended["unusual"]), 1, "{ended:#}");

    let spans = spans_of(&product);
    let root = spans.single("floe.pipeline.run");
    root.assert_no_attribute("floe.pipeline.dbt_invocation_ids");
    let unusual = format!("{:?}", root.attribute("floe.pipeline.unusual"));
    assert!(unusual.contains(expected), "{unusual}");

    let all = product.runs(&[]);
    assert_eq!(all.len(), 11);
    assert_eq!(all[0]["number"], 11);
    assert!(all[0]["unusual"].to_string().contains(expected), "{all:#?}");
    assert_eq!(all[3].get("unusual").map_or(0, told), 0, "{all:#?}");
    let text = product.floe("runs", &["--last", "3"], &[]).stdout;
    let lines: Vec<&str> = text.lines().filter(|line| line.contains(expected)).collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[0].starts_with("11   run      2"), "{text}");
}

#[test]
fn a_query_that_changed_and_fails_is_said_with_its_first_run() {
    let failing = "SELECT nope FROM {{ ref('stg_orders') }}";
    let few = ran(6);
    few.write("models/totals.sql", failing);
    assert!(!few.run().stderr.contains("unusual"));
    let product = ran(7);
    product.write("models/totals.sql", failing);
    let first = product.run().stderr;
    let expected = "`totals` fails for the first time in 8 runs, with a changed definition\n";
    assert!(first.contains(&format!("\nunusual  {expected}")), "{first}");
    let service = Service::start(|_| Answer::json(200, &json!({})));
    let hook =
        format!("plugins: {{ alert_channel: {{ type: alertmanager, url: '{}' }} }}", service.url);
    product.append("manifest.yaml", &hook);
    let second = product.run().stderr;
    let since = product.runs(&["--last", "2"])[1]["started_at"].to_string();
    let expected = format!("\nunusual  `totals` fails since run 8 ({})\n", since.trim_matches('"'));
    assert!(second.contains(&expected), "{expected} in {second}");

    let alert = service.single().json().to_string();
    assert!(alert.contains("`totals` fails since run 8 ("), "{alert}");

    // The model is built again, with a new query.
    product
        .write("models/totals.sql", "SELECT count(*) AS all_orders FROM {{ ref('stg_orders') }}");
    let third = product.run();
    third.assert_ok();

    product.write("models/totals.sql", failing);
    let fourth = product.run().stderr;
    let expected = "`totals` fails as in 2 of the last 10 runs, with a changed definition\n";
    assert!(fourth.contains(expected), "{fourth}");
}

#[test]
fn a_history_that_cannot_be_used_is_one_warning() {
    let product = ran(2);
    let recorded = product.read(RUNS);
    let warning = |text: &str| {
        product.write(RUNS, text);
        let output = product.run();
        output.assert_code(0);
        output.complaints()
    };
    let file = format!("`{{dir}}/{RUNS}`");
    let damaged = format!("{}\n{{\"number\":\n", recorded.lines().next().unwrap());
    assert_eq!(warning(&damaged), format!("warning: {file}: removed 1 damaged line\n"));
    assert_eq!(product.runs(&[]).len(), 2);
    assert_eq!(warning("not a history"), format!("warning: {file}: removed 1 damaged line\n"));
    assert_eq!(product.runs(&[]).len(), 1);
    let last = recorded.replace("\"number\":2", &format!("\"number\":{}", u64::MAX));
    assert_eq!(warning(&last), "");
    assert_eq!(product.runs(&[]).len(), 3);
}

#[test]
fn four_hundred_runs_are_kept() {
    let product = ran(1);
    let recorded = product.read(RUNS);
    product.write(RUNS, &recorded.repeat(400));
    product.run().assert_ok();
    let all = product.runs(&["--last", "1000"]);
    assert_eq!(all.len(), 400);
    assert_eq!(all[0]["number"], 2);
}
