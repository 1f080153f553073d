//! The contract of the plugin `terminal` (alert channel).

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use floe_plugin::alert::{AlertChannel, Message, Severity};
use serde_json::json;

use crate::{CANARY, Contract, with_in};

pub(crate) fn contract() -> Contract {
    let send = |folder: &Path, file: &str| {
        let summary = format!("no rows, password={CANARY}\nnext line");
        let message = Message {
            severity: Severity::Critical,
            ..Message::new("FloePipelineFailed", &summary)
        };
        let config = json!({ "file": file });
        with_in::<dyn AlertChannel, _>(folder, "terminal", config, |it| it.send_alert(&message))
    };
    Contract::new::<dyn AlertChannel>("terminal", "a file").operation(
        "send_alert",
        &[
            "alert.channel=terminal",
            "alert.destination=file",
            "alert.severity=critical",
            "alert.delivery_status=delivered",
        ],
        move || {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("alerts");
            send(folder.path(), "alerts")?;
            let mode = std::fs::metadata(&file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            let text = std::fs::read_to_string(file).unwrap();
            let expected =
                "alert: critical: FloePipelineFailed: no rows, password=<REDACTED>\\nnext line\n";
            assert_eq!(text, expected);
            Ok(())
        },
        move || send(Path::new(""), "Cargo.toml/alerts"),
    )
}
