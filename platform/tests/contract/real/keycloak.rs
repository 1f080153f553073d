//! npm's oidc-provider, which is certified: client credentials.

use std::process::Command;

use floe_plugin::identity::IdentityProvider;
use floe_plugin::{Error, ErrorKind, PluginType};
use serde_json::json;

use super::process::{Process, place, script};
use crate::{credential, plugins};

/// With signs that a header or a form must encode.
const SECRET: &str = "a&b=c d%+:/";

fn authenticate(port: u16, secret: &str) -> Result<(), Error> {
    let (_file, secret) = credential(secret);
    let config = json!({
        "url": format!("http://127.0.0.1:{port}"), "realm": "floe", "client_id": "floe", "client_secret": secret,
    });
    let plugins = plugins(PluginType::Identity, "keycloak", config);
    plugins.one::<dyn IdentityProvider>().unwrap().authenticate()
}

#[test]
fn a_client_is_authenticated_and_a_wrong_secret_refused() {
    let place = place();
    let mut node = Command::new("node");
    let mut provider = Process::start(node.arg(script("oidc_provider.mjs")).arg(place).arg(SECRET));
    let port = provider.port();
    authenticate(port, SECRET).unwrap();
    let error = authenticate(port, "wrong").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized, "{error}");
    assert!(error.to_string().contains("invalid_client"), "{error}");
}
