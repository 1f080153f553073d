//! The cases of secrets from the environment.

use floe_plugin::PluginType;
use floe_plugin::secrets::SecretStore;
use serde_json::json;

use crate::{Contract, plugins};

pub(crate) fn contract() -> Contract {
    // The variables that cargo sets for tests.
    let store = || plugins(PluginType::Secrets, "env", json!({ "prefix": "CARGO_" }));
    let get = move |key: &str| {
        let plugins = store();
        let store = plugins.one::<dyn SecretStore>().unwrap();
        store.get_secret(key)
    };
    Contract::new(PluginType::Secrets, "env", "the environment of the test")
        .operation(
            "get_secret",
            move || {
                assert!(get("MANIFEST_DIR")?.is_some());
                assert!(get("NO_SUCH_VARIABLE")?.is_none());
                Ok(())
            },
            move || get("A=B").map(drop),
        )
        .operation(
            "list_secrets",
            move || {
                let plugins = store();
                let store = plugins.one::<dyn SecretStore>().unwrap();
                let keys = store.list_secrets("MANIFEST")?;
                assert!(keys.contains(&"MANIFEST_DIR".to_owned()), "{keys:?}");
                assert!(
                    keys.iter().all(|key| key.starts_with("MANIFEST")),
                    "{keys:?}"
                );
                Ok(())
            },
            move || {
                let plugins = store();
                let store = plugins.one::<dyn SecretStore>().unwrap();
                store.list_secrets("A=B").map(drop)
            },
        )
        .unsupported("set_secret", move || {
            let plugins = store();
            let store = plugins.one::<dyn SecretStore>().unwrap();
            store.set_secret("KEY", &"value".into()).map(drop)
        })
        .unsupported("delete_secret", move || {
            let plugins = store();
            let store = plugins.one::<dyn SecretStore>().unwrap();
            store.delete_secret("KEY").map(drop)
        })
}
