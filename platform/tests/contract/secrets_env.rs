//! The contract of the plugin `env` (secrets).

use floe_plugin::secrets::SecretStore;
use serde_json::json;

use crate::{Contract, with};

pub(crate) fn contract() -> Contract {
    // Cargo sets these variables for tests.
    let get = |key: &str| {
        let config = json!({ "prefix": "CARGO_" });
        with::<dyn SecretStore, _>("env", config, |store| store.get_secret(key))
    };
    Contract::new::<dyn SecretStore>("env", "the environment of the test").operation(
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
