//! The contract of the plugin `infisical` (secrets).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use floe_plugin::secrets::{SecretStore, Written};
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
    /// The next request with the current token is refused with this.
    refusal: Option<(u16, &'static str)>,
    /// A policy of the project asks for approvals.
    is_protected: bool,
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
        if let Some(mut answer) = login(request) {
            state.logins += 1;
            if let Answer::Status(200, _, body) = &mut answer {
                let text = String::from_utf8(body.clone()).unwrap();
                let token = format!("token-{}", state.logins);
                *body = text.replace("token-1", &token).into_bytes();
            }
            return answer;
        }
        let token = format!("Bearer token-{}", state.logins);
        if request.header("authorization") != Some(&token) {
            return refuse(401, "UnauthorizedError", "Token missing");
        }
        if let Some((status, error)) = state.refusal.take() {
            return refuse(
                status,
                error,
                "Your token has expired. Please re-authenticate.",
            );
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
            return state.read(name, query);
        }
        if request.header("content-type") != Some("application/json") {
            return refuse(
                415,
                "FST_ERR_CTP_INVALID_MEDIA_TYPE",
                "Unsupported Media Type",
            );
        }
        state.change(&request.method, name, &request.json())
    }

    fn value(&self, name: &str) -> Option<String> {
        self.0.lock().unwrap().secrets.get(name).cloned()
    }
}

impl State {
    fn folder(&self) -> Option<Answer> {
        let message = "Folder with path '/warehouse' in environment with slug 'prod' not found";
        (!self.has_folder).then(|| refuse(404, "NotFound", message))
    }

    fn read(&self, name: &str, query: &str) -> Answer {
        if let Some(missing) = self.folder() {
            return missing;
        }
        let is_visible = !self.is_hidden && !query.contains("viewSecretValue=false");
        let shown = |name: &str, value: &str| {
            let value = if is_visible {
                value
            } else {
                "<hidden-by-infisical>"
            };
            json!({ "secretKey": name, "secretValue": value, "secretValueHidden": !is_visible })
        };
        if name.is_empty() {
            let all: Vec<Value> = self
                .secrets
                .iter()
                .map(|(key, value)| shown(key, value))
                .collect();
            return Answer::json(200, &json!({ "secrets": all, "imports": [] }));
        }
        match self.secrets.get(name) {
            Some(value) => Answer::json(200, &json!({ "secret": shown(name, value) })),
            None => refuse(
                404,
                "NotFound",
                format!("Secret with name '{name}' not found"),
            ),
        }
    }

    fn change(&mut self, method: &str, name: &str, body: &Value) -> Answer {
        let is_place = body["projectId"] == "p 1"
            && body["environment"] == "prod"
            && body["secretPath"] == "/warehouse"
            && body["type"] == "shared";
        if !is_place || name.is_empty() {
            return refuse(422, "ValidationFailure", json!([{ "path": ["projectId"] }]));
        }
        if let Some(missing) = self.folder() {
            return missing;
        }
        let value = body["secretValue"].as_str().map(str::to_owned);
        let exists = self.secrets.contains_key(name);
        match (method, exists, &value) {
            ("PATCH", false, Some(_)) => refuse(
                404,
                "NotFound",
                format!("Secret with name {name} not found"),
            ),
            ("DELETE", false, None) => refuse(404, "NotFound", "Secret not found"),
            ("POST", true, Some(_)) => refuse(400, "BadRequest", "Secret already exist"),
            ("PATCH" | "POST", _, Some(_)) | ("DELETE", true, None) if self.is_protected => {
                Answer::json(200, &json!({ "approval": { "id": "1", "status": "open" } }))
            }
            ("PATCH" | "POST", _, Some(value)) => {
                self.secrets.insert(name.to_owned(), value.clone());
                Answer::json(200, &json!({ "secret": { "secretKey": name } }))
            }
            ("DELETE", true, None) => {
                self.secrets.remove(name);
                Answer::json(200, &json!({ "secret": { "secretKey": name } }))
            }
            _ => refuse(
                422,
                "ValidationFailure",
                json!([{ "path": ["secretValue"] }]),
            ),
        }
    }
}

fn api() -> Api {
    let api = Api::default();
    let mut state = api.0.lock().unwrap();
    state.has_folder = true;
    for (name, value) in [
        ("PASSWORD", "hunter2"),
        ("PASSPHRASE", "x"),
        ("USER", "floe"),
    ] {
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
    Contract::new(PluginType::Secrets, NAME, "stand-in")
        .operation(
            "get_secret",
            || {
                let service = service(&api());
                let secret = with(&service.url, 10.0, |store| store.get_secret("PASSWORD"))?;
                assert_eq!(secret.unwrap().expose_secret(), "hunter2");
                let received = service.received();
                assert_eq!(received.len(), 2, "a login and a request");
                assert!(received[1].header("traceparent").is_some());
                Ok(())
            },
            || {
                with(&refusing().url, 10.0, |store| {
                    store.get_secret("PASSWORD").map(drop)
                })
            },
        )
        .operation(
            "set_secret",
            || {
                let api = api();
                let service = service(&api);
                let value = CANARY.into();
                let written = with(&service.url, 10.0, |store| store.set_secret("NEW", &value))?;
                assert_eq!(written, Written::Created);
                assert_eq!(api.value("NEW").as_deref(), Some(CANARY));
                Ok(())
            },
            || {
                let value = CANARY.into();
                let (url, timeout) = (refusing().url, 10.0);
                with(&url, timeout, |store| {
                    store.set_secret("NEW", &value).map(drop)
                })
            },
        )
        .operation(
            "list_secrets",
            || {
                let service = service(&api());
                let keys = with(&service.url, 10.0, |store| store.list_secrets("PASS"))?;
                assert_eq!(keys, ["PASSPHRASE", "PASSWORD"]);
                let path = &service.received()[1].path;
                assert!(path.contains("viewSecretValue=false"), "{path}");
                Ok(())
            },
            || {
                with(&refusing().url, 10.0, |store| {
                    store.list_secrets("").map(drop)
                })
            },
        )
        .operation(
            "delete_secret",
            || {
                let api = api();
                let service = service(&api);
                assert!(with(&service.url, 10.0, |store| store.delete_secret("USER"))?);
                assert_eq!(api.value("USER"), None);
                Ok(())
            },
            || {
                with(&refusing().url, 10.0, |store| {
                    store.delete_secret("USER").map(drop)
                })
            },
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
fn one_login_is_enough_until_the_token_is_refused() {
    let api = api();
    let service = service(&api);
    with(&service.url, 10.0, |store| {
        for refusal in [
            None,
            None,
            Some((403, "TokenError")),
            Some((401, "UnauthorizedError")),
        ] {
            api.0.lock().unwrap().refusal = refusal;
            assert_eq!(store.get_secret("USER")?.unwrap().expose_secret(), "floe");
        }
        Ok(())
    })
    .unwrap();
    assert_eq!(api.0.lock().unwrap().logins, 3);
    // A permission that is missing is no reason for another login.
    with(&service.url, 10.0, |store| {
        api.0.lock().unwrap().refusal = Some((403, "PermissionDenied"));
        let error = store.get_secret("USER").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthorized);
        Ok(())
    })
    .unwrap();
    assert_eq!(api.0.lock().unwrap().logins, 4);
}

#[test]
fn a_login_that_is_refused_is_an_error_without_the_credential() {
    let service = Service::start(|request| {
        refuse(
            401,
            "UnauthorizedError",
            format!("Invalid credentials: {}", request.json()),
        )
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
        assert!(!store.delete_secret("MISSING")?);
        assert_eq!(store.set_secret("USER", &"ada".into())?, Written::Updated);
        api.0.lock().unwrap().has_folder = false;
        for error in [
            store.get_secret("USER").map(drop).unwrap_err(),
            store.set_secret("USER", &"x".into()).map(drop).unwrap_err(),
            store.list_secrets("").map(drop).unwrap_err(),
            store.delete_secret("USER").map(drop).unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::NotFound);
            assert!(error.to_string().contains("Folder with path"), "{error}");
        }
        Ok(())
    })
    .unwrap();
    assert_eq!(api.value("USER").as_deref(), Some("ada"));
}

#[test]
fn a_value_that_is_hidden_or_waits_for_an_approval_is_an_error() {
    let api = api();
    let service = service(&api);
    with(&service.url, 10.0, |store| {
        api.0.lock().unwrap().is_hidden = true;
        let error = store.get_secret("USER").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthorized);
        assert!(error.to_string().contains("not its value"), "{error}");
        api.0.lock().unwrap().is_protected = true;
        for error in [
            store.set_secret("USER", &"x".into()).map(drop).unwrap_err(),
            store.set_secret("NEW", &"x".into()).map(drop).unwrap_err(),
            store.delete_secret("USER").map(drop).unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Rejected);
            assert!(error.to_string().contains("nothing is changed"), "{error}");
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn what_infisical_would_change_or_refuse_is_not_sent() {
    let service = service(&api());
    with(&service.url, 10.0, |store| {
        let error = store.set_secret("USER", &" floe ".into()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        for key in ["", "a b", "a/b", "a:b", ".", ".."] {
            assert_eq!(
                store.get_secret(key).unwrap_err().kind(),
                ErrorKind::InvalidInput
            );
        }
        Ok(())
    })
    .unwrap();
    assert_eq!(service.received().len(), 0);
}
