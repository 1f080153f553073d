//! The contract of the plugin `infisical` (secrets).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use floe_plugin::secrets::SecretStore;
use floe_plugin::{Error, ErrorKind, Handle, PluginType};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::service::{Answer, Received, Service};
use crate::{CANARY, Contract, credential, failures, plugins};

const NAME: &str = "infisical";
const QUERY: &str = "projectId=p%201&environment=prod&secretPath=%2Fwarehouse";

/// The secrets of one folder.
#[derive(Clone, Default)]
struct Api(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    secrets: BTreeMap<String, String>,
    logins: u32,
    is_hidden: bool,
    has_folder: bool,
}

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
    let body = request.json();
    let is_json = request.header("content-type") == Some("application/json");
    if request.method != "POST" || !is_json {
        return Some(refuse(404, "NotFound", "no such route"));
    }
    if body != json!({ "clientId": "client", "clientSecret": CANARY }) {
        return Some(refuse(401, "UnauthorizedError", "Invalid credentials"));
    }
    let token = json!({
        "accessToken": "token-1", "expiresIn": 7200, "accessTokenMaxTTL": 7200, "tokenType": "Bearer",
    });
    Some(Answer::json(200, &token))
}

impl Api {
    fn answer(&self, request: &Received) -> Answer {
        let mut state = self.0.lock().unwrap();
        if let Some(answer) = login(request) {
            state.logins += 1;
            return answer;
        }
        if request.header("authorization") != Some("Bearer token-1") {
            return refuse(401, "UnauthorizedError", "Token missing");
        }
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let Some(name) = path.strip_prefix("/api/v4/secrets") else {
            return refuse(404, "NotFound", "Route not found");
        };
        let name = name.trim_start_matches('/');
        if request.method == "GET" {
            if !query.starts_with(QUERY) {
                return refuse(422, "ValidationFailure", json!([{ "path": ["projectId"] }]));
            }
            return state.read(name);
        }
        refuse(405, "MethodNotAllowed", "Method Not Allowed")
    }
}

impl State {
    fn read(&self, name: &str) -> Answer {
        if !self.has_folder {
            let message = "Folder with path '/warehouse' in environment with slug 'prod' not found";
            return refuse(404, "NotFound", message);
        }
        let Some(value) = self.secrets.get(name) else {
            let message = format!("Secret with name '{name}' not found");
            return refuse(404, "NotFound", message);
        };
        let value = if self.is_hidden { "<hidden-by-infisical>" } else { value };
        let secret = json!({
            "secretKey": name, "secretValue": value, "secretValueHidden": self.is_hidden,
        });
        Answer::json(200, &json!({ "secret": secret }))
    }
}

fn api() -> Api {
    let api = Api::default();
    let mut state = api.0.lock().unwrap();
    state.has_folder = true;
    for (name, value) in [("PASSWORD", "hunter2"), ("PASSPHRASE", "x"), ("USER", "floe")] {
        state.secrets.insert(name.to_owned(), value.to_owned());
    }
    drop(state);
    api
}

fn service(api: &Api) -> Service {
    let api = api.clone();
    Service::start(move |request| api.answer(request))
}

fn with<T>(
    url: &str,
    timeout: f64,
    run: impl FnOnce(&Handle<dyn SecretStore>) -> Result<T, Error>,
) -> Result<T, Error> {
    let (_file, client_secret) = credential(CANARY);
    let config = json!({
        "url": url, "project": "p 1", "environment": "prod", "path": "/warehouse",
        "client_id": "client", "client_secret": client_secret, "timeout": timeout,
    });
    let plugins = plugins(PluginType::Secrets, NAME, config);
    run(&plugins.one::<dyn SecretStore>().unwrap())
}

fn refusing() -> Service {
    Service::start(|request| {
        let refused = refuse(403, "PermissionDenied", format!("not allowed: {request:?}"));
        login(request).unwrap_or(refused)
    })
}

pub(crate) fn contract() -> Contract {
    Contract::new(PluginType::Secrets, NAME, "stand-in").operation(
        "get_secret",
        &[
            "secrets.provider=infisical",
            "secrets.key_name=PASSWORD",
            "secrets.path=*",
            "secrets.found=true",
        ],
        || {
            let service = service(&api());
            let secret = with(&service.url, 10.0, |store| store.get_secret("PASSWORD"))?;
            assert_eq!(secret.unwrap().expose_secret(), "hunter2");
            let received = service.received();
            assert_eq!(received.len(), 2, "a login and a request");
            assert!(received[1].header("traceparent").is_some());
            Ok(())
        },
        || with(&refusing().url, 10.0, |store| store.get_secret("PASSWORD").map(drop)),
    )
}

#[test]
fn failures_of_infisical_are_clear_errors() {
    let get = |url: &str, timeout| with(url, timeout, |store| store.get_secret("USER").map(drop));
    failures::check(login, get);
    // The login itself.
    failures::check(|_| None, get);
}

#[test]
fn a_login_that_is_refused_is_an_error_without_the_credential() {
    let service = Service::start(|request| {
        refuse(401, "UnauthorizedError", format!("Invalid credentials: {}", request.json()))
    });
    let error = with(&service.url, 10.0, |store| store.get_secret("USER")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    assert!(error.to_string().contains("Invalid credentials"), "{error}");
    assert!(!error.to_string().contains(CANARY), "{error}");
    assert_eq!(service.received().len(), 1);
}

#[test]
fn a_missing_secret_is_none_and_a_missing_folder_is_an_error() {
    let api = api();
    let service = service(&api);
    with(&service.url, 10.0, |store| {
        assert!(store.get_secret("MISSING")?.is_none());
        assert_eq!(store.get_secret("USER")?.unwrap().expose_secret(), "floe");
        assert_eq!(api.0.lock().unwrap().logins, 1);
        api.0.lock().unwrap().has_folder = false;
        let error = store.get_secret("USER").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains("Folder with path"), "{error}");
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_value_that_is_hidden_is_an_error() {
    let api = api();
    let service = service(&api);
    with(&service.url, 10.0, |store| {
        api.0.lock().unwrap().is_hidden = true;
        let error = store.get_secret("USER").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthorized);
        assert!(error.to_string().contains("not its value"), "{error}");
        Ok(())
    })
    .unwrap();
}

#[test]
fn what_infisical_would_refuse_is_not_sent() {
    let service = service(&api());
    with(&service.url, 10.0, |store| {
        for key in ["", "a b", "a/b", "a:b", ".", ".."] {
            assert_eq!(store.get_secret(key).unwrap_err().kind(), ErrorKind::InvalidInput);
        }
        Ok(())
    })
    .unwrap();
    assert_eq!(service.received().len(), 0);
}
