//! Identities of Keycloak, by `OpenID` Connect.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use floe_plugin::identity::{AccessToken, IdentityProvider};
use floe_plugin::{Credential, Endpoint, Error, ErrorKind, Lifecycle};
use jsonwebtoken::jwk::{Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header};
use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use crate::address::{ServiceUrl, is_https};
use crate::http::service::{basic, encode, parameters};
use crate::http::{Client, Request, Response};
use crate::identity::token;

floe_plugin::plugin! {
    kind: IdentityProvider,
    plugin: Keycloak,
    name: "keycloak",
    tracer: "floe.identity.keycloak",
    api: "1.0",
    description: "authenticates by a realm of Keycloak",
}

/// Identities of a realm of Keycloak, or of another provider of `OpenID` Connect with the same issuer,
/// `URL/realms/REALM`. The platform authenticates with the credentials of a client; tokens of others are
/// validated with the provider's keys.
#[derive(Debug, Deserialize, JsonSchema)]
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
    /// The scopes to request, with spaces between them. Default: those of the client.
    #[serde(default)]
    scope: Option<String>,
    /// The audience that a token must have. Default: any.
    #[serde(default)]
    audience: Option<String>,
    /// The time limit of a request, in seconds. Default: 10.
    #[serde(default, rename = "timeout")]
    client: Client,
    #[serde(skip)]
    provider: Mutex<Option<Arc<Provider>>>,
    #[serde(skip)]
    keys: Mutex<Keys>,
}

/// What the provider publishes about itself.
#[derive(Debug, Deserialize)]
struct Provider {
    issuer: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default = "basic_only")]
    token_endpoint_auth_methods_supported: Vec<String>,
}

/// The default of the specification.
fn basic_only() -> Vec<String> {
    vec!["client_secret_basic".to_owned()]
}

/// The keys of the provider.
#[derive(Debug, Default)]
struct Keys {
    known: Vec<Jwk>,
    /// Until then, an unknown key is not asked for again.
    pause: Option<Instant>,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Jwk>,
}

/// The pause after a request for keys that did not bring the one that was looked for. Keys that the provider
/// has changed are found at once, and invalid tokens cause few requests.
const PAUSE: Duration = Duration::from_secs(10);

/// How far clocks may differ, in seconds.
const LEEWAY: u64 = 30;

/// Keys that a signature is verified with, if the token does not name one.
const MOST_KEYS: usize = 16;

#[derive(Deserialize)]
struct Granted {
    access_token: SecretString,
    token_type: String,
    #[serde(default)]
    expires_in: Option<u64>,
}

/// The body of a refusal, RFC 6749.
#[derive(Deserialize)]
struct Refused {
    error: String,
    #[serde(default)]
    error_description: String,
}

#[derive(Deserialize)]
struct Claims {
    /// Keycloak's kind of token: `Bearer`, `ID`, `Refresh`, `Logout`, …
    #[serde(default)]
    typ: Option<String>,
}

impl Keycloak {
    fn issuer(&self) -> String {
        self.url.at(&format!("/realms/{}", encode(&self.realm)))
    }

    fn discover(&self) -> Result<Arc<Provider>, Error> {
        let mut known = lock(&self.provider);
        if let Some(provider) = &*known {
            return Ok(Arc::clone(provider));
        }
        let issuer = self.issuer();
        let request = Request::get(format!("{issuer}/.well-known/openid-configuration"));
        let provider: Provider = self.client.send(&request)?.json()?;
        // Else another issuer could answer in its place.
        if provider.issuer != issuer {
            let what = format!(
                "expected the issuer `{issuer}`, found `{}`",
                provider.issuer
            );
            return Err(request.error(ErrorKind::InvalidResponse, &what));
        }
        let endpoints = [&provider.token_endpoint, &provider.jwks_uri];
        if self.url.is_https() && !endpoints.into_iter().all(|url| is_https(url)) {
            let what = "found an endpoint without TLS";
            return Err(request.error(ErrorKind::InvalidResponse, &what));
        }
        let provider = Arc::new(provider);
        *known = Some(Arc::clone(&provider));
        Ok(provider)
    }

    /// The keys that may have signed a token with this header.
    fn keys_for(&self, header: &Header) -> Result<Vec<Jwk>, Error> {
        let mut keys = lock(&self.keys);
        let found = matching(&keys.known, header);
        let is_paused = keys.pause.is_some_and(|until| until > Instant::now());
        if !found.is_empty() || is_paused {
            return Ok(found);
        }
        let provider = self.discover()?;
        let response = self.client.send(&Request::get(&*provider.jwks_uri))?;
        keys.known = response.json::<KeySet>()?.keys;
        let found = matching(&keys.known, header);
        keys.pause = found
            .is_empty()
            .then(|| Instant::now().checked_add(PAUSE))
            .flatten();
        Ok(found)
    }

    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.leeway = LEEWAY;
        validation.validate_nbf = true;
        validation.set_issuer(&[self.issuer()]);
        let mut required = vec!["exp", "iss"];
        match &self.audience {
            Some(audience) => {
                validation.set_audience(&[audience]);
                required.push("aud");
            }
            None => validation.validate_aud = false,
        }
        validation.set_required_spec_claims(&required);
        validation
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic cannot leave what is inside half-written.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The keys for signatures with the id and the algorithm of a header.
fn matching(keys: &[Jwk], header: &Header) -> Vec<Jwk> {
    let algorithm = KeyAlgorithm::from(header.alg);
    let matches = |key: &&Jwk| {
        let common = &key.common;
        let is_id = header.kid.is_none() || header.kid == common.key_id;
        let is_use = matches!(common.public_key_use, None | Some(PublicKeyUse::Signature));
        is_id && is_use && common.key_algorithm.is_none_or(|it| it == algorithm)
    };
    keys.iter()
        .filter(matches)
        .take(MOST_KEYS)
        .cloned()
        .collect()
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
    let Refused {
        error,
        error_description,
    } = refused;
    let description = error_description.replace(char::is_control, " ");
    request.error(
        kind,
        &format_args!("{} {error}: {description}", response.status),
    )
}

impl Lifecycle for Keycloak {
    fn health_check(&self) -> Result<(), Error> {
        let url = format!("{}/.well-known/openid-configuration", self.issuer());
        self.client.send(&Request::get(url)).map(drop)
    }

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

    fn authenticate(&self) -> Result<AccessToken, Error> {
        let provider = self.discover()?;
        let secret = self.client_secret.expose()?;
        let encoded_secret = encode(secret);
        let mut form = vec![("grant_type", "client_credentials")];
        if let Some(scope) = &self.scope {
            form.push(("scope", scope));
        }
        let methods = &provider.token_endpoint_auth_methods_supported;
        let has_basic = methods.iter().any(|method| method == "client_secret_basic");
        if !has_basic {
            form.push(("client_id", &self.client_id));
            form.push(("client_secret", secret));
        }
        let mut request = Request::post(&*provider.token_endpoint)
            .header("accept", "application/json")
            .body(
                "application/x-www-form-urlencoded",
                parameters(&form).into_bytes(),
            )
            .credential(secret)
            .also_accept(400)
            .also_accept(401);
        if has_basic {
            // Both parts are encoded as in a form, RFC 6749, section 2.3.1.
            request = basic(request, &encode(&self.client_id), &encoded_secret);
        }
        let response = self.client.send(&request)?;
        if response.status >= 400 {
            return Err(refusal(&request, &response));
        }
        let granted: Granted = response.json()?;
        if !granted.token_type.eq_ignore_ascii_case("bearer") {
            let what = format!(
                "expected a token of the type `Bearer`, found `{}`",
                granted.token_type
            );
            return Err(request.error(ErrorKind::InvalidResponse, &what));
        }
        let lifetime = granted.expires_in.map(Duration::from_secs);
        Ok(AccessToken {
            token: granted.access_token,
            expires_at: lifetime.and_then(|it| SystemTime::now().checked_add(it)),
        })
    }

    fn validate_token(&self, token: &SecretString) -> Result<bool, Error> {
        token::use_ring();
        let token = token.expose_secret();
        let Ok(header) = decode_header(token) else {
            return Ok(false);
        };
        // What `crit` names must be understood, and nothing is.
        if header.crit.is_some() || !token::is_supported(header.alg) {
            return Ok(false);
        }
        let validation = self.validation(header.alg);
        let claims = self.keys_for(&header)?.into_iter().find_map(|key| {
            let key = DecodingKey::from_jwk(&key).ok()?;
            decode::<Claims>(token, &key, &validation).ok()
        });
        // A token of another kind is signed with the same keys.
        let is_access = |typ: Option<String>| typ.is_none_or(|typ| typ == "Bearer");
        Ok(claims.is_some_and(|data| is_access(data.claims.typ)))
    }
}
