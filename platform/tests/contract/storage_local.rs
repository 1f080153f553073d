//! The cases of objects in a folder.

use std::fs;

use floe_plugin::storage::ObjectStore;
use floe_plugin::{Error, ErrorKind, Handle, PluginType};
use serde_json::json;

use crate::{Contract, plugins_in};

/// Runs `run` on a store in an own folder, with a file of four bytes.
fn with<T>(
    run: impl Fn(&Handle<dyn ObjectStore>, &std::path::Path) -> Result<T, Error>,
) -> Result<T, Error> {
    let folder = tempfile::tempdir().unwrap();
    let config = json!({ "folder": "objects" });
    let plugins = plugins_in(folder.path(), PluginType::Storage, "local", config);
    let file = folder.path().join("rows.csv");
    fs::write(&file, "a\n1\n").unwrap();
    run(&plugins.one::<dyn ObjectStore>().unwrap(), &file)
}

pub(crate) fn contract() -> Contract {
    Contract::new(PluginType::Storage, "local", "a folder")
        .operation(
            "put_object",
            || {
                with(|store, file| {
                    assert_eq!(store.put_object("retail/shop/rows.csv", file)?, 4);
                    assert!(store.plugin().warehouse_uri().ends_with("/objects"));
                    Ok(())
                })
            },
            || {
                with(|store, file| {
                    let error = store.put_object("../outside", file).unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::InvalidInput);
                    assert!(!file.with_file_name("outside").exists());
                    Err(error)
                })
            },
        )
        .operation(
            "get_object",
            || {
                with(|store, file| {
                    store.put_object("rows.csv", file)?;
                    let mut output = Vec::new();
                    assert_eq!(store.get_object("rows.csv", &mut output)?, 4);
                    assert_eq!(output, b"a\n1\n");
                    Ok(())
                })
            },
            || {
                with(|store, _| {
                    let error = store.get_object("rows.csv", &mut Vec::new()).unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::NotFound);
                    Err(error)
                })
            },
        )
        .operation(
            "list_objects",
            || {
                with(|store, file| {
                    assert_eq!(store.list_objects("")?, [""; 0]);
                    for key in ["b/2", "a/1", "a/b/3"] {
                        store.put_object(key, file)?;
                    }
                    assert_eq!(store.list_objects("a/")?, ["a/1", "a/b/3"]);
                    Ok(())
                })
            },
            || with(|store, _| store.list_objects("../")).map(drop),
        )
        .operation(
            "delete_object",
            || {
                with(|store, file| {
                    store.put_object("a", file)?;
                    store.delete_object("a")?;
                    store.delete_object("a")?;
                    assert_eq!(store.list_objects("")?, [""; 0]);
                    Ok(())
                })
            },
            || with(|store, _| store.delete_object("/etc/passwd")),
        )
}
