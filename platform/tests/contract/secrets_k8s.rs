//! The contract of the plugin `k8s` (secrets).

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex};

use floe_plugin::secrets::SecretStore;
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
}

impl Api {
    fn answer(&self, request: &Received) -> Answer {
        if request.header("authorization") != Some(&*format!("Bearer {CANARY}")) {
            return status(401, "Unauthorized", "");
        }
        let path = &request.path;
        let Some(name) = path.strip_prefix(PATH) else {
            return status(404, "NotFound", "namespaces");
        };
        let state = self.0.lock().unwrap();
        let name = name.trim_start_matches('/');
        let kind = request.header("content-type").unwrap_or_default();
        match (&*request.method, name, kind) {
            ("GET", name, "") => match state.secrets.get(name) {
                Some(secret) => Answer::json(200, secret),
                None => status(404, "NotFound", "secrets"),
            },
            _ => status(405, "MethodNotAllowed", "secrets"),
        }
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
    Contract::new(PluginType::Secrets, NAME, "stand-in").operation(
        "get_secret",
        &[
            "secrets.provider=k8s",
            "secrets.key_name=warehouse/user",
            "secrets.namespace=*",
            "secrets.found=true",
        ],
        || {
            let service = service(&api());
            let secret = with(&service.url, 10.0, |store| store.get_secret("warehouse/user"))?;
            assert_eq!(secret.unwrap().expose_secret(), "floé");
            let request = service.single();
            assert_eq!(request.path, format!("{PATH}/warehouse"));
            assert_eq!(request.header("accept"), Some("application/json"));
            assert!(request.header("traceparent").is_some());
            Ok(())
        },
        || with(&refusing().url, 10.0, |store| store.get_secret("warehouse/user").map(drop)),
    )
}

#[test]
fn failures_of_kubernetes_are_clear_errors() {
    let get = |url: &str, timeout| with(url, timeout, |store| store.get_secret("a/key").map(drop));
    failures::check(|_| None, get);
    let api = api();
    failures::check_retry(move |request| api.answer(request), |url| get(url, 10.0));
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
    let error = with(&service.url, 10.0, |store| store.get_secret("warehouse/binary")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidResponse);
}

#[test]
fn a_key_that_is_none_is_not_sent() {
    let service = service(&api());
    for key in ["password", "../../nodes/x", "A/b", "a/b?x"] {
        let error = with(&service.url, 10.0, |store| store.get_secret(key)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{key}");
        assert!(error.to_string().contains("expected `NAME/KEY`"), "{error}");
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
        let secret = plugins.one::<dyn SecretStore>().unwrap().get_secret("a/key")?;
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
        let error = Plugins::configure(&[chosen]).unwrap().start(|_| true).unwrap_err();
        error.to_string()
    };
    let account = folder.path();
    let error = start(json!({ "url": "https://127.0.0.1:6443", "service_account": account }));
    assert!(error.contains("ca.crt"), "{error}");
    fs::write(account.join("ca.crt"), "no certificate").unwrap();
    let error = start(json!({ "url": "https://127.0.0.1:6443", "service_account": account }));
    assert!(error.contains("expected one or several certificates in PEM"), "{error}");
    let error = start(
        json!({ "url": "http://127.0.0.1:1", "service_account": account, "namespace": "A b" }),
    );
    assert!(error.contains("expected a DNS label"), "{error}");
    fs::remove_file(account.join("token")).unwrap();
    let error = start(json!({ "url": "http://127.0.0.1:1", "service_account": account }));
    assert!(error.contains("token"), "{error}");
    // A file that does not end.
    std::os::unix::fs::symlink("/dev/zero", account.join("token")).unwrap();
    let error = start(json!({ "url": "http://127.0.0.1:1", "service_account": account }));
    assert!(error.contains("token cannot be used: it is a device"), "{error}");
}
