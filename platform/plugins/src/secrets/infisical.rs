//! Secrets of Infisical, read with version 4 of its API for secrets.

use floe_plugin::secrets::SecretStore;
use floe_plugin::{Credential, Endpoint, Error, ErrorKind, Lifecycle};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::address::ServiceUrl;
use crate::http::service::{AccessToken, encode, parameters};
use crate::http::{Client, Request, Response};

floe_plugin::plugin! {
    kind: SecretStore,
    plugin: Infisical,
    name: "infisical",
    tracer: "floe.secrets.infisical",
    api: "1.0",
    description: "reads secrets from Infisical",
}

/// Secrets of Infisical in one folder of a project's environment. A key is the name of a secret.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Infisical {
    /// The address. Default: `https://app.infisical.com`.
    #[serde(default = "cloud")]
    url: ServiceUrl,
    project: String,
    /// The slug of the environment, for example `prod`.
    environment: String,
    /// The folder. Default: `/`.
    #[serde(default = "root")]
    path: String,
    /// The client id of the machine identity, which authenticates with Universal Auth.
    client_id: String,
    client_secret: Credential,
    /// The time limit of a request, in seconds. Default: 10.
    #[serde(default, rename = "timeout")]
    client: Client,
    #[serde(skip)]
    token: AccessToken,
}

fn root() -> String {
    "/".to_owned()
}

fn cloud() -> ServiceUrl {
    ServiceUrl::of("https://app.infisical.com")
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Login {
    access_token: SecretString,
}

#[derive(Deserialize)]
struct Found {
    secret: Secret,
}

#[derive(Deserialize)]
struct Secret {
    #[serde(rename = "secretValue")]
    value: Option<SecretString>,
    #[serde(default, rename = "secretValueHidden")]
    is_hidden: bool,
}

/// Whether the response states that the secret is missing, and not the project, the environment or the folder.
fn is_about_secret(response: &Response) -> bool {
    let refusal: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    refusal["message"].as_str().is_some_and(|text| text.starts_with("Secret "))
}

impl Infisical {
    fn log_in(&self) -> Result<SecretString, Error> {
        let client_secret = self.client_secret.expose()?;
        let request = Request::post(self.url.at("/api/v1/auth/universal-auth/login"))
            .json(&json!({ "clientId": self.client_id, "clientSecret": client_secret }))
            .credential(client_secret);
        let login: Login = self.client.send(&request)?.json()?;
        Ok(login.access_token)
    }
}

fn check(key: &str) -> Result<(), Error> {
    let is_refused = |character: char| character.is_whitespace() || ":/".contains(character);
    // `.` and `..` have a special meaning in a path.
    if ["", ".", ".."].contains(&key) || key.contains(is_refused) {
        let message =
            format!("expected a name without white space, `:` or `/`, found the key `{key}`");
        return Err(Error::new(ErrorKind::InvalidInput, message));
    }
    Ok(())
}

impl Lifecycle for Infisical {
    fn endpoints(&self) -> Vec<Endpoint> {
        vec![self.url.endpoint()]
    }
}

impl SecretStore for Infisical {
    fn path(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn get_secret(&self, key: &str) -> Result<Option<SecretString>, Error> {
        check(key)?;
        let query = parameters(&[
            ("projectId", &self.project),
            ("environment", &self.environment),
            ("secretPath", &self.path),
            ("expandSecretReferences", "true"),
        ]);
        let token = self.token.get(|| self.log_in())?;
        let request =
            Request::get(self.url.at(&format!("/api/v4/secrets/{}?{query}", encode(key))))
                .bearer(token.expose_secret())
                .also_accept(404);
        let response = self.client.send(&request)?;
        if response.status == 404 {
            let is_missing = is_about_secret(&response);
            return if is_missing { Ok(None) } else { Err(request.refusal(&response)) };
        }
        let secret = response.json::<Found>()?.secret;
        if secret.is_hidden {
            let message = format!("the identity may see `{key}`, but not its value");
            return Err(Error::new(ErrorKind::Unauthorized, message));
        }
        match secret.value {
            Some(value) => Ok(Some(value)),
            None => {
                Err(Error::new(ErrorKind::InvalidResponse, "the response has no `secretValue`"))
            }
        }
    }
}
