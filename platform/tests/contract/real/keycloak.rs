//! Client credentials against npm's oidc-provider, which is certified.

use std::process::Command;

use floe_plugin::ErrorKind;

use super::process::{Process, place, script};
use crate::assert_failed;
use crate::identity_keycloak::authenticate;

/// A secret with characters that a header or a form must encode.
const SECRET: &str = "a&b=c d%+:/";

#[test]
fn a_client_is_authenticated_and_a_wrong_secret_refused() {
    let place = place();
    let mut node = Command::new("node");
    let mut provider = Process::start(node.arg(script("oidc_provider.mjs")).arg(place).arg(SECRET));
    let url = format!("http://127.0.0.1:{}", provider.port());
    authenticate(&url, "floe", SECRET, 60.0).unwrap();
    let error = authenticate(&url, "floe", "wrong", 60.0).unwrap_err();
    assert_failed(&error, ErrorKind::Unauthorized, "invalid_client");
}
