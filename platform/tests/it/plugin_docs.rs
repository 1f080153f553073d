//! The manifests of `docs/plugins.md` and of the README are accepted, and the page describes every plugin with
//! every key of its configuration.

use std::collections::BTreeSet;
use std::path::Path;

use floe::manifest::Manifest;
use floe::manifest::selection::Selected;
use floe_plugin::{PluginType, registry};
use floe_telemetry::backend;
use serde_json::Value;

const PAGE: &str = include_str!("../../../docs/plugins.md");
const README: &str = include_str!("../../README.md");

/// The manifests of a page, without the keys that each manifest has.
fn manifests(page: &str) -> Vec<&str> {
    let blocks = page.split("```yaml\n").skip(1);
    blocks
        .map(|block| block.split_once("```").unwrap().0)
        .filter(|block| block.lines().any(|line| line == "plugins:"))
        .collect()
}

/// The plugins that a manifest selects, with the embedded ones, and the name of its telemetry backend.
fn selected(manifest: &str) -> (Vec<Selected>, Option<String>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("manifest.yaml");
    std::fs::write(&path, format!("name: docs\nnamespace: docs\n{manifest}")).unwrap();
    let parsed = Manifest::read(&path).unwrap_or_else(|error| panic!("{error}\n{manifest}"));
    let plugins = parsed.selected_plugins(&path, Path::new("/product"));
    let plugins = plugins.unwrap_or_else(|error| panic!("{error}\n{manifest}"));
    let backend = parsed.plugins.telemetry_backend;
    (plugins, backend.map(|it| it.kind.value.as_str().to_owned()))
}

/// The sections of the kinds, with their names.
fn sections() -> impl Iterator<Item = (&'static str, &'static str)> {
    PAGE.split("\n## `").skip(1).map(|section| section.split_once("`\n").unwrap())
}

#[test]
fn the_manifests_are_accepted() {
    assert_eq!(manifests(README).len(), 2);
    for manifest in manifests(README).into_iter().chain(manifests(PAGE)) {
        selected(manifest);
    }
}

#[test]
fn each_kind_has_a_section_with_an_example_of_each_plugin_and_each_key() {
    let mut kinds: Vec<_> = PluginType::ALL.iter().map(|kind| kind.as_str()).collect();
    kinds.sort_unstable();
    let found: Vec<_> = sections().map(|(kind, _)| kind).collect();
    assert_eq!(found, kinds);
    for linked in registry::discover().unwrap() {
        let plugin = linked.plugin();
        let (kind, name) = (plugin.plugin_type(), plugin.name());
        let (_, section) = sections().find(|(it, _)| *it == kind.as_str()).unwrap();
        let mut examples = BTreeSet::new();
        let mut is_found = false;
        for manifest in manifests(section) {
            for selected in selected(manifest).0 {
                if (selected.kind, selected.name.as_str()) == (kind, name)
                    && manifest.contains(&format!("type: {name}"))
                {
                    is_found = true;
                    examples.extend(selected.config.as_object().unwrap().keys().cloned());
                }
            }
        }
        assert!(is_found, "there is no example of {kind} {name}");
        let schema = linked.configuration_schema().unwrap();
        let properties = schema.get("properties").and_then(Value::as_object);
        let keys: BTreeSet<_> = properties.into_iter().flat_map(|it| it.keys().cloned()).collect();
        assert_eq!(examples, keys, "the keys of {kind} {name}");
    }
    let (_, section) = sections().find(|(kind, _)| *kind == "telemetry_backend").unwrap();
    let examples: BTreeSet<_> =
        manifests(section).into_iter().filter_map(|manifest| selected(manifest).1).collect();
    let linked = backend::linked().map(|it| it.backend().name().to_owned());
    assert_eq!(examples, linked.collect());
}
