//! The contract of the plugin `k8s` (secrets).

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use floe_plugin::secrets::{SecretStore, Written};
use floe_plugin::{Error, ErrorKind, Handle, PluginType, Plugins, Selection};
use floe_tests::Authority;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::service::{Answer, Received, Service};
use crate::{CANARY, Contract, failures, plugins};

const NAME: &str = "k8s";
const PATH: &str = "/api/v1/namespaces/sales/secrets";

/// The Secrets of a namespace, by name.
#[derive(Clone, Default)]
struct Api(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    secrets: BTreeMap<String, Value>,
    version: u32,
    /// Runs once, before the next change: what another client does.
    interference: Option<fn(&mut State)>,
    /// The next request for the rest of a list finds it expired.
    is_expired: bool,
}

fn status(code: u16, reason: &str, kind: &str) -> Answer {
    let body = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": format!("{kind}: {reason}"), "reason": reason,
        "details": { "kind": kind }, "code": code,
    });
    Answer::json(code, &body)
}

impl State {
    fn put(&mut self, name: &str, data: impl Into<Value>) {
        self.version += 1;
        let metadata = json!({
            "name": name, "namespace": "sales", "uid": format!("uid-{name}"),
            "resourceVersion": self.version.to_string(),
        });
        let secret = json!({
            "kind": "Secret", "apiVersion": "v1", "metadata": metadata, "type": "Opaque", "data": data.into(),
        });
        self.secrets.insert(name.to_owned(), secret);
    }

    fn list(&mut self, query: &str) -> Answer {
        let parameter = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        let from = match parameter("continue") {
            // A token is opaque, and has signs that must be encoded.
            Some(token) => match token
                .strip_prefix("after%3D")
                .and_then(|name| name.strip_suffix("%26"))
            {
                Some(_) if std::mem::take(&mut self.is_expired) => {
                    return status(410, "Expired", "secrets");
                }
                Some(name) => name,
                None => return status(400, "BadRequest", "secrets"),
            },
            None => "",
        };
        // Two in a page, whatever the client asks for.
        let Some(1..) = parameter("limit").and_then(|limit| limit.parse::<u32>().ok()) else {
            return status(400, "BadRequest", "secrets");
        };
        let rest: Vec<_> = self
            .secrets
            .iter()
            .filter(|(name, _)| &***name > from)
            .collect();
        let page: Vec<_> = rest.iter().take(2).map(|(_, secret)| secret).collect();
        let token = if rest.len() > 2 {
            format!("after={}&", rest[1].0)
        } else {
            String::new()
        };
        let metadata = json!({ "resourceVersion": "9", "continue": token });
        Answer::json(
            200,
            &json!({ "kind": "SecretList", "apiVersion": "v1", "metadata": metadata, "items": page }),
        )
    }

    fn create(&mut self, body: &Value) -> Answer {
        let is_secret = body["apiVersion"] == "v1" && body["kind"] == "Secret";
        let Some(name) = body["metadata"]["name"].as_str().filter(|_| is_secret) else {
            return status(400, "BadRequest", "secrets");
        };
        if !is_base64(&body["data"]) {
            return status(422, "Invalid", "secrets");
        }
        if self.secrets.contains_key(name) {
            return status(409, "AlreadyExists", "secrets");
        }
        self.put(name, body["data"].clone());
        Answer::json(201, &self.secrets[name])
    }

    fn patch(&mut self, name: &str, patch: &Value) -> Answer {
        let Some(secret) = self.secrets.get(name) else {
            return status(404, "NotFound", "secrets");
        };
        if patch["metadata"]["resourceVersion"] != secret["metadata"]["resourceVersion"] {
            return status(409, "Conflict", "secrets");
        }
        if !is_base64(&patch["data"]) {
            return status(422, "Invalid", "secrets");
        }
        let mut data = secret["data"].as_object().cloned().unwrap_or_default();
        for (key, value) in patch["data"].as_object().unwrap() {
            if value.is_null() {
                data.remove(key);
            } else {
                data.insert(key.clone(), value.clone());
            }
        }
        self.put(name, data);
        Answer::json(200, &self.secrets[name])
    }

    fn delete(&mut self, name: &str, options: &Value) -> Answer {
        let Some(secret) = self.secrets.get(name) else {
            return status(404, "NotFound", "secrets");
        };
        let metadata = &secret["metadata"];
        let preconditions = &options["preconditions"];
        if options["kind"] != "DeleteOptions" {
            return status(400, "BadRequest", "secrets");
        }
        if preconditions["uid"] != metadata["uid"]
            || preconditions["resourceVersion"] != metadata["resourceVersion"]
        {
            return status(409, "Conflict", "secrets");
        }
        self.secrets.remove(name);
        Answer::json(
            200,
            &json!({ "kind": "Status", "apiVersion": "v1", "status": "Success" }),
        )
    }
}

/// Whether all values are base64, or null.
fn is_base64(data: &Value) -> bool {
    let is_valid = |value: &Value| {
        let text = value.as_str();
        value.is_null() || text.is_some_and(|text| STANDARD.decode(text).is_ok())
    };
    data.as_object()
        .is_some_and(|data| data.values().all(is_valid))
}

impl Api {
    fn answer(&self, request: &Received) -> Answer {
        if request.header("authorization") != Some(&*format!("Bearer {CANARY}")) {
            return status(401, "Unauthorized", "");
        }
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        if path == "/readyz" {
            return Answer::text(200, "ok");
        }
        let Some(name) = path.strip_prefix(PATH) else {
            return status(404, "NotFound", "namespaces");
        };
        let mut state = self.0.lock().unwrap();
        let name = name.trim_start_matches('/');
        let kind = request.header("content-type").unwrap_or_default();
        let is_change = request.method != "GET";
        if is_change && let Some(interference) = state.interference.take() {
            interference(&mut state);
        }
        match (&*request.method, name, kind) {
            ("GET", "", "") => state.list(query),
            ("GET", name, "") => match state.secrets.get(name) {
                Some(secret) => Answer::json(200, secret),
                None => status(404, "NotFound", "secrets"),
            },
            ("POST", "", "application/json") => state.create(&request.json()),
            ("PATCH", name, "application/merge-patch+json") => state.patch(name, &request.json()),
            ("DELETE", name, "application/json") => state.delete(name, &request.json()),
            ("POST" | "PATCH" | "DELETE", ..) => status(415, "UnsupportedMediaType", ""),
            _ => status(405, "MethodNotAllowed", "secrets"),
        }
    }

    fn data(&self, name: &str) -> Option<Value> {
        let state = self.0.lock().unwrap();
        state.secrets.get(name).map(|secret| secret["data"].clone())
    }
}

/// `warehouse` has `user` and `password`; `a`, `b`, `c` and `d` have one key; `empty` has no data.
fn api() -> Api {
    let api = Api::default();
    let mut state = api.0.lock().unwrap();
    state.put(
        "warehouse",
        json!({ "user": "Zmxvw6k=", "password": "aHVudGVyMg==", "binary": "/w==" }),
    );
    for name in ["a", "b", "c", "d"] {
        state.put(name, json!({ "key": "eA==" }));
    }
    state.put("empty", Value::Null);
    drop(state);
    api
}

fn service(api: &Api) -> Service {
    let api = api.clone();
    Service::start(move |request| api.answer(request))
}

/// The files of a service account.
fn account(authority: Option<&Authority>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("token"), format!("{CANARY}\n")).unwrap();
    fs::write(folder.path().join("namespace"), "sales").unwrap();
    if let Some(authority) = authority {
        fs::copy(authority.certificate(), folder.path().join("ca.crt")).unwrap();
    }
    folder
}

fn with<T>(
    url: &str,
    timeout: f64,
    run: impl FnOnce(&Handle<dyn SecretStore>) -> Result<T, Error>,
) -> Result<T, Error> {
    let folder = account(None);
    let config = json!({ "url": url, "service_account": folder.path(), "timeout": timeout });
    let plugins = plugins(PluginType::Secrets, NAME, config);
    run(&plugins.one::<dyn SecretStore>().unwrap())
}

fn refusing() -> Service {
    Service::start(|request| Answer::json(403, &json!({ "message": format!("{request:?}") })))
}

pub(crate) fn contract() -> Contract {
    Contract::new(PluginType::Secrets, NAME, "stand-in")
        .operation(
            "get_secret",
            || {
                let service = service(&api());
                let secret = with(&service.url, 10.0, |store| {
                    store.get_secret("warehouse/user")
                })?;
                assert_eq!(secret.unwrap().expose_secret(), "floé");
                let request = service.single();
                assert_eq!(request.path, format!("{PATH}/warehouse"));
                assert_eq!(request.header("accept"), Some("application/json"));
                assert!(request.header("traceparent").is_some());
                Ok(())
            },
            || {
                with(&refusing().url, 10.0, |store| {
                    store.get_secret("warehouse/user").map(drop)
                })
            },
        )
        .operation(
            "set_secret",
            || {
                let api = api();
                let service = service(&api);
                let value = CANARY.into();
                let written = with(&service.url, 10.0, |store| {
                    store.set_secret("new/key", &value)
                })?;
                assert_eq!(written, Written::Created);
                assert_eq!(
                    api.data("new").unwrap(),
                    json!({ "key": STANDARD.encode(CANARY) })
                );
                Ok(())
            },
            || {
                let value = CANARY.into();
                with(&refusing().url, 10.0, |store| {
                    store.set_secret("new/key", &value).map(drop)
                })
            },
        )
        .operation(
            "list_secrets",
            || {
                let service = service(&api());
                let keys = with(&service.url, 10.0, |store| store.list_secrets(""))?;
                let expected = [
                    "a/key",
                    "b/key",
                    "c/key",
                    "d/key",
                    "warehouse/binary",
                    "warehouse/password",
                    "warehouse/user",
                ];
                assert_eq!(keys, expected);
                assert_eq!(service.received().len(), 3, "pages");
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
                let existed = with(&service.url, 10.0, |store| store.delete_secret("a/key"))?;
                assert!(existed);
                assert_eq!(api.data("a"), None);
                Ok(())
            },
            || {
                with(&refusing().url, 10.0, |store| {
                    store.delete_secret("a/key").map(drop)
                })
            },
        )
}

#[test]
fn failures_of_kubernetes_are_clear_errors() {
    let get = |url: &str, timeout| with(url, timeout, |store| store.get_secret("a/key").map(drop));
    failures::check(|_| None, get);
    let api = api();
    failures::check_retry(move |request| api.answer(request), |url| get(url, 10.0));
    let list = |url: &str, timeout| with(url, timeout, |store| store.list_secrets("").map(drop));
    failures::check(|_| None, list);
}

#[test]
fn a_secret_that_does_not_exist_is_none_and_a_wrong_server_is_an_error() {
    let service = service(&api());
    for key in ["missing/key", "warehouse/missing", "empty/key"] {
        let found = with(&service.url, 10.0, |store| store.get_secret(key)).unwrap();
        assert!(found.is_none(), "{key}");
    }
    let other = Service::start(|_| Answer::text(404, "404 page not found"));
    let error = with(&other.url, 10.0, |store| store.get_secret("a/key")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let error = with(&service.url, 10.0, |store| {
        store.get_secret("warehouse/binary")
    })
    .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidResponse);
}

#[test]
fn a_value_is_created_updated_and_removed_without_touching_the_others() {
    let api = api();
    let service = service(&api);
    with(&service.url, 10.0, |store| {
        let set = |key: &str| store.set_secret(key, &"eA".into());
        assert_eq!(set("warehouse/password")?, Written::Updated);
        assert_eq!(set("warehouse/new")?, Written::Created);
        assert_eq!(set("empty/key")?, Written::Created);
        assert!(store.delete_secret("warehouse/binary")?);
        assert!(!store.delete_secret("warehouse/binary")?);
        assert!(!store.delete_secret("missing/key")?);
        Ok(())
    })
    .unwrap();
    let data = json!({ "user": "Zmxvw6k=", "password": "ZUE=", "new": "ZUE=" });
    assert_eq!(api.data("warehouse").unwrap(), data);
    assert_eq!(api.data("empty").unwrap(), json!({ "key": "ZUE=" }));
}

#[test]
fn a_change_of_another_client_is_not_overwritten() {
    // Created by another client between the reading and the creation.
    let api = api();
    let service = service(&api);
    api.0.lock().unwrap().interference = Some(|state| state.put("new", json!({ "other": "eA==" })));
    let set = || {
        with(&service.url, 10.0, |store| {
            store.set_secret("new/key", &"x".into())
        })
    };
    assert_eq!(set().unwrap(), Written::Created);
    assert_eq!(
        api.data("new").unwrap(),
        json!({ "other": "eA==", "key": "eA==" })
    );

    // Another key was added: the Secret is not removed as a whole.
    api.0.lock().unwrap().interference =
        Some(|state| state.put("a", json!({ "key": "eA==", "other": "eA==" })));
    assert!(with(&service.url, 10.0, |store| store.delete_secret("a/key")).unwrap());
    assert_eq!(api.data("a").unwrap(), json!({ "other": "eA==" }));

    // Removed by another client.
    api.0.lock().unwrap().interference = Some(|state| drop(state.secrets.remove("b")));
    assert!(!with(&service.url, 10.0, |store| store.delete_secret("b/key")).unwrap());
}

#[test]
fn a_list_that_expires_is_read_again() {
    let api = api();
    let service = service(&api);
    api.0.lock().unwrap().is_expired = true;
    let keys = with(&service.url, 10.0, |store| store.list_secrets("warehouse/")).unwrap();
    assert_eq!(
        keys,
        ["warehouse/binary", "warehouse/password", "warehouse/user"]
    );
    assert_eq!(service.received().len(), 5, "two pages, then three");
}

#[test]
fn a_key_that_is_none_is_not_sent() {
    let service = service(&api());
    for key in ["password", "../../nodes/x", "A/b", "a/b?x"] {
        let error = with(&service.url, 10.0, |store| store.get_secret(key)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{key}");
        assert!(
            error.to_string().contains("accepted: `NAME/KEY`"),
            "{error}"
        );
    }
    assert_eq!(service.received().len(), 0);
}

#[test]
fn the_token_is_read_for_each_request() {
    let service = service(&api());
    let folder = account(None);
    let config = json!({ "url": service.url, "service_account": folder.path() });
    let plugins = plugins(PluginType::Secrets, NAME, config);
    let store = plugins.one::<dyn SecretStore>().unwrap();
    store.get_secret("a/key").unwrap();
    fs::write(folder.path().join("token"), "expired").unwrap();
    let error = store.get_secret("a/key").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    fs::write(folder.path().join("token"), CANARY).unwrap();
    store.get_secret("a/key").unwrap();
    plugins.health().remove(0).1.unwrap();
}

#[test]
fn only_the_authority_of_the_cluster_is_trusted() {
    let (cluster, other) = (Authority::new(), Authority::new());
    let api = api();
    let service = Service::start_tls(&cluster, move |request| api.answer(request));
    let get = |authority: &Authority| {
        let folder = account(Some(authority));
        let config = json!({ "url": service.url, "service_account": folder.path() });
        let plugins = plugins(PluginType::Secrets, NAME, config);
        let secret = plugins
            .one::<dyn SecretStore>()
            .unwrap()
            .get_secret("a/key")?;
        Ok::<_, Error>(secret.unwrap().expose_secret().to_owned())
    };
    assert_eq!(get(&cluster).unwrap(), "x");
    let error = get(&other).unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
    assert_eq!(service.received().len(), 1, "the token went to one server");
}

#[test]
fn an_account_without_its_files_is_an_error_at_the_start() {
    let folder = account(None);
    let start = |config: Value| {
        let chosen = Selection::new(PluginType::Secrets, NAME, config);
        let error = Plugins::configure(&[chosen]).unwrap().start().unwrap_err();
        error.to_string()
    };
    let account = folder.path();
    let error = start(json!({ "url": "https://127.0.0.1:6443", "service_account": account }));
    assert!(error.contains("ca.crt"), "{error}");
    fs::write(account.join("ca.crt"), "no certificate").unwrap();
    let error = start(json!({ "url": "https://127.0.0.1:6443", "service_account": account }));
    assert!(error.contains("accepted: one or several in PEM"), "{error}");
    let error = start(
        json!({ "url": "http://127.0.0.1:1", "service_account": account, "namespace": "A b" }),
    );
    assert!(error.contains("accepted: a DNS label"), "{error}");
    fs::remove_file(account.join("token")).unwrap();
    let error = start(json!({ "url": "http://127.0.0.1:1", "service_account": account }));
    assert!(error.contains("token"), "{error}");
    // A file that does not end.
    std::os::unix::fs::symlink("/dev/zero", account.join("token")).unwrap();
    let error = start(json!({ "url": "http://127.0.0.1:1", "service_account": account }));
    assert!(
        error.contains("token cannot be used: it is a device"),
        "{error}"
    );
}
