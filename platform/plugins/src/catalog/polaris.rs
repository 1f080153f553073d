//! Tables in Apache Polaris.

use floe_plugin::catalog::{StoredTable, TableCatalog};
use floe_plugin::{CleanUrl, Credential, Endpoint, Error, Lifecycle};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::address::ServiceUrl;
use crate::http::service::{AccessToken, client_token, encode};
use crate::http::{Client, Request};

floe_plugin::plugin! {
    kind: TableCatalog,
    plugin: Polaris,
    name: "polaris",
    tracer: "floe.catalog.polaris",
    api: "1.0",
    description: "registers tables in Polaris as CSV files",
}

/// A catalog of Apache Polaris. Tables are registered as generic tables, with the format and the location of the object
/// in the object store. An Iceberg table would be empty, because floe does not write the files that its readers need.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Polaris {
    /// The URL of the catalog, without `/v1`: for example `https://polaris.example/api/catalog`.
    uri: ServiceUrl,
    /// The warehouse: in Polaris, the name of the catalog.
    warehouse: Option<String>,
    client_id: Credential,
    client_secret: Credential,
    /// The time limit of a request in seconds. Default: 10.
    #[serde(default, rename = "timeout")]
    client: Client,
    #[serde(skip)]
    token: AccessToken,
}

impl Lifecycle for Polaris {
    fn endpoints(&self) -> Vec<Endpoint> {
        vec![self.uri.endpoint()]
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
        // Readers use the properties as the options of the format.
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
    /// Creates an object unless it exists. Returns whether it is new.
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
        let response = self.client.send(&request)?;
        Ok(response.status != 409)
    }

    fn new_token(&self) -> Result<SecretString, Error> {
        let identity = (self.client_id.expose()?, self.client_secret.expose()?);
        let url = self.uri.at("/v1/oauth/tokens");
        client_token(&self.client, url, identity, Some("PRINCIPAL_ROLE:ALL"))
    }
}
