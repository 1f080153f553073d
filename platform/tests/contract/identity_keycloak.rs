//! The contract of the plugin `keycloak` (identity).

use floe_plugin::identity::IdentityProvider;
use floe_plugin::{Error, ErrorKind, Handle};
use serde_json::json;

use crate::service::{Answer, Service};
use crate::{CANARY, Contract, credential, with};

/// [`crate::CANARY`] with a character that a form must encode.
const SECRET: &str = "c4n4ry-Zm9vYmFyYmF6cXV4&x";

/// Starts a provider with one client, `floe`.
fn provider() -> Service {
    Service::start(|request| {
        let form =
            format!("grant_type=client_credentials&client_id=floe&client_secret={CANARY}%26x");
        let kind = request.header("content-type");
        match (&*request.method, &*request.path, kind) {
            (
                "POST",
                "/realms/floe/protocol/openid-connect/token",
                Some("application/x-www-form-urlencoded"),
            ) if request.body == form.as_bytes() => {
                let granted = json!({ "access_token": "granted", "token_type": "Bearer" });
                Answer::json(200, &granted)
            }
            _ => Answer::json(400, &json!({ "error": "invalid_client" })),
        }
    })
}

pub(crate) fn authenticate(
    url: &str,
    client: &str,
    secret: &str,
    timeout: f64,
) -> Result<(), Error> {
    let (_file, secret) = credential(secret);
    let config = json!({
        "url": url, "realm": "floe", "client_id": client, "client_secret": secret, "timeout": timeout,
    });
    with("keycloak", config, Handle::<dyn IdentityProvider>::authenticate)
}

pub(crate) fn contract() -> Contract {
    let service = "stand-in; in `.ci/services plugins` npm's oidc-provider";
    Contract::new::<dyn IdentityProvider>("keycloak", service).operation(
        "authenticate",
        &[
            "identity.realm=floe",
            "identity.grant_type=client_credentials",
            "identity.auth.success=true",
        ],
        || {
            let provider = provider();
            authenticate(&provider.url, "floe", SECRET, 10.0)?;
            assert!(provider.single().header("traceparent").is_some());
            Ok(())
        },
        || {
            let error = authenticate(&provider().url, "other", SECRET, 10.0).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unauthorized, "{error}");
            Err(error)
        },
    )
}
