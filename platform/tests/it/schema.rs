//! `floe schema`: the registry contains the attributes of `floe-plugin`, and a run records no others.

use std::collections::{BTreeMap, BTreeSet};

use floe::cli::schema::OPENTELEMETRY_KEYS;
use floe::identity::Identity;
use floe::pipeline::{self, RunId};
use floe_plugin::DOMAINS;
use floe_telemetry::{FloeAttributes, FloeSpanAttributes, testing};
use opentelemetry_semantic_conventions::attribute;
use serde_json::Value;

use crate::product::{self, Product};

/// The groups, which are checked against Weaver's schema
/// (<https://github.com/open-telemetry/weaver/blob/main/schemas/semconv.schema.json>).
fn groups() -> Vec<Value> {
    let output = product::program(&["schema"], &[]);
    output.assert_ok();
    let yaml: Value = floe_yaml::read(&output.stdout).unwrap();
    assert_eq!(keys(&yaml), ["groups"]);
    let groups = yaml["groups"].as_array().unwrap().clone();
    let ids: BTreeSet<_> = groups.iter().map(|group| group["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), groups.len(), "an id is unique");
    for group in &groups {
        assert_eq!(group["type"], "attribute_group");
        assert!(!group["brief"].as_str().unwrap().is_empty(), "{group}");
        for key in keys(group) {
            let accepted = ["attributes", "brief", "id", "note", "type"];
            assert!(accepted.contains(&key.as_str()), "{group}");
        }
        group["attributes"].as_array().unwrap().iter().for_each(check);
    }
    groups
}

fn keys(object: &Value) -> Vec<String> {
    object.as_object().unwrap().keys().cloned().collect()
}

/// Checks that an attribute is either a definition or a reference.
fn check(attribute: &Value) {
    if attribute.get("ref").is_some() {
        assert_eq!(keys(attribute), ["ref"], "{attribute}");
        return;
    }
    assert_eq!(attribute["stability"], "development", "{attribute}");
    let level = attribute["requirement_level"].as_str().unwrap();
    assert!(["required", "recommended"].contains(&level), "{attribute}");
    let fits = |example: &Value| match attribute["type"].as_str() {
        Some("string" | "string[]") | None => example.is_string(),
        Some("int" | "int[]") => example.is_i64(),
        Some("double" | "double[]") => example.is_number(),
        Some("boolean" | "boolean[]") => example.is_boolean(),
        Some(_) => false,
    };
    let examples = attribute.get("examples").and_then(Value::as_array);
    assert!(examples.is_none_or(|it| it.iter().all(fits)), "{attribute}");
    if let Some(members) = attribute["type"].get("members") {
        for member in members.as_array().unwrap() {
            assert_eq!(keys(member), ["brief", "id", "stability", "value"]);
        }
    } else {
        // Only strings require an example.
        assert!(attribute["type"] != "string" || examples.is_some(), "{attribute}");
    }
}

/// The definition of each key.
fn registry() -> BTreeMap<String, Value> {
    let groups = groups();
    let attributes = groups.iter().flat_map(|group| group["attributes"].as_array().unwrap());
    attributes
        .filter_map(|attribute| Some((attribute["id"].as_str()?.to_owned(), attribute.clone())))
        .collect()
}

/// The keys that OpenTelemetry defines.
fn references() -> BTreeSet<String> {
    let defined = registry();
    let groups = groups();
    let attributes = groups.iter().flat_map(|group| group["attributes"].as_array().unwrap());
    let references = attributes.filter_map(|attribute| attribute["ref"].as_str());
    references.filter(|key| !defined.contains_key(*key)).map(str::to_owned).collect()
}

#[test]
fn each_attribute_has_a_type_and_a_description() {
    let registry = registry();
    for (key, attribute) in &registry {
        assert!(!attribute["brief"].as_str().unwrap().is_empty(), "{key}");
        assert_eq!(attribute["stability"], "development");
    }
    assert_eq!(registry["dagster.asset_key"]["type"], "string");
    assert_eq!(registry["dagster.asset_key"]["requirement_level"], "required");
    assert_eq!(registry["floe.transform.rows_affected"]["type"], "int");
    assert_eq!(registry["floe.transform.rows_affected"]["examples"][0], 5000);
    let members = registry["dagster.asset.status"]["type"]["members"].as_array().unwrap();
    let values: Vec<_> = members.iter().map(|member| member["value"].as_str().unwrap()).collect();
    assert_eq!(values, ["success", "failed", "skipped", "canceled"]);
}

#[test]
fn the_registry_defines_the_attributes_of_the_domains_and_no_others() {
    let groups = DOMAINS.iter().flat_map(floe_plugin::Domain::groups);
    let attributes = groups.flat_map(|group| group.attributes);
    let identity = FloeSpanAttributes::GROUP.attributes.iter();
    let expected: BTreeSet<String> = attributes
        .chain(identity)
        .map(|attribute| attribute.key.to_owned())
        .filter(|key| !OPENTELEMETRY_KEYS.contains(&key.as_str()))
        .collect();
    let defined: BTreeSet<String> = registry().into_keys().collect();
    assert_eq!(defined, expected);
}

#[test]
fn each_reference_is_a_key_of_the_opentelemetry_conventions() {
    let defined = [
        attribute::CODE_FILE_PATH,
        attribute::CODE_FUNCTION_NAME,
        attribute::CODE_LINE_NUMBER,
        attribute::DB_COLLECTION_NAME,
        attribute::DB_QUERY_TEXT,
        attribute::DB_SYSTEM_NAME,
        attribute::ERROR_TYPE,
        attribute::EXCEPTION_MESSAGE,
        attribute::EXCEPTION_TYPE,
        attribute::FILE_PATH,
    ];
    assert_eq!(references(), defined.map(str::to_owned).into());
}

#[test]
fn a_run_records_only_attributes_of_the_registry() {
    let product = Product::shop();
    let (identity, _) = Identity::read(&product.path(""), None, None).unwrap();
    let spans = testing::capture(|| pipeline::run(&identity, &RunId::new(), None));
    let recorded: BTreeSet<String> = spans
        .iter()
        .flat_map(|span| span.data().attributes.iter().map(|attribute| attribute.key.to_string()))
        .collect();
    let known: BTreeSet<String> = registry().into_keys().chain(references()).collect();
    let unknown: Vec<_> = recorded.difference(&known).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    assert!(recorded.len() > 15, "{recorded:?}");
}

#[test]
fn the_schemas_of_plugins_are_listed_by_type_and_name() {
    let output = product::program(&["schema", "--plugins"], &[]);
    output.assert_ok();
    let schemas: Value = serde_json::from_str(&output.stdout).unwrap();
    let folder = &schemas["storage"]["local"]["properties"]["folder"];
    assert!(folder.to_string().contains("in the folder of the product"), "{folder}");
    assert_eq!(schemas["compute"]["sqlite"]["additionalProperties"], false);
}

#[test]
fn the_configuration_schema_is_that_of_the_library() {
    let output = product::program(&["schema", "--config"], &[]);
    output.assert_ok();
    assert_eq!(output.stdout, floe_telemetry::TelemetryConfig::json_schema());
}
