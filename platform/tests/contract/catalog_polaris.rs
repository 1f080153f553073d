//! The contract of the plugin `polaris` (catalog).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use floe_plugin::catalog::{StoredTable, TableCatalog};
use floe_plugin::{Error, ErrorKind, Handle, PluginType};
use serde_json::{Value, json};

use crate::service::{Answer, Received, Service};
use crate::{CANARY, Contract, credential, failures, plugins};

/// The part of Polaris that is needed: namespaces and generic tables below a prefix, with tokens that a test can let
/// expire.
#[derive(Default)]
struct Catalog {
    namespaces: BTreeSet<String>,
    tables: BTreeMap<(String, String), Value>,
    /// The number of tokens that were issued. The last one is valid.
    tokens: usize,
}

fn refused(status: u16, kind: &str) -> Answer {
    let error = json!({ "error": { "message": "refused", "type": kind, "code": status } });
    Answer::json(status, &error)
}

fn parameters(query: &str) -> BTreeMap<&str, &str> {
    query.split('&').filter_map(|it| it.split_once('=')).collect()
}

impl Catalog {
    fn token(&mut self, request: &Received) -> Answer {
        let form = String::from_utf8(request.body.clone()).unwrap();
        let form = parameters(&form);
        let is_form = request.header("content-type") == Some("application/x-www-form-urlencoded");
        if request.method != "POST"
            || !is_form
            || form.get("grant_type") != Some(&"client_credentials")
        {
            return Answer::json(400, &json!({ "error": "unsupported_grant_type" }));
        }
        if form["client_id"] != "root"
            || form["client_secret"] != CANARY
            || !form.contains_key("scope")
        {
            let body =
                json!({ "error": "invalid_client", "error_description": form["client_secret"] });
            return Answer::json(400, &body);
        }
        self.tokens += 1;
        Answer::json(
            200,
            &json!({
                "access_token": format!("{CANARY}-{}", self.tokens),
                "token_type": "bearer",
                "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
                "expires_in": 3600,
            }),
        )
    }

    fn answer(&mut self, request: &Received) -> Answer {
        if request.path == "/api/catalog/v1/oauth/tokens" {
            return self.token(request);
        }
        let expected = format!("Bearer {CANARY}-{}", self.tokens);
        if request.header("authorization") != Some(&expected) {
            return refused(401, "NotAuthorizedException");
        }
        let is_json = request.header("content-type") == Some("application/json");
        if request.method == "POST" && !is_json {
            return refused(415, "UnsupportedMediaType");
        }
        match (request.method.as_str(), &*request.path) {
            ("POST", "/api/catalog/v1/main/namespaces") => self.create_namespace(&request.json()),
            ("POST", path) => {
                let inner = path.strip_prefix("/api/catalog/polaris/v1/main/namespaces/");
                match inner.and_then(|it| it.strip_suffix("/generic-tables")) {
                    Some(namespace) => self.create_table(namespace, request.json()),
                    None => refused(404, "NotFoundException"),
                }
            }
            _ => refused(405, "MethodNotAllowed"),
        }
    }

    fn create_namespace(&mut self, body: &Value) -> Answer {
        let Ok(levels) = serde_json::from_value::<[String; 1]>(body["namespace"].clone()) else {
            return refused(400, "BadRequestException");
        };
        let [name] = levels;
        if !self.namespaces.insert(name.clone()) {
            return refused(409, "AlreadyExistsException");
        }
        Answer::json(200, &json!({ "namespace": [name], "properties": {} }))
    }

    fn create_table(&mut self, namespace: &str, body: Value) -> Answer {
        if !self.namespaces.contains(namespace) {
            return refused(404, "NoSuchNamespaceException");
        }
        let (Some(name), Some(_)) = (body["name"].as_str(), body["format"].as_str()) else {
            return refused(400, "BadRequestException");
        };
        let key = (namespace.to_owned(), name.to_owned());
        if self.tables.contains_key(&key) {
            return refused(409, "AlreadyExistsException");
        }
        let answer = Answer::json(200, &json!({ "table": body }));
        self.tables.insert(key, body);
        answer
    }
}

fn service(catalog: &Arc<Mutex<Catalog>>) -> Service {
    let catalog = Arc::clone(catalog);
    Service::start(move |request| catalog.lock().unwrap().answer(request))
}

fn with_secret<T>(
    secret: &str,
    url: &str,
    timeout: f64,
    run: impl FnOnce(&Handle<dyn TableCatalog>) -> T,
) -> T {
    let (_secret, secret) = credential(secret);
    let (_id, id) = credential("root");
    let config = json!({
        "uri": format!("{url}/api/catalog"),
        "warehouse": "main",
        "client_id": id,
        "client_secret": secret,
        "timeout": timeout,
    });
    let plugins = plugins(PluginType::Catalog, "polaris", config);
    run(&plugins.one::<dyn TableCatalog>().unwrap())
}

/// A catalog with two namespaces.
fn filled() -> Arc<Mutex<Catalog>> {
    let catalog: Arc<Mutex<Catalog>> = Arc::default();
    let namespaces = ["sales", "hr"].map(str::to_owned);
    catalog.lock().unwrap().namespaces.extend(namespaces);
    catalog
}

fn with<T>(catalog: &Arc<Mutex<Catalog>>, run: impl FnOnce(&Handle<dyn TableCatalog>) -> T) -> T {
    with_secret(CANARY, &service(catalog).url, 10.0, run)
}

fn orders(namespace: &str) -> StoredTable<'_> {
    StoredTable { namespace, name: "orders", location: "s3://lake/sales/orders.csv" }
}

/// A client that the catalog does not know.
fn unknown<T>(
    run: impl FnOnce(&Handle<dyn TableCatalog>) -> Result<T, Error>,
) -> Result<(), Error> {
    let result = with_secret("wrong", &service(&filled()).url, 10.0, run);
    let error = result.map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized, "{error}");
    Err(error)
}

pub(crate) fn contract() -> Contract {
    Contract::new(
        PluginType::Catalog,
        "polaris",
        "stand-in; Polaris' own models and client in `.ci/services plugins`",
    )
    .operation(
        "create_namespace",
        &[
            "catalog.name=polaris",
            "catalog.uri=http://127.0.0.1:*",
            "catalog.warehouse=*",
            "catalog.namespace=iot",
        ],
        || {
            let catalog = filled();
            let created = with(&catalog, |it| {
                Ok::<_, Error>([it.create_namespace("iot")?, it.create_namespace("iot")?])
            });
            assert_eq!(created?, [true, false]);
            let catalog = catalog.lock().unwrap();
            assert!(catalog.namespaces.contains("iot"));
            assert_eq!(catalog.tokens, 1, "a token for both");
            Ok(())
        },
        || unknown(|it| it.create_namespace("iot")),
    )
    .operation(
        "create_table",
        &[
            "catalog.name=polaris",
            "catalog.uri=http://127.0.0.1:*",
            "catalog.warehouse=*",
            "catalog.namespace=sales",
            "catalog.table.name=orders",
            "catalog.table.full_name=sales.orders",
        ],
        || {
            let catalog = filled();
            assert!(with(&catalog, |it| it.create_table(&orders("sales")))?);
            let tables: Vec<Value> = catalog.lock().unwrap().tables.values().cloned().collect();
            let expected = json!({
                "name": "orders", "format": "csv", "base-location": "s3://lake/sales/orders.csv",
                "properties": { "header": "true" },
            });
            assert_eq!(tables, [expected]);
            assert!(!with(&catalog, |it| it.create_table(&orders("sales")))?);
            Ok(())
        },
        || with(&filled(), |it| it.create_table(&orders("none"))).map(drop),
    )
}

#[test]
fn a_catalog_that_refuses_hangs_or_is_none() {
    let before = |request: &Received| {
        let token = json!({ "access_token": CANARY, "token_type": "bearer" });
        request.path.contains("/oauth/").then(|| Answer::json(200, &token))
    };
    failures::check(before, |url, timeout| {
        with_secret(CANARY, url, timeout, |it| it.create_namespace("sales")).map(drop)
    });
    // Also of what issues the tokens, which answers 400 to a wrong client.
    let error = with_secret(CANARY, &Service::start(|_| Answer::Garbage).url, 10.0, |it| {
        it.create_namespace("sales")
    });
    assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidResponse);
    unknown(|it| it.create_namespace("sales")).unwrap_err();
}
