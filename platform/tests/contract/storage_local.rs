//! The contract of the plugin `local` (storage).

use std::fs;

use floe_plugin::storage::ObjectStore;
use floe_plugin::{Error, ErrorKind, Handle};
use serde_json::json;

use crate::{Contract, with_in};

fn on<T>(
    run: impl Fn(&Handle<dyn ObjectStore>, &std::path::Path) -> Result<T, Error>,
) -> Result<T, Error> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rows.csv");
    fs::write(&file, "a\n1\n").unwrap();
    with_in(folder.path(), "local", json!({ "folder": "objects" }), |store| run(store, &file))
}

pub(crate) fn contract() -> Contract {
    Contract::new::<dyn ObjectStore>("local", "a folder").operation(
        "put_object",
        &[
            "storage.system=file",
            "storage.object.key=retail/shop/rows.csv",
            "storage.bytes_written=4",
        ],
        || {
            on(|store, file| {
                assert_eq!(store.put_object("retail/shop/rows.csv", file)?, 4);
                assert!(store.plugin().warehouse_uri().ends_with("/objects"));
                Ok(())
            })
        },
        || {
            on(|store, file| {
                let error = store.put_object("../outside", file).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidInput);
                assert!(!file.with_file_name("outside").exists());
                Err(error)
            })
        },
    )
}
