//! The cases of alerts on the terminal.

use floe_plugin::PluginType;
use floe_plugin::alert::{AlertChannel, Message, Severity};
use serde_json::json;

use crate::{CANARY, Contract, plugins};

pub(crate) fn contract() -> Contract {
    let send = |file: &str| {
        let config = json!({ "file": file });
        let plugins = plugins(PluginType::AlertChannel, "terminal", config);
        let channel = plugins.one::<dyn AlertChannel>().unwrap();
        let summary = format!("no rows, password={CANARY}\nnext line");
        channel.send_alert(&Message {
            severity: Severity::Critical,
            ..Message::new("FloePipelineFailed", &summary)
        })
    };
    Contract::new(PluginType::AlertChannel, "terminal", "a file").operation(
        "send_alert",
        move || {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("alerts");
            send(file.to_str().unwrap())?;
            let text = std::fs::read_to_string(file).unwrap();
            let expected =
                "alert: critical: FloePipelineFailed: no rows, password=<REDACTED> next line\n";
            assert_eq!(text, expected);
            Ok(())
        },
        move || send("/no/such/folder/alerts"),
    )
}
