//! Tables in Apache Polaris.

use floe_plugin::catalog::{StoredTable, TableCatalog};
use floe_plugin::{CleanUrl, Credential, Endpoint, Error, ErrorKind, Lifecycle};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::address::ServiceUrl;
use crate::http::service::{AccessToken, encode, parameters};
use crate::http::{Client, Request};

floe_plugin::plugin! {
    kind: TableCatalog,
    plugin: Polaris,
    name: "polaris",
    tracer: "floe.catalog.polaris",
    api: "1.0",
    description: "registers tables in Polaris, as files of CSV",
}

/// A catalog of Apache Polaris. Tables are registered as its generic tables, with the format and the location of what the
/// object store has: a table of Iceberg would need files that nothing here writes, and would be empty for its readers.
#[derive(Debug, Deserialize)]
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
}

fn default_scope() -> String {
    "PRINCIPAL_ROLE:ALL".to_owned()
}

#[derive(Deserialize)]
struct TokenResponse {
    access_token: SecretString,
    token_type: String,
}

impl Lifecycle for Polaris {
    fn endpoints(&self) -> Vec<Endpoint> {
        let urls = [Some(&self.uri), self.token_url.as_ref()];
        urls.into_iter().flatten().map(ServiceUrl::endpoint).collect()
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
        let body = json!({ "namespace": [namespace], "properties": {} });
        self.create("", "/namespaces", &body)
    }

    fn create_table(&self, table: &StoredTable<'_>) -> Result<bool, Error> {
        // Readers take the properties as the options of the format.
        let body = json!({
            "name": table.name,
            "format": "csv",
            "base-location": table.location,
            "properties": { "header": "true" },
        });
        let path = format!("/namespaces/{}/generic-tables", encode(table.namespace));
        self.create("/polaris", &path, &body)
    }
}

impl Polaris {
    /// Creates an object that may exist. Returns whether it is new.
    fn create(&self, api: &str, path: &str, body: &Value) -> Result<bool, Error> {
        // The prefix of Polaris' paths is the name of the catalog.
        let prefix = self.warehouse.iter().map(|name| format!("/{}", encode(name)));
        let prefix: String = prefix.collect();
        let token = self.token.get(|| self.new_token())?;
        let request = Request::post(self.uri.at(&format!("{api}/v1{prefix}{path}")))
            .header("accept", "application/json")
            .bearer(token.expose_secret())
            .json(body)
            .also_accept(409);
        let response = self.client.send(&self.in_realm(request))?;
        Ok(response.status != 409)
    }

    fn in_realm<'a>(&'a self, request: Request<'a>) -> Request<'a> {
        match &self.realm {
            Some(realm) => request.header("polaris-realm", realm),
            None => request,
        }
    }

    /// A token for the client's credentials (OAuth 2.0, RFC 6749 section 4.4).
    fn new_token(&self) -> Result<SecretString, Error> {
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
        let request = Request::post(url)
            .body("application/x-www-form-urlencoded", form.into_bytes())
            .header("accept", "application/json")
            .credential(secret)
            .credential(encode(secret));
        let response = self.client.send(&self.in_realm(request)).map_err(|error| {
            // A wrong client is 400 in many servers.
            match error.kind() {
                ErrorKind::Rejected => Error::new(ErrorKind::Unauthorized, error.to_string()),
                _ => error,
            }
        })?;
        let token: TokenResponse = response.json()?;
        if !token.token_type.eq_ignore_ascii_case("bearer") {
            let message =
                format!("expected a token of the type `bearer`, found `{}`", token.token_type);
            return Err(Error::new(ErrorKind::InvalidResponse, message));
        }
        Ok(token.access_token)
    }
}
