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
    Contract::new(PluginType::Secrets, "env", "the environment of the test").operation(
        "get_secret",
        &["secrets.provider=env", "secrets.key_name=NO_SUCH_VARIABLE", "secrets.found=false"],
        move || {
            assert!(get("MANIFEST_DIR")?.is_some());
            assert!(get("NO_SUCH_VARIABLE")?.is_none());
            Ok(())
        },
        move || get("A=B").map(drop),
    )
}
