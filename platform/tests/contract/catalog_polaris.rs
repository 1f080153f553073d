//! The contract of the plugin `polaris` (catalog).

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use floe_plugin::catalog::{NewTable, SchemaChange, TableCatalog};
use floe_plugin::table::{Column, ColumnType};
use floe_plugin::{Error, ErrorKind, Handle, PluginType};
use secrecy::ExposeSecret as _;
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
    /// The number of commits that others are faster than.
    conflicts: usize,
}

fn refused(status: u16, kind: &str) -> Answer {
    let error = json!({ "error": { "message": "refused", "type": kind, "code": status } });
    Answer::json(status, &error)
}

fn no_content() -> Answer {
    Answer::Status(204, Vec::new(), Vec::new())
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

/// A page, and the token of the next one.
fn page<T: Clone>(all: &[T], token: &str) -> (Vec<T>, Value) {
    let start = token.parse().unwrap_or(0);
    let end = all.len().min(start + 2);
    let next = if end < all.len() {
        json!(end.to_string())
    } else {
        Value::Null
    };
    (all[start..end].to_vec(), next)
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
        let query = parameters(query);
        match (request.method.as_str(), parts.as_slice()) {
            ("GET", ["namespaces"]) => self.list_namespaces(&query),
            ("POST", ["namespaces"]) => self.create_namespace(&request.json()),
            ("DELETE", ["namespaces", name]) => {
                let name = levels(name);
                if self.tables.keys().any(|(namespace, _)| *namespace == name) {
                    return refused(409, "NamespaceNotEmptyException");
                }
                if self.namespaces.remove(&name) {
                    no_content()
                } else {
                    refused(404, "NoSuchNamespaceException")
                }
            }
            (method, ["namespaces", name, "tables", rest @ ..]) => {
                let namespace = levels(name);
                if !self.namespaces.contains(&namespace) {
                    return refused(404, "NoSuchNamespaceException");
                }
                match (method, rest) {
                    ("GET", []) => self.list_tables(&namespace, &query),
                    ("POST", []) => self.create_table(namespace, &request.json()),
                    (_, [table]) => self.table(request, &query, &(namespace, (*table).to_owned())),
                    _ => refused(405, "MethodNotAllowed"),
                }
            }
            _ => refused(405, "MethodNotAllowed"),
        }
    }

    fn list_namespaces(&self, query: &BTreeMap<&str, &str>) -> Answer {
        let parent = query
            .get("parent")
            .map(|parent| levels(parent))
            .unwrap_or_default();
        let is_child = |it: &&Vec<String>| it.len() == parent.len() + 1 && it.starts_with(&parent);
        let all: Vec<&Vec<String>> = self.namespaces.iter().filter(is_child).collect();
        let (namespaces, next) = page(&all, query["pageToken"]);
        Answer::json(
            200,
            &json!({ "namespaces": namespaces, "next-page-token": next }),
        )
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

    fn list_tables(&self, namespace: &[String], query: &BTreeMap<&str, &str>) -> Answer {
        let names = self.tables.keys().filter(|(it, _)| it == namespace);
        let all: Vec<Value> = names
            .map(|(namespace, name)| json!({ "namespace": namespace, "name": name }))
            .collect();
        let (identifiers, next) = page(&all, query["pageToken"]);
        Answer::json(
            200,
            &json!({ "identifiers": identifiers, "next-page-token": next }),
        )
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
            "current-snapshot-id": 3,
            "snapshots": [
                { "snapshot-id": 3, "parent-snapshot-id": 2, "timestamp-ms": 30, "summary": { "operation": "append" } },
                { "snapshot-id": 1, "timestamp-ms": 10, "summary": { "operation": "append" } },
                { "snapshot-id": 2, "parent-snapshot-id": 1, "timestamp-ms": 20, "summary": { "operation": "delete" } },
                { "snapshot-id": 9, "timestamp-ms": 5 },
                { "snapshot-id": 8, "timestamp-ms": 6 },
            ],
            "refs": {
                "main": { "snapshot-id": 3, "type": "branch" },
                "audit": { "snapshot-id": 8, "type": "tag" },
            },
        });
        self.tables.insert(key, metadata.clone());
        Answer::json(
            200,
            &json!({ "metadata": metadata, "metadata-location": "s3://lake/m.json" }),
        )
    }

    fn table(
        &mut self,
        request: &Received,
        query: &BTreeMap<&str, &str>,
        key: &(Vec<String>, String),
    ) -> Answer {
        let Some(metadata) = self.tables.get_mut(key) else {
            return refused(404, "NoSuchTableException");
        };
        match request.method.as_str() {
            "GET" => {
                let mut body = json!({ "metadata": metadata, "metadata-location": "s3://lake/m.json", "config": {} });
                if request.header("x-iceberg-access-delegation") == Some("vended-credentials") {
                    body["storage-credentials"] = json!([
                        { "prefix": "s3://lake", "config": { "s3.access-key-id": "wide" } },
                        { "prefix": "s3://lake/orders", "config": {
                            "s3.access-key-id": "ASIA",
                            "s3.secret-access-key": CANARY,
                            "s3.session-token": CANARY,
                        } },
                        { "prefix": "s3://lake/orders/other/and/longer", "config": { "s3.access-key-id": "other" } },
                    ]);
                }
                Answer::json(200, &body)
            }
            "DELETE" if query.get("purgeRequested") == Some(&"false") => {
                self.tables.remove(key);
                no_content()
            }
            "POST" => {
                let body = request.json();
                if body["identifier"] != json!({ "namespace": key.0, "name": key.1 }) {
                    return refused(400, "BadRequestException");
                }
                if self.conflicts > 0 {
                    self.conflicts -= 1;
                    metadata["current-schema-id"] = json!(0);
                    return refused(409, "CommitFailedException");
                }
                for requirement in body["requirements"].as_array().unwrap() {
                    let is_met = match requirement["type"].as_str().unwrap() {
                        "assert-table-uuid" => requirement["uuid"] == metadata["table-uuid"],
                        "assert-current-schema-id" => {
                            requirement["current-schema-id"] == metadata["current-schema-id"]
                        }
                        "assert-last-assigned-field-id" => {
                            requirement["last-assigned-field-id"] == metadata["last-column-id"]
                        }
                        "assert-ref-snapshot-id" => {
                            requirement["ref"] == "main"
                                && requirement["snapshot-id"]
                                    == metadata["refs"]["main"]["snapshot-id"]
                        }
                        _ => return refused(400, "BadRequestException"),
                    };
                    if !is_met {
                        return refused(409, "CommitFailedException");
                    }
                }
                for update in body["updates"].as_array().unwrap() {
                    match update["action"].as_str().unwrap() {
                        "add-schema" => {
                            metadata["schemas"]
                                .as_array_mut()
                                .unwrap()
                                .push(update["schema"].clone());
                            let ids = update["schema"]["fields"]
                                .as_array()
                                .unwrap()
                                .iter()
                                .map(|it| it["id"].as_i64().unwrap());
                            let last = metadata["last-column-id"].as_i64().unwrap();
                            metadata["last-column-id"] = json!(ids.max().unwrap().max(last));
                        }
                        "set-current-schema" if update["schema-id"] == -1 => {
                            let id = metadata["schemas"].as_array().unwrap().last().unwrap()["schema-id"].clone();
                            metadata["current-schema-id"] = id;
                        }
                        "set-snapshot-ref"
                            if update["ref-name"] == "main" && update["type"] == "branch" =>
                        {
                            metadata["current-snapshot-id"] = update["snapshot-id"].clone();
                            metadata["refs"]["main"]["snapshot-id"] = update["snapshot-id"].clone();
                        }
                        "remove-snapshots" => {
                            let removed = update["snapshot-ids"].as_array().unwrap();
                            let snapshots = metadata["snapshots"].as_array_mut().unwrap();
                            snapshots.retain(|it| !removed.contains(&it["snapshot-id"]));
                        }
                        _ => return refused(400, "BadRequestException"),
                    }
                }
                Answer::json(
                    200,
                    &json!({ "metadata": metadata, "metadata-location": "s3://lake/n.json" }),
                )
            }
            _ => refused(405, "MethodNotAllowed"),
        }
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

const CHANGES: [SchemaChange<'_>; 3] = [
    SchemaChange::Rename {
        from: "note",
        to: "comment",
    },
    SchemaChange::Drop("id"),
    SchemaChange::Add(Column {
        name: "day",
        kind: ColumnType::Date,
    }),
];

/// A client that the catalog does not know.
fn unknown<T>(
    run: impl FnOnce(&Handle<dyn TableCatalog>) -> Result<T, Error>,
) -> Result<(), Error> {
    let result = with_secret("wrong", &service(&filled()).url, 10.0, run);
    let error = result.map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized, "{error}");
    Err(error)
}

#[expect(clippy::too_many_lines, reason = "a case for each operation")]
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
        "list_namespaces",
        || {
            let names = with(&filled(), Handle::list_namespaces)?;
            assert_eq!(names, ["hr", "iot", "sales", "sales.eu"]);
            Ok(())
        },
        || unknown(Handle::<dyn TableCatalog>::list_namespaces),
    )
    .operation(
        "delete_namespace",
        || {
            let catalog = filled();
            with(&catalog, |it| it.delete_namespace("hr"))?;
            assert_eq!(catalog.lock().unwrap().namespaces.len(), 3);
            Ok(())
        },
        || {
            // It has a table.
            let result = with(&filled(), |it| it.delete_namespace("sales.eu"));
            assert_eq!(result.as_ref().unwrap_err().kind(), ErrorKind::Rejected);
            result
        },
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
        || {
            let new = NewTable {
                namespace: "none",
                name: "orders",
                location: None,
                columns: &COLUMNS,
            };
            with(&filled(), |it| it.create_table(&new)).map(drop)
        },
    )
    .operation(
        "list_tables",
        || {
            let catalog = filled();
            let orders = table(&catalog);
            for name in ["b", "a"] {
                let key = (vec!["sales".to_owned(), "eu".to_owned()], name.to_owned());
                catalog.lock().unwrap().tables.insert(key, orders.clone());
            }
            let tables = with(&catalog, |it| it.list_tables("sales.eu"))?;
            assert_eq!(tables, ["a", "b", "orders"]);
            Ok(())
        },
        || with(&filled(), |it| it.list_tables("none")).map(drop),
    )
    .operation(
        "drop_table",
        || {
            let catalog = filled();
            with(&catalog, |it| it.drop_table("sales.eu", "orders"))?;
            assert!(catalog.lock().unwrap().tables.is_empty());
            Ok(())
        },
        || {
            let result = with(&filled(), |it| it.drop_table("sales.eu", "none"));
            assert_eq!(result.as_ref().unwrap_err().kind(), ErrorKind::NotFound);
            result
        },
    )
    .operation(
        "vend_credentials",
        || {
            let vended = with(&filled(), |it| it.vend_credentials("sales.eu", "orders"))?;
            let keys: Vec<&String> = vended.keys().collect();
            assert_eq!(
                keys,
                [
                    "s3.access-key-id",
                    "s3.secret-access-key",
                    "s3.session-token"
                ]
            );
            assert_eq!(vended["s3.access-key-id"].expose_secret(), "ASIA");
            assert_eq!(vended["s3.session-token"].expose_secret(), CANARY);
            Ok(())
        },
        || with(&filled(), |it| it.vend_credentials("sales.eu", "none")).map(drop),
    )
    .operation(
        "evolve_schema",
        || {
            let catalog = filled();
            // Somebody else commits first, twice.
            catalog.lock().unwrap().conflicts = 2;
            with(&catalog, |it| {
                it.evolve_schema("sales.eu", "orders", &CHANGES)
            })?;
            let table = table(&catalog);
            assert_eq!(table["current-schema-id"], 1);
            assert_eq!(
                table["schemas"][1]["fields"],
                json!([
                    { "id": 2, "name": "comment", "required": false, "type": "string" },
                    { "id": 3, "name": "day", "required": false, "type": "date" },
                ])
            );
            Ok(())
        },
        || {
            let change = [SchemaChange::Drop("none")];
            let result = with(&filled(), |it| {
                it.evolve_schema("sales.eu", "orders", &change)
            });
            assert_eq!(result.as_ref().unwrap_err().kind(), ErrorKind::InvalidInput);
            result
        },
    )
    .operation(
        "list_snapshots",
        || {
            let snapshots = with(&filled(), |it| it.list_snapshots("sales.eu", "orders"))?;
            let ids: Vec<i64> = snapshots.iter().map(|it| it.id).collect();
            assert_eq!(ids, [9, 8, 1, 2, 3]);
            let last = snapshots.last().unwrap();
            assert_eq!(
                (last.parent, last.timestamp_ms, last.is_current),
                (Some(2), 30, true)
            );
            assert_eq!(last.operation.as_deref(), Some("append"));
            assert!(!snapshots[0].is_current);
            Ok(())
        },
        || with(&filled(), |it| it.list_snapshots("sales.eu", "none")).map(drop),
    )
    .operation(
        "rollback",
        || {
            let catalog = filled();
            with(&catalog, |it| it.rollback("sales.eu", "orders", 1))?;
            assert_eq!(table(&catalog)["current-snapshot-id"], 1);
            Ok(())
        },
        || {
            // It exists, but the current one does not descend from it.
            let result = with(&filled(), |it| it.rollback("sales.eu", "orders", 9));
            assert_eq!(result.as_ref().unwrap_err().kind(), ErrorKind::InvalidInput);
            result
        },
    )
    .operation(
        "expire_snapshots",
        || {
            let catalog = filled();
            let keep = NonZeroUsize::new(2).unwrap();
            let mut expired = with(&catalog, |it| {
                it.expire_snapshots("sales.eu", "orders", keep)
            })?;
            expired.sort_unstable();
            // The tag keeps 8.
            assert_eq!(expired, [1, 9]);
            assert_eq!(table(&catalog)["snapshots"].as_array().unwrap().len(), 3);
            let again = with(&catalog, |it| {
                it.expire_snapshots("sales.eu", "orders", keep)
            })?;
            assert!(again.is_empty(), "{again:?}");
            Ok(())
        },
        || {
            with(&filled(), |it| {
                it.expire_snapshots("sales.eu", "none", NonZeroUsize::MIN)
            })
            .map(drop)
        },
    )
}

#[test]
fn a_token_is_used_again_and_renewed_once() {
    let catalog = filled();
    let service = service(&catalog);
    with_secret(CANARY, &service.url, 10.0, |it| {
        it.list_tables("sales").unwrap();
        it.list_tables("hr").unwrap();
        assert_eq!(catalog.lock().unwrap().tokens, 1);
        // The catalog revokes it.
        catalog.lock().unwrap().tokens = 5;
        it.list_tables("sales").unwrap();
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
fn a_table_that_others_change_all_the_time_is_an_error() {
    let catalog = filled();
    catalog.lock().unwrap().conflicts = usize::MAX;
    let error = with(&catalog, |it| it.rollback("sales.eu", "orders", 1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert!(
        error
            .to_string()
            .contains("`sales.eu.orders` was changed by others"),
        "{error}"
    );
    assert_eq!(table(&catalog)["current-snapshot-id"], 3);
}

#[test]
fn a_commit_whose_outcome_is_unknown_is_not_repeated() {
    for (status, attempts) in [(502, 1), (504, 1), (500, 1), (503, 3)] {
        let catalog = filled();
        let service = {
            let catalog = Arc::clone(&catalog);
            Service::start(move |request| {
                if request.method == "POST" && request.path.ends_with("/orders") {
                    return refused(status, "CommitStateUnknownException");
                }
                catalog.lock().unwrap().answer(request)
            })
        };
        let rollback = |it: &Handle<dyn TableCatalog>| it.rollback("sales.eu", "orders", 1);
        let error = with_secret(CANARY, &service.url, 10.0, rollback).unwrap_err();
        assert!(error.to_string().contains(&status.to_string()), "{error}");
        let commits = service
            .received()
            .into_iter()
            .filter(|it| it.path.ends_with("/orders") && it.method == "POST");
        assert_eq!(commits.count(), attempts, "{status}");
    }
}

#[test]
fn names_that_a_path_cannot_have_are_refused() {
    for namespace in ["", "a..b", ".", "a\u{1f}b"] {
        let error = with(&filled(), |it| it.list_tables(namespace)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{namespace}");
    }
    for name in ["", ".", "..", "a\nb"] {
        let error = with(&filled(), |it| it.drop_table("sales", name)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name}");
    }
}

#[test]
fn a_catalog_that_vends_no_credentials_is_an_error() {
    let catalog = filled();
    let key = (
        vec!["sales".to_owned(), "eu".to_owned()],
        "orders".to_owned(),
    );
    catalog.lock().unwrap().tables.get_mut(&key).unwrap()["location"] = json!("file:///tmp/orders");
    let error = with(&catalog, |it| it.vend_credentials("sales.eu", "orders")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized, "{error}");
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
        Handle::list_namespaces,
    );
    assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidResponse);
    unknown(Handle::<dyn TableCatalog>::list_namespaces).unwrap_err();
}
