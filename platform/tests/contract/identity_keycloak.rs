//! The contract of the plugin `keycloak` (identity).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use floe_plugin::identity::IdentityProvider;
use floe_plugin::{Error, ErrorKind, Handle, PluginType};
use serde_json::{Value, json};

use crate::service::{Answer, Received, Service};
use crate::{CANARY, Contract, credential, failures, plugins};

const NAME: &str = "keycloak";

/// A provider with one client, `floe`.
fn provider() -> Service {
    Service::start(|request| match &*request.path {
        "/realms/floe/protocol/openid-connect/token" => token(request),
        _ => Answer::json(404, &json!({ "error": "Realm does not exist" })),
    })
}

fn token(request: &Received) -> Answer {
    let refuse = |status, error: &str, description: &str| {
        Answer::json(status, &json!({ "error": error, "error_description": description }))
    };
    let form = String::from_utf8(request.body.clone()).unwrap();
    let field = |name: &str| {
        let mut pairs = form.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
    };
    if request.method != "POST" {
        return refuse(405, "invalid_request", "HTTP 405 Method Not Allowed");
    }
    if request.header("content-type") != Some("application/x-www-form-urlencoded") {
        return refuse(415, "invalid_request", "HTTP 415 Unsupported Media Type");
    }
    let basic = format!("Basic {}", STANDARD.encode(format!("floe:{CANARY}%26x")));
    let is_basic = request.header("authorization") == Some(&basic);
    if !is_basic {
        return refuse(401, "invalid_client", "Invalid client or Invalid client credentials");
    }
    match (field("grant_type").as_deref(), field("scope").as_deref()) {
        (Some("client_credentials"), None | Some("orders%20read")) => {
            let granted = json!({
                "access_token": "granted", "expires_in": 300, "refresh_expires_in": 0,
                "token_type": "Bearer", "not-before-policy": 0, "scope": "profile email",
            });
            Answer::json(200, &granted)
        }
        (Some("client_credentials"), _) => refuse(400, "invalid_scope", "Invalid scopes"),
        _ => refuse(400, "unsupported_grant_type", "Unsupported grant_type"),
    }
}

fn with<T>(
    url: &str,
    change: &Value,
    run: impl FnOnce(&Handle<dyn IdentityProvider>) -> Result<T, Error>,
) -> Result<T, Error> {
    let (_file, secret) = credential(&format!("{CANARY}&x"));
    let mut config =
        json!({ "url": url, "realm": "floe", "client_id": "floe", "client_secret": secret });
    for (key, value) in change.as_object().unwrap() {
        config[key] = value.clone();
    }
    let plugins = plugins(PluginType::Identity, NAME, config);
    run(&plugins.one::<dyn IdentityProvider>().unwrap())
}

/// Authenticates with these settings.
fn authenticate(url: &str, change: &Value) -> Result<(), Error> {
    with(url, change, Handle::<dyn IdentityProvider>::authenticate)
}

pub(crate) fn contract() -> Contract {
    let service = "stand-in; in `.ci/services plugins` npm's oidc-provider";
    Contract::new(PluginType::Identity, NAME, service).operation(
        "authenticate",
        &[
            "identity.realm=*",
            "identity.grant_type=client_credentials",
            "identity.auth.success=true",
        ],
        || {
            let provider = provider();
            authenticate(&provider.url, &json!({}))?;
            assert!(provider.single().header("traceparent").is_some());
            Ok(())
        },
        || authenticate(&provider().url, &json!({ "client_id": "other" })),
    )
}

#[test]
fn failures_of_keycloak_are_clear_errors() {
    let run = |url: &str, timeout: f64| authenticate(url, &json!({ "timeout": timeout }));
    failures::check(|_| None, run);
}

#[test]
fn a_refused_scope_is_no_refused_credential() {
    let provider = provider();
    let refused = |change: Value| authenticate(&provider.url, &change).unwrap_err();
    authenticate(&provider.url, &json!({ "scope": "orders read" })).unwrap();
    let error = refused(json!({ "scope": "unknown" }));
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert!(error.to_string().contains("400 invalid_scope: Invalid scopes"), "{error}");
    let error = refused(json!({ "client_id": "other" }));
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    assert!(error.to_string().contains("401 invalid_client"), "{error}");
}
