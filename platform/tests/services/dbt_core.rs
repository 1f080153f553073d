//! `dbt-core` itself, on `DuckDB`, with `SQLFluff`.

use std::path::Path;

use floe_plugin::dbt::{DbtCommand, DbtOutcome, DbtRunner, Project};
use floe_plugin::product::{Model, Product, Source};
use floe_plugin::quality::Check;
use floe_plugin::table::{Column, ColumnType};
use floe_plugin::{Error, ErrorKind, PluginType};
use floe_telemetry::testing;
use serde_json::json;

use crate::process::{place, plugins};
use crate::python::python;

fn product<'a>(sql: &'a str, checks: &'a [Check]) -> Product<'a> {
    Product {
        namespace: "retail",
        name: "shop-1",
        version: "1.0.0",
        environment: "dev",
        description: None,
        sources: vec![Source {
            name: "orders",
            location: "data/orders.csv",
            depends_on: Vec::new(),
            checks: &[],
            columns: vec![Column { name: "id", kind: ColumnType::Integer }],
        }],
        models: vec![
            Model {
                name: "stg_orders",
                layer: "bronze",
                materialization: "view",
                sql: "select\n    id,\n    '{{ not_jinja }}' as note\nfrom \"orders\"",
                depends_on: vec!["orders"],
                checks: &[],
                columns: Vec::new(),
            },
            Model {
                name: "totals",
                layer: "gold",
                materialization: "table",
                sql,
                depends_on: vec!["orders", "stg_orders"],
                checks,
                columns: Vec::new(),
            },
        ],
    }
}

const TOTALS: &str = "select count(*) as all_orders\nfrom \"stg_orders\"";

/// Runs commands on the project of a product whose source has three rows.
fn run(
    place: &Path,
    product: &Product<'_>,
    commands: &[DbtCommand],
) -> Vec<Result<DbtOutcome, Error>> {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("shop.duckdb");
    let quoted = format!("{:?}", database.to_str().unwrap());
    python(
        place,
        &format!(
            "import duckdb; duckdb.connect({quoted}).execute('create table orders as select * from (values (1), (2), (3)) as t(id)')"
        ),
    );
    let config = json!({
        "program": place.join("venv/bin/dbt"),
    });
    let plugins = plugins(PluginType::Dbt, "core", config);
    let dbt = plugins.one::<dyn DbtRunner>().unwrap();
    let output = json!({ "type": "duckdb", "path": database, "schema": "main" });
    let project = folder.path().join("dbt");
    dbt.generate_project(product, &output, &project).unwrap();
    let project = Project {
        folder: &project,
        profiles: None,
        target: Some("dev"),
        select: None,
        exclude: None,
        full_refresh: false,
    };
    let run = |command: &DbtCommand| dbt.run(*command, &project).outcome;
    let results = commands.iter().map(run).collect();
    if commands.contains(&DbtCommand::Test) {
        let count = format!(
            "import duckdb; print(duckdb.connect({quoted}).execute('select all_orders, (select min(note) from stg_orders) from totals').fetchone())"
        );
        assert_eq!(python(place, &count), "(3, '{{ not_jinja }}')");
    }
    results
}

#[test]
fn dbt_builds_and_tests_a_product() {
    let place = place();
    let checks = [
        Check::NotNull("all_orders".to_owned()),
        Check::Between { column: "all_orders".to_owned(), min: 3.0, max: 3.0 },
        Check::MinRows(1),
    ];
    let of_source = [Check::Unique("id".to_owned()), Check::MinRows(3)];
    let commands = [DbtCommand::Run, DbtCommand::Test];
    let mut outcomes = Vec::new();
    let spans = testing::capture(|| {
        let mut product = product(TOTALS, &checks);
        product.sources[0].checks = &of_source;
        let results = run(&place, &product, &commands);
        outcomes = results.into_iter().map(Result::unwrap).collect();
    });
    let counts: Vec<_> =
        outcomes.iter().map(|it| (it.models_run, it.tests_run, it.failures)).collect();
    assert_eq!(counts, [(Some(2), Some(0), Some(0)), (Some(0), Some(5), Some(0)),]);
    let span = spans.single("dbt.run").assert_ok();
    span.assert_attribute("dbt.models_run", 2).assert_attribute("dbt.target", "dev");
}

#[test]
fn a_check_that_fails_and_a_query_that_is_wrong_are_errors() {
    let place = place();
    let checks = [Check::MinRows(2)];
    let commands = [DbtCommand::Run, DbtCommand::Test];
    let [_, tested] =
        <[_; 2]>::try_from(run(&place, &product(TOTALS, &checks), &commands)).unwrap();
    let error = tested.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    assert!(error.to_string().contains("totals_check_0"), "{error}");

    let sql = "select cast('password=hunter2' as integer) AS x from \"stg_orders\"";
    let [ran] = <[_; 1]>::try_from(run(&place, &product(sql, &[]), &[DbtCommand::Run])).unwrap();
    let error = ran.unwrap_err().to_string();
    assert!(error.contains("1 of 2 nodes failed, the first: model.shop_1.totals"), "{error}");
    assert!(!error.contains("hunter2"), "{error}");
}

#[test]
fn a_project_that_does_not_parse_is_one_error() {
    let place = place();
    let checks = [Check::NotNull("all_orders".to_owned())];
    let mut product = product(TOTALS, &checks);
    product.models[1].depends_on.push("no_such_model");
    let [parsed] = <[_; 1]>::try_from(run(&place, &product, &[DbtCommand::Run])).unwrap();
    let error = parsed.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected, "{error}");
    assert!(error.to_string().contains("no_such_model"), "{error}");
}

#[test]
fn the_log_of_duckdb_has_the_span_of_the_command() {
    let place = place();
    let folder = tempfile::tempdir().unwrap();
    let (database, log) = (folder.path().join("shop.duckdb"), folder.path().join("log.sql"));
    let quoted = format!("{:?}", database.to_str().unwrap());
    python(
        &place,
        &format!("import duckdb; duckdb.connect({quoted}).execute('create table orders (id int)')"),
    );
    let config = json!({ "program": place.join("venv/bin/dbt") });
    let plugins = plugins(PluginType::Dbt, "core", config);
    let dbt = plugins.one::<dyn DbtRunner>().unwrap();
    let output = json!({
        "type": "duckdb",
        "path": database,
        "schema": "main",
        "settings": { "log_query_path": log },
    });
    let project = folder.path().join("dbt");
    dbt.generate_project(&product(TOTALS, &[]), &output, &project).unwrap();
    let spans = testing::capture(|| {
        let project = Project {
            folder: &project,
            profiles: None,
            target: None,
            select: None,
            exclude: None,
            full_refresh: false,
        };
        dbt.run(DbtCommand::Run, &project).outcome.unwrap();
    });
    let log = std::fs::read_to_string(log).unwrap();
    let command = spans.single("dbt.run").span_context().clone();
    let (trace, span) = (command.trace_id(), command.span_id());
    let comment = format!("/* traceparent='00-{trace}-{span}-0");
    let (_, after) = log.split_once("rename to \"totals\"").unwrap();
    assert!(after.trim_start().starts_with(&comment), "{log}");
}
