//! The contract of the plugin `file` (lineage backend).

use floe_plugin::lineage::{LineageBackend, RunEvent};
use serde_json::{Value, json};

use crate::lineage_console::{ATTRIBUTES, event};
use crate::{Contract, refused, with_in};

#[test]
fn a_file_without_lineage_is_not_replaced() {
    for text in ["id,name\n1,a\n", "{\"producer\": \"https://example.org/1\"}\n", "\n"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        std::fs::write(&path, text).unwrap();
        let config = json!({ "path": "events.jsonl" });
        let error = refused::<dyn LineageBackend>(folder.path(), "file", config);
        let expected = format!(
            "the lineage_backend plugin `file` did not start: `{}` does not begin with a lineage event of floe, expected a new file, or a file of lineage events",
            path.display()
        );
        assert_eq!(error, expected);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
}

pub(crate) fn contract() -> Contract {
    let config = || json!({ "path": "events.jsonl" });
    Contract::new::<dyn LineageBackend>("file", "a file").operation(
        "emit_event",
        ATTRIBUTES,
        move || {
            let folder = tempfile::tempdir().unwrap();
            let text = || std::fs::read_to_string(folder.path().join("events.jsonl")).unwrap();
            let other = RunEvent { sql: None, ..event() };
            let emit = |event: &RunEvent<'_>| {
                with_in::<dyn LineageBackend, _>(folder.path(), "file", config(), |it| {
                    it.emit_event(event)
                })
            };
            emit(&other)?;
            let before = text();
            // An event is added after the events of other processes.
            emit(&event())?;
            let text = text();
            let line = text.strip_prefix(&before).unwrap();
            assert_eq!(serde_json::from_str::<Value>(line).unwrap(), event().to_json());
            Ok(())
        },
        move || {
            let folder = tempfile::tempdir().unwrap();
            with_in::<dyn LineageBackend, _>(folder.path(), "file", config(), |it| {
                // After the start, another program creates a folder with the name of the file.
                std::fs::create_dir(folder.path().join("events.jsonl")).unwrap();
                it.emit_event(&event())
            })
        },
    )
}
