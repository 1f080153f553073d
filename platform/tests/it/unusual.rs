//! The comparison of a run with earlier runs, and `floe runs`.

use serde_json::{Value, json};

use crate::product::Product;
use crate::service::{Answer, Service};
use crate::spans_of;

const RUNS: &str = ".floe/runs.jsonl";

fn ran(runs: usize) -> Product {
    let product = Product::shop();
    write_orders(&product, 200);
    for _ in 0..runs {
        product.run().assert_ok();
    }
    product
}

fn write_orders(product: &Product, count: usize) {
    let rows = (0..count).map(|id| format!("{id},2024-01-31\n"));
    let text = format!("order_id,ordered_on\n{}", rows.collect::<String>());
    product.write("data/orders.csv", &text);
}

/// Returns the last runs from `floe runs --json`.
fn runs(product: &Product, arguments: &[&str]) -> Vec<Value> {
    let output = product.floe("runs", &[&["--json"], arguments].concat(), &[]);
    output.assert_ok();
    let mut output: Value = serde_json::from_str(&output.stdout).unwrap();
    serde_json::from_value(output["runs"].take()).unwrap()
}

#[test]
fn a_source_with_eight_times_its_rows_is_said_everywhere() {
    let product = ran(8);
    write_orders(&product, 1600);
    let expected = "`orders` has 8.0 × its usual rows (1,600, usually 200)";
    let output = product.run();
    output.assert_ok();
    let summary = output.stderr.split_once("\nunusual  ").unwrap().1;
    assert!(summary.contains(expected), "{summary}");

    // In the second run, the unusual number of rows is reported once, without its consequences.
    product.run().assert_ok();
    let ended = &runs(&product, &[])[0];
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

    let all = runs(&product, &[]);
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
    let since = runs(&product, &["--last", "2"])[1]["started_at"].to_string();
    let expected = format!("\nunusual  `totals` fails since run 8 ({})\n", since.trim_matches('"'));
    assert!(second.contains(&expected), "{expected} in {second}");

    let alert = service.single().json().to_string();
    assert!(alert.contains("`totals` fails since run 8 ("), "{alert}");

    // The model is built again, with a new query.
    product
        .write("models/totals.sql", "SELECT count(*) AS all_orders FROM {{ ref('stg_orders') }}");
    let third = product.run();
    third.assert_ok();
    assert!(third.stderr.contains("the query of `totals` changed"), "{}", third.stderr);

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
        assert_eq!(output.code, Some(0), "{}", output.stderr);
        output.complaints()
    };
    let file = format!("`{{dir}}/{RUNS}`");
    let damaged = format!("{}\n{{\"number\":\n", recorded.lines().next().unwrap());
    assert_eq!(warning(&damaged), format!("warning: {file}: removed 1 damaged line\n"));
    assert_eq!(runs(&product, &[]).len(), 2);
    assert_eq!(warning("not a history"), format!("warning: {file}: removed 1 damaged line\n"));
    assert_eq!(runs(&product, &[]).len(), 1);
    let last = recorded.replace("\"number\":2", &format!("\"number\":{}", u64::MAX));
    assert_eq!(warning(&last), "");
    assert_eq!(runs(&product, &[]).len(), 3);
}

#[test]
fn four_hundred_runs_are_kept() {
    let product = ran(1);
    let recorded = product.read(RUNS);
    product.write(RUNS, &recorded.repeat(400));
    product.run().assert_ok();
    let all = runs(&product, &["--last", "1000"]);
    assert_eq!(all.len(), 400);
    assert_eq!(all[0]["number"], 2);
}

/// Writes a history of nightly runs with these numbers of orders, the oldest first.
fn write_nights(product: &Product, orders: &[usize]) {
    let recorded = product.read(RUNS);
    let run = recorded.lines().next().unwrap();
    let night = |(index, count): (usize, &usize)| {
        let mut run: Value = serde_json::from_str(run).unwrap();
        run["number"] = json!(index + 1);
        for asset in ["orders", "stg_orders"] {
            let mut assets = run["assets"].as_array_mut().unwrap().iter_mut();
            assets.find(|it| it["key"] == asset).unwrap()["rows"] = json!(count);
        }
        format!("{run}\n")
    };
    let nights: String = orders.iter().enumerate().map(night).collect();
    product.write(RUNS, &nights);
}

/// Returns what a run with `tonight` orders prints about unusual rows after runs with the orders in `nights`.
fn said_of_rows(product: &Product, nights: &[usize], tonight: usize) -> Option<String> {
    write_nights(product, nights);
    write_orders(product, tonight);
    let output = product.run();
    output.assert_ok();
    let mut lines = output.stderr.lines();
    lines.find(|line| line.contains(" its usual rows ")).map(str::to_owned)
}

#[test]
fn a_weekday_that_always_differs_is_not_unusual() {
    let product = ran(1);
    // In each of the four weeks, Monday has more orders, and never as many as on another Monday.
    let mondays = [489, 507, 496, 511];
    let weeks = mondays.map(|orders| [orders, 200, 203, 198, 201, 197, 202]);
    let nights = weeks.as_flattened();
    for tonight in [480, 500, 520] {
        assert_eq!(said_of_rows(&product, nights, tonight), None);
    }
    // An additional run, which shifts the weekdays, makes no difference.
    let more = [&[200][..], nights].concat();
    assert_eq!(said_of_rows(&product, &more, 520), None);
    let more = [nights, &[200]].concat();
    assert_eq!(said_of_rows(&product, &more, 520), None);
    let other = said_of_rows(&product, nights, 1600).unwrap();
    assert!(other.contains("`orders` has 8.0 × its usual rows (1,600, usually 201)"), "{other}");
    // The first nights after a change are unusual.
    let few = [nights, &[900]].concat();
    assert!(said_of_rows(&product, &few, 900).is_some());
}

#[test]
fn what_occurred_in_two_of_the_last_fourteen_runs_is_usual() {
    let product = ran(1);
    let mut nights = [200; 28];
    nights[17] = 1600;
    assert!(said_of_rows(&product, &nights, 1600).is_some());
    nights[23] = 1600;
    assert_eq!(said_of_rows(&product, &nights, 1600), None);
}
