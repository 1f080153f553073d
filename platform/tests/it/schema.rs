//! The registry says what the spans say.

use std::collections::{BTreeMap, BTreeSet};

use floe::identity::Identity;
use floe::pipeline::{self, RunId};
use floe_telemetry::testing;
use serde_json::Value;

use crate::product::{self, Product};

/// Each key with its definition.
fn registry() -> BTreeMap<String, Value> {
    let said = product::program(&["schema"], &[]);
    said.assert_ok();
    let yaml: Value = serde_saphyr::from_str(&said.stdout).unwrap();
    let groups = yaml["groups"].as_array().unwrap();
    let attributes = groups.iter().flat_map(|group| {
        assert_eq!(group["type"], "attribute_group");
        assert!(!group["brief"].as_str().unwrap().is_empty(), "{group}");
        group["attributes"].as_array().unwrap()
    });
    attributes
        .filter_map(|attribute| Some((attribute["id"].as_str()?.to_owned(), attribute.clone())))
        .collect()
}

#[test]
fn each_attribute_is_defined_with_type_and_text() {
    let registry = registry();
    for (key, attribute) in &registry {
        assert!(!attribute["brief"].as_str().unwrap().is_empty(), "{key}");
        assert_eq!(attribute["stability"], "development");
    }
    assert_eq!(registry["dagster.asset_key"]["type"], "string");
    assert_eq!(
        registry["dagster.asset_key"]["requirement_level"],
        "required"
    );
    assert_eq!(registry["floe.transform.rows_affected"]["type"], "int");
    assert_eq!(
        registry["floe.transform.rows_affected"]["examples"][0],
        5000
    );
    let members = registry["dagster.asset.status"]["type"]["members"]
        .as_array()
        .unwrap();
    let values: Vec<_> = members
        .iter()
        .map(|member| member["value"].as_str().unwrap())
        .collect();
    assert_eq!(values, ["success", "failed", "skipped"]);
}

#[test]
fn a_run_says_nothing_of_its_own_that_the_registry_does_not_know() {
    let product = Product::shop();
    let (identity, _) = Identity::read(&product.path(""), None, None).unwrap();
    let spans = testing::capture(|| pipeline::run(&identity, &RunId::new()));
    let said: BTreeSet<String> = spans
        .iter()
        .flat_map(|span| {
            span.data()
                .attributes
                .iter()
                .map(|attribute| attribute.key.to_string())
        })
        .filter(|key| key.starts_with("floe.") || key.starts_with("dagster."))
        .collect();
    let known: BTreeSet<String> = registry().into_keys().collect();
    let unknown: Vec<_> = said.difference(&known).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    assert!(said.len() > 15, "{said:?}");
}

#[test]
fn the_schema_of_the_configuration_is_that_of_the_library() {
    let said = product::program(&["schema", "--config"], &[]);
    said.assert_ok();
    let schema: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(schema, floe_telemetry::TelemetryConfig::json_schema());
}
