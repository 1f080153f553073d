//! The cases of lineage in a file.

use floe_plugin::{Error, PluginType, Plugins, Selection};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::Contract;
use crate::lineage_console::emit;

fn start(folder: &TempDir) -> Result<Plugins, Error> {
    let config = json!({ "path": "events.jsonl" });
    let selection = Selection::new(PluginType::LineageBackend, "file", config);
    let plugins = Plugins::configure(&[selection.in_folder(folder.path())]).unwrap();
    plugins.start(|_| true)?;
    Ok(plugins)
}

#[test]
fn a_file_without_lineage_is_not_replaced() {
    for text in ["id,name\n1,a\n", "{\"producer\": \"https://example.org/1\"}\n", "\n"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        std::fs::write(&path, text).unwrap();
        let error = start(&folder).unwrap_err().to_string();
        let expected = format!(
            "the lineage_backend plugin `file` did not start: `{}` is a file that does not begin with lineage, expected a new file, or lineage",
            path.display()
        );
        assert_eq!(error, expected);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
}

pub(crate) fn contract() -> Contract {
    Contract::new(PluginType::LineageBackend, "file", "a file").operation(
        "emit_event",
        &[
            "lineage.job_name=shop.totals",
            "lineage.event_type=COMPLETE",
            "lineage.namespace=retail",
            "lineage.run_id=2866553f-1347-41ca-bd56-95659a3e1c5d",
        ],
        || {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("events.jsonl");
            start(&folder).map(|plugins| emit(&plugins, "shop.before"))??;
            let before = std::fs::read_to_string(&path).unwrap();
            // A check starts the plugin and emits nothing.
            let plugins = start(&folder)?;
            assert_eq!(std::fs::read_to_string(&path).unwrap(), before);
            emit(&plugins, "shop.totals")?;
            let text = std::fs::read_to_string(path).unwrap();
            // Processes that build assets add their events.
            let line = text.strip_prefix(&before).unwrap();
            let event: Value = serde_json::from_str(line).unwrap();
            assert_eq!(event["eventType"], "COMPLETE");
            assert_eq!(event["eventTime"], "1970-01-01T00:00:00.000Z");
            assert_eq!(event["job"]["name"], "shop.totals");
            let ids = &event["run"]["facets"]["traceCorrelation"];
            assert_eq!(ids["trace_id"], "0af7651916cd43dd8448eb211c80319c");
            Ok(())
        },
        || {
            let folder = tempfile::tempdir().unwrap();
            let plugins = start(&folder)?;
            // The folder is removed after the start.
            drop(folder);
            emit(&plugins, "shop.totals")
        },
    )
}
