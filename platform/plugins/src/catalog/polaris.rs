//! Tables of Apache Iceberg in Apache Polaris, over the Iceberg REST protocol.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use floe_plugin::catalog::{NewTable, SchemaChange, Snapshot, TableCatalog};
use floe_plugin::table::ColumnType;
use floe_plugin::{CleanUrl, Credential, Endpoint, Error, ErrorKind, Lifecycle};
use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::address::ServiceUrl;
use crate::http::service::{AccessToken, Issued, encode, parameters};
use crate::http::{Client, Method, Request, Response};

floe_plugin::plugin! {
    kind: TableCatalog,
    plugin: Polaris,
    name: "polaris",
    tracer: "floe.catalog.polaris",
    api: "1.0",
    description: "manages tables of Iceberg in Polaris or another catalog of the REST protocol",
}

/// The number of pages and of levels that a list may have.
const MOST_PAGES: usize = 1000;

/// Attempts to commit a change while others change the table.
const ATTEMPTS: usize = 4;

/// Between the levels of a namespace in a path.
const SEPARATOR: char = '\u{1f}';

/// A catalog of Apache Polaris, or another one of the Iceberg REST protocol.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Polaris {
    /// The URL of the catalog, without `/v1`: for example `https://polaris.example/api/catalog`.
    uri: ServiceUrl,
    /// The warehouse: in Polaris, the name of the catalog.
    warehouse: Option<String>,
    /// The id of the client.
    client_id: Credential,
    /// The secret of the client.
    client_secret: Credential,
    /// The scope of the token.
    #[serde(default = "default_scope")]
    scope: String,
    /// The URL that issues tokens. Default: `/v1/oauth/tokens` of the catalog.
    token_url: Option<ServiceUrl>,
    /// The realm, if Polaris has several.
    realm: Option<String>,
    /// The time limit of a request in seconds. Default: 10.
    #[serde(default, rename = "timeout")]
    client: Client,
    #[serde(skip)]
    token: AccessToken,
    /// The URL that paths are appended to, with the catalog's prefix.
    #[serde(skip)]
    base: Mutex<Option<String>>,
}

fn default_scope() -> String {
    "PRINCIPAL_ROLE:ALL".to_owned()
}

#[derive(Deserialize)]
struct TokenResponse {
    access_token: SecretString,
    token_type: String,
    expires_in: Option<u64>,
}

#[derive(Deserialize)]
struct ConfigResponse {
    defaults: HashMap<String, String>,
    overrides: HashMap<String, String>,
}

#[derive(Deserialize)]
struct Namespaces {
    namespaces: Vec<Vec<String>>,
    #[serde(rename = "next-page-token")]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Tables {
    identifiers: Vec<Identifier>,
    #[serde(rename = "next-page-token")]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Identifier {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct LoadedTable {
    metadata: Metadata,
    #[serde(default)]
    config: BTreeMap<String, String>,
    #[serde(default)]
    storage_credentials: Vec<StorageCredential>,
}

#[derive(Deserialize)]
struct StorageCredential {
    prefix: String,
    config: BTreeMap<String, String>,
}

/// The part of a table's metadata that is needed.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Metadata {
    table_uuid: String,
    location: String,
    last_column_id: i64,
    schemas: Vec<Value>,
    current_schema_id: i64,
    #[serde(default)]
    snapshots: Vec<MetadataSnapshot>,
    current_snapshot_id: Option<i64>,
    #[serde(default)]
    refs: BTreeMap<String, Ref>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct MetadataSnapshot {
    snapshot_id: i64,
    parent_snapshot_id: Option<i64>,
    timestamp_ms: i64,
    #[serde(default)]
    summary: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Ref {
    snapshot_id: i64,
}

impl Lifecycle for Polaris {
    fn health_check(&self) -> Result<(), Error> {
        *self.known_base() = None;
        self.base().map(drop)
    }

    fn endpoints(&self) -> Vec<Endpoint> {
        let urls = [Some(&self.uri), self.token_url.as_ref()];
        urls.into_iter()
            .flatten()
            .map(ServiceUrl::endpoint)
            .collect()
    }
}

impl TableCatalog for Polaris {
    fn uri(&self) -> CleanUrl<'_> {
        CleanUrl::new(self.uri.as_str())
    }

    fn warehouse(&self) -> Option<&str> {
        self.warehouse.as_deref()
    }

    fn create_namespace(&self, namespace: &str) -> Result<bool, Error> {
        let body = json!({ "namespace": levels(namespace)?, "properties": {} });
        let response = self.request(&Method::POST, "/namespaces", |request| {
            request.json(&body).also_accept(409)
        })?;
        Ok(response.status != 409)
    }

    fn list_namespaces(&self) -> Result<Vec<String>, Error> {
        let mut all = BTreeSet::new();
        let mut parents = vec![Vec::new()];
        let mut pages = 0;
        while let Some(parent) = parents.pop() {
            let parameter = match parent.as_slice() {
                [] => String::new(),
                levels => format!("parent={}&", encode(&join(levels))),
            };
            let mut next = Some(String::new());
            while let Some(token) = next {
                count_page(&mut pages)?;
                let path = format!("/namespaces?{parameter}pageToken={}", encode(&token));
                let page: Namespaces = self.request(&Method::GET, &path, |it| it)?.json()?;
                for namespace in page.namespaces {
                    // A server that ignores `parent` would never end.
                    let is_child =
                        namespace.len() == parent.len() + 1 && namespace.starts_with(&parent);
                    if is_child && all.insert(namespace.join(".")) {
                        parents.push(namespace);
                    }
                }
                next = page.next.filter(|next| !next.is_empty());
            }
        }
        Ok(all.into_iter().collect())
    }

    fn delete_namespace(&self, namespace: &str) -> Result<(), Error> {
        let path = path_of(namespace)?;
        self.request(&Method::DELETE, &path, |it| it).map(drop)
    }

    fn create_table(&self, table: &NewTable<'_>) -> Result<bool, Error> {
        let path = path_of(table.namespace)? + "/tables";
        check_name(table.name)?;
        let fields = table.columns.iter().zip(1..).map(|(column, id)| {
            json!({ "id": id, "name": column.name, "required": false, "type": type_of(column.kind) })
        });
        let mut body = json!({
            "name": table.name,
            "schema": { "type": "struct", "schema-id": 0, "fields": fields.collect::<Vec<_>>() },
            "stage-create": false,
            "properties": {},
        });
        if let Some(location) = table.location {
            body["location"] = location.into();
        }
        let response = self.request(&Method::POST, &path, |request| {
            request.json(&body).also_accept(409)
        })?;
        Ok(response.status != 409)
    }

    fn list_tables(&self, namespace: &str) -> Result<Vec<String>, Error> {
        let path = path_of(namespace)?;
        let mut all = Vec::new();
        let mut pages = 0;
        let mut next = Some(String::new());
        while let Some(token) = next {
            count_page(&mut pages)?;
            let path = format!("{path}/tables?pageToken={}", encode(&token));
            let page: Tables = self.request(&Method::GET, &path, |it| it)?.json()?;
            all.extend(page.identifiers.into_iter().map(|table| table.name));
            next = page.next.filter(|next| !next.is_empty());
        }
        all.sort_unstable();
        Ok(all)
    }

    fn drop_table(&self, namespace: &str, name: &str) -> Result<(), Error> {
        let path = table_path(namespace, name)? + "?purgeRequested=false";
        self.request(&Method::DELETE, &path, |it| it).map(drop)
    }

    fn vend_credentials(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<BTreeMap<String, SecretString>, Error> {
        let path = table_path(namespace, name)?;
        let response = self.request(&Method::GET, &path, |request| {
            request.header("x-iceberg-access-delegation", "vended-credentials")
        })?;
        let table: LoadedTable = response.json()?;
        // Those of the longest prefix that the table is below; `config` is where older servers have them.
        let credentials = table
            .storage_credentials
            .into_iter()
            .filter(|it| table.metadata.location.starts_with(&it.prefix))
            .max_by_key(|it| it.prefix.len())
            .map(|it| it.config)
            .unwrap_or(table.config);
        let is_vended = credentials.keys().any(|key| is_credential(key));
        if !is_vended {
            let message = "the catalog vended no credentials for the table";
            return Err(Error::new(ErrorKind::Unauthorized, message));
        }
        Ok(credentials
            .into_iter()
            .map(|(key, value)| (key, value.into()))
            .collect())
    }

    fn evolve_schema(
        &self,
        namespace: &str,
        name: &str,
        changes: &[SchemaChange<'_>],
    ) -> Result<(), Error> {
        self.commit(namespace, name, |table| {
            let (schema, last_column_id) = changed(table, changes)?;
            let requirements = vec![
                json!({ "type": "assert-current-schema-id", "current-schema-id": table.current_schema_id }),
                json!({ "type": "assert-last-assigned-field-id", "last-assigned-field-id": table.last_column_id }),
            ];
            let updates = vec![
                json!({ "action": "add-schema", "schema": schema, "last-column-id": last_column_id }),
                // The schema that was added last.
                json!({ "action": "set-current-schema", "schema-id": -1 }),
            ];
            Ok(((), requirements, updates))
        })
    }

    fn list_snapshots(&self, namespace: &str, name: &str) -> Result<Vec<Snapshot>, Error> {
        let table = self.load(&table_path(namespace, name)?)?;
        let current = current_snapshot(&table);
        let mut snapshots: Vec<Snapshot> = table
            .snapshots
            .into_iter()
            .map(|mut snapshot| Snapshot {
                id: snapshot.snapshot_id,
                parent: snapshot.parent_snapshot_id,
                timestamp_ms: snapshot.timestamp_ms,
                operation: snapshot.summary.remove("operation"),
                is_current: current == Some(snapshot.snapshot_id),
            })
            .collect();
        snapshots.sort_by_key(|snapshot| snapshot.timestamp_ms);
        Ok(snapshots)
    }

    fn rollback(&self, namespace: &str, name: &str, snapshot: i64) -> Result<(), Error> {
        self.commit(namespace, name, |table| {
            if !ancestors(table).contains(&snapshot) {
                let message = format!(
                    "found the snapshot {snapshot}, accepted: one that the current snapshot of `{namespace}.{name}` descends from"
                );
                return Err(Error::new(ErrorKind::InvalidInput, message));
            }
            let update = json!({
                "action": "set-snapshot-ref",
                "ref-name": "main",
                "type": "branch",
                "snapshot-id": snapshot,
            });
            Ok(((), vec![unmoved(table)], vec![update]))
        })
    }

    fn expire_snapshots(
        &self,
        namespace: &str,
        name: &str,
        keep_last: NonZeroUsize,
    ) -> Result<Vec<i64>, Error> {
        self.commit(namespace, name, |table| {
            let kept: BTreeSet<i64> = ancestors(table)
                .into_iter()
                .take(keep_last.get())
                .chain(table.refs.values().map(|it| it.snapshot_id))
                .collect();
            let expired: Vec<i64> = table
                .snapshots
                .iter()
                .map(|snapshot| snapshot.snapshot_id)
                .filter(|id| !kept.contains(id))
                .collect();
            let update = json!({ "action": "remove-snapshots", "snapshot-ids": expired });
            let updates = if expired.is_empty() {
                Vec::new()
            } else {
                vec![update]
            };
            Ok((expired, vec![unmoved(table)], updates))
        })
    }
}

impl Polaris {
    fn known_base(&self) -> MutexGuard<'_, Option<String>> {
        self.base.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a request to a path of the catalog. A token that was revoked is renewed once.
    fn request(
        &self,
        method: &Method,
        path: &str,
        complete: impl Fn(Request<'_>) -> Request<'_>,
    ) -> Result<Response, Error> {
        let url = self.base()? + path;
        self.authorized(method, &url, &complete)
    }

    fn authorized(
        &self,
        method: &Method,
        url: &str,
        complete: &dyn Fn(Request<'_>) -> Request<'_>,
    ) -> Result<Response, Error> {
        let mut refused = None;
        loop {
            let token = self.token.get(refused.as_ref(), || self.new_token())?;
            let mut request = Request::new(method.clone(), url).bearer(token.expose_secret());
            if let Some(realm) = &self.realm {
                request = request.header("polaris-realm", realm);
            }
            let mut request = complete(request.header("accept", "application/json"));
            if method != Method::GET {
                request = request.once();
            }
            if refused.is_none() {
                request = request.also_accept(401);
            }
            let response = self.client.send(&request)?;
            if response.status != 401 {
                return Ok(response);
            }
            refused = Some(token);
        }
    }

    /// A token for the client's credentials (OAuth 2.0, RFC 6749 section 4.4).
    fn new_token(&self) -> Result<Issued, Error> {
        let (id, secret) = (self.client_id.expose()?, self.client_secret.expose()?);
        let url = match &self.token_url {
            Some(url) => url.as_str().to_owned(),
            None => self.uri.at("/v1/oauth/tokens"),
        };
        let form = parameters(&[
            ("grant_type", "client_credentials"),
            ("client_id", id),
            ("client_secret", secret),
            ("scope", &self.scope),
        ]);
        let mut request = Request::post(url)
            .body("application/x-www-form-urlencoded", form.into_bytes())
            .header("accept", "application/json")
            .credential(secret)
            .credential(encode(secret));
        if let Some(realm) = &self.realm {
            request = request.header("polaris-realm", realm);
        }
        let response = self.client.send(&request).map_err(|error| {
            // A wrong client is 400 in many servers.
            match error.kind() {
                ErrorKind::Rejected => Error::new(ErrorKind::Unauthorized, error.to_string()),
                _ => error,
            }
        })?;
        let token: TokenResponse = response.json()?;
        if !token.token_type.eq_ignore_ascii_case("bearer") {
            let message = format!("found a token of the type `{}`", token.token_type);
            return Err(Error::new(ErrorKind::InvalidResponse, message));
        }
        let lifetime = token.expires_in.map(Duration::from_secs);
        Ok(Issued::new(token.access_token, lifetime))
    }

    /// The URL of the warehouse. The catalog names it.
    fn base(&self) -> Result<String, Error> {
        if let Some(base) = &*self.known_base() {
            return Ok(base.clone());
        }
        let mut url = self.uri.at("/v1/config");
        if let Some(warehouse) = &self.warehouse {
            let _ = write!(url, "?warehouse={}", encode(warehouse));
        }
        let config: ConfigResponse = self.authorized(&Method::GET, &url, &|it| it)?.json()?;
        let of = |key: &str| {
            let value = config
                .overrides
                .get(key)
                .or_else(|| config.defaults.get(key));
            value.map(|value| value.trim_matches('/'))
        };
        // Credentials stay with the host that the manifest names.
        let mut base = self.uri.at("/v1");
        if let Some(prefix) = of("prefix").filter(|prefix| !prefix.is_empty()) {
            let prefix: Vec<String> = prefix.split('/').map(encode).collect();
            let _ = write!(base, "/{}", prefix.join("/"));
        }
        *self.known_base() = Some(base.clone());
        Ok(base)
    }

    fn load(&self, path: &str) -> Result<Metadata, Error> {
        let table: LoadedTable = self.request(&Method::GET, path, |it| it)?.json()?;
        Ok(table.metadata)
    }

    /// Commits a change of a table: `change` returns a result, what must still be so in the catalog, and
    /// the updates. If somebody else has changed the table, the change starts from its new state.
    fn commit<T>(
        &self,
        namespace: &str,
        name: &str,
        change: impl Fn(&Metadata) -> Result<(T, Vec<Value>, Vec<Value>), Error>,
    ) -> Result<T, Error> {
        let path = table_path(namespace, name)?;
        for _ in 0..ATTEMPTS {
            let table = self.load(&path)?;
            let (result, mut requirements, updates) = change(&table)?;
            if updates.is_empty() {
                return Ok(result);
            }
            requirements.push(json!({ "type": "assert-table-uuid", "uuid": table.table_uuid }));
            let body = json!({
                "identifier": { "namespace": levels(namespace)?, "name": name },
                "requirements": requirements,
                "updates": updates,
            });
            let response = self.request(&Method::POST, &path, |request| {
                request.json(&body).also_accept(409)
            })?;
            if response.status != 409 {
                return Ok(result);
            }
        }
        let message = format!(
            "`{namespace}.{name}` was changed by others during each of {ATTEMPTS} attempts"
        );
        Err(Error::new(ErrorKind::Rejected, message))
    }
}

/// The current schema with these changes, and the largest id of a column.
fn changed(table: &Metadata, changes: &[SchemaChange<'_>]) -> Result<(Value, i64), Error> {
    let invalid = |message: String| Error::new(ErrorKind::InvalidInput, message);
    let incomplete = || {
        Error::new(
            ErrorKind::InvalidResponse,
            "the table's metadata has no current schema",
        )
    };
    let current = table
        .schemas
        .iter()
        .find(|schema| schema["schema-id"] == table.current_schema_id);
    let mut schema = current.cloned().ok_or_else(incomplete)?;
    let fields = schema["fields"].as_array_mut().ok_or_else(incomplete)?;
    let mut last = table.last_column_id;
    let position = |fields: &[Value], name: &str| fields.iter().position(|it| it["name"] == name);
    for change in changes {
        match change {
            SchemaChange::Add(column) => {
                if position(fields, column.name).is_some() {
                    return Err(invalid(format!("the column `{}` exists", column.name)));
                }
                last += 1;
                let kind = type_of(column.kind);
                fields.push(
                    json!({ "id": last, "name": column.name, "required": false, "type": kind }),
                );
            }
            SchemaChange::Rename { from, to } => {
                if position(fields, to).is_some() {
                    return Err(invalid(format!("the column `{to}` exists")));
                }
                let at = position(fields, from)
                    .ok_or_else(|| invalid(format!("there is no column `{from}`")))?;
                fields[at]["name"] = (*to).into();
            }
            SchemaChange::Drop(name) => {
                let at = position(fields, name)
                    .ok_or_else(|| invalid(format!("there is no column `{name}`")))?;
                fields.remove(at);
            }
            other => return Err(invalid(format!("the catalog does not support {other:?}"))),
        }
    }
    if fields.is_empty() {
        return Err(invalid(
            "a table without columns is not accepted".to_owned(),
        ));
    }
    let next = table
        .schemas
        .iter()
        .filter_map(|it| it["schema-id"].as_i64())
        .max();
    schema["schema-id"] = (next.unwrap_or(0) + 1).into();
    Ok((schema, last))
}

/// Older metadata writes −1 for a table without snapshots.
fn current_snapshot(table: &Metadata) -> Option<i64> {
    table.current_snapshot_id.filter(|id| *id != -1)
}

/// The current snapshot and those that it descends from, the newest first.
fn ancestors(table: &Metadata) -> Vec<i64> {
    let parents: HashMap<i64, Option<i64>> = table
        .snapshots
        .iter()
        .map(|it| (it.snapshot_id, it.parent_snapshot_id))
        .collect();
    let mut ancestors = Vec::new();
    let mut next = current_snapshot(table);
    while let Some(id) = next
        && let Some(parent) = parents.get(&id)
        // A parent that descends from its child would never end.
        && ancestors.len() < table.snapshots.len()
    {
        ancestors.push(id);
        next = *parent;
    }
    ancestors
}

/// The requirement that the current snapshot is the one that the change is made for.
fn unmoved(table: &Metadata) -> Value {
    json!({ "type": "assert-ref-snapshot-id", "ref": "main", "snapshot-id": current_snapshot(table) })
}

fn is_credential(key: &str) -> bool {
    let names = [
        "s3.access-key-id",
        "s3.session-token",
        "gcs.oauth2.token",
        "adls.sas-token",
        "adls.account-key",
    ];
    names.iter().any(|name| key.starts_with(name))
}

fn type_of(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Integer => "long",
        ColumnType::Real => "double",
        ColumnType::Date => "date",
        _ => "string",
    }
}

fn levels(namespace: &str) -> Result<Vec<&str>, Error> {
    let levels: Vec<&str> = namespace.split('.').collect();
    let is_accepted = |level: &&str| !level.is_empty() && !level.contains(char::is_control);
    if levels.iter().all(is_accepted) {
        return Ok(levels);
    }
    let message =
        format!("found the namespace `{namespace}`, accepted: names with dots between them");
    Err(Error::new(ErrorKind::InvalidInput, message))
}

fn check_name(name: &str) -> Result<(), Error> {
    if !name.is_empty() && !matches!(name, "." | "..") && !name.contains(char::is_control) {
        return Ok(());
    }
    let message = format!("found the name `{name}` of a table, accepted: text");
    Err(Error::new(ErrorKind::InvalidInput, message))
}

fn path_of(namespace: &str) -> Result<String, Error> {
    let levels: Vec<String> = levels(namespace)?.into_iter().map(str::to_owned).collect();
    Ok(format!("/namespaces/{}", encode(&join(&levels))))
}

fn table_path(namespace: &str, name: &str) -> Result<String, Error> {
    check_name(name)?;
    Ok(format!("{}/tables/{}", path_of(namespace)?, encode(name)))
}

fn join(levels: &[String]) -> String {
    levels.join(&SEPARATOR.to_string())
}

fn count_page(pages: &mut usize) -> Result<(), Error> {
    *pages += 1;
    if *pages <= MOST_PAGES {
        return Ok(());
    }
    let message = format!("the list has more than {MOST_PAGES} pages");
    Err(Error::new(ErrorKind::InvalidResponse, message))
}
