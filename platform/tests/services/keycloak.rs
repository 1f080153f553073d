//! npm's oidc-provider, which is certified: client credentials, discovery, keys, and tokens of each algorithm.

use std::process::Command;
use std::time::{Duration, SystemTime};

use floe_plugin::identity::IdentityProvider;
use floe_plugin::{Error, ErrorKind, Handle, PluginType};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use crate::process::{Process, credential, place, plugins, script};

/// With signs that a header or a form must encode.
const SECRET: &str = "a&b=c d%+:/";

fn with<T>(
    port: u16,
    client: &str,
    secret: &str,
    audience: &str,
    run: impl FnOnce(&Handle<dyn IdentityProvider>) -> Result<T, Error>,
) -> Result<T, Error> {
    let (_file, secret) = credential(secret);
    let config = json!({
        "url": format!("http://127.0.0.1:{port}"), "realm": "floe", "audience": audience,
        "client_id": client, "client_secret": secret,
    });
    let plugins = plugins(PluginType::Identity, "keycloak", config);
    plugins.health().remove(0).1.unwrap();
    run(&plugins.one::<dyn IdentityProvider>().unwrap())
}

#[test]
fn tokens_of_each_algorithm_are_granted_and_validated() {
    let Some(place) = place() else {
        return;
    };
    let mut node = Command::new("node");
    let mut provider = Process::start(node.arg(script("oidc_provider.mjs")).arg(place).arg(SECRET));
    let port = provider.port();
    for algorithm in ["RS256", "PS256", "ES256", "ES384", "EdDSA"] {
        let before = SystemTime::now();
        let token = with(port, algorithm, SECRET, "floe", |identity| {
            identity.authenticate()
        });
        let token = token.unwrap();
        let lifetime = token.expires_at.unwrap().duration_since(before).unwrap();
        assert!(lifetime >= Duration::from_secs(299), "{lifetime:?}");
        let text = token.token.expose_secret();
        let header = jsonwebtoken::decode_header(text).unwrap();
        assert_eq!(format!("{:?}", header.alg), algorithm);

        let is_valid = |text: &str, audience: &str| {
            let token: SecretString = text.to_owned().into();
            with(port, algorithm, SECRET, audience, |identity| {
                identity.validate_token(&token)
            })
        };
        assert!(is_valid(text, "floe").unwrap(), "{algorithm}");
        assert!(!is_valid(text, "other").unwrap(), "{algorithm}");
        // Another claim under the same signature.
        let (head, signature) = text.rsplit_once('.').unwrap();
        let changed = format!("{}A.{signature}", &head[..head.len() - 1]);
        assert!(!is_valid(&changed, "floe").unwrap(), "{algorithm}");
    }

    let error = with(port, "RS256", "wrong", "floe", |identity| {
        identity.authenticate()
    });
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized, "{error}");
    assert!(error.to_string().contains("invalid_client"), "{error}");
}
