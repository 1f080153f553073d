//! Secrets of Kubernetes, read through its API.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use floe_plugin::secrets::{KubernetesSecret, SecretStore};
use floe_plugin::{Endpoint, Error, ErrorKind, Lifecycle, LocalPath};
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::address::ServiceUrl;
use crate::files::input_file;
use crate::http::{Client, Request, Response};
use crate::kubernetes;

floe_plugin::plugin! {
    kind: SecretStore,
    plugin: Kubernetes,
    name: "k8s",
    tracer: "floe.secrets.k8s",
    api: "1.0",
    description: "reads secrets from Kubernetes Secrets",
}

/// Secrets of Kubernetes in one namespace. A key is `NAME/KEY`: the name of a Secret, and a key of its data.
/// The platform needs a role for `secrets` with the verb `get`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kubernetes {
    /// The address of the API server. Default: its service in the cluster, which has this name in each cluster.
    #[serde(default = "api_server")]
    url: ServiceUrl,
    /// The namespace of the Secrets. Default: the namespace of the service account.
    namespace: Option<String>,
    /// The folder with the files of the service account: `token`, `ca.crt` and `namespace`. Default:
    /// `/var/run/secrets/kubernetes.io/serviceaccount`.
    #[serde(default = "service_account")]
    service_account: LocalPath,
    /// The time limit of a request, in seconds. Default: 10.
    #[serde(default, rename = "timeout")]
    client: Client,
    #[serde(skip)]
    cluster: OnceLock<Cluster>,
}

fn service_account() -> LocalPath {
    LocalPath::new("/var/run/secrets/kubernetes.io/serviceaccount")
}

const API_SERVER: &str = "https://kubernetes.default.svc";

fn api_server() -> ServiceUrl {
    ServiceUrl::of(API_SERVER)
}

/// The connection to the cluster after the start of the plugin.
#[derive(Debug)]
struct Cluster {
    namespace: String,
    /// With HTTPS, the client trusts only the cluster's authority.
    client: Client,
}

/// A Secret that never prints its values.
#[derive(Deserialize)]
struct Secret {
    /// Required, so that another JSON object is not taken for a Secret.
    #[serde(rename = "metadata")]
    _metadata: IgnoredAny,
    data: Option<BTreeMap<String, String>>,
}

impl Kubernetes {
    fn cluster(&self) -> Result<&Cluster, Error> {
        let not_started = || Error::new(ErrorKind::Other, "the plugin was not started");
        self.cluster.get().ok_or_else(not_started)
    }

    /// Returns the text of a file of the service account. Each request reads the token again, because Kubernetes
    /// replaces the token before it expires.
    fn file(&self, name: &str) -> Result<String, Error> {
        let path = self.service_account.join(name);
        let unreadable = |what: &str| {
            let message =
                format!("the service account's file {} cannot be used: {what}", path.display());
            Error::new(ErrorKind::Unauthorized, message)
        };
        let text = input_file::read(&path).map_err(|error| unreadable(&error.to_string()))?;
        let text = text.trim();
        if text.is_empty() {
            return Err(unreadable("it is empty"));
        }
        Ok(text.to_owned())
    }

    fn read(&self, name: &str) -> Result<Option<Secret>, Error> {
        let Cluster { namespace, client } = self.cluster()?;
        let token = self.file("token")?;
        let url = self.url.at(&format!("/api/v1/namespaces/{namespace}/secrets/{name}"));
        let request = Request::get(url).also_accept(404);
        let request = request.header("accept", "application/json").bearer(&token);
        let response = client.send(&request)?;
        if response.status == 404 {
            return missing(&request, &response).map(|()| None);
        }
        response.json().map(Some)
    }
}

/// Succeeds if the API itself states that the Secret does not exist. Any other answer is an error, for example about
/// the namespace, or from another server.
fn missing(request: &Request, response: &Response) -> Result<(), Error> {
    let status: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    if status["reason"] == "NotFound" && status["details"]["kind"] == "secrets" {
        return Ok(());
    }
    Err(request.refusal(response))
}

/// Splits `NAME/KEY`. The name and the key are safe in a URL's path, because they follow the rules of Kubernetes.
fn parse(key: &str) -> Result<(&str, &str), Error> {
    let parts =
        key.split_once('/').filter(|(name, key)| kubernetes::is_name(name) && is_data_key(key));
    parts.ok_or_else(|| {
        let message = format!(
            "expected `NAME/KEY` with the name of a Secret and a key of its data, found the key `{key}`"
        );
        Error::new(ErrorKind::InvalidInput, message)
    })
}

fn is_data_key(key: &str) -> bool {
    let is_accepted = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    (1..=253).contains(&key.len()) && key.bytes().all(is_accepted) && !key.starts_with("..")
}

impl Lifecycle for Kubernetes {
    fn start(&self) -> Result<(), Error> {
        let namespace = match &self.namespace {
            Some(namespace) => namespace.clone(),
            None => self.file("namespace")?,
        };
        if !kubernetes::is_label(&namespace) {
            let message = format!("expected a DNS label, found the namespace `{namespace}`");
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        let client = if self.url.is_https() {
            self.client.trusting(self.file("ca.crt")?.as_bytes())?
        } else {
            self.client.clone()
        };
        self.file("token")?;
        // `start` is called once.
        let _ = self.cluster.set(Cluster { namespace, client });
        Ok(())
    }

    fn endpoints(&self) -> Vec<Endpoint> {
        let mut endpoints = vec![self.url.endpoint()];
        if self.url.as_str() == API_SERVER {
            // The port of the API server behind its service.
            endpoints.push(Endpoint::Url(format!("{API_SERVER}:6443")));
        }
        endpoints
    }
}

impl SecretStore for Kubernetes {
    fn kubernetes_secret<'a>(
        &'a self,
        key: &'a str,
    ) -> Result<Option<KubernetesSecret<'a>>, Error> {
        let (name, _) = parse(key)?;
        let namespace = self.namespace.as_deref();
        Ok(Some(KubernetesSecret { name, namespace }))
    }

    fn namespace(&self) -> Option<&str> {
        let cluster = self.cluster.get()?;
        Some(&cluster.namespace)
    }

    fn get_secret(&self, key: &str) -> Result<Option<SecretString>, Error> {
        let (name, entry) = parse(key)?;
        let data = self.read(name)?.and_then(|secret| secret.data);
        let Some(encoded) = data.and_then(|mut data| data.remove(entry)) else {
            return Ok(None);
        };
        let text = STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        match text {
            Some(text) => Ok(Some(text.into())),
            None => Err(Error::new(
                ErrorKind::InvalidResponse,
                format!("the value of `{key}` is not UTF-8 text in base64"),
            )),
        }
    }
}
