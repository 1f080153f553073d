//! The configuration accepts each YAML document of the manual.

use floe_telemetry::TelemetryConfig;

#[test]
fn each_document_of_the_manual_is_accepted() {
    let pages = [
        include_str!("../../../docs/backends.md"),
        include_str!("../../../docs/configuration.md"),
        include_str!("../../../docs/tasks.md"),
    ];
    let folder = tempfile::tempdir().unwrap();
    let mut count = 0;
    let blocks = pages.iter().flat_map(|page| page.split("```yaml\n").skip(1));
    let documents = blocks.map(|block| block.split_once("```").unwrap().0);
    // The other documents configure a Collector.
    for yaml in documents.filter(|yaml| !yaml.starts_with("receivers:")) {
        count += 1;
        let read = if yaml.starts_with("file_format:") {
            let path = folder.path().join("otel.yaml");
            std::fs::write(&path, yaml).unwrap();
            TelemetryConfig::from_config_file(&path)
        } else {
            TelemetryConfig::from_yaml(yaml)
        };

        let problem = read.and_then(|config| config.validate()).err();
        assert!(problem.is_none(), "{yaml}{problem:?}");
    }

    assert!(count > 10, "{count}");
}
