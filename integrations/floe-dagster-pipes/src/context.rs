//! The context of the step that runs this process, from Dagster.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::error::Error;
use crate::param::{decode, read, refused, variable};

/// The environment variable with the context, or with the path of a file that contains it.
pub(crate) const VARIABLE: &str = "DAGSTER_PIPES_CONTEXT";

/// The context of the step that runs this process, from Dagster.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[non_exhaustive]
pub struct Context {
    /// The keys of the assets that the step builds, with `/` between the parts of each. Empty for an op without assets.
    #[serde(default, deserialize_with = "or_default")]
    pub asset_keys: Vec<String>,
    /// The id of the run.
    pub run_id: String,
    /// The name of the job.
    #[serde(default)]
    pub job_name: Option<String>,
    /// The number of failed attempts of this step so far.
    #[serde(default)]
    pub retry_number: u32,
    /// The key of the partition that the step builds, if there is one.
    #[serde(default)]
    pub partition_key: Option<String>,
    /// The value of the parameter `extras` of `PipesSubprocessClient.run`.
    #[serde(default, deserialize_with = "or_default")]
    pub extras: Map<String, Value>,
}

impl Context {
    /// Reads the context of this process without opening a [`Session`](crate::Session), for a process that needs only
    /// the id of its run.
    ///
    /// # Errors
    /// Dagster did not start this process ([`Error::is_not_started_by_dagster`]), or the context cannot be read.
    pub fn from_environment() -> Result<Self, Error> {
        Self::decode(&variable(VARIABLE)?)
    }

    pub(crate) fn decode(value: &str) -> Result<Self, Error> {
        decode::<Source>(VARIABLE, value)?.read()
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Source {
    Path(PathBuf),
    Data(Box<Context>),
}

impl Source {
    fn read(self) -> Result<Context, Error> {
        let path = match self {
            Self::Data(context) => return Ok(*context),
            Self::Path(path) => path,
        };
        let unreadable = |error: io::Error| refused(VARIABLE, format!("a file: {error}"));
        // Other files could block: opening a pipe waits for a writer, and a device such as `/dev/zero` has no end.
        if !path.metadata().map_err(unreadable)?.is_file() {
            return Err(refused(VARIABLE, "the path of another kind of file"));
        }
        File::open(&path).and_then(|file| read(VARIABLE, file)).map_err(unreadable)?
    }
}

/// Reads a property. Dagster passes `null` for a property that the step lacks; it becomes the default value.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
