//! The cases of lineage in a file.

use floe_plugin::PluginType;
use serde_json::{Value, json};

use crate::lineage_console::emit;
use crate::{Contract, plugins};

pub(crate) fn contract() -> Contract {
    Contract::new(PluginType::LineageBackend, "file", "a file").operation(
        "emit_event",
        || {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("events.jsonl");
            let config = json!({ "path": path });
            std::fs::write(&path, "of the last run\n").unwrap();
            let plugins = plugins(PluginType::LineageBackend, "file", config);
            // A check starts the plugin and emits nothing.
            let kept = std::fs::read_to_string(&path).unwrap();
            assert_eq!(kept, "of the last run\n");
            emit(&plugins, "shop.totals")?;
            let text = std::fs::read_to_string(path).unwrap();
            // Processes that build assets add their events.
            let line = text.strip_prefix(&kept).unwrap();
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
            let config = json!({ "path": folder.path().join("events.jsonl") });
            let plugins = plugins(PluginType::LineageBackend, "file", config);
            // The folder is removed after the start.
            drop(folder);
            emit(&plugins, "shop.totals")
        },
    )
}
