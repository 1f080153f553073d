//! The manifests of `docs/plugins.md` and of the README are accepted.

use std::path::Path;

use floe::manifest::Manifest;

const PAGE: &str = include_str!("../../../docs/plugins.md");
const README: &str = include_str!("../../README.md");

#[test]
fn the_manifests_are_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("manifest.yaml");
    let blocks = [README, PAGE].map(|page| page.split("```yaml\n").skip(1));
    let manifests = blocks.into_iter().flatten().map(|block| block.split_once("```").unwrap().0);
    let mut count = 0;
    for manifest in manifests.filter(|block| block.lines().any(|line| line == "plugins:")) {
        count += 1;
        std::fs::write(&path, format!("name: docs\nnamespace: docs\n{manifest}")).unwrap();
        let parsed = Manifest::read(&path).unwrap_or_else(|error| panic!("{error}\n{manifest}"));
        let plugins = parsed.selected_plugins(&path, Path::new("/product"));
        assert!(plugins.is_ok(), "{:?}\n{manifest}", plugins.err());
    }
    assert!(count > 2, "{count}");
}
