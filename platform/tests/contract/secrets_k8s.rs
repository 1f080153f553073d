//! The contract of the plugin `k8s` (secrets).

use std::fs;
use std::path::Path;

use floe_plugin::secrets::SecretStore;
use floe_plugin::{Error, ErrorKind, Handle};
use floe_tests::Authority;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::service::{Answer, Received, Service};
use crate::{CANARY, Contract, assert_failed, changed, refused, with};

const PATH: &str = "/api/v1/namespaces/sales/secrets";

fn status(code: u16, reason: &str, kind: &str) -> Answer {
    let body = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": format!("{kind}: {reason}"), "reason": reason,
        "details": { "kind": kind }, "code": code,
    });
    Answer::json(code, &body)
}

/// Answers a request as the API does for the Secrets of a namespace.
fn api(request: &Received) -> Answer {
    if request.header("authorization") != Some(&*format!("Bearer {CANARY}")) {
        return status(401, "Unauthorized", "");
    }
    let data = match request.path.strip_prefix(PATH) {
        Some("/warehouse") => json!({ "user": "Zmxvw6k=", "binary": "/w==" }),
        Some("/a") => json!({ "key": "eA==" }),
        Some("/empty") => Value::Null,
        Some(_) => return status(404, "NotFound", "secrets"),
        None => return status(404, "NotFound", "namespaces"),
    };
    let secret = json!({
        "kind": "Secret", "apiVersion": "v1", "metadata": { "namespace": "sales" }, "data": data,
    });
    Answer::json(200, &secret)
}

fn account(authority: Option<&Authority>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("token"), format!("{CANARY}\n")).unwrap();
    fs::write(folder.path().join("namespace"), "sales").unwrap();
    if let Some(authority) = authority {
        fs::copy(authority.certificate(), folder.path().join("ca.crt")).unwrap();
    }
    folder
}

fn on<T>(
    account: &TempDir,
    url: &str,
    timeout: f64,
    run: impl FnOnce(&Handle<dyn SecretStore>) -> Result<T, Error>,
) -> Result<T, Error> {
    let config = json!({ "url": url, "service_account": account.path(), "timeout": timeout });
    with("k8s", config, run)
}

fn get(service: &Service, key: &str) -> Result<Option<SecretString>, Error> {
    on(&account(None), &service.url, 10.0, |store| store.get_secret(key))
}

pub(crate) fn contract() -> Contract {
    Contract::new::<dyn SecretStore>("k8s", "stand-in").operation(
        "get_secret",
        &[
            "secrets.provider=k8s",
            "secrets.key_name=warehouse/user",
            "secrets.namespace=sales",
            "secrets.found=true",
        ],
        || {
            let service = Service::start(api);
            let secret = get(&service, "warehouse/user")?;
            assert_eq!(secret.unwrap().expose_secret(), "floé");
            let request = service.single();
            assert_eq!(request.path, format!("{PATH}/warehouse"));
            assert_eq!(request.header("accept"), Some("application/json"));
            assert!(request.header("traceparent").is_some());
            Ok(())
        },
        || {
            let service = Service::start(|request| {
                Answer::json(403, &json!({ "message": format!("{request:?}") }))
            });
            get(&service, "warehouse/user").map(drop)
        },
    )
}

#[test]
fn a_secret_that_does_not_exist_is_none_and_a_wrong_server_is_an_error() {
    let service = Service::start(api);
    for key in ["missing/key", "warehouse/missing", "empty/key"] {
        assert!(get(&service, key).unwrap().is_none(), "{key}");
    }
    let other = Service::start(|_| Answer::text(404, "404 page not found"));
    assert_eq!(get(&other, "a/key").unwrap_err().kind(), ErrorKind::NotFound);
    let error = get(&service, "warehouse/binary").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidResponse);
}

#[test]
fn an_invalid_key_is_not_sent() {
    let service = Service::start(api);
    let [name, entry] = [format!("{}/a", "a".repeat(254)), format!("a/{}", "a".repeat(254))];
    let keys = "password,,/,a/,/a,A/b,a/b/c,../../nodes/x,-a/b,a-/b,a..b/c,a/..,a/b c,a?x/b,a%2f/b";
    for key in keys.split(',').chain([&*name, &*entry]) {
        let error = get(&service, key).unwrap_err();
        assert_failed(&error, ErrorKind::InvalidInput, "expected `NAME/KEY`");
    }
    assert_eq!(service.received().len(), 0);
}

#[test]
fn the_token_is_read_for_each_request() {
    let service = Service::start(api);
    let account = account(None);
    on(&account, &service.url, 10.0, |store| {
        store.get_secret("a/key")?;
        fs::write(account.path().join("token"), "expired")?;
        let error = store.get_secret("a/key").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthorized);
        fs::write(account.path().join("token"), CANARY)?;
        store.get_secret("a/key")
    })
    .unwrap();
}

#[test]
fn only_the_authority_of_the_cluster_is_trusted() {
    let cluster = Authority::new();
    let other = Authority::new();
    let service = Service::start_tls(&cluster, api);
    let get = |authority: &Authority| {
        on(&account(Some(authority)), &service.url, 10.0, |store| store.get_secret("a/key"))
    };
    assert_eq!(get(&cluster).unwrap().unwrap().expose_secret(), "x");
    let error = get(&other).unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
    assert_eq!(service.received().len(), 1, "the second server received the token");
}

#[test]
fn an_account_without_its_files_is_an_error_at_the_start() {
    let folder = account(None);
    let account = folder.path();
    let assert_refused = |change: Value, expected: &str| {
        let config = json!({ "url": "https://127.0.0.1:6443", "service_account": account });
        let config = changed(config, &change);
        let error = refused::<dyn SecretStore>(Path::new(""), "k8s", config);
        assert!(error.contains(expected), "{error}");
    };
    assert_refused(json!({}), "ca.crt");
    fs::write(account.join("ca.crt"), "no certificate").unwrap();
    assert_refused(json!({}), "expected one or several certificates in PEM");
    let http = json!({ "url": "http://127.0.0.1:1" });
    assert_refused(changed(http.clone(), &json!({ "namespace": "A b" })), "expected a DNS label");
    fs::remove_file(account.join("token")).unwrap();
    assert_refused(http.clone(), "token");
    // Reading this file would never end.
    std::os::unix::fs::symlink("/dev/zero", account.join("token")).unwrap();
    assert_refused(http, "token cannot be used: it is a device");
}
