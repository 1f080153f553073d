//! The contract of the plugin `infisical` (secrets).

use floe_plugin::secrets::SecretStore;
use floe_plugin::{Error, ErrorKind, Handle};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use crate::service::{Answer, Received, Service};
use crate::{CANARY, Contract, assert_failed, credential, with};

fn refuse(status: u16, error: &str, message: impl Into<Value>) -> Answer {
    let body = json!({
        "reqId": "req-1", "statusCode": status, "error": error, "message": message.into(),
    });
    Answer::json(status, &body)
}

fn login(request: &Received) -> Option<Answer> {
    if request.path != "/api/v1/auth/universal-auth/login" {
        return None;
    }
    if request.json() != json!({ "clientId": "client", "clientSecret": CANARY }) {
        return Some(refuse(401, "UnauthorizedError", "Invalid credentials"));
    }
    let token = json!({
        "accessToken": "token-1", "expiresIn": 7200, "accessTokenMaxTTL": 7200, "tokenType": "Bearer",
    });
    Some(Answer::json(200, &token))
}

/// Answers a request as the API does for the secrets of one folder.
fn api(request: &Received) -> Answer {
    if let Some(answer) = login(request) {
        return answer;
    }
    if request.header("authorization") != Some("Bearer token-1") {
        return refuse(401, "UnauthorizedError", "Token missing");
    }
    let query =
        "?projectId=p%201&environment=prod&secretPath=%2Fwarehouse&expandSecretReferences=true";
    let name = request.path.strip_prefix("/api/v4/secrets/");
    match name.and_then(|it| it.strip_suffix(query)) {
        Some("PASSWORD") => secret("hunter2", false),
        Some("HIDDEN") => secret("<hidden-by-infisical>", true),
        Some("EMPTY") => Answer::json(200, &json!({ "secret": {} })),
        Some("OF_FOLDER") => refuse(404, "NotFound", "Folder with path '/warehouse' not found"),
        Some(name) => refuse(404, "NotFound", format!("Secret with name '{name}' not found")),
        None => refuse(422, "ValidationFailure", json!([{ "path": ["projectId"] }])),
    }
}

fn secret(value: &str, is_hidden: bool) -> Answer {
    let secret = json!({ "secretValue": value, "secretValueHidden": is_hidden });
    Answer::json(200, &json!({ "secret": secret }))
}

fn on<T>(
    url: &str,
    timeout: f64,
    run: impl FnOnce(&Handle<dyn SecretStore>) -> Result<T, Error>,
) -> Result<T, Error> {
    let (_file, client_secret) = credential(CANARY);
    let config = json!({
        "url": url, "project": "p 1", "environment": "prod", "path": "/warehouse",
        "client_id": "client", "client_secret": client_secret, "timeout": timeout,
    });
    with("infisical", config, run)
}

fn get(service: &Service, key: &str) -> Result<Option<SecretString>, Error> {
    on(&service.url, 10.0, |store| store.get_secret(key))
}

pub(crate) fn contract() -> Contract {
    Contract::new::<dyn SecretStore>("infisical", "stand-in").operation(
        "get_secret",
        &[
            "secrets.provider=infisical",
            "secrets.key_name=PASSWORD",
            "secrets.path=/warehouse",
            "secrets.found=true",
        ],
        || {
            let service = Service::start(api);
            on(&service.url, 10.0, |store| {
                for _ in 0..2 {
                    let secret = store.get_secret("PASSWORD")?.unwrap();
                    assert_eq!(secret.expose_secret(), "hunter2");
                }
                Ok(())
            })?;
            let received = service.received();
            assert_eq!(received.len(), 3, "expected a login and two requests");
            assert!(received[1].header("traceparent").is_some());
            Ok(())
        },
        || {
            let service = Service::start(|request| {
                let refused = refuse(403, "PermissionDenied", format!("not allowed: {request:?}"));
                login(request).unwrap_or(refused)
            });
            get(&service, "PASSWORD").map(drop)
        },
    )
}

#[test]
fn a_login_that_is_refused_is_an_error_without_the_credential() {
    let service = Service::start(|request| {
        refuse(401, "UnauthorizedError", format!("Invalid credentials: {}", request.json()))
    });
    let error = get(&service, "USER").unwrap_err();
    assert_failed(&error, ErrorKind::Unauthorized, "Invalid credentials");
    assert!(!error.to_string().contains(CANARY), "{error}");
    assert_eq!(service.received().len(), 1);
}

#[test]
fn a_secret_without_a_value_is_none_or_an_error() {
    let service = Service::start(api);
    assert!(get(&service, "MISSING").unwrap().is_none());
    for (key, kind, message) in [
        ("OF_FOLDER", ErrorKind::NotFound, "Folder with path"),
        ("HIDDEN", ErrorKind::Unauthorized, "not its value"),
        ("EMPTY", ErrorKind::InvalidResponse, "has no `secretValue`"),
    ] {
        let error = get(&service, key).unwrap_err();
        assert_failed(&error, kind, message);
    }
}

#[test]
fn invalid_names_of_secrets_are_not_sent() {
    let service = Service::start(api);
    for key in ["", "a b", "a/b", "a:b", ".", ".."] {
        assert_eq!(get(&service, key).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
    assert_eq!(service.received().len(), 0);
}
