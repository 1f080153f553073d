//! Tables of Apache Iceberg in Apache Polaris, over the Iceberg REST protocol.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use floe_plugin::catalog::{NewTable, TableCatalog};
use floe_plugin::table::ColumnType;
use floe_plugin::{CleanUrl, Credential, Endpoint, Error, ErrorKind, Lifecycle};
use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;

use crate::address::ServiceUrl;
use crate::http::service::{AccessToken, Issued, encode, parameters};
use crate::http::{Client, Method, Request, Response};

floe_plugin::plugin! {
    kind: TableCatalog,
    plugin: Polaris,
    name: "polaris",
    tracer: "floe.catalog.polaris",
    api: "1.0",
    description: "registers tables of Iceberg, without rows, in Polaris or another catalog of the REST protocol",
}

/// Between the levels of a namespace in a path.
const SEPARATOR: char = '\u{1f}';

/// A catalog of Apache Polaris, or another one of the Iceberg REST protocol. Tables are registered with their columns
/// and their location; their rows are not written.
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
            let message = format!(
                "expected a token of the type `bearer`, found `{}`",
                token.token_type
            );
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
        format!("expected names with dots between them, found the namespace `{namespace}`");
    Err(Error::new(ErrorKind::InvalidInput, message))
}

fn check_name(name: &str) -> Result<(), Error> {
    if !name.is_empty() && !matches!(name, "." | "..") && !name.contains(char::is_control) {
        return Ok(());
    }
    let message = format!("expected text, found the name `{name}` of a table");
    Err(Error::new(ErrorKind::InvalidInput, message))
}

fn path_of(namespace: &str) -> Result<String, Error> {
    let levels: Vec<String> = levels(namespace)?.into_iter().map(str::to_owned).collect();
    Ok(format!("/namespaces/{}", encode(&join(&levels))))
}

fn join(levels: &[String]) -> String {
    levels.join(&SEPARATOR.to_string())
}
