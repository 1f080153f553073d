//! Authentication with Keycloak, by the client credentials of OAuth 2.0.

use floe_plugin::identity::IdentityProvider;
use floe_plugin::{Credential, Endpoint, Error, Lifecycle};
use serde::Deserialize;

use crate::address::ServiceUrl;
use crate::http::Client;
use crate::http::service::{client_token, encode};

floe_plugin::plugin! {
    kind: IdentityProvider,
    plugin: Keycloak,
    name: "keycloak",
    tracer: "floe.identity.keycloak",
    api: "1.0",
    description: "authenticates with a Keycloak realm",
}

/// A realm of Keycloak. The platform authenticates there with the credentials of a client.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Keycloak {
    /// The address, for example `https://keycloak.example.org`.
    url: ServiceUrl,
    realm: String,
    client_id: String,
    client_secret: Credential,
    /// The time limit of a request, in seconds. Default: 10.
    #[serde(default, rename = "timeout")]
    client: Client,
}

impl Lifecycle for Keycloak {
    fn endpoints(&self) -> Vec<Endpoint> {
        vec![self.url.endpoint()]
    }
}

impl IdentityProvider for Keycloak {
    fn realm(&self) -> Option<&str> {
        Some(&self.realm)
    }

    fn grant_type(&self) -> &'static str {
        "client_credentials"
    }

    fn authenticate(&self) -> Result<(), Error> {
        let identity = (&*self.client_id, self.client_secret.expose()?);
        let path = format!("/realms/{}/protocol/openid-connect/token", encode(&self.realm));
        client_token(&self.client, self.url.at(&path), identity, None).map(drop)
    }
}
