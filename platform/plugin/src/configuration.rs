//! The types of values in a plugin's configuration: paths, and references to credentials.

use std::cell::RefCell;
use std::fmt;
use std::ops::Deref;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, OnceLock};

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::{self, DeserializeOwned, Deserializer};
use serde_json::Value;

use crate::error::{Error, ErrorKind};

const EXPECTED: &str = "`${env:NAME}`, `${file:PATH}` or `${secret:STORE/KEY}`";

/// A reference to a credential in a plugin's configuration. Its value is known when the plugin starts.
///
/// In the configuration, the reference is a string: `${env:NAME}` refers to an environment variable, `${file:PATH}` to
/// the content of a file, whose path may be relative to the folder of the product, and `${secret:STORE/KEY}` to a
/// secret of a store that the manifest selects. The platform reads the value before
/// [`Lifecycle::start`](crate::Lifecycle::start). A literal credential is not accepted, and the value is never printed.
#[derive(Clone, Deserialize)]
#[serde(try_from = "Value")]
pub struct Credential(Arc<Shared>);

struct Shared {
    reference: Reference,
    value: OnceLock<SecretString>,
}

/// The source of a credential.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Reference {
    /// An environment variable.
    Env(String),
    /// A file, by its path. The credential is the content of the file, without white space at its end.
    File(String),
    /// A secret of a store.
    Secret {
        /// The name of the store's plugin.
        store: String,
        /// The key of the secret in the store.
        key: String,
    },
}

impl Credential {
    /// Returns the source of the credential.
    pub fn reference(&self) -> &Reference {
        &self.0.reference
    }

    /// Returns the value.
    ///
    /// # Errors
    ///
    /// The plugin was not started.
    pub fn expose(&self) -> Result<&str, Error> {
        match self.0.value.get() {
            Some(value) => Ok(value.expose_secret()),
            None => Err(Error::new(
                ErrorKind::Unauthorized,
                format!("{} is not resolved: the plugin was not started", self.0.reference),
            )),
        }
    }

    pub(crate) fn resolve(&self, value: SecretString) {
        // If the credential already has a value, the first value remains.
        let _ = self.0.value.set(value);
    }
}

impl Reference {
    fn parse(text: &str) -> Option<Self> {
        let (source, name) = text.strip_prefix("${")?.strip_suffix('}')?.split_once(':')?;
        match (source, name) {
            (_, "") => None,
            ("env", name) => Some(Self::Env(name.to_owned())),
            ("file", path) => Some(Self::File(path.to_owned())),
            ("secret", name) => {
                let (store, key) = name.split_once('/')?;
                let is_complete = !store.is_empty() && !key.is_empty();
                is_complete.then(|| Self::Secret { store: store.to_owned(), key: key.to_owned() })
            }
            _ => None,
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "${{env:{name}}}"),
            Self::File(path) => write!(f, "${{file:{path}}}"),
            Self::Secret { store, key } => write!(f, "${{secret:{store}/{key}}}"),
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({})", self.0.reference)
    }
}

impl TryFrom<Value> for Credential {
    type Error = String;

    /// Parses a reference. The error does not repeat the value, because it may be a literal credential.
    fn try_from(value: Value) -> Result<Self, String> {
        let mut reference = value
            .as_str()
            .and_then(Reference::parse)
            .ok_or_else(|| format!("it is not a reference to a credential, expected {EXPECTED}"))?;
        if let Reference::File(path) = &mut reference {
            let absolute = LocalPath::new(&*path).to_string_lossy().into_owned();
            *path = absolute;
        }
        let credential = Self(Arc::new(Shared { reference, value: OnceLock::new() }));
        CREDENTIALS.with_borrow_mut(|all| all.push(credential.clone()));
        Ok(credential)
    }
}

/// A path in a plugin's configuration, of a file or a folder that the plugin reads. A relative path is resolved against
/// the folder of the product. For a path that a plugin writes, use [`OutputPath`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LocalPath(PathBuf);

impl LocalPath {
    /// Creates the default value of a path setting. A relative path is resolved against the folder of the product.
    pub fn new(path: impl AsRef<Path>) -> Self {
        FOLDER.with_borrow(|folder| Self(folder.join(path)))
    }
}

impl Deref for LocalPath {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl<'de> Deserialize<'de> for LocalPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        PathBuf::deserialize(deserializer).map(Self::new)
    }
}

/// A path in a plugin's configuration, of a file or a folder that the plugin writes. It is below the folder of the
/// product: an absolute path, a path with `..` and an empty path are errors.
///
/// Symbolic links in the path are not checked, because a link can be created later.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OutputPath {
    folder: PathBuf,
    inner: PathBuf,
    path: PathBuf,
}

impl OutputPath {
    /// Creates the default value of a path setting. As in a configuration, `inner` must be relative, without `..`.
    pub fn new(inner: impl AsRef<Path>) -> Self {
        let inner = inner.as_ref().to_path_buf();
        FOLDER.with_borrow(|folder| Self {
            folder: folder.clone(),
            path: folder.join(&inner),
            inner,
        })
    }

    /// Returns the folder of the product.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the path relative to the folder of the product.
    pub fn inner(&self) -> &Path {
        &self.inner
    }
}

impl Deref for OutputPath {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.path
    }
}

impl<'de> Deserialize<'de> for OutputPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let inner = PathBuf::deserialize(deserializer)?;
        let is_name = |part| matches!(part, Component::Normal(_));
        let is_below = |part: &Component<'_>| *part != Component::CurDir;
        let mut parts = inner.components().filter(is_below).peekable();
        if parts.peek().is_none() || !parts.all(is_name) {
            return Err(de::Error::custom(format!(
                "expected a path below the folder of the product, without `..`, found `{}`",
                inner.display()
            )));
        }
        Ok(Self::new(inner))
    }
}

/// Runs `configure` with this folder as the base of relative paths.
pub(crate) fn in_folder<T>(folder: &Path, configure: impl FnOnce() -> T) -> T {
    let outer = FOLDER.replace(folder.to_path_buf());
    let configured = configure();
    FOLDER.set(outer);
    configured
}

thread_local! {
    /// The folder of the product whose configuration this thread is parsing.
    static FOLDER: RefCell<PathBuf> = RefCell::default();

    /// The credentials of the configuration that this thread is parsing. They are collected here, because a plugin's
    /// type may contain them in any field.
    static CREDENTIALS: RefCell<Vec<Credential>> = const { RefCell::new(Vec::new()) };
}

/// A mistake in the selection of a plugin, or in the plugin's configuration.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SelectionError {
    pub(crate) index: usize,
    pub(crate) path: Vec<String>,
    pub(crate) message: String,
}

impl SelectionError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { index: 0, path: Vec::new(), message: message.into() }
    }

    /// Returns the index of the selection in the configured list.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Returns the keys and list indexes that lead to the mistake in the plugin's configuration; empty if the mistake
    /// is in the selection itself, such as its name.
    pub fn path(&self) -> &[String] {
        &self.path
    }

    /// Returns the description of the mistake.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for SelectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path.join("."))?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for SelectionError {}

/// Creates a plugin from its configuration, and returns it with the credentials in the configuration.
#[doc(hidden)]
pub fn parse<T: DeserializeOwned>(config: Value) -> Result<(T, Vec<Credential>), SelectionError> {
    let outer = CREDENTIALS.take();
    let parsed = serde_path_to_error::deserialize(config);
    let credentials = CREDENTIALS.replace(outer);
    let plugin = parsed.map_err(|error| explain(&error))?;
    Ok((plugin, credentials))
}

fn explain(error: &serde_path_to_error::Error<serde_json::Error>) -> SelectionError {
    use serde_path_to_error::Segment;

    let path = error.path().iter().filter_map(|segment| match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(key.clone()),
        Segment::Enum { variant } => Some(variant.clone()),
        Segment::Unknown => None,
    });
    let message = in_words(&error.inner().to_string());
    SelectionError { path: path.collect(), ..SelectionError::new(message) }
}

/// Puts a message about a wrong type into YAML's terms. A text is not quoted, because it may be a credential.
fn in_words(message: &str) -> String {
    let wrong = message.strip_prefix("invalid type: ");
    let Some((found, expected)) = wrong.and_then(|it| it.rsplit_once(", expected ")) else {
        return message.to_owned();
    };
    let found = match found.split(' ').next() {
        Some("string") => "a text",
        Some("map") => "a mapping",
        Some("sequence") => "a list",
        Some("null" | "unit") => "nothing",
        _ => found,
    };
    let expected = match expected {
        "a string" | "path string" => "a text",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or more",
        "i8" | "i16" | "i32" | "i64" => "a whole number",
        "f32" | "f64" => "a number",
        expected => expected,
    };
    format!("expected {expected}, found {found}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Config {
        token: Credential,
        #[serde(default)]
        retries: u8,
        #[serde(default)]
        headers: Vec<Header>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Header {
        value: Credential,
    }

    #[test]
    fn credentials_are_found_wherever_they_are() {
        let config = json!({
            "token": "${env:TOKEN}",
            "headers": [{ "value": "${secret:vault/a/b}" }, { "value": "${file:/run/key}" }],
        });
        let (config, credentials) = parse::<Config>(config).unwrap();
        let all: Vec<String> = credentials.iter().map(|it| it.reference().to_string()).collect();
        assert_eq!(all, ["${secret:vault/a/b}", "${file:/run/key}", "${env:TOKEN}"]);
        assert!(config.token.expose().is_err());
        credentials[2].resolve("hunter2".into());
        assert_eq!(config.token.expose().unwrap(), "hunter2");
        assert!(config.headers[0].value.expose().is_err());
        assert_eq!(format!("{:?}", config.token), "Credential(${env:TOKEN})");
        assert_eq!(config.retries, 0);
    }

    #[test]
    fn an_error_has_the_path_and_what_is_accepted_and_no_credential() {
        let accepted = "it is not a reference to a credential, expected `${env:NAME}`, `${file:PATH}` or `${secret:STORE/KEY}`";
        for (config, expected) in [
            (json!({ "token": "hunter2" }), format!("token: {accepted}")),
            (json!({ "token": 7 }), format!("token: {accepted}")),
            (json!({ "token": "${secret:vault}" }), format!("token: {accepted}")),
            (json!({ "token": "${env:}" }), format!("token: {accepted}")),
            (
                json!({ "token": "${env:A}", "headers": [{ "value": "hunter2" }] }),
                format!("headers.0.value: {accepted}"),
            ),
            (
                json!({ "token": "${env:A}", "retries": 300 }),
                "retries: invalid value: integer `300`, expected u8".to_owned(),
            ),
            (
                json!({ "token": "${env:A}", "url": 1 }),
                "url: unknown field `url`, expected one of `token`, `retries`, `headers`"
                    .to_owned(),
            ),
            (json!({}), "missing field `token`".to_owned()),
        ] {
            let error = parse::<Config>(config).unwrap_err().to_string();
            assert_eq!(error, expected);
        }
    }
}
