//! The contract of the plugin `keycloak` (identity).

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use floe_plugin::identity::IdentityProvider;
use floe_plugin::{Error, ErrorKind, Handle, PluginType};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::service::{Answer, Received, Service};
use crate::{CANARY, Contract, credential, failures, plugins};

const NAME: &str = "keycloak";
const REALM: &str = "/realms/floe";

/// A key of the provider.
enum Key {
    P256(Box<EcdsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

impl Key {
    fn p256() -> Self {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap();
        Self::P256(Box::new(pair))
    }

    fn ed25519() -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self::Ed25519(Box::new(
            Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap(),
        ))
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::P256(_) => "ES256",
            Self::Ed25519(_) => "EdDSA",
        }
    }

    /// The public key as a JWK.
    fn jwk(&self, kid: &str) -> Value {
        match self {
            Self::P256(pair) => {
                let point = &pair.public_key().as_ref()[1..];
                json!({
                    "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid,
                    "x": encode(&point[..32]), "y": encode(&point[32..]),
                })
            }
            Self::Ed25519(pair) => json!({
                "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": kid,
                "x": encode(pair.public_key().as_ref()),
            }),
        }
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let signed = signed(header, claims);
        let signature = match self {
            Self::P256(pair) => {
                let signature = pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
                signature.as_ref().to_vec()
            }
            Self::Ed25519(pair) => pair.sign(signed.as_bytes()).as_ref().to_vec(),
        };
        format!("{signed}.{}", encode(&signature))
    }

    fn token(&self, kid: &str, claims: &Value) -> String {
        self.sign(
            &json!({ "alg": self.algorithm(), "typ": "JWT", "kid": kid }),
            claims,
        )
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn signed(header: &Value, claims: &Value) -> String {
    let encode = |part: &Value| encode(part.to_string().as_bytes());
    format!("{}.{}", encode(header), encode(claims))
}

fn seconds() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.unwrap().as_secs()
}

/// A provider with one client, `floe`.
struct Provider {
    service: Service,
    keys: Arc<Mutex<Vec<Value>>>,
}

/// The endpoints of a realm, without those that the plugin does not use. `change` replaces a part of the
/// discovery document.
fn provider(keys: Vec<Value>, change: Value) -> Provider {
    let keys = Arc::new(Mutex::new(keys));
    let known = Arc::clone(&keys);
    let service = Service::start(move |request| match &*request.path {
        "/realms/floe/.well-known/openid-configuration" => discovery(request, &change),
        "/realms/floe/protocol/openid-connect/token" => token(request),
        "/realms/floe/protocol/openid-connect/certs" => {
            Answer::json(200, &json!({ "keys": *known.lock().unwrap() }))
        }
        _ => Answer::json(404, &json!({ "error": "Realm does not exist" })),
    });
    Provider { service, keys }
}

fn discovery(request: &Received, change: &Value) -> Answer {
    let host = request.header("host").unwrap();
    let issuer = format!("http://{host}{REALM}");
    let mut document = json!({
        "issuer": issuer,
        "token_endpoint": format!("{issuer}/protocol/openid-connect/token"),
        "jwks_uri": format!("{issuer}/protocol/openid-connect/certs"),
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    });
    for (key, value) in change.as_object().unwrap() {
        document[key] = value.clone();
    }
    Answer::json(200, &document)
}

fn token(request: &Received) -> Answer {
    let refuse = |status, error: &str, description: &str| {
        Answer::json(
            status,
            &json!({ "error": error, "error_description": description }),
        )
    };
    let form = String::from_utf8(request.body.clone()).unwrap();
    let field = |name: &str| {
        let mut pairs = form.split('&').filter_map(|pair| pair.split_once('='));
        pairs
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.to_owned())
    };
    if request.method != "POST" {
        return refuse(405, "invalid_request", "HTTP 405 Method Not Allowed");
    }
    if request.header("content-type") != Some("application/x-www-form-urlencoded") {
        return refuse(415, "invalid_request", "HTTP 415 Unsupported Media Type");
    }
    let basic = format!("Basic {}", STANDARD.encode(format!("floe:{CANARY}%26x")));
    let is_basic = request.header("authorization") == Some(&basic);
    let is_post = field("client_id").as_deref() == Some("floe")
        && field("client_secret") == Some(format!("{CANARY}%26x"));
    if is_basic == is_post {
        return refuse(
            401,
            "invalid_client",
            "Invalid client or Invalid client credentials",
        );
    }
    match (field("grant_type").as_deref(), field("scope").as_deref()) {
        (Some("client_credentials"), None | Some("orders%20read")) => {
            let granted = json!({
                "access_token": "granted", "expires_in": 300, "refresh_expires_in": 0,
                "token_type": "Bearer", "not-before-policy": 0, "scope": "profile email",
            });
            Answer::json(200, &granted)
        }
        (Some("client_credentials"), _) => refuse(400, "invalid_scope", "Invalid scopes"),
        _ => refuse(400, "unsupported_grant_type", "Unsupported grant_type"),
    }
}

fn with<T>(
    url: &str,
    change: &Value,
    run: impl FnOnce(&Handle<dyn IdentityProvider>) -> Result<T, Error>,
) -> Result<T, Error> {
    let (_file, secret) = credential(&format!("{CANARY}&x"));
    let mut config =
        json!({ "url": url, "realm": "floe", "client_id": "floe", "client_secret": secret });
    for (key, value) in change.as_object().unwrap() {
        config[key] = value.clone();
    }
    let plugins = plugins(PluginType::Identity, NAME, config);
    run(&plugins.one::<dyn IdentityProvider>().unwrap())
}

/// Claims of a valid access token of Keycloak.
fn claims(provider: &Provider) -> Value {
    json!({
        "iss": format!("{}{REALM}", provider.service.url), "aud": ["account", "floe"],
        "exp": seconds() + 300, "iat": seconds(), "sub": "5b1a", "typ": "Bearer", "azp": "other",
    })
}

pub(crate) fn contract() -> Contract {
    let service = "stand-in; in `.ci/plugins` npm's oidc-provider";
    Contract::new(PluginType::Identity, NAME, service)
        .operation(
            "authenticate",
            || {
                let provider = provider(Vec::new(), json!({}));
                let before = SystemTime::now();
                let token = with(&provider.service.url, &json!({}), |identity| {
                    identity.authenticate()
                })?;
                assert_eq!(token.token.expose_secret(), "granted");
                assert!(token.expires_at.unwrap() >= before + Duration::from_secs(300));
                let received = provider.service.received();
                assert_eq!(received.len(), 2, "discovery and token");
                assert!(received[1].header("traceparent").is_some());
                Ok(())
            },
            || {
                let provider = provider(Vec::new(), json!({}));
                let url = &provider.service.url;
                with(url, &json!({ "client_id": "other" }), |it| {
                    it.authenticate().map(drop)
                })
            },
        )
        .operation(
            "validate_token",
            || {
                let key = Key::p256();
                let provider = provider(vec![key.jwk("1")], json!({}));
                let token = key.token("1", &claims(&provider)).into();
                let url = &provider.service.url;
                assert!(with(url, &json!({}), |identity| identity.validate_token(&token))?);
                Ok(())
            },
            || {
                let token = Key::p256().token("1", &json!({}));
                let service = Service::start(|_| Answer::text(500, ""));
                let token = token.into();
                with(&service.url, &json!({}), |it| {
                    it.validate_token(&token).map(drop)
                })
            },
        )
}

#[test]
fn failures_of_keycloak_are_clear_errors() {
    let before = |request: &Received| {
        let is_discovery = request.path.ends_with("openid-configuration");
        is_discovery.then(|| discovery(request, &json!({})))
    };
    let authenticate = |url: &str, timeout: f64| {
        with(url, &json!({ "timeout": timeout }), |identity| {
            identity.authenticate().map(drop)
        })
    };
    failures::check(before, authenticate);
    failures::check(|_| None, authenticate);
    let token = Key::p256().token("1", &json!({})).into();
    let validate = |url: &str, timeout: f64| {
        with(url, &json!({ "timeout": timeout }), |it| {
            it.validate_token(&token).map(drop)
        })
    };
    failures::check(before, validate);
}

#[test]
fn a_token_is_valid_by_its_signature_issuer_audience_and_lifetime() {
    for key in [Key::p256(), Key::ed25519()] {
        let provider = provider(vec![key.jwk("1")], json!({}));
        let valid = claims(&provider);
        let with_claim = |name: &str, value: Value| {
            let mut claims = valid.clone();
            claims[name] = value;
            key.token("1", &claims)
        };
        let without = |name: &str| {
            let mut claims = valid.clone();
            claims.as_object_mut().unwrap().remove(name);
            key.token("1", &claims)
        };
        let header = |header: Value| key.sign(&header, &valid);
        let alg = key.algorithm();
        let other_key = match key {
            Key::P256(_) => Key::p256(),
            Key::Ed25519(_) => Key::ed25519(),
        };
        let mut cut = key.token("1", &valid);
        cut.truncate(cut.rfind('.').unwrap() + 1);
        let shared = signed(&json!({ "alg": "HS256", "kid": "1" }), &valid);
        let public = key.jwk("1")["x"].as_str().unwrap().to_owned();
        let tag = hmac::sign(
            &hmac::Key::new(hmac::HMAC_SHA256, public.as_bytes()),
            shared.as_bytes(),
        );
        let issuer = valid["iss"].as_str().unwrap();
        for (what, token, expected) in [
            ("valid", key.token("1", &valid), true),
            ("without a key id", header(json!({ "alg": alg })), true),
            ("an audience of one", with_claim("aud", json!("floe")), true),
            ("no type", without("typ"), true),
            ("expired", with_claim("exp", json!(seconds() - 60)), false),
            ("no expiry", without("exp"), false),
            (
                "an expiry that is text",
                with_claim("exp", json!("9999999999")),
                false,
            ),
            (
                "from the future",
                with_claim("nbf", json!(seconds() + 600)),
                false,
            ),
            (
                "another realm",
                with_claim("iss", json!(format!("{issuer}2"))),
                false,
            ),
            ("no issuer", without("iss"), false),
            (
                "another audience",
                with_claim("aud", json!(["account"])),
                false,
            ),
            ("no audience", without("aud"), false),
            ("an ID token", with_claim("typ", json!("ID")), false),
            (
                "a refresh token",
                with_claim("typ", json!("Refresh")),
                false,
            ),
            ("another key", other_key.token("1", &valid), false),
            ("no signature", cut, false),
            (
                "the algorithm none",
                format!("{}.", signed(&json!({ "alg": "none" }), &valid)),
                false,
            ),
            (
                "a shared secret",
                format!("{shared}.{}", encode(tag.as_ref())),
                false,
            ),
            (
                "an extension",
                header(json!({ "alg": alg, "kid": "1", "crit": ["exp"], "exp": 1 })),
                false,
            ),
            ("no token", "hunter2".to_owned(), false),
            ("nothing", String::new(), false),
        ] {
            let url = &provider.service.url;
            let found = with(url, &json!({ "audience": "floe" }), |identity| {
                identity.validate_token(&token.into())
            });
            assert_eq!(found.unwrap(), expected, "{alg}: {what}");
        }
        let other_audience = with_claim("aud", json!("other")).into();
        let url = &provider.service.url;
        let found = with(url, &json!({}), |identity| {
            identity.validate_token(&other_audience)
        });
        assert!(found.unwrap(), "any audience is accepted by default");
    }
}

#[test]
fn new_keys_are_fetched_once_and_unknown_ones_rarely() {
    let (old, new) = (Key::p256(), Key::p256());
    let provider = provider(vec![old.jwk("old")], json!({}));
    let claims = claims(&provider);
    let fetched = || {
        let received = provider.service.received();
        received
            .iter()
            .filter(|it| it.path.ends_with("/certs"))
            .count()
    };
    with(&provider.service.url, &json!({}), |identity| {
        let validate = |token: String| identity.validate_token(&token.into());
        assert!(validate(old.token("old", &claims))?);
        assert!(validate(old.token("old", &claims))?);
        assert_eq!(fetched(), 1);
        // The provider changes its keys.
        *provider.keys.lock().unwrap() = vec![new.jwk("new")];
        assert!(validate(new.token("new", &claims))?);
        assert_eq!(fetched(), 2);
        assert!(!validate(old.token("old", &claims))?);
        assert_eq!(fetched(), 3);
        for unknown in 0..9 {
            assert!(!validate(
                old.token(&format!("unknown-{unknown}"), &claims)
            )?);
        }
        assert!(validate(new.token("new", &claims))?);
        assert_eq!(fetched(), 3, "requests pause");
        Ok(())
    })
    .unwrap();
}

#[test]
fn keys_for_encryption_and_of_other_kinds_are_ignored() {
    let key = Key::p256();
    let mut encryption = key.jwk("1");
    encryption["use"] = "enc".into();
    let unknown = json!({ "kty": "AKP", "kid": "1", "alg": "ML-DSA-44", "pub": "x" });
    let provider = provider(vec![encryption, unknown], json!({}));
    let token = key.token("1", &claims(&provider)).into();
    let validate = || {
        with(&provider.service.url, &json!({}), |it| {
            it.validate_token(&token)
        })
    };
    assert!(!validate().unwrap());
    provider.keys.lock().unwrap().push(key.jwk("1"));
    assert!(validate().unwrap());
}

#[test]
fn a_provider_is_the_one_that_was_configured() {
    for (change, expected) in [
        (
            json!({ "issuer": "http://evil.example/realms/floe" }),
            "expected the issuer",
        ),
        (json!({ "jwks_uri": 7 }), "not the JSON of the protocol"),
    ] {
        let provider = provider(Vec::new(), change);
        let found = with(&provider.service.url, &json!({}), |identity| {
            identity.authenticate()
        });
        let error = found.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidResponse);
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(
            provider.service.received().len(),
            1,
            "the secret was not sent"
        );
    }
}

#[test]
fn the_client_authenticates_as_the_provider_supports_it() {
    let methods = json!({ "token_endpoint_auth_methods_supported": ["client_secret_post"] });
    let provider = provider(Vec::new(), methods);
    let scope = json!({ "scope": "orders read" });
    with(&provider.service.url, &scope, |identity| {
        identity.authenticate()
    })
    .unwrap();
    let request = &provider.service.received()[1];
    assert_eq!(request.header("authorization"), None);
}

#[test]
fn a_refused_scope_is_no_refused_credential() {
    let provider = provider(Vec::new(), json!({}));
    let authenticate = |change: Value| {
        let found = with(&provider.service.url, &change, |identity| {
            identity.authenticate()
        });
        found.unwrap_err()
    };
    let error = authenticate(json!({ "scope": "unknown" }));
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert!(
        error
            .to_string()
            .contains("400 invalid_scope: Invalid scopes"),
        "{error}"
    );
    let error = authenticate(json!({ "client_id": "other" }));
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    assert!(error.to_string().contains("401 invalid_client"), "{error}");
}
