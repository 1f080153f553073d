//! The contract of the plugin `polaris` (catalog).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use floe_plugin::catalog::{NewTable, TableCatalog};
use floe_plugin::{Error, ErrorKind, Handle, PluginType};
use serde_json::{Value, json};

use crate::samples::COLUMNS;
use crate::service::{Answer, Received, Service};
use crate::{CANARY, Contract, credential, failures, plugins};

/// The part of the Iceberg REST protocol that is needed, as Polaris has it: below a prefix, with tokens that a
/// test can let expire, and pages of two entries.
#[derive(Default)]
struct Catalog {
    namespaces: BTreeSet<Vec<String>>,
    tables: BTreeMap<(Vec<String>, String), Value>,
    /// The number of tokens that were issued. The last one is valid.
    tokens: usize,
}

fn refused(status: u16, kind: &str) -> Answer {
    let error = json!({ "error": { "message": "refused", "type": kind, "code": status } });
    Answer::json(status, &error)
}

fn parameters(query: &str) -> BTreeMap<&str, &str> {
    query
        .split('&')
        .filter_map(|it| it.split_once('='))
        .collect()
}

/// The levels of a namespace in a path.
fn levels(text: &str) -> Vec<String> {
    text.split("%1F").map(str::to_owned).collect()
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
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        if path == "/api/catalog/v1/oauth/tokens" {
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
        if path == "/api/catalog/v1/config" {
            if query != "warehouse=main" {
                return refused(404, "NotFoundException");
            }
            return Answer::json(
                200,
                &json!({ "defaults": {}, "overrides": { "prefix": "main" } }),
            );
        }
        let Some(path) = path.strip_prefix("/api/catalog/v1/main/") else {
            return refused(404, "NotFoundException");
        };
        let parts: Vec<&str> = path.split('/').collect();
        match (request.method.as_str(), parts.as_slice()) {
            ("POST", ["namespaces"]) => self.create_namespace(&request.json()),
            (method, ["namespaces", name, "tables", rest @ ..]) => {
                let namespace = levels(name);
                if !self.namespaces.contains(&namespace) {
                    return refused(404, "NoSuchNamespaceException");
                }
                match (method, rest) {
                    ("POST", []) => self.create_table(namespace, &request.json()),
                    _ => refused(405, "MethodNotAllowed"),
                }
            }
            _ => refused(405, "MethodNotAllowed"),
        }
    }

    fn create_namespace(&mut self, body: &Value) -> Answer {
        let Ok(levels) = serde_json::from_value::<Vec<String>>(body["namespace"].clone()) else {
            return refused(400, "BadRequestException");
        };
        let parent = &levels[..levels.len() - 1];
        if !parent.is_empty() && !self.namespaces.contains(parent) {
            return refused(404, "NoSuchNamespaceException");
        }
        if !self.namespaces.insert(levels.clone()) {
            return refused(409, "AlreadyExistsException");
        }
        Answer::json(200, &json!({ "namespace": levels, "properties": {} }))
    }

    fn create_table(&mut self, namespace: Vec<String>, body: &Value) -> Answer {
        let (Some(name), Some(fields)) =
            (body["name"].as_str(), body["schema"]["fields"].as_array())
        else {
            return refused(400, "BadRequestException");
        };
        let is_field = |field: &Value| {
            field["id"].is_i64()
                && field["name"].is_string()
                && field["required"].is_boolean()
                && field["type"].is_string()
        };
        if body["schema"]["type"] != "struct" || !fields.iter().all(is_field) {
            return refused(400, "BadRequestException");
        }
        let key = (namespace, name.to_owned());
        if self.tables.contains_key(&key) {
            return refused(409, "AlreadyExistsException");
        }
        let metadata = json!({
            "format-version": 2,
            "table-uuid": "9c12d441-03fe-4693-9a96-a0705ddf69c1",
            "location": body["location"].as_str().unwrap_or("s3://lake/orders"),
            "last-column-id": fields.len(),
            "schemas": [body["schema"]],
            "current-schema-id": 0,
        });
        self.tables.insert(key, metadata.clone());
        Answer::json(
            200,
            &json!({ "metadata": metadata, "metadata-location": "s3://lake/m.json" }),
        )
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

/// Against a catalog with two namespaces and the table `sales.eu.orders`.
fn filled() -> Arc<Mutex<Catalog>> {
    let catalog: Arc<Mutex<Catalog>> = Arc::default();
    {
        let mut catalog = catalog.lock().unwrap();
        for namespace in ["sales", "sales.eu", "hr", "iot"] {
            let levels = namespace.split('.').map(str::to_owned).collect();
            catalog.namespaces.insert(levels);
        }
        let schema = json!({ "type": "struct", "schema-id": 0, "fields": [
            { "id": 1, "name": "id", "required": false, "type": "long" },
            { "id": 2, "name": "note", "required": false, "type": "string" },
        ] });
        let namespace = vec!["sales".to_owned(), "eu".to_owned()];
        catalog.create_table(namespace, &json!({ "name": "orders", "schema": schema }));
    }
    catalog
}

fn with<T>(catalog: &Arc<Mutex<Catalog>>, run: impl FnOnce(&Handle<dyn TableCatalog>) -> T) -> T {
    with_secret(CANARY, &service(catalog).url, 10.0, run)
}

fn table(catalog: &Arc<Mutex<Catalog>>) -> Value {
    catalog
        .lock()
        .unwrap()
        .tables
        .values()
        .next()
        .unwrap()
        .clone()
}

fn new<'a>(namespace: &'a str, name: &'a str) -> NewTable<'a> {
    NewTable {
        namespace,
        name,
        location: None,
        columns: &COLUMNS,
    }
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
        "pyiceberg; stand-in for failures",
    )
    .operation(
        "create_namespace",
        || {
            let catalog = filled();
            assert!(with(&catalog, |it| it.create_namespace("sales.us"))?);
            let levels = vec!["sales".to_owned(), "us".to_owned()];
            assert!(catalog.lock().unwrap().namespaces.contains(&levels));
            assert!(!with(&catalog, |it| it.create_namespace("sales.us"))?);
            Ok(())
        },
        || with(&filled(), |it| it.create_namespace("none.us")).map(drop),
    )
    .operation(
        "create_table",
        || {
            let catalog: Arc<Mutex<Catalog>> = Arc::default();
            catalog
                .lock()
                .unwrap()
                .namespaces
                .insert(vec!["sales".to_owned()]);
            let new = NewTable {
                namespace: "sales",
                name: "orders",
                location: Some("s3://lake/sales/orders"),
                columns: &COLUMNS,
            };
            assert!(with(&catalog, |it| it.create_table(&new))?);
            let table = table(&catalog);
            assert_eq!(table["location"], "s3://lake/sales/orders");
            let fields = table["schemas"][0]["fields"].as_array().unwrap();
            let types: Vec<&str> = fields
                .iter()
                .map(|it| it["type"].as_str().unwrap())
                .collect();
            assert_eq!(types, ["long", "double", "string", "date"]);
            assert!(!with(&catalog, |it| it.create_table(&new))?);
            Ok(())
        },
        || with(&filled(), |it| it.create_table(&new("none", "orders"))).map(drop),
    )
}

#[test]
fn a_token_is_used_again_and_renewed_once() {
    let catalog = filled();
    let service = service(&catalog);
    with_secret(CANARY, &service.url, 10.0, |it| {
        it.create_namespace("sales").unwrap();
        it.create_namespace("hr").unwrap();
        assert_eq!(catalog.lock().unwrap().tokens, 1);
        // The catalog revokes it.
        catalog.lock().unwrap().tokens = 5;
        it.create_namespace("sales").unwrap();
        assert_eq!(catalog.lock().unwrap().tokens, 6);
    });
    let configs = service
        .received()
        .iter()
        .filter(|it| it.path.contains("/config"))
        .count();
    assert_eq!(configs, 1);
}

#[test]
fn a_change_whose_outcome_is_unknown_is_not_repeated() {
    for (status, attempts) in [(502, 1), (504, 1), (500, 1), (503, 3)] {
        let catalog = filled();
        let service = {
            let catalog = Arc::clone(&catalog);
            Service::start(move |request| {
                if request.method == "POST" && request.path.ends_with("/tables") {
                    return refused(status, "CommitStateUnknownException");
                }
                catalog.lock().unwrap().answer(request)
            })
        };
        let create = |it: &Handle<dyn TableCatalog>| it.create_table(&new("sales.eu", "items"));
        let error = with_secret(CANARY, &service.url, 10.0, create).unwrap_err();
        assert!(error.to_string().contains(&status.to_string()), "{error}");
        let commits = service
            .received()
            .into_iter()
            .filter(|it| it.path.ends_with("/tables") && it.method == "POST");
        assert_eq!(commits.count(), attempts, "{status}");
    }
}

#[test]
fn names_that_a_path_cannot_have_are_refused() {
    for namespace in ["", "a..b", ".", "a\u{1f}b"] {
        let error = with(&filled(), |it| it.create_namespace(namespace)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{namespace}");
    }
    for name in ["", ".", "..", "a\nb"] {
        let error = with(&filled(), |it| it.create_table(&new("sales", name))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name}");
    }
}

#[test]
fn a_catalog_that_refuses_hangs_or_is_none() {
    let before = |request: &Received| {
        let is_login = request.path.contains("/oauth/") || request.path.contains("/config");
        let answer = if request.path.contains("/oauth/") {
            json!({ "access_token": CANARY, "token_type": "bearer" })
        } else {
            json!({ "defaults": {}, "overrides": {} })
        };
        is_login.then(|| Answer::json(200, &answer))
    };
    failures::check(before, |url, timeout| {
        with_secret(CANARY, url, timeout, |it| it.create_namespace("sales")).map(drop)
    });
    // Also of what issues the tokens, which answers 400 to a wrong client.
    let error = with_secret(
        CANARY,
        &Service::start(|_| Answer::Garbage).url,
        10.0,
        |it| it.create_namespace("sales"),
    );
    assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidResponse);
    unknown(|it| it.create_namespace("sales")).unwrap_err();
}
