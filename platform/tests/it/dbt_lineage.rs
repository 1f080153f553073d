//! The lineage of dbt's nodes, in a run and below `floe trace-dbt`. A stand-in runs the nodes.

use std::fs;

use floe_tests::Receiver;
use serde_json::{Value, json};

use crate::dbt_product::{INVOCATION, product, said, traced};
use crate::exporting_to;
use crate::product::Product;
use crate::service::{Answer, Received, Service};

/// Returns the events of dbt's nodes, each with the name of its parent's job.
fn lineage(product: &Product) -> Vec<(String, Value)> {
    let text = product.read(".floe/lineage.jsonl");
    let events = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let of_dbt = events.filter(|it| it["job"]["facets"]["dbt_node"].is_object());
    let name = |data: &Value| data[0]["name"].as_str().unwrap_or("none").to_owned();
    of_dbt
        .map(|it| {
            let state = it["eventType"].as_str().unwrap();
            let job = it["job"]["name"].as_str().unwrap();
            let data = format!("{} -> {}", name(&it["inputs"]), name(&it["outputs"]));
            let parent = it["run"]["facets"]["parent"]["job"]["name"].clone();
            (format!("{state} {job}: {data} below {}", parent.as_str().unwrap()), it)
        })
        .collect()
}

#[test]
fn nodes_of_dbt_have_lineage_in_a_run_and_below_trace_dbt() {
    let expected = |parent: &str| {
        [
            "START shop.main.shop_dbt.old_orders.build.snapshot: none -> shop.main.old_orders",
            "COMPLETE shop.main.shop_dbt.old_orders.build.snapshot: none -> shop.main.old_orders",
            "START shop.main.shop_dbt.stg_orders.build.run: shop.main.orders -> shop.main.stg_orders",
            "COMPLETE shop.main.shop_dbt.stg_orders.build.run: shop.main.orders -> shop.main.stg_orders",
            "START shop.main.shop_dbt.stg_orders.build.test: shop.main.stg_orders -> none",
            "FAIL shop.main.shop_dbt.stg_orders.build.test: shop.main.stg_orders -> none",
        ]
        .map(|event| format!("{event} below {parent}"))
    };
    let product = product("fail", "skipped");
    product.write("failed", "");
    product.run();
    let of_run = lineage(&product);
    fs::remove_file(product.path(".floe/lineage.jsonl")).unwrap();
    let receiver = Receiver::http();
    let endpoint = receiver.endpoint();
    traced(&product, &exporting_to(&endpoint));
    for (found, parent) in [(of_run, "shop"), (lineage(&product), "dbt-run-shop_dbt")] {
        let events: Vec<_> = found.iter().map(|it| it.0.clone()).collect();
        assert_eq!(events, expected(parent));
        let failed = &found.last().unwrap().1;
        let message = &failed["run"]["facets"]["errorMessage"]["message"];
        assert!(message.as_str().unwrap().starts_with("Got 2 results"), "{message}");
        let checked = &failed["inputs"][0]["inputFacets"]["dataQualityAssertions"]["assertions"];
        let assertion = json!({ "assertion": "unique_id", "name": "unique_id", "success": false, "column": "id" });
        assert_eq!(checked, &json!([assertion]));
    }
    assert!(!product.read(".floe/lineage.jsonl").contains("hunter2"));
}

fn edit(product: &Product, file: &str, edit: impl FnOnce(&mut Value)) {
    let mut json = product.json(file);
    edit(&mut json);
    product.write(file, &json.to_string());
}

/// Returns the event of the end of this job.
fn end_of(product: &Product, job: &str) -> Value {
    let events = lineage(product).into_iter().map(|it| it.1);
    let mut events = events.filter(|it| it["job"]["name"] == job && it["eventType"] != "START");
    events.next_back().unwrap()
}

const TOTALS: &str = "shop.main.shop_dbt.totals.build.run";

#[test]
fn columns_have_the_types_of_dbt_and_no_credentials() {
    let product = product("pass", "success");
    edit(&product, "graph.json", |graph| {
        let nodes = &mut graph["nodes"];
        nodes["model.shop_dbt.totals"]["columns"] = json!({
            "an_id": {
                "name": "an_id",
                "data_type": "integer",
                "type": { "of": "the user" },
                "description": "The id; load it with password=hunter2XyZ12",
            },
            "count": { "name": "count", "data_type": null, "description": null },
        });
        nodes["test.shop_dbt.unique_id.1f"]["name"] = json!("ids with password=hunter2XyZ12");
    });
    product.run().assert_ok();
    assert!(!product.read(".floe/lineage.jsonl").contains("hunter2"));
    let fields = &end_of(&product, TOTALS)["outputs"][0]["facets"]["schema"]["fields"];
    let description = "The id; load it with password=<REDACTED>";
    let id = json!({ "name": "an_id", "type": "integer", "description": description });
    assert_eq!(fields, &json!([id, { "name": "count" }]));
}

#[test]
fn fields_that_dbt_leaves_empty_end_no_lineage() {
    let product = product("pass", "success");
    edit(&product, "graph.json", |graph| {
        graph["sources"] = Value::Null;
        let nulls = ["alias", "columns", "config", "original_file_path", "test_metadata"];
        for (_, node) in graph["nodes"].as_object_mut().unwrap() {
            for field in nulls {
                node[field] = Value::Null;
            }
        }
        graph["nodes"]["seed.shop_dbt.orders"]["name"] = Value::Null;
    });
    product.run().assert_ok();
    let totals = end_of(&product, TOTALS);
    assert_eq!(totals["inputs"][0]["name"], "shop.main.stg_orders");
    let empty = json!({});
    assert_eq!(totals["outputs"][0]["facets"], empty);
}

#[test]
fn empty_tables_have_no_lineage() {
    let product = product("pass", "success");
    edit(&product, "results.json", |results| results["args"]["empty"] = true.into());
    assert_eq!(said(&product).0, "");
    product.run().assert_ok();
    assert_eq!(lineage(&product), []);
}

/// Returns a product with a profile of its own, whose dbt has found the profiles in this folder.
fn of_profile(folder: &str, host: &str) -> Product {
    let product = product("pass", "success");
    product.replace("manifest.yaml", "  compute: ", "  # compute: ");
    edit(&product, "graph.json", |it| it["metadata"]["adapter_type"] = "postgres".into());
    edit(&product, "results.json", |it| it["args"]["profiles_dir"] = folder.into());
    let output = format!("{{ type: postgres, host: \"{host}\", port: 5432 }}");
    let profiles = format!("shop_profile: {{ outputs: {{ dev: {output} }} }}");
    product.write(&format!("{folder}/profiles.yml"), &profiles);
    product
}

#[test]
fn the_address_of_the_data_is_in_the_profile_that_dbt_has_read() {
    let product = of_profile("here", "{{ env_var('SHOP') ~ '.example' }}");
    let variables = [("SHOP", "shop"), ("DBT_PROFILES_DIR", "here")];
    product.floe("run", &[], &variables).assert_ok();
    let output = &end_of(&product, TOTALS)["outputs"][0];
    assert_eq!(output["namespace"], "postgres://shop.example:5432");
    fs::remove_file(product.path(".floe/lineage.jsonl")).unwrap();
    let receiver = Receiver::http();
    let endpoint = receiver.endpoint();
    product.replace("here/profiles.yml", "dev:", "default:");
    traced(&product, &[&exporting_to(&endpoint)[..], &variables].concat());
    let output = &end_of(&product, TOTALS)["outputs"][0];
    assert_eq!(output["namespace"], "postgres://shop.example:5432");
}

#[test]
fn a_host_that_is_a_secret_of_dbt_is_not_sent() {
    let secret = ("DBT_ENV_SECRET_HOST", "hidden.example");
    for host in
        ["{{ env_var('DBT_ENV_SECRET_HOST') }}", "{{ env_var('DBT_ENV_SECRET_HOST', 'h') }}"]
    {
        let product = of_profile(".", host);
        product.floe("run", &[], &[secret]).assert_ok();
        assert_eq!(end_of(&product, TOTALS)["outputs"][0]["namespace"], "postgres");
        assert!(!product.read(".floe/lineage.jsonl").contains("hidden.example"));
    }
}

/// Adds a lineage backend at this address.
fn send_to(product: &Product, url: &str, more: &str) {
    let plugin = format!("  lineage_backend: {{ type: marquez, url: '{url}'{more} }}");
    product.append("manifest.yaml", &plugin);
}

#[test]
fn lineage_is_sent_when_the_history_is_written_and_within_a_limit() {
    let product = product("pass", "success");
    let history = product.path(".floe/runs.jsonl");
    let service = Service::start(move |request| {
        assert!(fs::read_to_string(&history).is_ok_and(|it| it.contains(INVOCATION)));
        let is_model = request.json()["job"]["name"] == TOTALS;
        if is_model { Answer::Hang } else { Answer::text(201, "") }
    });
    send_to(&product, &service.url, ", timeout: 300");
    let (warning, assets) = said(&product);
    let expected =
        "warning: 4 events of lineage were dropped: they were not stored within 10 seconds\n";
    assert_eq!(warning, expected);
    assert_eq!(assets.as_array().unwrap().len(), 4);
    let events: Vec<Value> = service.received().iter().map(Received::json).collect();
    let states = events.iter().filter(|it| it["job"]["name"] == "dbt-run-shop_dbt");
    let states: Vec<&Value> = states.map(|it| &it["eventType"]).collect();
    assert_eq!(states, ["START", "COMPLETE"]);
    assert_eq!(events[0]["run"]["runId"], product.runs()[0]["lineage_run_id"]);
}

#[test]
fn lineage_after_a_signal_keeps_the_trace_waiting_for_two_seconds_only() {
    let product = product("pass", "success");
    product.replace("stand-in", "exit 1", "kill -TERM $$");
    product.write("failed", "");
    let service = Service::start(|_| Answer::Hang);
    send_to(&product, &service.url, ", timeout: 300");
    let expected =
        "warning: 10 events of lineage were dropped: they were not stored within 2 seconds\n";
    assert_eq!(said(&product).0, expected);
}

#[test]
fn lost_lineage_is_one_warning_with_the_number_of_events() {
    let product = product("pass", "success");
    let service = Service::start(|_| Answer::text(500, "full"));
    send_to(&product, &service.url, "");
    let (warning, assets) = said(&product);
    let reason = "the lineage_backend plugin `marquez`: POST ";
    let start = format!("warning: 10 events of lineage were dropped: {reason}");
    assert!(warning.starts_with(&start), "{warning}");
    assert_eq!(warning.lines().count(), 1, "{warning}");
    assert_eq!(assets.as_array().unwrap().len(), 4);
    assert_eq!(service.received().len(), 3);
}

#[test]
fn a_run_whose_lineage_is_lost_ends_its_nodes_and_reports_them() {
    let product = product("fail", "success");
    product.write("failed", "");
    let service = Service::start(|request| {
        let event = request.json();
        let is_lost = event["job"]["name"] == TOTALS && event["eventType"] == "START";
        if is_lost { Answer::text(500, "full") } else { Answer::text(201, "") }
    });
    send_to(&product, &service.url, ", on_failure: fail");
    let output = product.run();
    output.assert_code(1);
    output.assert_says("500 Internal Server Error: full");
    let built = "1 model, 1 seed and 1 snapshot built, 1 failed";
    output.assert_says(built);
    assert!(product.read(".floe/alerts.log").contains("unique_id"));
    let events: Vec<Value> = service.received().iter().map(Received::json).collect();
    let begun = events.iter().filter(|it| it["eventType"] == "START").count();
    // Those of the run, two models, the snapshot and the tested table.
    assert_eq!((begun, events.len()), (5, 10));
    assert_eq!(product.runs()[0]["assets"].as_array().unwrap().len(), 4);
}
