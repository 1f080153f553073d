//! Identities of Keycloak: the client credentials of OAuth 2.0.

use floe_plugin::identity::IdentityProvider;
use floe_plugin::{Credential, Endpoint, Error, ErrorKind, Lifecycle};
use serde::Deserialize;

use crate::address::ServiceUrl;
use crate::http::service::{basic, encode, parameters};
use crate::http::{Client, Request, Response};

floe_plugin::plugin! {
    kind: IdentityProvider,
    plugin: Keycloak,
    name: "keycloak",
    tracer: "floe.identity.keycloak",
    api: "1.0",
    description: "authenticates by a realm of Keycloak",
}

/// Identities of a realm of Keycloak. The platform authenticates with the credentials of a client.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Keycloak {
    /// The address, for example `https://keycloak.example.org`.
    url: ServiceUrl,
    /// The realm.
    realm: String,
    /// The id of the client.
    client_id: String,
    /// The secret of the client.
    client_secret: Credential,
    /// The scopes to request, with spaces between them. Default: the client's scopes.
    #[serde(default)]
    scope: Option<String>,
    /// The time limit of a request, in seconds. Default: 10.
    #[serde(default, rename = "timeout")]
    client: Client,
}

/// The provider's grant. The token itself is not read.
#[derive(Deserialize)]
struct Granted {
    token_type: String,
}

/// The body of a refusal, RFC 6749.
#[derive(Deserialize)]
struct Refused {
    error: String,
    #[serde(default)]
    error_description: String,
}

/// The error of a token endpoint.
fn refusal(request: &Request<'_>, response: &Response) -> Error {
    let Ok(refused) = serde_json::from_slice::<Refused>(&response.body) else {
        return request.refusal(response);
    };
    let kind = match &*refused.error {
        "invalid_client" | "unauthorized_client" | "invalid_grant" | "access_denied" => {
            ErrorKind::Unauthorized
        }
        _ if response.status == 401 => ErrorKind::Unauthorized,
        _ => ErrorKind::Rejected,
    };
    let Refused { error, error_description } = refused;
    let description = error_description.replace(char::is_control, " ");
    request.error(kind, &format_args!("{} {error}: {description}", response.status))
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
        let secret = self.client_secret.expose()?;
        let encoded_secret = encode(secret);
        let mut form = vec![("grant_type", "client_credentials")];
        if let Some(scope) = &self.scope {
            form.push(("scope", scope));
        }
        let path = format!("/realms/{}/protocol/openid-connect/token", encode(&self.realm));
        let request = Request::post(self.url.at(&path))
            .header("accept", "application/json")
            .body("application/x-www-form-urlencoded", parameters(&form).into_bytes())
            .credential(secret)
            .also_accept(400)
            .also_accept(401);
        // Both parts are encoded as in a form, RFC 6749, section 2.3.1.
        let request = basic(request, &encode(&self.client_id), &encoded_secret);
        let response = self.client.send(&request)?;
        if response.status >= 400 {
            return Err(refusal(&request, &response));
        }
        let granted: Granted = response.json()?;
        if !granted.token_type.eq_ignore_ascii_case("bearer") {
            let what =
                format!("expected a token of the type `Bearer`, found `{}`", granted.token_type);
            return Err(request.error(ErrorKind::InvalidResponse, &what));
        }
        Ok(())
    }
}
